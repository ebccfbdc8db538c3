"""What the documentation says must be so: commands, options, settings, files and links exist, and what is cheap is run."""

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

import click
import pytest
import typer

from pipeline import cli, stages
from pipeline.params import Params, flatten, load_params
from pipeline.schema import Decision, Ground

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "models" / "README.md"])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
UPHELD = typer.main.get_command(cli.app)

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
VARIABLE = re.compile(r"\bUPHELD_(\w+?)__(\w+?)=")
ASSIGNED = re.compile(r"^[A-Z][A-Z_0-9]*=")
IN_THE_PROJECT = re.compile(r"\b(?:pipeline|tests|docs|notebooks|benchmarks|models)/[\w./-]*")
INTERVAL = re.compile(r"\[[+-]?0\.\d+, [+-]?0\.\d+\]")

# What is checked for its options only, and why it is not run here.
NOT_RUN = {
    "make": "makes an environment, or is what runs this test",
    ".": "enters that environment",
    "export": "changes the shell",
    "pip": "installs",
    "python -m pytest": "is what runs this test",
    "python benchmarks": "takes minutes",
    "upheld run": "takes long; tests/test_cli.py runs it",
    "upheld collect": "asks the Ombudsman's site; tests/collect runs it on a site of its own",
    "upheld train": "takes long; tests/test_cli.py runs it",
    "upheld evaluate": "takes long; tests/test_assess.py runs it",
    "upheld promote": "needs registered models; tests/tracking runs it",
    "upheld models": "needs registered models; tests/tracking runs it",
    "upheld score complaints.csv --out scored.csv --model models:/upheld@champion": "needs a champion",
    "upheld score complaints.csv --out by-spark.parquet --engine spark": "tests/score/test_spark.py runs it",
    "upheld score complaints/": "tests/score/test_spark.py runs it",
    "upheld score s3a:": "needs a cluster",
    "mlflow": "starts a server; tests/tracking runs one",
    "curl": "asks that server",
}


@dataclass(frozen=True)
class Line:
    """A command of a page, without its comment, as the shell would get it."""

    page: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"

    @property
    def words(self) -> list[str]:
        """The words of the command itself: no variables before it, no files that it reads from or writes to."""
        words = shlex.split(self.text)
        while words and ASSIGNED.match(words[0]):
            words = words[1:]
        return list(takewhile(lambda word: word not in {"<", ">", "|", "&&"}, words))

    @property
    def is_run(self) -> bool:
        """Whether it is cheap enough to be run."""
        return not any(shlex.join(self.words).startswith(known) for known in NOT_RUN)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(_text(page)) if kind == language]


def _commands(page: Path) -> list[Line]:
    """Return the commands of a page's shell blocks; a quotation mark left open goes on in the next line."""
    found, open_ = [], ""
    for line in "".join(_blocks(page, "sh")).splitlines():
        open_ += re.sub(r"\s+#.*$", "", line)
        if open_.count("'") % 2:
            open_ += "\n"
        elif open_:
            found.append(Line(_name(page), open_))
            open_ = ""
    return found


def _prose(page: Path) -> str:
    return FENCE.sub("", _text(page))


def _mentions(page: Path) -> list[Line]:
    """Return what stands between single backticks in the prose."""
    return [Line(_name(page), text) for text in INLINE.findall(_prose(page))]


