import csv
import json
from pathlib import Path

import pytest

from pipeline.bundle import PREDICTION_COLUMNS
from pipeline.errors import InputError
from pipeline.schema import Outcome
from pipeline.score.batch import score_file

COMPLAINT = (
    "Ms A says the Council did not provide the therapy named in her son's Education, Health and Care Plan."
)


@pytest.fixture
def score(bundle):
    def run(source: Path, output: str = "scored.csv", **changes):
        params = bundle.heads.params.score.model_copy(update=changes)
        return score_file(source, Path(output), bundle=bundle, params=params, advance=lambda rows: None)

    return run


def _csv(rows: list[dict]) -> Path:
    path = Path("in.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _jsonl(rows: list[dict]) -> Path:
    path = Path("in.jsonl")
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def _scored(name: str) -> list[dict]:
    if name.endswith(".csv"):
        with Path(name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]


def test_csv_rows_keep_their_columns_and_gain_the_prediction(score, bundle):
    summary = score(
        _csv([{"id": "7", "complaint": COMPLAINT, "category": "Education", "ward": "North, upper"}])
    )
    (row,) = _scored("scored.csv")
    assert list(row) == ["id", "complaint", "category", "ward", *PREDICTION_COLUMNS]
    assert (row["id"], row["complaint"], row["ward"]) == ("7", COMPLAINT, "North, upper")
    assert 0 < float(row["p_upheld"]) < 1
    assert row["outcome"] in set(Outcome)
    assert row["decided"] in {"true", "false"}
    codes = [pair.split(":") for pair in row["grounds"].split(";")]
    assert [float(p) for _, p in codes] == sorted((float(p) for _, p in codes), reverse=True)
    assert row["model"] == bundle.version
    assert (summary.scored, summary.rejects.total()) == (1, 0)


def test_jsonl_rows_gain_the_prediction_as_json(score):
    score(_jsonl([{"id": 7, "text": COMPLAINT, "tags": ["a"]}]), "scored.jsonl")
    (row,) = _scored("scored.jsonl")
    assert (row["id"], row["tags"]) == (7, ["a"])
    assert isinstance(row["p_upheld"], float)
    assert isinstance(row["decided"], bool)
    assert 1 <= len(row["grounds"]) <= 3
    assert set(row["grounds"][0]) == {"code", "p"}


def test_both_formats_and_any_chunk_size_score_alike(score):
    rows = [{"id": str(n), "complaint": f"{COMPLAINT} It was {n} years ago."} for n in range(7)]
    score(_csv(rows), "a.csv")
    score(_jsonl(rows), "b.csv", chunk_rows=2)
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_a_row_that_cannot_be_scored_is_a_reject_and_the_rest_goes_on(score):
    summary = score(
        _csv(
            [
                {"id": "1", "complaint": COMPLAINT},
                {"id": "2", "complaint": "  "},
                {"id": "3", "complaint": COMPLAINT},
            ]
        )
    )
    assert [row["id"] for row in _scored("scored.csv")] == ["1", "3"]
    (reject,) = _scored("scored.rejects.jsonl")
    assert reject == {
        "row": 2,
        "where": "2",
        "reason": "column complaint: is empty; must be the text of a complaint",
    }
    assert summary.reject_rate == pytest.approx(1 / 3)


def test_rejects_of_an_earlier_run_do_not_stay(score):
    score(_csv([{"id": "1", "complaint": ""}]))
    score(_csv([{"id": "1", "complaint": COMPLAINT}]))
    assert not Path("scored.rejects.jsonl").exists()


def test_no_complaint_text_stands_in_the_rejects(score):
    score(
        _jsonl([{"id": 1, "complaint": "secret \u0000 text"}, {"id": 2, "complaint": ["secret"]}]),
        "scored.jsonl",
    )
    assert "secret" not in Path("scored.rejects.jsonl").read_text()


def test_a_csv_without_a_complaint_column_is_refused(score):
    with pytest.raises(
        InputError, match=r"no complaint column; one of .*; its columns are id, story\. Rename one"
    ):
        score(_csv([{"id": "1", "story": COMPLAINT}]))
    assert not Path("scored.csv").exists()


def test_jsonl_rows_without_a_complaint_are_rejects(score):
    summary = score(
        _jsonl([{"id": 1, "story": COMPLAINT}, {"id": 2, "complaint": COMPLAINT}]), "scored.jsonl"
    )
    assert (summary.scored, summary.rejects.total()) == (1, 1)


def test_an_input_column_named_like_a_prediction_is_passed_on_under_another_name(score):
    score(_csv([{"complaint": COMPLAINT, "outcome": "upheld", "model": "T"}]))
    (row,) = _scored("scored.csv")
    assert (row["input_outcome"], row["input_model"]) == ("upheld", "T")


def test_duplicate_references_are_scored_like_any_rows(score):
    score(_csv([{"reference": "24 000 001", "complaint": COMPLAINT}] * 2))
    first, second = _scored("scored.csv")
    assert first == second


@pytest.mark.parametrize(
    ("row", "warning"),
    [
        ({"category": "Spacecraft"}, "unseen_category"),
        ({"category": ""}, "no_category"),
        ({"complaint": "Bins."}, "very_short"),
        ({"complaint": COMPLAINT * 100_000}, "truncated"),
        (
            {"complaint": "Qo'noS tlhIngan Hol yIjatlh Heghlu'meH QaQ jajvam batlh bIHeghjaj"},
            "out_of_distribution",
        ),
    ],
)
def test_a_prediction_to_be_read_with_care_says_why(score, row, warning):
    score(_csv([{"complaint": COMPLAINT, "category": "Education"} | row]))
    (scored,) = _scored("scored.csv")
    assert warning in scored["warnings"].split(";")


def test_a_text_unlike_anything_seen_is_not_decided(score):
    score(_csv([{"complaint": "Qo'noS tlhIngan Hol yIjatlh"}, {"complaint": "12345"}]))
    assert [row["decided"] for row in _scored("scored.csv")] == ["false", "false"]


def test_an_ordinary_complaint_carries_no_warning(score):
    score(
        _csv([{"complaint": COMPLAINT, "category": "Education", "subcategory": "Special educational needs"}])
    )
    assert _scored("scored.csv")[0]["warnings"] == ""


def test_formulas_in_passed_through_cells_are_neutralised(score):
    rows = [{"complaint": COMPLAINT, "note": "=HYPERLINK(1)"}]
    score(_csv(rows))
    assert _scored("scored.csv")[0]["note"] == "'=HYPERLINK(1)"
    score(_csv(rows), neutralise_formulas=False)
    assert _scored("scored.csv")[0]["note"] == "=HYPERLINK(1)"


def test_the_input_is_never_overwritten(score):
    source = _csv([{"complaint": COMPLAINT}])
    with pytest.raises(InputError, match="would be overwritten"):
        score(source, "in.csv")
    rejects = source.rename("out.rejects.jsonl")
    with pytest.raises(InputError, match="would be overwritten"):
        score(rejects, "out.csv")
    assert rejects.exists()


def test_a_file_separated_by_semicolons_says_so(score):
    Path("in.csv").write_text("id;complaint\n1;bins\n")
    with pytest.raises(InputError, match="Save it with commas between the cells"):
        score(Path("in.csv"))


def test_names_of_columns_never_clash(score):
    score(_csv([{"complaint": COMPLAINT, "outcome": "a", "input_outcome": "b"}]))
    row = _scored("scored.csv")[0]
    assert (row["input_input_outcome"], row["input_outcome"]) == ("a", "b")
    score(Path("scored.csv"), "again.csv")
    again = _scored("again.csv")[0]
    assert {again[name] for name in again if name.endswith("outcome") and name.startswith("input_")} >= {
        "a",
        "b",
    }


def test_progress_counts_every_row(bundle):
    seen: list[int] = []
    rows = _csv([{"complaint": COMPLAINT}] * 3 + [{"complaint": " "}])
    params = bundle.heads.params.score.model_copy(update={"chunk_rows": 2})
    score_file(rows, Path("out.csv"), bundle=bundle, params=params, advance=seen.append)
    assert seen == [2, 2]
