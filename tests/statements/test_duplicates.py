from pipeline.schema import Decision, Reject
from pipeline.statements.duplicates import deduplicate


def decision(reference: str, complaint: str) -> Decision:
    return Decision(
        reference=reference, organisation="Leeds", outcome="upheld", complaint=complaint, source=complaint
    )


SHORT, FULL, OTHER = decision("22 001 012", "a"), decision("22-001-012", "a b"), decision("22 001 013", "c")


def test_of_one_case_stored_twice_the_fuller_print_is_kept():
    assert [item for item in deduplicate(lambda: [SHORT, OTHER, FULL]) if isinstance(item, Decision)] == [
        OTHER,
        FULL,
    ]


def test_the_shorter_print_becomes_a_reject_that_names_its_source():
    [reject] = [item for item in deduplicate(lambda: [FULL, SHORT]) if isinstance(item, Reject)]
    assert reject.where == "a"
    assert reject.reason.startswith("duplicate reference")


def test_of_equally_full_prints_the_first_is_kept():
    assert [type(item) for item in deduplicate(lambda: [SHORT, SHORT])] == [Decision, Reject]


def test_rejects_pass_through_in_their_place():
    reject = Reject("x.txt", "empty document")
    assert list(deduplicate(lambda: [OTHER, reject, FULL])) == [OTHER, reject, FULL]
