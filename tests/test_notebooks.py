import ast
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MACHINE_PATH = re.compile(r"/(?:home|root|tmp|Users|work|usr|var)/|[A-Z]:\\\\")
LOGIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def _code(path: Path) -> list[str]:
    """Return the code cells without IPython's own lines."""
    cells = [cell.source for cell in _read(path).cells if cell.cell_type == "code"]
    return [re.sub(r"^%.*$", "", source, flags=re.MULTILINE) for source in cells]


def test_there_are_three_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [
        "01-corpus",
        "02-errors-and-slices",
        "03-retrain-and-compare",
    ]


@each
def test_a_notebook_is_kept_without_outputs(path):
    cells = [cell for cell in _read(path).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


@each
def test_a_notebook_names_no_folder_of_a_machine(path):
    assert not MACHINE_PATH.search(path.read_text(encoding="utf-8"))


@each
def test_a_notebook_imports_pipeline_and_defines_no_logic(path):
    nodes = [node for source in _code(path) for node in ast.walk(ast.parse(source))]
    assert any(isinstance(node, ast.ImportFrom) and node.module == "pipeline" for node in nodes)
    assert not [ast.unparse(node) for node in nodes if isinstance(node, LOGIC)]


@each
def test_a_sentence_stands_before_every_code_cell(path):
    cells = _read(path).cells
    before = [one for one, cell in pairwise(cells) if cell.cell_type == "code"]
    assert cells[0].cell_type == "markdown"
    assert all(cell.cell_type == "markdown" and cell.source.rstrip()[-1] in ".?" for cell in before)


@pytest.mark.slow
@each
def test_a_notebook_runs_from_top_to_bottom_without_a_word_on_standard_error(path, tmp_path):
    notebook = _read(path)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    pictures = [output for output in outputs if re.search("<svg|<img", str(output.get("data", {})))]
    assert len(pictures) >= 2
    assert list(folder.iterdir()) == []
