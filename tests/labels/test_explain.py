import re
from html.parser import HTMLParser

import pytest

from pipeline.labels.explain import BY_HAND, NO_REASONS, Passage, explain, to_html
from pipeline.schema import Decision


def case(**fields: object) -> Decision:
    required = {
        "reference": "22 001 001",
        "organisation": "X Council",
        "complaint": "Mr X complains.",
        "outcome": "closed_after_initial_enquiries",
    }
    return Decision.model_validate(required | fields)


def late(**fields: object) -> Decision:
    return case(**{"grounds": ["late"], "evidence": {"late": "It is late."}} | fields)


def passages(decision: Decision) -> list[object]:
    return [label.rests_on for label in explain(decision).grounds]


def test_only_the_paragraph_that_holds_the_evidence_is_shown():
    assert passages(late(summary="Mr X wrote.\nHe waited. It is late.\nHe was told.")) == [
        Passage("Summary", "He waited. It is late.", 11, 22)
    ]


def test_sections_of_reasons_come_before_the_others():
    sections = {"What happened": "It is late.", "My assessment": "So: It is late."}
    assert passages(late(sections=sections)) == [Passage("My assessment", "So: It is late.", 4, 15)]


def test_evidence_that_stands_in_no_text_is_a_paragraph_of_its_own():
    assert passages(late()) == [Passage("Evidence given", "It is late.", 0, 11)]


def test_a_hand_read_ground_without_a_sentence_is_read_by_hand():
    assert passages(case(summary="It is late.", grounds=["no_fault"])) == [BY_HAND]


def test_a_fall_back_without_any_reasons_is_not_said_to_be_read_by_hand():
    assert passages(case(grounds=["other_closed"])) == [NO_REASONS]


def test_a_citation_rests_on_the_sentence_it_stands_in():
    cited = case(
        citations=["LGA 1974 s26B"], evidence={"LGA 1974 s26B": "See it."}, sections={"Powers": "See it."}
    )
    (citation,) = explain(cited).citations
    assert citation.rests_on == Passage("Powers", "See it.", 0, 7)


@pytest.mark.parametrize("field", ["summary", "organisation", "reference", "citation", "heading", "evidence"])
def test_a_page_escapes_every_text(field):
    bad = "<script>alert('&')</script> It is late."
    decision = {
        "summary": late(summary=bad),
        "organisation": late(organisation=bad),
        "reference": late(reference=bad),
        "citation": late(citations=[bad], evidence={bad: "It is late."}, summary="It is late."),
        "heading": late(sections={bad: "It is late."}),
        "evidence": late(evidence={"late": bad}),
    }[field]
    page = to_html(explain(decision))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_page_marks_the_evidence_with_the_title_of_its_ground():
    page = to_html(explain(late(summary="He waited. It is late.")))
    assert re.search(
        r'He waited\. <mark style="background: #\w{6}">It is late\. <span class="label">Late complaint<', page
    )


def test_grounds_on_one_sentence_share_a_mark():
    both = late(
        summary="It is late.",
        grounds=["late", "no_fault"],
        evidence={"late": "It is late.", "no_fault": "It is late."},
    )
    page = to_html(explain(both))
    assert page.count("<mark") == 1
    assert "Late complaint · Not enough evidence of fault" in page


def test_evidence_that_overlaps_is_printed_once():
    overlapping = late(
        summary="We say it is late and remedied.",
        grounds=["late", "already_remedied"],
        evidence={"late": "it is late", "already_remedied": "late and remedied"},
    )
    page = to_html(explain(overlapping))
    assert "We say <mark" in page
    assert page.count("it is late and remedied") == 1


def test_a_page_says_what_rests_on_nothing():
    page = to_html(explain(case(summary="It is late.", grounds=["no_fault"])))
    assert "<em>(read by hand)</em>" in page
    assert "<h2>Citations</h2>\n<p>none</p>" in page


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.setdefault(tag, {}).update(attrs)


def test_a_page_stands_alone_with_language_title_and_character_set():
    page = to_html(explain(late(summary="It is late.")))
    tags = _Tags()
    tags.feed(page)
    assert page.startswith("<!DOCTYPE html>")
    assert tags.found["html"]["lang"] == "en"
    assert tags.found["meta"]["charset"] == "utf-8"
    assert "<title>22 001 001: labels and their evidence</title>" in page
    assert not {"script", "link", "img", "iframe"} & tags.found.keys()
    assert "http://" not in page
    assert "https://" not in page
