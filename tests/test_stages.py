import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.errors import CorpusError, InputError, TrackingError
from pipeline.schema import Ground, Outcome
from pipeline.score.batch import score_file
from pipeline.stages import reading

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"

# reference: organisation, subcategory, outcome, date, least grounds, least citation, paragraphs of the complaint
SEED_DECISIONS = {
    "24 013 909": (
        "North Northamptonshire Council",
        "Other",
        Outcome.CLOSED,
        "2025-02-06",
        {"no_fault", "other_body"},
        "LGA 1974 s24A(6)",
        1,
    ),
    "21 001 252": (
        "Buckinghamshire Council",
        "Child protection",
        Outcome.UPHELD,
        "2022-02-18",
        {"process_not_followed", "flawed_decision"},
        "LGA 1974 s26(1)",
        3,
    ),
    "24 006 339": (
        "London Borough of Barnet",
        "Child protection",
        Outcome.CLOSED,
        "2024-09-12",
        {"no_better_outcome"},
        "LGA 1974 s24A(6)",
        1,
    ),
    "21 018 897": (
        "Gloucestershire County Council",
        "Child protection",
        Outcome.CLOSED,
        "2022-04-24",
        {"nothing_to_add", "no_injustice", "other_body"},
        "LGA 1974 s24A(6)",
        1,
    ),
    "21 006 378": (
        "Liverpool City Council",
        "Child protection",
        Outcome.CLOSED,
        "2022-02-28",
        {"nothing_to_add"},
        "LGA 1974 s24A(6)",
        1,
    ),
}

RESIDUE = ("Back to top", "cookie", "Print this page", "LGO logogram", "privacy settings")


@pytest.mark.skipif(not SEEDS.exists(), reason="../shared/seeds is not beside this checkout")
def test_the_seeds_are_read_labelled_and_scored(bundle):
    stages.read([SEEDS], Path("read.jsonl"))
    stages.label(Path("read.jsonl"), Path("labelled.jsonl"))
    text = Path("labelled.jsonl").read_text(encoding="utf-8")
    found = {decision["reference"]: decision for decision in map(json.loads, text.splitlines())}
    assert found.keys() == SEED_DECISIONS.keys()
    for reference, (
        body,
        subcategory,
        outcome,
        decided,
        grounds,
        citation,
        paragraphs,
    ) in SEED_DECISIONS.items():
        decision = found[reference]
        assert (decision["organisation"], decision["category"], decision["subcategory"]) == (
            body,
            "Children's care services",
            subcategory,
        )
        assert (decision["outcome"], decision["decision_date"]) == (outcome, decided)
        assert grounds <= set(decision["grounds"])
        assert citation in decision["citations"]
        assert len(decision["complaint"].splitlines()) == paragraphs
        assert decision["final_decision"]
    assert not [word for word in RESIDUE if word.lower() in text.lower()]
    scored = score_file(
        Path("labelled.jsonl"),
        Path("scored.jsonl"),
        bundle=bundle,
        params=bundle.heads.params.score,
        advance=lambda rows, share: None,
    )
    assert scored.scored == 5


@pytest.fixture
def statement() -> str:
    return """Leeds City Council (22 001 001)
Category : Transport and highways > Street lighting
Decision : Closed after initial enquiries
Decision date : 04 Sep 2022
Summary: We will not investigate this complaint. It is late.
The complaint
1. Mr X says that the Council has not mended a streetlight outside the house in which he lives.
Final decision
2. We will not investigate this complaint because it is late.
"""


