import numpy as np
import pytest

from pipeline.assess import audit_corpus
from pipeline.errors import CorpusError, InputError
from pipeline.evaluate.leakage import audit, dates_after_receipt
from pipeline.evaluate.phrases import revealing_phrases, wilson_low
from pipeline.evaluate.probes import AuditCase, first_sentence, style_tokens
from pipeline.schema import Outcome
from pipeline.tables import Row, read_rows, write_rows
from tests.conftest import CORPUS

FINAL = {
    Outcome.UPHELD: "I have completed my investigation. There was fault by the Council causing injustice.",
    Outcome.CLOSED: "We will not investigate this complaint. There is not enough evidence of fault.",
}


def _verdicts(found):
    return {verdict.test: verdict for verdict in found.verdicts}


@pytest.fixture(scope="module")
def of_complaints(quick_params):
    return audit_corpus(CORPUS, "complaint", quick_params)


@pytest.mark.slow
def test_the_summary_fails_because_it_states_the_outcome(quick_params):
    found = audit_corpus(CORPUS, "summary", quick_params)
    verdicts = _verdicts(found)
    assert found.leaks
    assert verdicts["text only"].status == verdicts["revealing phrases"].status == "fail"
    assert any("will not investigate" in line for line in verdicts["revealing phrases"].evidence)


@pytest.mark.slow
def test_the_complaint_passes_the_wording_tests(of_complaints):
    verdicts = _verdicts(of_complaints)
    assert not of_complaints.leaks
    wording = ("text only", "first sentence only", "revealing phrases")
    assert {verdicts[name].status for name in wording} == {"pass"}


@pytest.mark.slow
def test_the_length_of_complaints_is_reported_as_a_warning(of_complaints):
    length = _verdicts(of_complaints)["length only"]
    assert length.status == "warn"
    assert "AUC 0.7" in length.finding


@pytest.mark.slow
def test_a_final_decision_pasted_into_half_of_the_complaints_fails_and_names_the_sentences(
    quick_params, tmp_path
):
    rows = [row.values for row in read_rows(CORPUS) if isinstance(row, Row)]
    rows = [row for row in rows if row["outcome"] in FINAL][::2]
    for number, row in enumerate(rows):
        row["final_decision"] = FINAL[Outcome(row["outcome"])]
        if number % 2:
            row["complaint"] += "\n" + row["final_decision"]
    write_rows(tmp_path / "pasted.jsonl", rows)
    found = audit_corpus(tmp_path / "pasted.jsonl", "complaint", quick_params)
    verdicts = _verdicts(found)
    assert found.leaks
    assert verdicts["copied from final_decision"].status == "fail"
    named = " ".join(verdicts["copied from final_decision"].evidence)
    assert "We will not investigate this complaint." in named
    assert "I have completed my investigation." in named
    assert any(
        "I have completed my investigation." in line for line in verdicts["revealing phrases"].evidence
    )


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("In May 2019 he asked; on 3 June 2021 it replied.", ["3 June 2021"]),
        ("It replied on 30 March 2020.", []),
        ("It has not replied since 2022.", ["2022"]),
        ("It owes him £2022.", []),
    ],
)
def test_dates_after_the_financial_year_of_receipt_are_found(text, dates):
    assert dates_after_receipt(text, 2019) == dates


def _case(number, text, *, upheld, year=2020):
    return AuditCase(f"{year % 100} 000 {number:03}", text, upheld, "A Council", "", "", year)


def test_duplicates_across_years_are_counted_and_named(quick_params):
    cases = [
        _case(n, f"Complaint {n} about bin {n * 7} in street {n * 13} of town {n}", upheld=n % 2 == 0)
        for n in range(70)
    ]
    text = "He says that the Council has not emptied his bin for more than ten weeks."
    cases += [_case(998, text, upheld=True), _case(999, text, upheld=False, year=2021)]
    verdict = _verdicts(audit(cases, "complaint", quick_params))["duplicates"]
    assert verdict.status == "warn"
    assert verdict.finding.startswith("1 exact and 1 near-duplicates; 1 groups span years")
    assert verdict.evidence == ("20 000 998 / 21 000 999",)


def test_an_audit_needs_cases_of_both_outcomes(quick_params):
    with pytest.raises(CorpusError, match="0 upheld and 5 closed"):
        audit([_case(n, "text", upheld=False) for n in range(5)], "complaint", quick_params)


def test_an_unknown_field_is_refused_with_those_that_are_there(quick_params):
    with pytest.raises(InputError, match=r"no field 'nonsense'; it has category, complaint, .*--text-field"):
        audit_corpus(CORPUS, "nonsense", quick_params)


def test_a_phrase_that_is_pure_by_chance_is_no_revealing_one():
    assert wilson_low(3, 3) < 0.85 < wilson_low(300, 300)


def test_a_revealing_phrase_shows_a_sentence_it_stands_in():
    upheld = np.arange(200) % 2
    texts = ["The bin was missed." + " I uphold this complaint today." * one for one in upheld.tolist()]
    found = revealing_phrases([f"case {n}" for n in range(200)], texts, upheld)
    assert found.share == 0.5
    assert found.phrases[0].outcome == "upheld"
    assert found.phrases[0].sentences[0] == "case 1: I uphold this complaint today."


def test_style_has_no_content():
    assert style_tokens("- Mrs X says:\n- the bin will stink!") == [
        "-",
        "mrs",
        ":",
        "\n",
        "-",
        "the",
        "will",
        "!",
    ]


def test_a_text_without_sentences_is_its_own_first_sentence():
    assert first_sentence("missed bin") == "missed bin"
