# Two commands do everything: `make run` (the whole pipeline) and `make test` (lint, types, layers, tests).
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint bench notebooks clean

run: .venv/core.done ## the whole pipeline on the embedded corpus, end to end
	$(BIN)/upheld run

test: lint ## lint, types, layers and every test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/bench.done ## speed and quality, part by part; the time-ordered figures are what `make run` prints
	$(BIN)/python benchmarks/grounds.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/peers.py --upheld-rate 0.3
	$(BIN)/python benchmarks/peer_grounds.py --upheld-rate 0.3
	$(BIN)/python benchmarks/uninvestigated.py
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python benchmarks/scaling.py

notebooks: .venv/dev.done ## run the notebooks and render them as pages, out/notebooks/*.html
	$(BIN)/jupyter nbconvert --execute --to html --output-dir out/notebooks \
		--HTMLExporter.mathjax_url= --HTMLExporter.require_js_url= notebooks/*.ipynb # no script from elsewhere

clean: ## all that the commands above made
	rm -rf .venv out models/2* mlflow.db mlruns mlartifacts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/core.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

.venv/bench.done: .venv/dev.done
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	touch $@

.venv/dev.done: .venv/core.done
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