def _train(rows: list[str], params):
    Path("corpus.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return stages.train(Path("corpus.jsonl"), Path("models"), params)


def test_hand_read_grounds_outrank_extracted_ones(decision):
    changed = decision.model_copy(
        update={"grounds": (Ground.POOR_RECORDS,), "primary_ground": Ground.POOR_RECORDS}
    )
    Path("in.jsonl").write_text(changed.model_dump_json() + "\n", encoding="utf-8")
    stages.label(Path("in.jsonl"), Path("out.jsonl"))
    assert json.loads(Path("out.jsonl").read_text())["grounds"] == ["poor_records"]


def test_a_corpus_of_one_outcome_is_refused(small_corpus, quick_params):
    rows = [row for row in small_corpus.read_text().splitlines() if json.loads(row)["outcome"] == "upheld"]
    with pytest.raises(CorpusError, match=r"'closed_after_initial_enquiries': 0.*at least 30"):
        _train(rows, quick_params)


def test_fewer_than_thirty_of_an_outcome_are_refused(small_corpus, quick_params):
    rows = small_corpus.read_text().splitlines()
    upheld = [row for row in rows if json.loads(row)["outcome"] == "upheld"][:29]
    closed = [row for row in rows if json.loads(row)["outcome"] != "upheld"]
    with pytest.raises(CorpusError, match="each must have at least 30"):
        _train(upheld + closed, quick_params)


def test_an_output_that_is_not_jsonl_is_refused(small_corpus):
    with pytest.raises(
        InputError, match=r"out\.csv: is written as JSONL; choose a name that ends in \.jsonl"
    ):
        stages.label(small_corpus, Path("out.csv"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": Path("nowhere/out.jsonl")}, r"nowhere/out\.jsonl: cannot be written \(no such folder\)"),
        ({"report": Path("nowhere/report.json")}, r"nowhere/report\.json: cannot be written"),
        (
            {"report": Path("report.txt")},
            r"report\.txt: is written as JSON; choose a name that ends in \.json",
        ),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_the_work(options, message, monkeypatch):
    monkeypatch.setattr(reading, "documents", lambda paths: pytest.fail("read before it was refused"))
    with pytest.raises(InputError, match=message):
        stages.read([Path("statements")], **{"output": Path("out.jsonl")} | options)


def test_all_cores_label_as_one_process_does(small_corpus):
    stages.label(small_corpus, Path("one.jsonl"), report=Path("one.json"))
    stages.label(small_corpus, Path("all.jsonl"), report=Path("all.json"), few=10)
    assert Path("all.jsonl").read_text() == Path("one.jsonl").read_text()
    assert Path("all.json").read_text() == Path("one.json").read_text()


def test_all_cores_read_as_one_process_does(statement):
    for number in range(250):
        text = statement.replace("22 001 001", f"22 001 {number:03}") if number % 10 else ""
        Path(f"{number}.txt").write_text(text)
    one = stages.read([Path()], Path("one.jsonl"))
    several = stages.read([Path()], Path("all.jsonl"), few=10)
    assert Path("all.jsonl").read_text() == Path("one.jsonl").read_text()
    assert several.rejects == one.rejects
    assert (several.report, several.report.documents) == (one.report, 250)


def test_one_bad_row_is_a_reject_over_all_cores_too(small_corpus):
    rows = small_corpus.read_text().splitlines()
    Path("in.jsonl").write_text("\n".join([*rows[:150], "no json", *rows[150:200]]) + "\n")
    summary = stages.label(Path("in.jsonl"), Path("out.jsonl"), few=10)
    assert [reject.row for reject in summary.rejects] == [151]
    assert (summary.report.documents, summary.report.decisions) == (201, 200)


def test_the_report_of_a_read_counts_rejects_by_reason_and_knows_no_grounds(statement):
    Path("good.txt").write_text(statement)
    Path("empty.txt").write_text("")
    stages.read([Path()], Path("read.jsonl"), report=Path("report.json"))
    assert json.loads(Path("report.json").read_text()) == {
        "documents": 2,
        "decisions": 1,
        "rejects": 1,
        "reject_rate": 0.5,
        "rejects_by_reason": {"empty document": 1},
        "outcomes": {"closed_after_initial_enquiries": 1},
        "years_of_receipt": {"2022": 1},
        "share_with_grounds": None,
        "share_with_citations": None,
    }


def test_no_text_of_a_statement_is_in_the_report_or_the_rejects(statement):
    Path("doubled.txt").write_text(statement)
    Path("other.txt").write_text(statement)
    Path("headless.txt").write_text(statement.replace("Decision : Closed", "Decision : Secretly closed"))
    stages.read([Path()], Path("read.jsonl"), report=Path("report.json"))
    written = Path("read.rejects.jsonl").read_text() + Path("report.json").read_text()
    assert written.count("duplicate reference") == 2  # once in each
    assert "streetlight" not in written


def test_explain_labels_the_decision_it_finds(decision):
    Path("in.jsonl").write_text(decision.model_dump_json() + "\n", encoding="utf-8")
    explained = stages.explain(Path("in.jsonl"), decision.reference.replace(" ", "-"))
    assert explained.reference == decision.reference
    assert explained.grounds[0].code == decision.primary_ground
    assert [file.name for file in Path().iterdir()] == ["in.jsonl"]


def test_explain_says_what_to_do_about_an_unknown_reference(decision):
    Path("in.jsonl").write_text(decision.model_dump_json() + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"in\.jsonl: holds no decision '99 999 999'.*Check it, or add"):
        stages.explain(Path("in.jsonl"), "99-999-999")


def test_a_page_that_is_no_html_is_refused(decision):
    Path("in.jsonl").write_text(decision.model_dump_json() + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"in\.jsonl: is written as HTML; choose a name that ends in \.html"):
        stages.explain(Path("in.jsonl"), decision.reference, page=Path("in.jsonl"))


@pytest.mark.slow
def test_bad_rows_and_duplicate_references_are_rejects_and_the_rest_trains(small_corpus, quick_params):
    rows = small_corpus.read_text().splitlines()
    trained = _train([rows[0], "no json", '{"reference": "24 000 001"}', *rows], quick_params)
    reasons = sorted(reject.reason.split(":")[0] for reject in trained.rejects)
    assert reasons[0] == "duplicate reference"
    assert len(reasons) == 3
    assert trained.counts["decisions"] == len(rows)


@pytest.mark.slow
def test_not_upheld_can_be_a_class_of_its_own(quick_params, small_corpus):
    three = quick_params.model_copy(
        update={"outcome": quick_params.outcome.model_copy(update={"not_upheld": "class"})}
    )
    trained = stages.train(small_corpus, Path("models"), three)
    assert trained.counts["left_out_not_upheld"] == 0
    predicted = stages.find_bundle("latest", Path("models"), three).predict(["The bin was missed."])
    assert 0 < predicted["p_upheld"][0] < 1


@pytest.mark.slow
def test_a_deployment_rate_moves_the_scores_of_a_bundle(quick_params, small_corpus, bundle):
    rare = quick_params.model_copy(
        update={"deployment": quick_params.deployment.model_copy(update={"upheld_rate": 0.1})}
    )
    stages.train(small_corpus, Path("models"), rare)
    text = ["The Council did not deliver the provision in her son's EHC plan."]
    moved = stages.find_bundle("latest", Path("models"), rare).predict(text)["p_upheld"][0]
    assert moved < bundle.predict(text)["p_upheld"][0] / 2


def test_every_stage_is_there_and_scoring_does_without_those_that_train():
    code = "import sys; from pipeline import stages; stages.score; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "pipeline.stages.scoring" in loaded
    assert not {"pipeline.stages.training", "pipeline.labels", "pipeline.evaluate"} & set(loaded)
    assert all(hasattr(stages, name) for name in stages.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'guess'"):
        _ = stages.guess


def test_a_model_at_an_address_that_does_not_exist_is_refused(quick_params):
    with pytest.raises(TrackingError, match="models:/upheld@champion cannot be fetched"):
        stages.find_bundle("models:/upheld@champion", Path("models"), quick_params)
