import json
from pathlib import Path

import pytest

from pipeline.schema import Decision, RawDocument, Reject
from pipeline.statements import statement
from pipeline.statements.statement import read, reads_as_english

DATA = Path(__file__).parents[1] / "data" / "statements"
SITE = (DATA / "site.txt").read_text(encoding="utf8")
MIRROR = (DATA / "mirror.txt").read_text(encoding="utf8")


def outcome_of(text: str | bytes) -> list[Decision | Reject]:
    return read(RawDocument(text if isinstance(text, bytes) else text.encode(), source="made"))


@pytest.mark.parametrize("name", ["site.txt", "flattened.txt", "mirror.txt", "page.html"])
def test_every_layout_of_a_statement_gives_the_same_decision(name):
    [decision] = read(RawDocument((DATA / name).read_bytes(), source=name))
    expected = json.loads((DATA / "expected.json").read_text(encoding="utf8"))
    assert decision.model_dump(mode="json", include=set(expected)) == expected
    assert decision.source == name


def test_html_and_text_of_a_statement_with_windows_bytes_give_the_same_decision():
    page = (DATA / "page.html").read_text(encoding="utf8").encode("cp1252")
    [from_html], [from_text] = outcome_of(page), outcome_of(SITE)
    assert from_html == from_text


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (statement.LISTING_ENTRY, "Statement Upheld Noise 12-Dec-2022", "Decision : Upheld"),
        (statement.NEWSLETTER, "Unsubscribe at any time", "the subscriber"),
        (statement.SUMMARY_START, "Summary: Mr X", "Summary care record"),
        (statement.WORD, "Mr", "24"),
    ],
)
def test_each_pattern_of_a_document_finds_its_example_and_not_the_counterexample(pattern, matching, other):
    assert pattern.match(matching)
    assert not pattern.match(other)


def test_two_statements_in_one_document_are_parted():
    second = SITE.replace("19 000 101", "20 000 202").replace("Ms P", "Mrs Q")
    decisions = outcome_of(SITE + second)
    assert [decision.reference for decision in decisions] == ["19 000 101", "20 000 202"]
    assert "Mrs Q" not in decisions[0].model_dump_json()
    assert "Ms P" not in decisions[1].model_dump_json()


def test_of_two_statements_one_may_be_refused():
    second = SITE.replace("19 000 101", "20 000 202").replace("Decision : Not upheld", "")
    decision, reject = outcome_of(SITE + second)
    assert isinstance(decision, Decision)
    assert reject.reason.startswith("no decision in the header")
    assert reject.detail == {"reference": "20 000 202"}


def test_the_summary_never_reaches_the_complaint_though_it_repeats_it():
    [decision] = outcome_of(SITE.replace("Summary: Ms P", "Summary: She wants the allowance paid back. Ms P"))
    assert decision.complaint.count("She wants the allowance paid back.") == 1


def test_a_table_of_contents_after_the_summary_is_no_part_of_it():
    contents = "it did so.\nContents\n- The complaint\n- Final decision\n"
    [decision] = outcome_of(SITE.replace("it did so.\n", contents))
    assert decision.summary.endswith("it did so.")


def test_a_heading_named_summary_serves_as_well():
    [decision] = outcome_of(SITE.replace("Summary: ", "Summary\n"))
    assert decision.summary.startswith("Ms P says")


def test_a_report_heading_within_a_statement_does_not_make_it_a_report():
    [decision] = outcome_of(SITE.replace("What happened", "Legal and administrative background"))
    assert isinstance(decision, Decision)


REPORT = """Northmoor District Council (19 000 101)
Category : Housing > Other
Decision : Upheld
The complaint
Ms P says that the Council left her in a bed and breakfast.
Legal and administrative background
We have considered the law.
The Investigation
We read the papers."""
LISTING = "\n".join(
    f"Northmoor District Council (19 000 10{n})\nStatement Upheld Noise 12-Dec-2022\nSummary: Ms P."
    for n in range(3)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty document"),
        (SITE.replace("Decision : Not upheld", ""), "no decision in the header"),
        (SITE.replace("Northmoor District Council (19 000 101)", ""), "no decision in the header"),
        (SITE.replace("Not upheld", "Discontinued"), "unknown decision in the header"),
        (SITE.replace("The complaint\n", ""), "no complaint section"),
        (SITE[: SITE.index("  1. Ms P")], "no complaint section"),
        (MIRROR.replace("Northmoor District Council\n", "", 2), "no organisation in the header"),
        (REPORT, "public-interest report"),
        (LISTING, "listing page"),
        ("Our newsletter\nWe upheld many complaints.\nUnsubscribe", "newsletter"),
        ("Shopping list\nmilk", "no complaint section"),
        (SITE.replace("lost her papers", "colli " * 200), "not English prose"),
        (SITE.replace("lost her papers", "x" * 60_000), "line too long"),
        (SITE.replace("lost her papers", "was late;\n    • " * 6_000), "complaint too long"),
        ("a\n" * 100_001, "document too large"),
        ("<div>" * 900_000, "too much markup"),
        (SITE.encode("utf-16"), "UTF-16 document"),
        (b"\x00" + SITE.encode(), "binary document"),
    ],
)
def test_what_is_no_statement_is_one_reject_with_its_reason(text, reason):
    [reject] = outcome_of(text)
    assert isinstance(reject, Reject)
    assert reject.reason.startswith(f"{reason}: ")
    assert reject.where == "made"


def test_a_reject_never_holds_the_complaint():
    [reject] = outcome_of(SITE.replace("Not upheld", "Discontinued"))
    assert "Ms P" not in repr(reject)


def test_english_is_told_from_welsh():
    assert reads_as_english(
        "Mr X says that the Council did not deal with his application for a school place in time."
    )
    assert not reads_as_english(
        "Mae Mr X yn cwyno am y modd y deliodd y Cyngor gyda chais ei fab am le mewn ysgol"
    )
