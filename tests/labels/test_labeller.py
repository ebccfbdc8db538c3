import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.labels import Labeller
from pipeline.schema import Decision, Ground, Outcome


@pytest.fixture(scope="module")
def labeller() -> Labeller:
    return Labeller()


def case(**fields: object) -> Decision:
    required = {
        "reference": "22 001 001",
        "organisation": "X Council",
        "complaint": "Mr X complains.",
        "outcome": Outcome.CLOSED,
    }
    return Decision.model_validate(required | fields)


def test_evidence_is_the_sentence_that_a_ground_rests_on(labeller: Labeller) -> None:
    labelled = labeller.label(case(summary="We will not investigate. The complaint is late."))
    assert labelled.evidence["late"] == "The complaint is late."


def test_evidence_is_the_sentence_that_a_citation_stands_in(labeller: Labeller) -> None:
    powers = "We use public money carefully. (Local Government Act 1974, section 24A(6), as amended)"
    labelled = labeller.label(case(sections={"The Ombudsman's role and powers": powers}))
    assert labelled.citations == ("LGA 1974 s24A(6)",)
    assert "public money" not in labelled.evidence["LGA 1974 s24A(6)"]


def test_hand_read_grounds_outrank_the_rules(labeller: Labeller) -> None:
    labelled = labeller.label(case(summary="It is late.", grounds=["no_fault"], primary_ground="no_fault"))
    assert labelled.grounds == (Ground.NO_FAULT,)
    assert labelled.primary_ground is Ground.NO_FAULT


def test_hand_read_grounds_get_the_evidence_that_the_rules_find(labeller: Labeller) -> None:
    labelled = labeller.label(case(summary="It is late. It would add nothing.", grounds=["no_fault", "late"]))
    assert labelled.evidence == {"late": "It is late."}


def test_the_first_hand_read_ground_is_primary_where_none_is_named(labeller: Labeller) -> None:
    assert labeller.label(case(summary="It is late.", grounds=["no_fault"])).primary_ground is Ground.NO_FAULT


def test_citations_given_come_first_and_in_canonical_form(labeller: Labeller) -> None:
    labelled = labeller.label(
        case(powers=["LGA 1974 s34(B)"], summary="It is late (Local Government Act 1974, section 26B).")
    )
    assert labelled.citations == ("LGA 1974 s34B", "LGA 1974 s26B")


def test_a_citation_that_the_rules_cannot_read_is_kept_as_given(labeller: Labeller) -> None:
    assert labeller.label(case(powers=["Byelaw 7"])).citations == ("Byelaw 7",)


def test_an_act_later_than_the_decision_is_flagged(labeller: Labeller) -> None:
    labelled = labeller.label(case(decision_date="2022-05-01", summary="Housing Act 2044, section 184."))
    assert labelled.citations == ("Housing Act 2044 [sic] s184",)


def test_an_act_much_later_than_the_receipt_is_flagged_where_no_date_is_known(labeller: Labeller) -> None:
    assert labeller.label(case(summary="The Housing Act 2044.")).citations == ("Housing Act 2044 [sic]",)


def test_unknown_fields_and_the_outcome_stay(labeller: Labeller) -> None:
    labelled = labeller.label(case(summary="It is late.", complete=False))
    assert labelled.outcome is Outcome.CLOSED
    assert labelled.model_extra == {"complete": False}


def test_label_all_labels_one_decision_at_a_time(labeller: Labeller) -> None:
    def endless():
        while True:
            yield case(summary="It is late.")

    assert next(labeller.label_all(endless())).primary_ground is Ground.LATE


def test_a_case_without_any_reason_gets_the_fall_back_of_its_outcome(labeller: Labeller) -> None:
    assert labeller.label(case()).grounds == (Ground.OTHER_CLOSED,)


WORDS = st.sampled_from(
    "fault|no|section|24A|(6)|(|)|Local Government Act 1974|late|Schedule 5/5A|\n- |.|’|34(B)6|\0|the Act|£".split(
        "|"
    )
)


@given(text=st.one_of(st.text(), st.lists(WORDS).map(" ".join)), outcome=st.sampled_from(list(Outcome)))
@settings(max_examples=200, deadline=None)
def test_any_text_gets_grounds_of_its_own_outcome(labeller: Labeller, text: str, outcome: Outcome) -> None:
    sections = {"Analysis": text, "The Ombudsman's role and powers": text}
    labelled = labeller.label(case(outcome=outcome, summary=text, final_decision=text, sections=sections))
    assert labelled.primary_ground in labelled.grounds
    assert {ground.outcome for ground in labelled.grounds} == {outcome}


def test_importing_the_labels_does_not_import_spacy() -> None:
    code = "import sys, pipeline.labels; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
