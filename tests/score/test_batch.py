import csv
import io
import json
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.bundle import PREDICTION_COLUMNS
from pipeline.errors import InputError
from pipeline.profile import Profile
from pipeline.schema import Outcome
from pipeline.score import batch
from pipeline.score.batch import score_file
from pipeline.score.plan import Options
from pipeline.tables import STANDARD, CsvEncoder, JsonlEncoder, Row, format_of, read_rows
from pipeline.tables.writing import compressed

COMPLAINT = (
    "Ms A says the Council did not provide the therapy named in her son's Education, Health and Care Plan."
)


@pytest.fixture
def score(bundle):
    def run(source: Path, output: str = "scored.csv", options: Options | None = None, **changes):
        params = bundle.heads.params.score.model_copy(update=changes)
        return score_file(
            source,
            Path(output),
            bundle=bundle,
            params=params,
            advance=lambda rows, share: None,
            options=options,
        )

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
    assert (summary.scored, summary.refused) == (1, 0)


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
        InputError,
        match=r"no complaint column; one of .*; its columns are id, story\. .*--map complaint=COLUMN",
    ):
        score(_csv([{"id": "1", "story": COMPLAINT}]))
    assert not Path("scored.csv").exists()


def test_jsonl_rows_without_a_complaint_are_rejects(score):
    summary = score(
        _jsonl([{"id": 1, "story": COMPLAINT}, {"id": 2, "complaint": COMPLAINT}]), "scored.jsonl"
    )
    assert (summary.scored, summary.refused) == (1, 1)


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


def test_progress_counts_every_row_and_ends_at_the_whole_input(bundle):
    seen: list[tuple[int, float | None]] = []
    rows = _csv([{"complaint": COMPLAINT}] * 3 + [{"complaint": " "}])
    params = bundle.heads.params.score.model_copy(update={"chunk_rows": 2})
    score_file(rows, Path("out.csv"), bundle=bundle, params=params, advance=lambda *done: seen.append(done))
    assert [rows for rows, _ in seen] == [2, 2]
    assert seen[-1][1] == 1.0


ROWS = [
    {"id": "1", "complaint": f"{COMPLAINT} It’s £5.", "category": "Education"},
    {"id": "2", "complaint": "", "category": ""},
    {"id": "3", "complaint": f"{COMPLAINT}\n“Twice”, she says.", "category": "=1+1"},
]
INPUTS = ["in.csv", "in.tsv", "in.jsonl", "in.parquet", "in.csv.gz", "in.jsonl.zst"]


@pytest.fixture(params=INPUTS)
def any_source(request) -> Path:
    """The same rows in each format."""
    path = Path(request.param)
    form = format_of(path)
    if form.kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif form.kind == "jsonl":
        path.write_bytes(compressed(JsonlEncoder().encode(ROWS), form.compression))
    else:
        encoder = CsvEncoder(list(ROWS[0]), delimiter="\t" if form.kind == "tsv" else ",", neutralise=False)
        path.write_bytes(compressed(encoder.head() + encoder.encode(ROWS), form.compression))
    return path


@pytest.mark.parametrize("output", ["out.csv", "out.tsv.gz", "out.jsonl", "out.jsonl.zst", "out.parquet"])
def test_every_format_becomes_every_other_with_the_same_predictions(score, any_source, output):
    summary = score(any_source, output, chunk_rows=1)
    assert (summary.scored, summary.refused) == (2, 1)
    rows = [row.values for row in read_rows(Path(output)) if isinstance(row, Row)]
    assert [row["id"] for row in rows] == ["1", "3"]
    assert [row["complaint"] for row in rows] == [ROWS[0]["complaint"], ROWS[2]["complaint"]]
    score(_jsonl(ROWS), "plain.jsonl")
    wanted = _scored("plain.jsonl")
    assert [float(row["p_upheld"]) for row in rows] == [row["p_upheld"] for row in wanted]
    if "jsonl" in output or "parquet" in output:
        assert [row["grounds"] for row in rows] == [row["grounds"] for row in wanted]
    assert json.loads(Path("out.rejects.jsonl").read_text())["row"] == 2


def test_parquet_has_typed_columns_and_keeps_those_of_parquet(score):
    days = pa.array([date(2026, 1, 2)], pa.date32())
    pq.write_table(
        pa.table({"complaint": [COMPLAINT], "received_on": days, "n": pa.array([7])}), "in.parquet"
    )
    score(Path("in.parquet"), "out.parquet", Options(explain=2))
    schema = pq.read_schema("out.parquet")
    assert (schema.field("received_on").type, schema.field("n").type) == (pa.date32(), pa.int64())
    assert (schema.field("p_upheld").type, schema.field("decided").type) == (pa.float64(), pa.bool_())
    (row,) = pq.read_table("out.parquet").to_pylist()
    assert set(row["grounds"][0]) == {"code", "p"}
    assert [set(reason) for reason in row["reasons"]] == [{"name", "contribution", "ground", "words"}] * 4
    assert row["received_on"] == date(2026, 1, 2)


