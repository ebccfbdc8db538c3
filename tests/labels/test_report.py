import pytest

from pipeline.labels.report import CorpusReport
from pipeline.schema import Decision, Reject


def report(*items: Decision | Reject) -> CorpusReport:
    made = CorpusReport()
    for item in items:
        made.add(item)
    return made


def case(**fields: object) -> Decision:
    required = {"reference": "22 001 001", "organisation": "X", "complaint": "Slow.", "outcome": "upheld"}
    return Decision.model_validate(required | fields)


def test_rejects_are_counted_by_the_phrase_before_the_colon():
    made = report(Reject("a", "not English prose: take one"), Reject("b", "not English prose: take two"))
    assert made.rejects == {"not English prose": 2}


def test_the_reject_rate_is_a_share_of_decisions_and_rejects():
    assert report(case(), case(), case(), Reject("a", "empty document")).reject_rate == 0.25


def test_the_reject_rate_of_nothing_is_zero():
    assert report().reject_rate == 0


@pytest.mark.parametrize("fall_back", ["other_fault", "other_closed", "no_fault_found"])
def test_a_fall_back_is_no_ground_found(fall_back):
    assert report(case(grounds=[fall_back]), case(grounds=["delay", fall_back])).share_with_grounds == 0.5


def test_citations_are_a_share_of_the_labelled():
    made = report(case(grounds=["delay"], citations=["LGA 1974 s26B"]), case(grounds=["delay"]))
    assert made.share_with_citations == 0.5


def test_shares_are_not_known_before_labelling():
    made = report(case(citations=["LGA 1974 s26B"]))
    assert (made.share_with_grounds, made.share_with_citations) == (None, None)


def test_years_of_receipt_are_in_order_and_unknown_ones_are_counted():
    made = report(case(), case(reference="19 001 001"), case(reference="LGO 1"))
    assert list(made.as_json()["years_of_receipt"].items()) == [("unknown", 1), ("2019", 1), ("2022", 1)]
