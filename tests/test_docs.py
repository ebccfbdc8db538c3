"""What the documentation says is so: commands, options, settings, files and links exist; what is cheap is run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pipeline import cli, stages
from pipeline.bundle import prediction_columns
from pipeline.params import Params
from pipeline.schema import Decision, Ground, Outcome

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "models" / "README.md"])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
UPHELD = typer.main.get_command(cli.app)

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
IN_THE_PROJECT = re.compile(r"\b(?:pipeline|tests|docs|notebooks|benchmarks|models)/[\w./-]*")
INTERVAL = re.compile(r"\[[+-]?0\.\d+, [+-]?0\.\d+\]")
MAKES_FIGURES = re.compile(r"`(?:[A-Z_0-9]+=\S+ )?(?:upheld|python|make) [^`]+`")
GROUND_ROW = re.compile(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)

# What is checked for its options only, and why it is not run here.
NOT_RUN = {
    "make": "makes an environment, or is what runs this test",
    ".": "enters that environment",
    "export": "changes the shell",
    "pip": "installs",
    "python -m pytest": "is what runs this test",
    "upheld collect": "asks the Ombudsman's site; tests/collect runs it on a site of its own",
    "upheld train": "takes long; tests/test_cli.py runs it",
    "upheld evaluate": "takes long; tests/test_assess.py runs it",
    "upheld label pipeline/corpus/": "takes long; the page labels another corpus besides",
    "upheld audit": "takes long; tests/test_assess.py runs it",
    "upheld promote": "needs registered models; tests/test_lifecycle.py runs it",
    "upheld models": "needs registered models; tests/test_lifecycle.py runs it",
    "upheld score complaints.csv --out scored.csv --model models:/upheld@champion": "the same",
    "upheld score complaints.csv --out by-spark.parquet": "starts Spark; tests/score/test_spark.py runs it",
    "upheld score complaints/": "the same",
    "upheld score s3a:": "needs a cluster",
    "mlflow": "starts a server; tests/test_lifecycle.py runs one",
    "curl": "asks that server",
}


@dataclass(frozen=True)
class Line:
    """A command of a page, without its comment, as the shell gets it."""

    page: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"

    @property
    def words(self) -> list[str]:
        """The command itself: without variables before it, and files that it reads from or writes to."""
        words = shlex.split(self.text)
        while words and re.match(r"[A-Z][A-Z_0-9]*=", words[0]):
            words = words[1:]
        return list(takewhile(lambda word: word not in {"<", ">", "|", "&&"}, words))

    @property
    def is_run(self) -> bool:
        """Whether nothing speaks against running it here."""
        return not any(self.begins(known) for known in NOT_RUN)

    def begins(self, known: str) -> bool:
        """Say whether the command begins with these words."""
        return f"{' '.join(self.words)} ".startswith(known if known[-1] in "/:" else f"{known} ")


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _prose(page: Path) -> str:
    return FENCE.sub("", _text(page))


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(_text(page)) if kind == language]


def _commands(page: Path) -> list[Line]:
    """Return the commands of a page's shell blocks; a quotation mark left open goes on in the next line."""
    found, begun = [], ""
    for line in "".join(_blocks(page, "sh")).splitlines():
        begun += re.sub(r"\s+#.*$", "", line)
        if begun.count("'") % 2:
            begun += "\n"
        elif begun:
            found.append(Line(_name(page), begun))
            begun = ""
    return found


def _mentions(page: Path) -> list[Line]:
    """Return what stands between single backticks in the prose."""
    return [Line(_name(page), text) for text in INLINE.findall(_prose(page))]


def _examples(command: Any, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command by its full name, and the examples in its help."""
    yield name, re.findall(r"^Example: (.+)$", command.help or "", re.MULTILINE)
    for own, inner in getattr(command, "commands", {}).items():
        yield from _examples(inner, f"{name} {own}")


COMMANDS = [line for page in PAGES for line in _commands(page)]
MENTIONED = [line for page in PAGES for line in _mentions(page)]
HELP = dict(_examples(UPHELD, "upheld"))
EXAMPLES = [Line(f"{name} --help", text) for name, texts in HELP.items() for text in texts]


def _of(program: str, lines: list[Line]) -> list[Line]:
    return [line for line in lines if re.match(rf"(?:[A-Z_0-9]+=\S+ )*{program}\s", line.text)]


def _found(root: Any, words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words call, and the words that are left for it."""
    command, rest = root, words[1:]
    while hasattr(command, "get_command") and rest and not rest[0].startswith("-"):
        name, *rest = rest
        command = command.get_command(None, name) or pytest.fail(f"{words[0]}: no command {name!r}")
    return command, rest


def _parse(root: Any, words: list[str]) -> None:
    """Let the command's own parser read a command line; it raises where something is unknown, wrong or missing."""
    command, rest = _found(root, words)
    command.make_context(words[0], list(rest))


def _options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts} | {"--help"}


@pytest.mark.parametrize("line", _of("upheld", [*COMMANDS, *EXAMPLES]), ids=str)
def test_a_command_is_understood_by_its_own_parser(line):
    _parse(UPHELD, line.words)


@pytest.mark.parametrize("line", _of("mlflow", COMMANDS), ids=str)
def test_a_command_of_mlflow_is_understood_by_its_own_parser(line):
    from mlflow.cli import cli as mlflow

    _parse(mlflow, line.words)