def test_jsonl_values_keep_their_types_in_parquet(score):
    score(
        _jsonl([{"complaint": COMPLAINT, "n": 1, "tags": ["a"]}, {"complaint": COMPLAINT, "x": 0.5}]),
        "o.parquet",
    )
    first, second = pq.read_table("o.parquet").to_pylist()
    assert (first["n"], first["tags"], first["x"]) == (1, '["a"]', None)
    assert (second["n"], second["tags"], second["x"]) == (None, None, 0.5)


def test_a_format_can_be_named_where_the_name_says_none(score):
    Path("in.txt").write_text(f"complaint;id\n{COMPLAINT};7\n")
    score(Path("in.txt"), "out.txt", Options(input_format="csv", output_format="jsonl"))
    assert json.loads(Path("out.txt").read_text())["id"] == "7"
    with pytest.raises(InputError, match="'text' is no format"):
        score(Path("in.txt"), "out.csv", Options(input_format="text"))


def test_columns_are_mapped_and_pass_through_under_their_own_name(score):
    rows = [{"summary_text": COMPLAINT, "complaint": "about bins"}]
    score(_csv(rows), options=Options(fields={"complaint": "summary_text"}))
    score(_csv([{"complaint": COMPLAINT}]), "plain.csv")
    mapped, plain = _scored("scored.csv")[0], _scored("plain.csv")[0]
    assert (mapped["summary_text"], mapped["complaint"]) == (COMPLAINT, "about bins")
    assert mapped["p_upheld"] == plain["p_upheld"]


def test_reasons_are_a_column_where_they_are_asked_for(score):
    score(_csv([{"complaint": COMPLAINT}]), options=Options(explain=3))
    cell = _scored("scored.csv")[0]["reasons"]
    assert cell.count("; ") == 4
    assert " towards upheld" in cell


def test_standard_input_becomes_standard_output_and_its_rejects_standard_error(
    score, monkeypatch, capfdbinary
):
    content = f"id\tcomplaint\n1\t{COMPLAINT}\n2\t\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    summary = score(STANDARD, "-")
    done = capfdbinary.readouterr()
    (row,) = csv.DictReader(io.StringIO(done.out.decode()))
    assert row["id"] == "1"
    assert json.loads(done.err)["row"] == 2
    assert (summary.scored, summary.refused, summary.rejects_file) == (1, 1, None)
    assert list(Path().iterdir()) == []


def test_jsonl_on_standard_input_stays_jsonl(score, monkeypatch, capfdbinary):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps({"text": COMPLAINT}).encode())))
    score(STANDARD, "-")
    assert json.loads(capfdbinary.readouterr().out)["text"] == COMPLAINT


@pytest.mark.parametrize(
    ("content", "output", "options", "message"),
    [
        (b'{"text": "a"}', "out.csv", Options(), "the columns of JSONL are known only at its end"),
        (b"text\na\n", "-", Options(output_format="parquet"), "Parquet is finished at its end"),
        (b"PAR1", "-", Options(input_format="parquet"), "Parquet is read from its end"),
        (b"text\na\n", "-", Options(resume=True), "standard input and output are gone with their run"),
    ],
)
def test_what_standard_input_and_output_cannot_do_is_refused(
    score, monkeypatch, content, output, options, message
):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with pytest.raises(InputError, match=message):
        score(STANDARD, output, options)
    assert list(Path().iterdir()) == []


def test_the_summary_describes_what_was_scored(score):
    summary = score(_csv([{"complaint": COMPLAINT, "category": "Education"}] * 3), chunk_rows=2)
    assert summary.profile.n == 3
    assert summary.profile.categories == {"Education": 3}
    assert sum(summary.profile.p_upheld) == 3
    assert summary.abstained == sum(row["decided"] == "false" for row in _scored("scored.csv"))
    assert summary.upheld == sum(row["outcome"] == "upheld" for row in _scored("scored.csv"))


def test_no_rows_give_a_header_and_an_empty_profile(score):
    Path("in.csv").write_text("complaint\n")
    summary = score(Path("in.csv"))
    assert Path("scored.csv").read_text() == ",".join(["complaint", *PREDICTION_COLUMNS]) + "\n"
    assert (summary.scored, summary.profile, summary.reject_rate) == (0, Profile(), 0.0)


def test_a_chunk_of_long_rows_ends_early(bundle, monkeypatch):
    monkeypatch.setattr(batch, "MAX_CHUNK_TEXT", 2 * len(COMPLAINT))
    seen: list[int] = []
    score_file(
        _csv([{"complaint": COMPLAINT}] * 7),
        Path("out.csv"),
        bundle=bundle,
        params=bundle.heads.params.score,
        advance=lambda rows, share: seen.append(rows),
    )
    assert seen == [3, 3, 1]


def test_a_column_of_a_later_jsonl_row_has_its_place_in_a_csv(score):
    score(_jsonl([{"complaint": COMPLAINT}, {"complaint": COMPLAINT, "ward": "North"}]))
    assert [row["ward"] for row in _scored("scored.csv")] == ["", "North"]
