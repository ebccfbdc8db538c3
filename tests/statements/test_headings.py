import pytest

from pipeline.statements import headings


@pytest.mark.parametrize(
    ("printed", "canonical"),
    [
        ("The complaint", headings.COMPLAINT),
        ("The Complaint:", headings.COMPLAINT),
        ("THE COMPLAINT", headings.COMPLAINT),
        ("What I have investigated", headings.INVESTIGATED),
        ("What I have not investigated", headings.INVESTIGATED),
        ("What I have and have not investigated", headings.INVESTIGATED),
        ("What I have (and have not) investigated", headings.INVESTIGATED),
        ("What I did and did not investigate", headings.INVESTIGATED),
        ("Parts of the complaint that I did not investigate", headings.INVESTIGATED),
        ("The Ombudsman's role and powers", headings.POWERS),
        ("The Ombudsman’s role and powers", headings.POWERS),
        ("The Ombudsmen’s role and powers", headings.POWERS),
        ("Ombudsman’s role and powers", headings.POWERS),
        ("The Local Government and Social Care Ombudsman’s role and powers", headings.POWERS),
        ("What the Ombudsman can and cannot do", headings.POWERS),
        ("How I considered this complaint", headings.CONSIDERED),
        ("How I have considered this complaint", headings.CONSIDERED),
        ("How the Ombudsmen considered this complaint", headings.CONSIDERED),
        ("What I found", headings.FOUND),
        ("What we found", headings.FOUND),
        ("Findings", headings.FOUND),
        ("My assessment", headings.ASSESSMENT),
        ("The Ombudsman’s assessment", headings.ASSESSMENT),
        ("Analysis", headings.ANALYSIS),
        ("Analysis and findings", headings.ANALYSIS),
        ("Relevant law and guidance", headings.LAW),
        ("Relevant Law, Guidance and Policy", headings.LAW),
        ("What happened", headings.BACKGROUND),
        ("Background events", headings.BACKGROUND),
        ("Agreed action", headings.ACTION),
        ("Recommended action", headings.ACTION),
        ("Recommended/ agreed action", headings.ACTION),
        ("Agreed actions", headings.ACTION),
        ("Final decision", headings.FINAL_DECISION),
        ("My final decision", headings.FINAL_DECISION),
        ("Summary", headings.SUMMARY),
    ],
)
def test_every_print_of_a_heading_has_its_canonical_name(printed, canonical):
    assert headings.known_heading(printed) == canonical


@pytest.mark.parametrize(
    "printed",
    [
        "The complaint is late.",
        "the complaint",
        "Complaints process",
        "What I have investigated is the delay.",
        "The Ombudsman's role and powers are limited.",
        "How I considered it.",
        "What I found was fault.",
        "My assessment of the evidence",
        "Analysis of costs by the Council.",
        "Relevant law and the family",
        "What happened next",
        "Agreed action plan",
        "Final decision letter",
        "Summary care record",
        "Final decision" * 20,
    ],
)
def test_a_line_that_only_begins_like_a_heading_is_none(printed):
    assert headings.known_heading(printed) is None


def test_every_known_heading_matches_its_own_canonical_name():
    assert all(headings.known_heading(name) == name for name in headings.HEADINGS)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (headings.REPORT_HEADING, "legal and administrative background", "what i found"),
        (
            headings.FIRST_PERSON_HEADING,
            "how i considered this complaint",
            "how we considered this complaint",
        ),
        (headings.END, "investigator's decision on behalf of the ombudsman", "the investigator decided"),
        (
            headings.END,
            "investigator's final decision on behalf of the ombudsmen",
            "print this page of the plan",
        ),
        (headings.BACK_TO_TOP, "back to top", "back to topic"),
        (headings.PART_OF_COMPLAINT, "complaint about the trust", "complaints process"),
        (headings.TITLE, "Mr X’s tenancy", "Mr X wants an apology"),
        (headings.TITLE, "Council’s duties", "He wants an apology"),
    ],
)
def test_each_pattern_of_furniture_finds_its_example_and_not_the_counterexample(pattern, matching, other):
    assert pattern.fullmatch(matching)
    assert not pattern.fullmatch(other)


def test_a_long_line_is_no_title():
    assert not headings.is_title("Word " * 13 + "word")
