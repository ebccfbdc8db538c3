import json
import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli, stages
from pipeline.errors import InputError
from pipeline.params import DriftParams
from pipeline.profile import Profile
from pipeline.schema import Ground, Outcome
from pipeline.score.batch import Options, score_file
from pipeline.score.drift import Drift, Finding
from pipeline.score.results import Predicted, Results, read_results
from pipeline.score.triage import overview_of, table_of, to_html, write_page
from pipeline.score.two_samples import CRAMERS_V, Difference
from pipeline.tables import write_rows

COMPLAINTS = [
    {"id": "a1", "complaint": "The Council did not empty her bin for six weeks.", "category": "Environment"},
    {"id": "a2", "complaint": "", "category": "Environment"},
    {"id": "a3", "complaint": "He wants to appeal to the tribunal about a penalty charge notice, he says."},
    {"id": "a4", "complaint": "Her son's care plan was delayed for months.", "category": "Education"},
]


def _results(bundle, params, output: str, rows=COMPLAINTS, **options) -> Results:
    write_rows(Path("in.jsonl"), rows)
    found = Options(**options)
    score_file(
        Path("in.jsonl"),
        Path(output),
        bundle=bundle,
        params=params.score,
        advance=lambda *_: None,
        options=found,
    )
    return Results(Path(output), bundle, found.fields)


@pytest.fixture
def results(bundle, params) -> Results:
    return _results(bundle, params, "out.jsonl")


def _page(results: Results) -> str:
    return to_html(results, overview_of(results), table_of(results, limit=100))


@pytest.mark.parametrize("output", ["out.csv", "out.jsonl", "out.parquet", "out.csv.gz"])
def test_results_read_alike_from_every_format(bundle, params, output):
    found = [result.predicted for result in read_results(_results(bundle, params, output))]
    frame = bundle.predict([row for row in COMPLAINTS if row["complaint"]])
    assert [one.p_upheld for one in found] == pytest.approx(frame["p_upheld"].tolist())
    assert [one.warnings for one in found] == frame["warnings"].tolist()
    assert [[ground.value for ground, _ in one.grounds] for one in found] == [
        [ground["code"] for ground in grounds] for grounds in frame["grounds"]
    ]


def test_a_cell_of_a_csv_reads_as_a_prediction():
    cells = {
        "p_upheld": "0.25",
        "outcome": "upheld",
        "decided": "false",
        "grounds": "delay:0.5",
        "warnings": "",
        "model": "v",
    }
    found = Predicted.model_validate(cells)
    assert (found.p_upheld, found.outcome, found.status) == (0.25, Outcome.UPHELD, "undecided")
    assert (found.grounds, found.warnings) == ([(Ground.DELAY, 0.5)], [])


def test_the_overview_counts_every_row_and_every_reject(results):
    overview = overview_of(results)
    assert overview.rows == sum(counts.total() for counts in overview.bins) == 3
    assert set(overview.categories) == {"Environment", "Education", ""}
    assert overview.warnings["no_category"] == 1
    assert overview.rejects == Counter({"column complaint: is empty; must be the text of a complaint": 1})


def test_the_list_ends_at_its_limit_while_the_overview_counts_all(results):
    overview, table = overview_of(results), table_of(results, limit=2)
    assert ([row[0] for row in table["rows"]], overview.rows) == ([1, 2], 3)
    assert "The list holds the first 2 complaints of the file" in to_html(results, overview, table)


def test_a_row_brings_its_reasons_with_the_words_they_rest_on(results):
    table = table_of(results, limit=100)
    names = {table["reasons"][reason[0]]: reason for reason in table["rows"][1][11]}
    assert ["tribunal"] in [reason[3] for reason in names.values()]
    assert names["before a word is read"][3] == []
    assert all(table["grounds"][reason[2]] in list(Ground) for reason in names.values() if reason[2] >= 0)


def test_columns_of_other_names_are_found_again(bundle, params):
    rows = [{"outcome": row["complaint"], "Ref": row["id"]} for row in COMPLAINTS]
    results = _results(bundle, params, "out.csv", rows, fields={"complaint": "outcome", "reference": "Ref"})
    row = table_of(results, limit=1)["rows"][0]
    assert (row[1], row[5]) == ("a1", COMPLAINTS[0]["complaint"])


def test_the_page_says_first_that_it_holds_texts(results):
    page = _page(results)
    assert page.index("This page holds the texts of complaints") < page.index("<h2")


def test_no_text_can_leave_the_place_it_is_kept_in(bundle, params):
    hostile = "</script><script>alert(1)</script><!--<script> The Council lost the file of her bin. &lt;b&gt;"
    rows = [{"complaint": hostile, "category": hostile, "organisation": hostile, "reference": hostile}]
    page = _page(_results(bundle, params, "out.jsonl", rows))
    assert page.count("<script") == page.count("</script>") == 2
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data[1])["rows"][0][5] == hostile


def test_the_policy_allows_the_pages_own_script_and_style_only(results):
    page = _page(results)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    for kind, tag in (("script-src", "script"), ("style-src", "style")):
        own = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        assert allowed[kind] == f"'sha256-{b64encode(sha256(own.encode()).digest()).decode()}'"
    assert not re.search(r"\son\w+=|javascript:|\sstyle=", page.split('<script type="application/json"')[0])


def test_the_page_asks_no_other_address_for_anything(results):
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!data:)(?:https?:)?//", _page(results))


