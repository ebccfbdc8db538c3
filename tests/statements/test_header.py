from datetime import date

import pytest

from pipeline.schema import Outcome
from pipeline.statements import header
from pipeline.statements.header import find_starts, parse_date, read_header
from pipeline.statements.lines import Line, parse_line
from pipeline.statements.refusal import Refused

TITLED = "Leeds City Council (22 001 012)\nCategory : Education > Other\nDecision : Upheld\nDecision date : 4 Sep 2019"


def lines(printed: str) -> list[Line]:
    return [line for line in map(parse_line, printed.splitlines()) if line]


def read(printed: str) -> header.Header:
    found = lines(printed)
    [start] = find_starts(found)
    return read_header(found[start.at :], start)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (header.TITLE, "Leeds City Council (22 001 012)", "He cites Leeds City Council (22 001 012)."),
        (header.TITLE, "An NHS Trust (19-010-659a)", "An NHS Trust (19-010)"),
        (header.MIRROR, "Upheld Reference 22-007-695 Sector Housing", "Reference 22-007-695 was closed"),
        (header.LABEL, "Decision date : ", "final decision"),
        (header.OUTCOME, "Not upheld: no maladministration", "Partly upheld"),
        (header.BODY_START, "summary: we will not", "summary care record"),
        (header.DAY_MONTH_YEAR, "4th Sept 2019", "Sep 2019"),
        (header.YEAR_MONTH_DAY, "2019-09-04", "19-009-003"),
        (header.BODY_NAME, "Council", "Cookies"),
        (header.PROPER_NAME, "Hampshire Police and Crime Panel", "Skip to content"),
        (header.NO_NAME, "Home › Decisions", "Leeds City Council"),
    ],
)
def test_each_pattern_of_the_header_finds_its_example_and_not_the_counterexample(pattern, matching, other):
    assert pattern.fullmatch(matching) or pattern.search(matching)
    assert not (pattern.fullmatch(other) if pattern in WHOLE_LINE else pattern.search(other))


WHOLE_LINE = (header.PROPER_NAME, header.TITLE, header.MIRROR, header.OUTCOME, header.BODY_START)


def test_a_titled_header_gives_every_field():
    assert read(TITLED) == header.Header(
        "Leeds City Council", "22 001 012", Outcome.UPHELD, "Education", "Other", date(2019, 9, 4)
    )


def test_a_header_run_into_one_line_below_the_title_gives_the_same_fields():
    title, *rest = TITLED.splitlines()
    assert read(f"{title}\n{' '.join(rest)}") == read(TITLED)


def test_a_header_with_labels_and_values_on_lines_of_their_own_gives_the_same_fields():
    assert read(TITLED.replace(" : ", "\n")) == read(TITLED)


@pytest.mark.parametrize(
    "printed",
    [
        "Leeds City Council\nUpheld Reference 22-001-012 Sector Education Category Other Decided 4 September 2019",
        "Leeds City Council\nUpheld Reference 22-001-012 Category Education › Other Decided 4 September 2019",
        "Upheld Reference 22-001-012 Category Education > Other Decided 4 September 2019\nLeeds City Council",
        "Leeds City Council\nUpheld\nReference 22-001-012\nSector Education\nCategory Other\nDecided 04-Sep-2019",
        "Leeds City Council\nUpheld\nReference\n22-001-012\nCategory\nEducation › Other\nDecided\n2019-09-04",
        "Leeds City Council (22-001-012)\nUpheld Reference 22-001-012 Category Education › Other Decided 4/9/2019",
    ],
)
def test_a_mirror_header_gives_the_same_fields(printed):
    assert read(printed) == read(TITLED)


def test_a_mirror_names_a_body_that_no_word_shows_to_be_one():
    assert (
        read("Home › Decisions\nTall Trees\nUpheld Reference 22-001-012 Category Health").organisation
        == "Tall Trees"
    )


def test_a_link_above_a_mirror_header_is_no_organisation():
    with pytest.raises(Refused, match="no organisation"):
        read("Skip to content\nUpheld Reference 22-001-012 Category Health")


def test_a_sector_above_the_categories_of_the_site_is_not_the_category():
    printed = "Leeds City Council\nUpheld Reference 22-001-012 Sector Local government Category Education Decided 2019"
    assert (read(printed).category, read(printed).subcategory) == ("Education", None)


def test_other_on_a_mirror_means_closed_after_initial_enquiries():
    assert read("Leeds City Council\nOther Reference 22-001-012 Category Housing").outcome is Outcome.CLOSED


def test_curly_apostrophes_in_categories_are_straightened():
    assert (
        read(TITLED.replace("Education", "Children’s care services")).category == "Children's care services"
    )


def test_a_letter_suffix_stays_with_the_reference():
    assert read(TITLED.replace("012)", "012A)")).reference == "22 001 012a"


def test_a_name_with_brackets_of_its_own_stays_whole():
    assert read(TITLED.replace("Council", "Care (North) Ltd")).organisation == "Leeds City Care (North) Ltd"


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        (TITLED.replace("Decision : Upheld\n", ""), "no decision in the header"),
        (TITLED.replace("Decision : Upheld", "Decision : Partly upheld"), "unknown decision"),
        ("Upheld Reference 22-001-012 Category Housing", "no organisation"),
    ],
)
def test_a_header_that_lacks_what_must_not_be_guessed_is_refused(printed, reason):
    with pytest.raises(Refused, match=reason):
        read(printed)


def test_a_date_that_the_calendar_lacks_is_none():
    assert read(TITLED.replace("4 Sep", "31 Sep")).decision_date is None


@pytest.mark.parametrize(
    "printed", ["4 Sep 2019", "04-September-2019", "4th Sept 2019", "4/9/2019", "2019-09-04"]
)
def test_every_print_of_a_date_is_the_same_date(printed):
    assert parse_date(printed) == date(2019, 9, 4)


def test_a_title_without_a_header_begins_nothing():
    assert find_starts(lines("Leeds City Council (22 001 012)\nRelated decisions")) == []


def test_a_title_printed_twice_begins_one_statement():
    assert len(find_starts(lines(f"Leeds City Council (22 001 012)\nYou are here\n{TITLED}"))) == 1


def test_a_reference_within_a_paragraph_begins_nothing():
    cited = "The complaint\n1. Leeds City Council (22 009 999)\nSummary: x\nMr X cites Reference 22-009-999 of ours."
    assert [start.reference for start in find_starts(lines(f"{TITLED}\n{cited}"))] == ["22 001 012"]
