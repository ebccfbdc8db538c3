import pytest

from pipeline.statements.lines import ANNOUNCES_MORE, MARK, Line, parse_line, to_text


@pytest.mark.parametrize(
    "printed",
    [
        "1. x",
        "12) x",
        "(3) x",
        "1.2. x",
        "a) x",
        "(iv) x",
        "b. x",
        "- x",
        "• x",
        "– x",
        "* x",
        "o x",
        "## x",
        "7.",
    ],
)
def test_a_mark_is_recognised_before_words(printed):
    assert MARK.match(printed)


@pytest.mark.parametrize(
    "printed", ["12 months ago", "1.5 hours", "-x", "e.g. x", "Mr. X", "£5. x", "2019 was"]
)
def test_words_that_begin_like_a_mark_are_left_alone(printed):
    assert not MARK.match(printed)


@pytest.mark.parametrize("text", ["the Council:", "delay;", "delay; and", "delay, or", "delay,"])
def test_a_line_that_announces_another_is_recognised(text):
    assert ANNOUNCES_MORE.search(text)


@pytest.mark.parametrize("text", ["He wants an apology.", "the land", "a tutor"])
def test_a_line_that_announces_nothing_is_recognised(text):
    assert not ANNOUNCES_MORE.search(text)


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("  1. Mr X \u00a0 says", Line("Mr X says", "number", 2)),
        ("    • delay;", Line("delay;", "bullet", 4)),
        ("- a) delay;", Line("delay;", "letter", 0)),
        ("Mr X says", Line("Mr X says")),
        ("### Background", Line("Background", "heading", 0)),
    ],
)
def test_a_printed_line_is_parted_into_mark_indent_and_words(printed, line):
    assert parse_line(printed) == line


@pytest.mark.parametrize("printed", ["", "   ", "  3. ", "•"])
def test_a_line_without_words_is_none(printed):
    assert parse_line(printed) is None


def points(*printed: str) -> str:
    return to_text(line for line in map(parse_line, printed) if line)


def test_numbered_paragraphs_are_plain_and_bullets_between_them_are_points():
    assert points("  1. He says:", "  • one;", "  • two.", "  1. He wants more.") == (
        "He says:\n- one;\n- two.\nHe wants more."
    )


def test_numbers_indented_below_a_paragraph_are_points():
    assert (
        points("  1. He says:", "      1. One.", "      2. Two.", "  2. More.")
        == "He says:\n- One.\n- Two.\nMore."
    )


def test_lettered_points_below_numbered_paragraphs_are_points():
    assert points("1. He says:", "a) one.", "b) two.", "2. More.") == "He says:\n- one.\n- two.\nMore."


def test_points_of_a_flattened_list_are_told_by_their_punctuation():
    assert points("- He says:", "- one;", "- two; and", "- three.", "- He wants more.") == (
        "He says:\n- one;\n- two; and\n- three.\nHe wants more."
    )


def test_points_without_any_mark_are_told_by_their_punctuation():
    assert points("He says:", "one;", "two.", "A sentence after the list.") == (
        "He says:\n- one;\n- two.\nA sentence after the list."
    )


def test_small_letters_go_on_a_list_that_has_no_punctuation():
    assert points("- He says:", "- one", "- two", "- More.") == "He says:\n- one\n- two\nMore."