def _drift(rows: int, *notes: str) -> Drift:
    limits = DriftParams(false_alarms=0.05, min_rows=30, warn_from="small")
    large = Difference("chi-square", 90.0, 1e-9, 0.6, CRAMERS_V)
    findings = tuple(
        Finding("category", large, 1e-8, significant=True, warns=True, note=note) for note in notes
    )
    return Drift(Profile(n=2000), Profile(n=rows), limits, findings)


@pytest.mark.parametrize(
    ("drift", "says"),
    [
        (None, "Not compared."),
        (_drift(200), "No difference large enough to warn of, between these complaints and the 2,000"),
        (_drift(200, "<Housing> is 95 % of this batch."), "<li>&lt;Housing&gt; is 95 % of this batch.</li>"),
        (
            _drift(4),
            "4 complaints are too few to tell whether they are like those of training;\n30 are needed",
        ),
    ],
)
def test_the_page_says_how_the_batch_stands_to_training(results, drift, says):
    assert says in _page(Results(results.output, results.bundle, drift=drift))


def test_the_page_says_which_share_of_upheld_it_reckons_with(bundle, params):
    assert "set\n<code>deployment.upheld_rate</code> if yours is another" in _page(
        _results(bundle, params, "out.jsonl")
    )
    assert "for a share of upheld of 30 %, as was set" in _page(
        _results(bundle.at_rate(0.3), params, "out.jsonl")
    )


def test_a_file_that_was_not_scored_is_refused_without_a_word_of_it(bundle):
    write_rows(Path("in.jsonl"), COMPLAINTS)
    with pytest.raises(InputError, match="row 1 holds no prediction") as refusal:
        write_page(Path("page.html"), Results(Path("in.jsonl"), bundle), limit=10)
    assert "bin" not in str(refusal.value)
    assert not Path("page.html").exists()


def test_predictions_of_another_model_are_not_explained_by_this_one(results):
    rows = [json.loads(line) for line in results.output.read_text(encoding="utf-8").splitlines()]
    write_rows(Path("other.jsonl"), [row | {"model": "20200101-000000"} for row in rows])
    with pytest.raises(InputError, match="row 1 was scored by model 20200101-000000, not"):
        write_page(Path("page.html"), Results(Path("other.jsonl"), results.bundle), limit=10)


def test_scored_rows_without_their_complaints_are_refused(results):
    rows = [json.loads(line) for line in results.output.read_text(encoding="utf-8").splitlines()]
    write_rows(Path("bare.jsonl"), [{k: v for k, v in row.items() if k != "complaint"} for row in rows])
    with pytest.raises(InputError, match=r"row 1: no complaint column.*The page needs the complaints"):
        write_page(Path("page.html"), Results(Path("bare.jsonl"), results.bundle), limit=10)


def test_categories_beyond_the_largest_are_counted_as_one(bundle, params):
    rows = [{"complaint": "The bins were missed again.", "category": f"c{number:02}"} for number in range(14)]
    named = overview_of(_results(bundle, params, "out.jsonl", rows)).by_category()
    assert [name for name, _ in named] == [*(f"c{number:02}" for number in range(12)), "2 more"]
    assert named[-1][1].total() == 2


def _score(trained, params, *, source="in.jsonl", output="out.csv", report="page.html", **changes):
    return stages.score(
        Path(source),
        Path(output),
        model=str(trained.bundle),
        models=Path("models"),
        params=params,
        progress=lambda *_: None,
        report=Path(report),
        **changes,
    )


def test_scoring_writes_page_and_drift_beside_its_output(trained, params):
    write_rows(Path("in.jsonl"), COMPLAINTS)
    summary = _score(trained, params)
    assert summary.drift.too_few
    assert json.loads(Path("out.drift.json").read_text(encoding="utf-8"))["too_few_to_tell"] is True
    assert "3 complaints are too few to tell" in Path("page.html").read_text(encoding="utf-8")
    assert "empty her bin" not in Path("out.drift.json").read_text(encoding="utf-8")


def test_the_settings_limit_the_list_of_the_page(trained, params):
    write_rows(Path("in.jsonl"), COMPLAINTS)
    short = params.model_copy(update={"score": params.score.model_copy(update={"report_rows": 1})})
    _score(trained, short)
    assert "The list holds the first 1 complaints" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"report": "page.pdf"}, "page.pdf: is written as HTML; choose a name that ends in .html"),
        ({"report": "nowhere/page.html"}, "nowhere/page.html: cannot be written"),
        ({"output": "-"}, "--report: is made from the output's file; give one with --out FILE"),
        ({"source": "page.html"}, "page.html: would be overwritten by what is written beside --out out.csv"),
        ({"source": "out.drift.json"}, "out.drift.json: would be overwritten"),
    ],
)
def test_a_page_that_cannot_stand_there_is_refused_before_the_work(trained, params, names, message):
    with pytest.raises(InputError, match=re.escape(message)):
        _score(trained, params, **names)


def test_the_command_says_on_standard_error_what_is_unlike_training(trained):
    rows = [{"complaint": "The Council refused her planning application again.", "category": "Planning"}] * 40
    write_rows(Path("in.jsonl"), rows)
    options = ["--out", "out.csv", "--model", str(trained.bundle), "--report", "page.html"]
    shown = CliRunner().invoke(cli.app, ["score", "in.jsonl", *options])
    assert shown.exit_code == 0
    assert "unlike training: Planning is 100 % of this batch" in shown.stderr
    assert "page      page.html" in shown.stdout
