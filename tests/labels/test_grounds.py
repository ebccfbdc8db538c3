import pytest

from pipeline.labels import Labeller
from pipeline.schema import Decision, Ground, Outcome

CLOSED, UPHELD, NOT_UPHELD = Outcome.CLOSED, Outcome.UPHELD, Outcome.NOT_UPHELD


@pytest.fixture(scope="module")
def labeller() -> Labeller:
    return Labeller()


def case(outcome: Outcome, summary: str | None = None, **fields: object) -> Decision:
    required = {"reference": "22 001 001", "organisation": "X Council", "complaint": "Mr X complains."}
    return Decision.model_validate(required | {"outcome": outcome, "summary": summary} | fields)


FORMULAS = [
    (
        CLOSED,
        "It is reasonable to expect Mr X to appeal to the Traffic Penalty Tribunal.",
        {"tribunal_appeal"},
    ),
    (CLOSED, "There is insufficient evidence of fault which would warrant an investigation.", {"no_fault"}),
    (CLOSED, "This is because the alleged fault has not caused significant injustice.", {"no_injustice"}),
    (CLOSED, "The complaint is late and there are no good reasons to exercise discretion.", {"late"}),
    (CLOSED, "It would be reasonable for Mr X to take the Council to court.", {"court_remedy"}),
    (CLOSED, "It concerns matters which have been decided in court.", {"court_considered"}),
    (CLOSED, "There is no worthwhile outcome achievable by our investigation.", {"no_better_outcome"}),
    (CLOSED, "It is unlikely we could add anything to the Council's own investigation.", {"nothing_to_add"}),
    (CLOSED, "The Council has not had an opportunity to respond.", {"premature"}),
    (CLOSED, "The Information Commissioner's Office is best placed to consider it.", {"other_body"}),
    (
        CLOSED,
        "The Council's management of social housing is outside our jurisdiction.",
        {"outside_jurisdiction"},
    ),
    (CLOSED, "We are satisfied with the actions the Council has already taken.", {"already_remedied"}),
    (CLOSED, "Mr X is not a suitable person to represent Mrs Y.", {"not_entitled"}),
    (CLOSED, "It is not a good use of public resources.", {"not_proportionate"}),
    (CLOSED, "She has appealed to a tribunal. This places it outside our jurisdiction.", {"tribunal_appeal"}),
    (CLOSED, "We will not investigate this complaint.", {"other_closed"}),
    (CLOSED, "Evidence of fault is too slight.", {"no_fault"}),
    (CLOSED, "Nothing we have seen suggests fault.", {"no_fault"}),
    (UPHELD, "The Council was at fault for the delay in completing the assessment.", {"delay"}),
    (UPHELD, "The Council failed to provide alternative education.", {"service_not_provided"}),
    (UPHELD, "The Council did not follow its own policy.", {"process_not_followed"}),
    (UPHELD, "There was fault in how the Council considered her application.", {"flawed_decision"}),
    (UPHELD, "There was fault in how it communicated with Mrs X.", {"poor_communication"}),
    (UPHELD, "The provider's failure to respond to Mr X's complaint was fault.", {"poor_complaint_handling"}),
    (UPHELD, "The Council failed to keep adequate records.", {"poor_records"}),
    (UPHELD, "The Council invoiced her in error.", {"charging_error"}),
    (UPHELD, "The Council has agreed to resolve the complaint early.", {"remedied_early"}),
    (UPHELD, "We will not investigate, as the Council has now offered a remedy.", {"remedied_early"}),
    (UPHELD, "We found fault. The Council has agreed to apologise.", {"other_fault"}),
    (NOT_UPHELD, "We find no fault in the delay.", {"no_fault_found"}),
]


@pytest.mark.parametrize(("outcome", "summary", "grounds"), FORMULAS)
def test_a_formula_gives_its_ground_and_no_other(
    labeller: Labeller, outcome: Outcome, summary: str, grounds: set[str]
) -> None:
    assert set(labeller.label(case(outcome, summary)).grounds) == grounds


ONLY_MENTIONED = {
    "a denial": "We found no delay. The Council failed to keep records of its visits.",
    "a denial in one clause": "The Council was not at fault in the delay, but it kept no records.",
    "a claim": "Mr X says the Council delayed. The Council failed to keep records of its visits.",
    "a complaint": "Mrs X complained that the Council delayed. The Council kept no records.",
    "an allegation": "It is alleged that the Council delayed. We uphold this, as it kept no records.",
    "somebody's view": "In his view there was delay. The Council kept no records.",
    "a supposition": "If there was delay it did no harm. The Council kept no records.",
    "a possibility": "There may have been delay. The Council kept no records.",
    "a remedy": "The Council kept no records. It will review the causes of delays and remind its staff.",
    "a recommendation": "The Council kept no records. We recommend that it look at its delays.",
}


@pytest.mark.parametrize("summary", ONLY_MENTIONED.values(), ids=ONLY_MENTIONED.keys())
def test_a_ground_that_is_only_mentioned_is_not_found(labeller: Labeller, summary: str) -> None:
    assert labeller.label(case(UPHELD, summary)).grounds == (Ground.POOR_RECORDS,)


def test_the_name_of_a_closed_complaint_gives_no_ground(labeller: Labeller) -> None:
    summary = (
        "We will not investigate the complaint about his late appeal, because fault is unlikely to be found."
    )
    assert labeller.label(case(CLOSED, summary)).grounds == (Ground.NO_FAULT,)


def test_an_upheld_complaint_says_what_was_at_fault_where_the_finding_does_not(labeller: Labeller) -> None:
    summary = "Mr X complains of delay in mending a drain. We found the Council at fault."
    assert labeller.label(case(UPHELD, summary)).grounds == (Ground.DELAY,)


@pytest.mark.parametrize(
    "heading",
    [
        "The Ombudsman’s role and powers",
        "Relevant law",
        "How I considered this complaint",
        "The complaint",
        "Background",
    ],
)
def test_boilerplate_and_story_give_no_ground(labeller: Labeller, heading: str) -> None:
    list_of_reasons = (
        "there is not enough evidence of fault; or\n- it is reasonable to go to court; or\n- it is late"
    )
    labelled = labeller.label(case(CLOSED, "We will not investigate.", sections={heading: list_of_reasons}))
    assert labelled.grounds == (Ground.OTHER_CLOSED,)


def test_only_grounds_of_the_header_s_outcome_are_given(labeller: Labeller) -> None:
    summary = "There was delay. There is not enough evidence of fault."
    assert labeller.label(case(CLOSED, summary)).grounds == (Ground.NO_FAULT,)


def test_a_case_can_have_several_grounds_in_the_order_of_the_text(labeller: Labeller) -> None:
    labelled = labeller.label(
        case(CLOSED, "The complaint is late, and there is not enough evidence of fault.")
    )
    assert labelled.grounds == (Ground.LATE, Ground.NO_FAULT)


def test_the_primary_ground_is_the_one_named_first(labeller: Labeller) -> None:
    labelled = labeller.label(
        case(CLOSED, "The complaint is late, and there is not enough evidence of fault.")
    )
    assert labelled.primary_ground is Ground.LATE


def test_the_final_decision_alone_is_enough(labeller: Labeller) -> None:
    assert labeller.label(case(CLOSED, final_decision="It is late.")).grounds == (Ground.LATE,)


def test_a_case_not_upheld_rests_on_the_sentence_that_finds_no_fault(labeller: Labeller) -> None:
    labelled = labeller.label(case(NOT_UPHELD, "Mr X complains of delay. There was no fault in that."))
    assert labelled.evidence == {"no_fault_found": "There was no fault in that."}
