import time

import pytest

from pipeline.statements.html import ENDLESS_TAG, MAX_TAGS, PICTURE, TAG, is_html, to_lines
from pipeline.statements.refusal import Refused


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (ENDLESS_TAG, "<p " + "a " * 6000, "<p " + "a " * 60 + ">" + "a " * 6000),
        (PICTURE, "data:image/png;base64," + "iVBOR" * 50, "the data: a table of costs"),
        (TAG, '<DIV class="x">', "fewer than x <y and z> y"),
    ],
)
def test_each_pattern_of_markup_finds_its_example_and_not_the_counterexample(pattern, matching, other):
    assert pattern.search(matching)
    assert not pattern.search(other)


def test_a_page_is_known_by_its_tags_and_not_by_its_name():
    assert is_html("some words <p>and a paragraph</p>")
    assert not is_html("The complaint\n- Mr X says 2 < 3.")


def test_nested_lists_keep_their_marks_and_indent():
    assert to_lines("<ol><li>He says:<ul><li>one;</li><li>two.</li></ul></li><li>She says no.</li></ol>") == [
        "  1. He says:",
        "    • one;",
        "    • two.",
        "  2. She says no.",
    ]


def test_only_the_first_paragraph_of_a_list_item_carries_the_mark():
    assert to_lines("<ol><li><p>one</p><p>more</p></li></ol>") == ["  1. one", "more"]


def test_inline_markup_does_not_break_a_line():
    assert to_lines("<p>the <b>Coun</b>cil’s&nbsp;<a href=x>reply</a>\n to him</p>") == [
        "the Council’s reply to him"
    ]


def test_line_breaks_rows_and_terms_break_a_line():
    assert to_lines("<p>a<br>b</p><table><tr><td>c</td><td>d</td></tr></table><dl><dt>e<dd>f</dl>") == [
        "a",
        "b",
        "c d",
        "e",
        "f",
    ]


def test_menus_scripts_comments_and_footers_leave_no_line():
    page = "<body><nav>Menu</nav><script>a<b</script><!-- x --><p>text</p><aside>see also</aside><footer>foot</footer>"
    assert to_lines(page) == ["text"]


def test_what_stands_outside_main_leaves_no_line():
    assert to_lines("<p>cookies</p><main><h1>Title</h1><p>text</p></main><p>privacy</p>") == [
        "# Title",
        "text",
    ]


def test_a_title_above_main_is_kept():
    assert to_lines("<h1>Title</h1><main><p>text</p></main>") == ["# Title", "text"]


def test_a_page_without_text_has_no_lines():
    assert to_lines("<html><body></body></html>") == []


@pytest.mark.parametrize(
    "markup", ["<div>" * (MAX_TAGS + 1), "<p " + "a " * 10_000], ids=["tags", "attributes"]
)
def test_a_flood_of_markup_is_refused(markup):
    with pytest.raises(Refused, match="too much markup"):
        to_lines(markup)


def test_the_deepest_nesting_that_is_let_in_takes_seconds_at_most():
    begun = time.process_time()
    to_lines("<div>" * MAX_TAGS)
    assert time.process_time() - begun < 10