def _examples(command: click.Command, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command by its full name, and the examples in its help."""
    yield name, re.findall(r"^Example: (.+)$", command.help or "", re.MULTILINE)
    if isinstance(command, click.Group):
        for own, inner in command.commands.items():
            yield from _examples(inner, f"{name} {own}")


COMMANDS = [line for page in PAGES for line in _commands(page)]
MENTIONED = [line for page in PAGES for line in _mentions(page)]
HELP = dict(_examples(UPHELD, "upheld"))
EXAMPLES = [Line(f"{name} --help", text) for name, texts in HELP.items() for text in texts]


def _parse(words: list[str], *, whole: bool = True) -> None:
    """Let the command's own parser read a command line; `whole`: all that is required must be there.

    Raises:
        click.ClickException: no such command or option, or a value of the wrong kind.
    """
    command, context, rest = UPHELD, click.Context(UPHELD, info_name="upheld"), words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name, command, rest = command.resolve_command(context, rest)
        context = click.Context(command, parent=context, info_name=name)
    if whole:
        command.make_context(context.info_name, list(rest), parent=context.parent)
        return
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word not in known]
    if unknown:
        raise click.NoSuchOption(unknown[0])


def _is(line: Line, command: str) -> bool:
    return line.text.split()[:1] == [command] or bool(
        re.match(rf"(?:[A-Z_0-9]+=\S+ )+{command}\b", line.text)
    )


@pytest.mark.parametrize("line", [line for line in (*COMMANDS, *EXAMPLES) if _is(line, "upheld")], ids=str)
def test_a_command_is_understood_by_its_own_parser(line):
    _parse(line.words)


@pytest.mark.parametrize("line", [line for line in MENTIONED if _is(line, "upheld")], ids=str)
def test_a_command_that_prose_mentions_exists_with_its_options(line):
    _parse(line.words, whole=False)


@pytest.mark.parametrize("line", [line for line in MENTIONED if line.text.startswith("--")], ids=str)
def test_an_option_that_prose_mentions_belongs_to_some_command(line):
    known = {option for name in HELP for parameter in _command(name).params for option in parameter.opts}
    assert line.words[0] in known


def _command(name: str) -> click.Command:
    command = UPHELD
    for part in name.split()[1:]:
        command = command.commands[part]
    return command


@pytest.mark.parametrize("name", HELP)
def test_the_help_of_every_command_has_an_example_of_it(name):
    assert any(example.startswith(name) for example in HELP[name])


@pytest.mark.parametrize("line", [line for line in COMMANDS if _is(line, "mlflow")], ids=str)
def test_a_command_of_mlflow_exists_with_its_options(line):
    from mlflow.cli import cli as mlflow

    context = click.Context(mlflow)
    name, command, rest = mlflow.resolve_command(context, line.words[1:])
    while isinstance(command, click.Group):
        name, command, rest = command.resolve_command(click.Context(command), rest)
    command.make_context(name, list(rest))


@pytest.mark.parametrize("line", [*COMMANDS, *MENTIONED], ids=str)
def test_targets_scripts_and_extras_exist(line):
    words = line.text.split()
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", _text(ROOT / "Makefile"), re.MULTILINE)
    if words[0] == "python" and words[1].endswith(".py"):
        assert (ROOT / words[1]).is_file()
    for extra in re.findall(r"upheld\[(\w+)\]", line.text):
        assert extra in PROJECT["project"]["optional-dependencies"]


@pytest.mark.parametrize("line", [*COMMANDS, *MENTIONED], ids=str)
def test_a_variable_of_the_environment_sets_a_setting(line):
    for section, key in VARIABLE.findall(line.text):
        assert key.lower() in Params.model_fields[section.lower()].annotation.model_fields


@pytest.mark.parametrize(
    "line", [line for line in MENTIONED if re.fullmatch(r"[a-z_]+\.[a-z_]+(?:: \w+)?", line.text)], ids=str
)
def test_a_setting_that_prose_mentions_exists(line):
    name = line.text.partition(":")[0]
    hidden = {"collect.contact", "tracking.uri"}  # kept out of every dump of the settings
    files = {path.name for path in ROOT.rglob("*.py")} | {"report.html", "spark.archives"}
    is_file = name in files or name.rpartition(".")[2] in {
        "csv",
        "jsonl",
        "json",
        "md",
        "yaml",
        "html",
        "db",
        "py",
    }
    assert is_file or name in {*flatten(load_params()), *hidden} or name == "spark.local"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_what_a_page_names_in_this_project_is_there(page):
    made = ("models/README", "models/upheld")
    named = {found.rstrip(".") for found in IN_THE_PROJECT.findall(_text(page))}
    assert [one for one in sorted(named) if not (ROOT / one).exists() and not one.startswith(made)] == []


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_inside_the_project_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        found = page.parent / path if path else page
        assert found.exists(), target
        headings = re.findall(r"^#+ (.+)$", FENCE.sub("", _text(found)), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {_anchor(heading) for heading in headings}, target


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_picture_or_a_figure_stands_near_the_command_that_makes_it(page):
    paragraphs = re.split(r"\n\s*\n", _prose(page))
    for place, paragraph in enumerate(paragraphs):
        if paragraph.startswith("!["):
            near = paragraphs[place + 1]
        elif INTERVAL.search(paragraph):
            section = [p for p in paragraphs[: place + 1] if p.startswith("## ")][-1:]
            start = paragraphs.index(section[0]) if section else 0
            near = "\n".join(paragraphs[start : place + 1])
        else:
            continue
        assert re.search(r"`(?:[A-Z_0-9]+=\S+ )?(?:upheld|python|make) [^`]+`", near), paragraph[:80]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=_name)
def test_a_page_has_at_most_two_screens(page):
    assert len(_text(page).splitlines()) <= 80


def test_the_tables_of_grounds_are_the_taxonomy():
    rows = re.findall(
        r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", _text(ROOT / "docs" / "grounds.md"), re.MULTILINE
    )
    basis = {ground: ", ".join(ground.basis) or "none" for ground in Ground}
    assert rows == [(ground.value, ground.title, ground.meaning, basis[ground]) for ground in Ground]


def test_every_field_of_a_decision_and_every_column_of_a_prediction_is_explained():
    from pipeline.bundle import prediction_columns

    named = set(INLINE.findall(_text(ROOT / "docs" / "data-format.md")))
    assert {*Decision.model_fields, *prediction_columns(explain=1)} <= named


def test_the_house_in_the_guide_is_the_one_that_the_linter_holds():
    (contract,) = [one for one in PROJECT["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    held = [{*re.split(r"\s*[|:]\s*", layer)} - {"__main__"} for layer in reversed(contract["layers"])]
    drawn = next(block for block in _blocks(ROOT / "CONTRIBUTING.md", "text") if block.startswith("0 "))
    told: list[set[str]] = []
    for line in drawn.splitlines():
        modules = {
            one.strip().removesuffix("/").removesuffix(".py") for one in line[3:].split("  ")[0].split(",")
        }
        told = [*told, set()] if line[0].isdigit() else told
        told[-1] |= {module.removeprefix("pipeline/") for module in modules}
    assert told == held


@pytest.fixture
def newcomer(trained: stages.TrainingSummary, tmp_path: Path) -> Path:
    """A copy of what a newcomer has after `make run`: the project's files, a bundle, and no files of their own."""
    for name in ("pipeline", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "models").mkdir()
    shutil.copytree(trained.bundle, tmp_path / "models" / trained.bundle.name)
    shutil.copy(ROOT / "pipeline" / "corpus" / "sample.csv", tmp_path / "complaints.csv")
    return tmp_path


def _shell(script: str, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eux", "-c", script],
        cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(line.is_run for line in _commands(page))], ids=_name
)
def test_the_commands_of_a_page_run_one_after_the_other_as_printed(page, newcomer):
    _shell("\n".join(line.text for line in _commands(page) if line.is_run), newcomer)


@pytest.mark.parametrize("page", [page for page in PAGES if _blocks(page, "python")], ids=_name)
def test_the_python_of_a_page_runs_as_printed(page, newcomer):
    for block in _blocks(page, "python"):
        if "pyspark" in block:  # tests/score/test_spark.py runs it
            compile(block, _name(page), "exec")
            continue
        exec(block, {})


def test_every_reason_not_to_run_something_is_needed():
    unused = [
        known for known in NOT_RUN if not any(shlex.join(line.words).startswith(known) for line in COMMANDS)
    ]
    assert unused == []
