import shutil
from pathlib import Path

import pytest
import spacy

from pipeline.errors import ParamsError
from pipeline.features.cut import cut_texts
from pipeline.features.names import without_names
from pipeline.schema import View


def _install(name: str, folder: Path, *, knows_names: bool) -> None:
    """Lay out a spaCy package as pip does: its code, its pipeline and its metadata."""
    nlp = spacy.blank("en")
    if knows_names:
        patterns = [{"label": "PERSON", "pattern": "Tulip Baker"}, {"label": "ORG", "pattern": "the Council"}]
        nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.meta["name"], nlp.meta["version"] = name.removeprefix("en_"), "1.0.0"
    data = folder / name / f"{name}-1.0.0"
    data.parent.mkdir()
    nlp.to_disk(data)
    shutil.copy(data / "meta.json", folder / name)
    (folder / name / "__init__.py").write_text(
        "from pathlib import Path\n"
        "from spacy.util import load_model_from_init_py\n"
        "def load(**overrides):\n"
        "    return load_model_from_init_py(__file__, **overrides)\n"
    )
    metadata = folder / f"{name}-1.0.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _install("en_names_toy", tmp_path, knows_names=True)
    _install("en_plain_toy", tmp_path, knows_names=False)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_names_of_people_go_and_bodies_stay(packages):
    texts = ["Tulip Baker wrote to the Council. Then Tulip Baker waited.", "Nobody wrote."]
    assert list(without_names(texts, "en_names_toy")) == [
        "X wrote to the Council. Then X waited.",
        "Nobody wrote.",
    ]


def test_texts_are_cut_without_the_names_that_the_model_finds(packages):
    view = View("Tulip Baker missed her bin.")
    assert "tulip" in cut_texts([view]).words[0]
    assert "tulip" not in cut_texts([view], spacy_model="en_names_toy").words[0]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("en_not_there", "en_not_there'; must be an installed spaCy package, or null"),
        ("en_plain_toy", "en_plain_toy recognises no entities"),
    ],
)
def test_a_model_that_cannot_be_used_is_named_with_what_to_do(packages, model, message):
    with pytest.raises(ParamsError, match=message):
        list(without_names(["A text."], model))
