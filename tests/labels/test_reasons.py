import pytest

from pipeline.labels.reasons import is_reasons_heading, reasons
from pipeline.schema import Decision, Outcome


@pytest.mark.parametrize(
    "heading",
    [
        "My assessment",
        "Analysis",
        "Final decision",
        "Findings",
        "What I found",
        "Summary",
        "Was there fault?",
        "Conclusion",
        "My findings",
        "Injustice",
    ],
)
def test_headings_of_reasons_are_read(heading: str) -> None:
    assert is_reasons_heading(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "The Ombudsman’s role and powers",
        "The Ombudsman's role and powers",
        "The complaint",
        "How I considered this complaint",
        "How we considered this complaint",
        "Relevant law and guidance",
        "What I have and have not investigated",
        "What the Ombudsman can and cannot do",
        "Background",
        "What happened",
        "Agreed action",
    ],
)
def test_headings_of_other_sections_are_not_read(heading: str) -> None:
    assert not is_reasons_heading(heading)


def case(outcome: Outcome = Outcome.CLOSED, **fields: object) -> Decision:
    required = {"reference": "22 001 001", "organisation": "X Council", "complaint": "Mr X complains."}
    return Decision.model_validate(required | {"outcome": outcome} | fields)


def texts(decision: Decision) -> list[str]:
    return [sentence.text for sentence in reasons(decision)]


def test_the_summary_comes_first_then_the_final_decision_then_the_assessment() -> None:
    decision = case(summary="First.", final_decision="Second.", sections={"My assessment": "We come third."})
    assert texts(decision) == ["First.", "Second.", "We come third."]


def test_a_final_decision_given_twice_is_read_once() -> None:
    decision = case(
        final_decision="We will not investigate.", sections={"Final decision": "We will not investigate."}
    )
    assert texts(decision) == ["We will not investigate."]


def test_the_story_told_within_an_assessment_is_not_read() -> None:
    decision = case(sections={"My assessment": "The tribunal sat in May.\nWe will not investigate."})
    assert texts(decision) == ["We will not investigate."]


def test_only_sentences_that_judge_are_read_from_the_analysis_of_an_upheld_case() -> None:
    decision = case(
        Outcome.UPHELD, sections={"Analysis": "She wrote in May. The Council replied late. That was fault."}
    )
    assert texts(decision) == ["That was fault."]
