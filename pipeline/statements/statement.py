"""One raw document in, its decisions out; what is no statement, or decides nothing in its header, is a reject."""

import re
from collections.abc import Sequence

from pipeline.schema import Decision, RawDocument, Reject
from pipeline.statements import headings, html, sections
from pipeline.statements.decode import decode
from pipeline.statements.header import Start, find_starts, read_header
from pipeline.statements.lines import Line, parse_line, to_text
from pipeline.statements.refusal import Reason, Refused

MAX_LINES = 100_000
MAX_LINE = MAX_COMPLAINT = 50_000  # characters; the longest seen have a tenth of it
_LISTED = 3  # so many headers without one complaint are a listing

# "Statement Upheld Noise 12-Dec-2022" stands in listings, "Decision : Upheld" in statements.
LISTING_ENTRY = re.compile(
    r"(?:Statement|Report) (?:Not upheld|Upheld|Closed after initial enquiries)\b.{0,120}\d{4}", re.I
)
# "Unsubscribe" stands in newsletters, "subscriber" elsewhere too.
NEWSLETTER = re.compile(r"\b(?:newsletter|e-?bulletin|unsubscribe)\b", re.I)
# "Summary: Mr X" and "Summary" begin a summary, "In summary: Mr X" and "Summary care record" do not.
SUMMARY_START = re.compile(r"Summary\s*(?::\s*|$)", re.I)
WORD = re.compile(r"[^\W\d_]+")  # "Mr" is a word, "24" is not
_COMMON_WORDS = (
    "a about and as at be been by did for from had has have he her him his in is it not of on or said says she that "
    "the their them they this to was were which who will with would"
)
_ENGLISH = frozenset(_COMMON_WORDS.split())
_ENGLISH_SHARE = 0.15  # English prose has about 0.4; Welsh, French and keyboard noise under 0.1
_FEWEST_WORDS = 12  # too few to tell a language by


def read(document: RawDocument) -> list[Decision | Reject]:
    """Return the decisions of a document, in its order, or why there are none. Never raises, whatever the bytes.

    >>> [reject] = read(RawDocument(b"", source="a.txt"))
    >>> reject.reason
    'empty document: check the download'
    """
    try:
        lines = _lines(document.content)
        starts = _starts(lines)
    except Refused as refusal:
        return [refusal.as_reject(document.source)]
    ends = [start.at for start in starts[1:]] + [len(lines)]
    return [
        _decision(lines[start.at : end], start, document.source)
        for start, end in zip(starts, ends, strict=True)
    ]


def _lines(content: bytes) -> list[Line]:
    text = decode(content)
    printed = html.to_lines(text) if html.is_html(text) else text.splitlines()
    if len(printed) > MAX_LINES:
        raise Refused(Reason.TOO_LARGE, {"lines": len(printed)})
    longest = max(map(len, printed), default=0)
    if longest > MAX_LINE:
        raise Refused(Reason.LONG_LINE, {"characters": longest})
    return [line for line in map(parse_line, printed) if line]


def _starts(lines: Sequence[Line]) -> list[Start]:
    """Return where the statements begin.

    Raises:
        Refused: none does; the reason tells what the document is instead, as far as that can be seen.
    """
    starts = find_starts(lines)
    has_complaint = sections.find_complaint(lines) is not None
    if not has_complaint and (
        len(starts) >= _LISTED or any(LISTING_ENTRY.match(line.text) for line in lines)
    ):
        raise Refused(Reason.LISTING)
    if _is_report(lines):
        raise Refused(Reason.REPORT)
    if not starts:
        if has_complaint:
            raise Refused(Reason.NO_DECISION)
        is_newsletter = any(NEWSLETTER.search(line.text) for line in lines)
        raise Refused(Reason.NEWSLETTER if is_newsletter else Reason.NO_COMPLAINT)
    return starts


def _is_report(lines: Sequence[Line]) -> bool:
    """Say whether the headings are those of a public-interest report: no summary, "we" instead of "I"."""
    short = [headings.fold(line.text) for line in lines if len(line.text) <= headings.LONGEST_HEADING]
    if not any(headings.REPORT_HEADING.fullmatch(text) for text in short):
        return False
    has_summary = any(map(_begins_summary, lines))
    return not has_summary and not any(headings.FIRST_PERSON_HEADING.fullmatch(text) for text in short)


def _decision(lines: Sequence[Line], start: Start, source: str) -> Decision | Reject:
    try:
        return _read_statement(lines, start, source)
    except Refused as refusal:
        return refusal.as_reject(source)


def _read_statement(lines: Sequence[Line], start: Start, source: str) -> Decision:
    header = read_header(lines, start)
    heading = sections.find_complaint(lines)
    found = sections.split(lines[heading:]) if heading is not None else {}
    if heading is None or headings.COMPLAINT not in found:
        raise Refused(Reason.NO_COMPLAINT, {"reference": start.reference})
    texts = {name: to_text(under) for name, under in found.items()}
    if len(texts[headings.COMPLAINT]) > MAX_COMPLAINT:
        raise Refused(Reason.LONG_COMPLAINT, {"reference": start.reference})
    summary = _summary(lines[:heading])
    if not reads_as_english(f"{texts[headings.COMPLAINT]} {summary or ''}"):
        raise Refused(Reason.NOT_ENGLISH, {"reference": start.reference})
    return Decision(
        reference=header.reference,
        organisation=header.organisation,
        category=header.category,
        subcategory=header.subcategory,
        outcome=header.outcome,
        decision_date=header.decision_date,
        complaint=texts[headings.COMPLAINT],
        summary=summary,
        final_decision=texts.get(headings.FINAL_DECISION),
        sections=texts,
        source=source,
    )


def _summary(front: Sequence[Line]) -> str | None:
    """Return the summary; `front` is what stands before the complaint. A contents entry of that name is empty."""
    summaries = (_summary_from(front, at) for at, line in enumerate(front) if _begins_summary(line))
    return next((summary for summary in summaries if summary), None)


def _begins_summary(line: Line) -> bool:
    return not line.is_listed and SUMMARY_START.match(line.text) is not None


def _summary_from(front: Sequence[Line], at: int) -> str:
    paragraphs = [SUMMARY_START.sub("", front[at].text, count=1)]
    for line in front[at + 1 :]:
        if headings.known_heading(line.text) or headings.fold(line.text) == "contents":
            break
        paragraphs.append(line.text)
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)


def reads_as_english(text: str) -> bool:
    """Say whether the common words of English stand in a text; one of under twelve words is let pass.

    >>> reads_as_english("Mae Mr X yn cwyno am y modd y deliodd y Cyngor gyda chais ei fab am le mewn ysgol")
    False
    """
    words = [word.lower() for word in WORD.findall(text)]
    return bool(words) and (
        len(words) < _FEWEST_WORDS or sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words)
    )
