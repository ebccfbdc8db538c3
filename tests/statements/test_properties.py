"""Whatever stands around and within a statement, its complaint comes out whole, once, and alone."""

import html

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.schema import Decision, RawDocument
from pipeline.statements.statement import read

HEADER = (
    "Leeds City Council (22 001 012)\nCategory : Education > Other\nDecision : Upheld\n"
    "Decision date : 4 Sep 2019\nSummary: Mr X says that the Council was late, and it was.\n"
)
NEXT = ["What I have investigated", "The Ombudsman’s role and powers", "How I considered this complaint"]
MARKS = ["", "  1. ", "  2) ", "- ", "    • ", "  a) ", "      (iv) ", "–  "]
NOISE = ["", "Back to top", "  ", "- ", "3."]
STARTS = [
    "the Council was late in",
    "He says the complaint is about",
    "My assessment was wrong over",
    "“Findings” of",
]
ENDS = [".", ";", ":", "; and", ", or", "?"]

numbered_sentence = st.builds(
    "{} matter {}{}".format, st.sampled_from(STARTS), st.integers(0, 10**6), st.sampled_from(ENDS)
)
body = st.lists(
    st.tuples(st.sampled_from(MARKS), numbered_sentence, st.sampled_from(NOISE)),
    min_size=1,
    max_size=12,
    unique_by=lambda line: line[1],
)


def complaint_lines(text: str) -> list[str]:
    [decision] = read(RawDocument(text.encode(), source="made"))
    assert isinstance(decision, Decision), decision
    return [line.removeprefix("- ") for line in decision.complaint.split("\n")]


@given(body, st.sampled_from(NEXT), st.booleans())
def test_no_line_of_a_complaint_is_lost_doubled_merged_or_foreign(lines, following, with_contents):
    contents = "\n".join(["The complaint", *NEXT, ""]) if with_contents else ""
    complaint = "".join(f"{mark}{text}\n{noise}\n" for mark, text, noise in lines)
    page = f"{HEADER}{contents}The complaint\n{complaint}{following}\n- A foreign line.\nPrint this page"
    assert complaint_lines(f"Cookie settings\n{page}") == [text for _, text, _ in lines]


@given(body, st.sampled_from(NEXT))
def test_a_page_gives_the_same_lines_as_its_text(lines, following):
    header = "".join(f"<p>{html.escape(line)}</p>" for line in HEADER.splitlines())
    items = "".join(f"<li><p>{html.escape(text)}</p></li>" for _, text, _ in lines)
    complaint = f"<h2>The complaint</h2><ol>{items}</ol><h2>{following}</h2><p>Foreign.</p>"
    assert complaint_lines(f"<main><h1>Leeds</h1>{header}{complaint}</main>") == [
        text for _, text, _ in lines
    ]


@given(st.binary(max_size=2000))
def test_no_bytes_raise(content):
    assert read(RawDocument(content, source="made"))


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([*HEADER.splitlines(), "The complaint", *NEXT, *NOISE, "- Mr X says so.", "<ol><li>"])
    )
)
def test_no_order_of_headings_headers_and_noise_raises(lines):
    assert read(RawDocument("\n".join(lines).encode(), source="made"))
