from pipeline.statements.lines import Line, parse_line
from pipeline.statements.sections import find_complaint, split


def lines(printed: str) -> list[Line]:
    return [line for line in map(parse_line, printed.splitlines()) if line]


def complaint(printed: str) -> list[str]:
    return [line.text for line in split(lines(printed))["The complaint"]]


def test_a_known_heading_ends_the_complaint():
    assert complaint("The complaint\nMr X says no.\nWhat I have investigated\nThe delay.") == [
        "Mr X says no."
    ]


def test_a_heading_with_a_list_mark_is_a_line_of_the_complaint():
    assert complaint("The complaint\n- He disputes:\n- Final decision\n- My assessment") == [
        "He disputes:",
        "Final decision",
        "My assessment",
    ]


def test_a_sentence_that_begins_like_a_heading_is_a_line_of_the_complaint():
    text = "The complaint\nMr X says no.\nThe complaint is old.\nFinal decision letters came late."
    assert complaint(text) == ["Mr X says no.", "The complaint is old.", "Final decision letters came late."]


def test_an_unknown_title_among_marked_lines_ends_the_complaint():
    assert list(split(lines("The complaint\n- Mr X says no.\nCouncil’s duties\n- It must act."))) == [
        "The complaint",
        "Council’s duties",
    ]


def test_an_unknown_title_after_back_to_top_ends_the_complaint():
    assert complaint("The complaint\nMr X says no.\nBack to top\nCouncil’s duties\nIt must act.") == [
        "Mr X says no."
    ]


def test_a_markdown_heading_ends_the_complaint():
    assert complaint("## The complaint\nMr X says no.\n## Why is that\nIt must act.") == ["Mr X says no."]


def test_a_sentence_without_a_mark_after_a_list_stays_in_the_complaint():
    text = "The complaint\n1. He says:\n• one;\n• two.\nMr X wants an apology"
    assert complaint(text) == ["He says:", "one;", "two.", "Mr X wants an apology"]


def test_a_capital_point_that_lost_its_mark_within_a_list_stays_in_the_complaint():
    assert (
        complaint("The complaint\n- He says:\n- late visits;\nPoor records\n- no care.")[2] == "Poor records"
    )


def test_a_part_of_the_complaint_under_its_own_heading_stays_in_the_complaint():
    text = "The complaint\n1. Mr X says no.\nComplaint about the Trust\n2. It was late.\nFinal decision"
    assert complaint(text) == ["Mr X says no.", "Complaint about the Trust", "It was late."]


def test_a_later_part_called_the_complaint_adds_nothing_to_the_complaint():
    assert complaint("The complaint\nMr X says no.\nWhat I found\nThe complaint\nIt was upheld.") == [
        "Mr X says no."
    ]


def test_back_to_top_is_no_line_of_a_section():
    assert complaint("The complaint\n1. One.\nBack to top\n2. Two.\nBack to top") == ["One.", "Two."]


def test_nothing_after_the_end_of_the_statement_is_read():
    assert complaint("The complaint\nMr X says no.\nPrint this page\nWe set cookies.") == ["Mr X says no."]


def test_parts_of_a_section_that_stands_twice_are_joined():
    found = split(lines("The complaint\nNo.\nAnalysis\nOne.\nFinal decision\nTwo.\nAnalysis\nThree."))
    assert [line.text for line in found["Analysis"]] == ["One.", "Three."]


def test_the_heading_in_a_table_of_contents_is_not_the_complaint():
    contents = "The complaint\nThe Ombudsman's role and powers\nFinal decision\n"
    assert find_complaint(lines(contents + "The complaint\n1. Mr X says no.")) == 3


def test_the_heading_before_an_unknown_contents_entry_is_not_the_complaint():
    assert (
        find_complaint(lines("The complaint\nCouncil’s duties\nThe complaint\nMr X says no to it all.")) == 2
    )


def test_a_contents_entry_with_a_list_mark_is_not_the_complaint():
    assert find_complaint(lines("- The complaint\n- Final decision\nThe complaint\n- Mr X says no.")) == 2


def test_a_heading_with_nothing_below_is_not_the_complaint():
    assert find_complaint(lines("The complaint\nFinal decision\nNo fault.")) is None
