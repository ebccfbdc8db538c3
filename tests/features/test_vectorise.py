import numpy as np
import pytest

from pipeline.features.vectorise import ComplaintFeatures
from pipeline.schema import View

TEXTS = [
    "The Council did not empty her bin for six weeks.",
    "He appealed to the tribunal about his council tax band.",
    "She fled domestic abuse and was left in a hotel with her children.",
    "It refused his request for a dropped kerb.",
]
VIEWS = [
    View(text, "A Council", category, "Other") for text in TEXTS for category in ("Housing", "Planning") * 10
]


@pytest.fixture(scope="module")
def features() -> ComplaintFeatures:
    return ComplaintFeatures().fit(VIEWS)


def test_every_column_has_a_human_name(features):
    names = features.get_feature_names_out()
    assert len(names) == features.transform(VIEWS[:1]).shape[1]
    assert {"word 'bin'", "idea '#bailiff'", "names a tribunal"} - set(names) == {"idea '#bailiff'"}
    assert "names a tribunal, in Housing" in names
    assert "names a tribunal, in Planning > Other" in names


def test_fitting_and_transforming_at_once_gives_what_two_steps_give(features):
    at_once = ComplaintFeatures().fit_transform(VIEWS)
    assert abs(at_once - features.transform(VIEWS)).max() == pytest.approx(0)


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "Another Council"},
        {"received_year": 2030},
        {"complaint": TEXTS[0] + " " + TEXTS[0]},
        {"complaint": TEXTS[0].replace("The Council", "The authority")},
        {"complaint": "The complainant, whom I refer to as Mrs X, says: " + TEXTS[0]},
    ],
)
def test_what_is_no_content_changes_no_feature(features, change):
    before = VIEWS[0]
    values = {
        name: getattr(before, name) for name in ("complaint", "organisation", "category", "subcategory")
    }
    a, b = (features.transform([view]).toarray()[0] for view in (before, View(**(values | change))))
    assert np.allclose(a, b)


def test_a_word_means_something_of_its_own_within_a_category(features):
    names = features.get_feature_names_out()
    housing, planning, unknown = (
        features.transform([View(TEXTS[1], "", c, "Other")]).toarray()[0]
        for c in ("Housing", "Planning", "Health")
    )
    column = names.tolist().index("word 'tribun', in Housing")
    assert housing[column] > 0
    assert planning[column] == unknown[column] == 0
    assert unknown[names.tolist().index("word 'tribun'")] > 0


def test_the_share_of_known_words_tells_how_familiar_a_text_is(features):
    known = features.examine([VIEWS[0], View("Zorp blarg fnord."), View("...")]).known
    assert known.tolist() == [1.0, 0.0, 0.0]


def test_a_single_complaint_can_be_transformed(features):
    assert features.transform([View("")]).nnz == 0
