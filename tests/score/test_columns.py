import pytest

from pipeline.bundle import prediction_columns
from pipeline.errors import InputError
from pipeline.heads.reasons import OTHER, START
from pipeline.score.columns import PREDICTION_TYPES, check_columns, fields_from, flat


def _reason(name: str, contribution: float, ground: str | None = None) -> dict:
    return {"name": name, "contribution": contribution, "ground": ground, "words": []}


def test_every_prediction_column_has_a_type():
    assert tuple(PREDICTION_TYPES) == prediction_columns(explain=1)


def test_reasons_are_one_readable_cell():
    reasons = [
        _reason("'bins'", 0.4213, "delay"),
        _reason("'appeal'", -0.305, "tribunal_appeal"),
        _reason("'son'", -0.1),
        _reason(OTHER, 0.05),
        _reason(START, -1.7),
    ]
    assert flat({"grounds": [], "warnings": [], "reasons": reasons})["reasons"] == (
        "'bins': +0.42 towards upheld, delay; 'appeal': -0.30 towards closed, tribunal_appeal; 'son': -0.10 towards "
        "closed; other terms: +0.05; before a word is read: -1.70"
    )


def test_lists_are_joined_and_other_columns_stay():
    row = {"id": 7, "grounds": [{"code": "delay", "p": 0.5}, {"code": "no_fault", "p": 0.1}]}
    cells = flat(row | {"warnings": ["very_short", "no_category"]})
    assert cells == {"id": 7, "grounds": "delay:0.5;no_fault:0.1", "warnings": "very_short;no_category"}


def test_pairs_say_which_column_holds_which_field():
    found = fields_from(["complaint=summary_text", "category = The area"])
    assert found == {"complaint": "summary_text", "category": "The area"}


@pytest.mark.parametrize("pairs", [["complaint"], ["colour=x"], ["complaint="], ["id=a", "id=b"]])
def test_what_is_no_pair_is_refused(pairs):
    with pytest.raises(InputError, match=r"must be FIELD=COLUMN, each field once; fields are complaint, "):
        fields_from(pairs)


def test_a_mapped_column_that_is_missing_is_refused():
    with pytest.raises(
        InputError, match=r"in\.csv: has no column for --map complaint=story; it has id, text"
    ):
        check_columns("in.csv", ["id", "text"], {"complaint": "story"})


def test_a_file_without_a_header_does_not_get_its_first_row_into_a_message():
    text = "Mr X says the Council has missed his assisted bin collection since May."
    with pytest.raises(InputError, match=r"its columns are 7, …\.") as caught:
        check_columns("in.csv", ["7", text], {})
    assert "Mr X" not in str(caught.value)


def test_a_mapped_complaint_needs_no_column_of_its_own_name():
    check_columns("in.csv", ["story"], {"complaint": "story"})
    with pytest.raises(InputError, match=r"no complaint column; .* such as --map complaint=COLUMN"):
        check_columns("in.csv", ["story"], {})