@pytest.mark.parametrize("line", _of("upheld", MENTIONED), ids=str)
def test_a_command_that_prose_mentions_exists_with_its_options(line):
    command, rest = _found(UPHELD, line.words)
    assert {word for word in rest if word.startswith("--")} <= _options(command)


def test_an_option_that_prose_mentions_belongs_to_some_command():
    mentioned = {line.words[0] for line in MENTIONED if line.text.startswith("--")}
    assert mentioned
    assert mentioned <= {option for name in HELP for option in _options(_found(UPHELD, name.split())[0])}


@pytest.mark.parametrize("name", HELP)
def test_the_help_of_every_command_has_an_example_of_it(name):
    assert any(example.startswith(name) for example in HELP[name])


@pytest.mark.parametrize("line", [*_of("make", COMMANDS), *_of("make", MENTIONED)], ids=str)
def test_a_target_exists(line):
    assert re.search(rf"^{line.words[1]}:", _text(ROOT / "Makefile"), re.MULTILINE)


def test_an_extra_that_is_to_be_installed_exists():
    extras = {extra for page in PAGES for extra in re.findall(r"upheld\[(\w+)\]", _text(page))}
    assert extras
    assert extras <= {*PROJECT["project"]["optional-dependencies"]}


def test_a_variable_of_the_environment_sets_a_setting():
    named = [name for page in PAGES for name in re.findall(r"\bUPHELD_(\w+?)__(\w+?)=", _text(page))]
    assert named
    for section, key in named:
        assert key.lower() in Params.model_fields[section.lower()].annotation.model_fields


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_setting_that_a_page_mentions_exists(page):
    for line in _mentions(page):
        section, _, key = line.text.partition(":")[0].partition(".")
        if section in Params.model_fields and key.isidentifier() and key not in {"py", "skops"}:
            assert key in Params.model_fields[section].annotation.model_fields, line.text


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_file_of_this_project_that_a_page_names_is_there(page):
    named = {found.rstrip(".") for found in IN_THE_PROJECT.findall(_text(page))}
    assert [one for one in sorted(named) if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_link_inside_the_project_resolves(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        path, _, anchor = target.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        found = page.parent / path if path else page
        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


def _anchors(page: Path) -> set[str]:
    """Return what GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_picture_or_figure_stands_near_the_command_that_makes_it(page):
    for section in re.split(r"^## ", _prose(page), flags=re.MULTILINE):
        if "![" in section or INTERVAL.search(section):
            assert MAKES_FIGURES.search(section), section[:80]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=_name)
def test_a_page_has_at_most_two_screens(page):
    assert len(_text(page).splitlines()) <= 80


def test_the_tables_of_grounds_are_the_taxonomy():
    assert GROUND_ROW.findall(_text(ROOT / "docs" / "grounds.md")) == [
        (ground.value, ground.title, ground.meaning, ", ".join(ground.basis) or "none")
        for outcome in Outcome
        for ground in Ground
        if ground.outcome is outcome
    ]


def test_every_field_of_a_decision_and_every_column_of_a_prediction_is_explained():
    named = set(INLINE.findall(_text(ROOT / "docs" / "data-format.md")))
    assert {*Decision.model_fields, *prediction_columns(explain=1)} <= named


def test_the_house_in_the_guide_is_the_one_that_the_linter_holds():
    (contract,) = [one for one in PROJECT["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    held = [{*re.split(r"\s*[|:]\s*", layer)} - {"__main__"} for layer in reversed(contract["layers"])]
    drawn = next(block for block in _blocks(ROOT / "CONTRIBUTING.md", "text") if block.startswith("0 "))
    told: list[set[str]] = []
    for line in drawn.splitlines():
        told += [set()] if line[0].isdigit() else []
        names = line[3:].split("  ")[0].removeprefix("pipeline/").split(", ")
        told[-1] |= {name.removesuffix("/").removesuffix(".py") for name in names}
    assert told == held


@pytest.fixture
def newcomer(trained: stages.TrainingSummary, tmp_path: Path) -> Path:
    """What a newcomer has after `make run`: the project's files, and a bundle."""
    for name in ("pipeline", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(trained.bundle, tmp_path / "models" / trained.bundle.name)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(line.is_run for line in _commands(page))], ids=_name
)
@pytest.mark.usefixtures("newcomer")
def test_the_commands_of_a_page_run_one_after_the_other_as_printed(page):
    for line in _commands(page):
        if line.is_run:
            code, said = _run(line)
            assert code == 0, f"{line}\n{said[-2000:]}"


def _run(line: Line) -> tuple[int, str]:
    """Run a command here, where it is `upheld` and nothing else; in a shell, where it takes or leaves files by `<`."""
    if shlex.split(line.text) == line.words and line.words[0] == "upheld":
        done = CliRunner().invoke(cli.app, line.words[1:], catch_exceptions=False)
        return done.exit_code, done.output
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-euc", line.text],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("page", [page for page in PAGES if _blocks(page, "python")], ids=_name)
@pytest.mark.usefixtures("newcomer")
def test_the_python_of_a_page_runs_as_printed(page):
    for block in _blocks(page, "python"):
        code = compile(block, _name(page), "exec")
        if "pyspark" not in block:  # tests/score/test_spark.py runs that
            exec(code, {})


def test_every_reason_not_to_run_a_command_is_needed():
    assert [known for known in NOT_RUN if not any(line.begins(known) for line in COMMANDS)] == []
