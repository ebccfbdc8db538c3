import pytest

from pipeline.bundle import as_columns
from pipeline.features.view import view_of_row
from pipeline.schema import Reject
from pipeline.score.rows import score_rows
from pipeline.tables import Row

BINS = "Mr X says the Council has missed his assisted bin collection since May."
ROAD = "Mrs Y complains that the Council refused her appeal against a penalty charge notice."


def test_every_row_is_scored_or_rejected_in_order(bundle):
    broken = Reject("in.csv", "3 cells where the header has 2", 2)
    rows = [
        Row(1, {"complaint": BINS}),
        broken,
        Row(3, {"complaint": " ", "id": "7"}),
        Row(4, {"text": ROAD}),
    ]
    found = score_rows(rows, bundle)
    assert [row.get("complaint", row.get("text")) for row in found.rows] == [BINS, ROAD]
    assert found.rejects == [
        broken,
        Reject("7", "column complaint: is empty; must be the text of a complaint", 3),
    ]
    assert found.profile.n == 2


def test_a_row_is_scored_alike_whatever_stands_beside_it(bundle):
    alone = score_rows([Row(1, {"complaint": BINS})], bundle).rows
    among = score_rows(
        [Row(n, {"complaint": text}) for n, text in enumerate([ROAD, BINS, ROAD])], bundle
    ).rows
    assert alone == [among[1]]
    (prediction,) = bundle.heads.predict(
        [view_of_row({"complaint": BINS}, bundle.heads.params.view)], version=bundle.version
    )
    assert alone == [{"complaint": BINS} | as_columns(prediction)]


def test_a_mapped_column_is_read_as_the_field_and_passed_on_under_its_own_name(bundle):
    mapped = Row(1, {"summary_text": BINS, "area": "Housing", "complaint": ROAD, "category": "Planning"})
    fields = {"complaint": "summary_text", "category": "area"}
    (found,) = score_rows([mapped], bundle, fields=fields).rows
    (meant,) = score_rows([Row(1, {"complaint": BINS, "category": "Housing"})], bundle).rows
    assert found["p_upheld"] == meant["p_upheld"]
    assert {name: found[name] for name in mapped.values} == mapped.values


def test_a_row_without_the_mapped_column_is_a_reject(bundle):
    found = score_rows([Row(1, {"complaint": BINS})], bundle, fields={"complaint": "summary_text"})
    assert [reject.row for reject in found.rejects] == [1]
    assert found.rows == []


def test_columns_named_like_predictions_are_passed_on_as_the_names_say(bundle):
    rows = [Row(1, {"complaint": BINS, "outcome": "a"})]
    assert score_rows(rows, bundle).rows[0]["input_outcome"] == "a"
    names = {"complaint": "complaint", "outcome": "input_input_outcome"}
    assert score_rows(rows, bundle, names=names).rows[0]["input_input_outcome"] == "a"


@pytest.mark.parametrize("explain", [0, 3])
def test_reasons_are_added_where_they_are_asked_for(bundle, explain):
    (row,) = score_rows([Row(1, {"complaint": BINS, "reasons": "mine"})], bundle, explain=explain).rows
    assert ("input_reasons" in row) == bool(explain)
    assert len(row["reasons"]) == (5 if explain else 4)  # "other terms" and the start besides; or "mine"


def test_no_rows_are_no_rows(bundle):
    found = score_rows([], bundle)
    assert (found.rows, found.rejects, found.profile.n) == ([], [], 0)
