"""The lines of a document in, the headers of its statements out. Only the header decides the outcome."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.schema import Outcome, canonical_reference
from pipeline.statements.headings import COMPLAINT, fold, is_title, known_heading
from pipeline.statements.lines import Line
from pipeline.statements.refusal import Reason, Refused

_REFERENCE = r"\d{2}[ -]\d{3}[ -]\d{3}[a-zA-Z]?"
_LONGEST = 400  # characters of a header line
_BLOCK = 14  # lines a header may take

# "Leeds City Council (22 001 012)" is a title, "see Leeds City Council (22 001 012)." is a sentence.
TITLE = re.compile(rf"(?P<organisation>[A-Z0-9].{{1,200}}?)[\s,:–-]*\(?(?P<reference>{_REFERENCE})\)?")
# "Upheld Reference 22-007-695 Sector ..." heads a mirror's page, "Reference 22-007-695 was closed" does not.
MIRROR = re.compile(
    rf".{{0,60}}?\bReference\b\s*:?\s*(?P<reference>{_REFERENCE})"
    r"(?:\s+(?:Sector|Category|Decided|Decision|Outcome)\b.{0,300})?"
)
# "Decision : Upheld Decision date : 4 Sep 2019" has two labels, "final decision" none.
LABEL = re.compile(
    r"\b(Decision date|Date of decision|Decision|Outcome|Decided(?: on)?|Category|Subcategory|Sector|Reference"
    r"|Organisation)\b(?: *:)?"
)
# "Not upheld: no maladministration" names an outcome, "Partly upheld" none that we know.
OUTCOME = re.compile(
    r"(not upheld|upheld|closed after initial enquiries|other)(?:\s*[-–:;,(].{0,100})?", re.I
)
# "Summary: We will not" begins the text, "Summary care record" does not.
BODY_START = re.compile(
    r"summary\s*:.*|summary|(?:the )?ombudsm[ae]n(?:'s|s'|s)? (?:final )?decision", re.DOTALL
)
# "4 Sep 2019", "04-September-2019", "4th Sept 2019" are dates, "Sep 2019" is none.
DAY_MONTH_YEAR = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ \-/]([A-Za-z]{3,9}|\d{1,2})[ \-/,]+(\d{4})")
# "2019-09-04" is a date, "19-009-003" is none.
YEAR_MONTH_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
# "Leeds City Council" names a body, "Cookies on this site" does not.
BODY_NAME = re.compile(
    r"\b(?:Council|Borough|Authority|Trust|Limited|Ltd|LLP|Plc|Care|Homes?|Board|Transport for \w+|City|County|Group|"
    r"Service|Academy|School|Partnership|Association|University)\b"
)
# "Hampshire Police and Crime Panel" is a proper name, "Skip to content" is none.
PROPER_NAME = re.compile(r"[A-Z]\S*(?: (?:and|of|the|for|in|upon|on|&|[A-Z0-9(]\S*)){1,10}")
# "Home › Decisions" is a trail of links, "Upheld Reference 22-007-695" a header; neither names a body.
NO_NAME = re.compile(r"[>›»]|\bReference\b|\bCategory\b")

_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {month: number for number, month in enumerate(_MONTH_NAMES.split(), 1)}
_OUTCOMES = {
    "upheld": Outcome.UPHELD,
    "not upheld": Outcome.NOT_UPHELD,
    "closed after initial enquiries": Outcome.CLOSED,
    "other": Outcome.CLOSED,  # what mirrors print for it
}
_DATES = ("Decision date", "Date of decision", "Decided", "Decided on")
_TOP_CATEGORIES = frozenset(
    {
        "adult care services",
        "adult social care",
        "children's care services",
        "education",
        "housing",
        "planning",
        "benefits and tax",
        "environment and regulation",
        "transport and highways",
        "health",
        "other categories",
    }
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a statement begins in its document (index of the line) and which case it is."""

    at: int
    reference: str
    organisation: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the text of a statement."""

    organisation: str
    reference: str
    outcome: Outcome
    category: str | None
    subcategory: str | None
    decision_date: date | None


def find_starts(lines: Sequence[Line]) -> list[Start]:
    """Return where each statement of a document begins: a title with its header, or a mirror's one line.

    A title alone, as in a breadcrumb or a link, begins nothing.
    """
    complaints = [at for at, line in enumerate(lines) if _heads_complaint(line)]
    starts: list[Start] = []
    for start in _candidates(lines):
        if starts and start.reference == starts[-1].reference:
            since = bisect_left(complaints, starts[-1].at)
            if since == bisect_left(complaints, start.at):
                continue  # the title or the mirror's line once more, above the same text
        starts.append(start)
    return starts


def _candidates(lines: Sequence[Line]) -> Iterator[Start]:
    for at, line in enumerate(lines):
        if line.is_listed or len(line.text) > _LONGEST:
            continue
        if match := _mirror_header(lines, at):
            yield Start(at, _canonical(match), _neighbouring_body(lines, at))
        elif (match := TITLE.fullmatch(line.text)) and _is_followed_by_header(lines, at):
            yield Start(at, _canonical(match), match["organisation"])


def _canonical(match: re.Match[str]) -> str:
    return canonical_reference(match["reference"]) or match["reference"]


def _mirror_header(lines: Sequence[Line], at: int) -> re.Match[str] | None:
    """Match a mirror's header, which may stand on one line or be broken around the word Reference."""
    near = [line.text for line in lines[at : at + 3]]
    if not any("Reference" in text for text in near):
        return None
    joined = (" ".join(near[:count]) for count in range(1, len(near) + 1))
    return next(
        (match for text in joined if len(text) <= _LONGEST and (match := MIRROR.fullmatch(text))), None
    )


def _is_followed_by_header(lines: Sequence[Line], title: int) -> bool:
    for line in lines[title + 1 : title + _BLOCK]:
        if len(line.text) <= _LONGEST and TITLE.fullmatch(line.text):
            return False
        if LABEL.match(line.text) or _begins_text(line):
            return True
    return False


def _neighbouring_body(lines: Sequence[Line], at: int) -> str | None:
    """Return the organisation that a mirror prints just above its header, or just below."""
    near = [*reversed(lines[max(0, at - 5) : at + 1]), *lines[at + 1 : at + 4]]
    names = [line.text for line in near if _may_be_name(line.text)]
    above = (
        name for name in names[:1] if PROPER_NAME.fullmatch(name)
    )  # "Tall Trees": no word says it is a home
    name = next(filter(BODY_NAME.search, names), None) or next(above, None)
    title = TITLE.fullmatch(name) if name else None
    return title["organisation"] if title else name


def _may_be_name(text: str) -> bool:
    return (
        is_title(text)
        and not NO_NAME.search(text)
        and not OUTCOME.fullmatch(text)
        and not known_heading(text)
    )


def _heads_complaint(line: Line) -> bool:
    return not line.is_listed and known_heading(line.text) == COMPLAINT


def _begins_text(line: Line) -> bool:
    return _heads_complaint(line) or BODY_START.fullmatch(fold(line.text)) is not None


def read_header(lines: Sequence[Line], start: Start) -> Header:
    """Return the header of one statement; `lines` are the statement's, `start` tells its title.

    Raises:
        Refused: it names no decision, an unknown decision or no organisation.

    >>> lines = [Line("Leeds City Council (22 001 012)"), Line("Decision : Upheld")]
    >>> read_header(lines, find_starts(lines)[0]).outcome.value
    'upheld'
    """
    before, fields = _fields(lines)
    category, subcategory = _categories(fields)
    organisation = start.organisation or fields.get("Organisation")
    if organisation is None:
        raise Refused(Reason.NO_ORGANISATION, {"reference": start.reference})
    decided = next((fields[key] for key in _DATES if key in fields), None)
    return Header(
        organisation=_straight(organisation),
        reference=start.reference,
        outcome=_outcome(fields.get("Decision") or fields.get("Outcome") or before, start.reference),
        category=category,
        subcategory=subcategory,
        decision_date=parse_date(decided) if decided else None,
    )


def _fields(lines: Sequence[Line]) -> tuple[str, dict[str, str]]:
    """Return the outcome that stands before all labels (mirrors), and the labelled values, first ones first."""
    block: list[str] = []
    for line in lines[:_BLOCK]:
        if _begins_text(line):
            break
        block.append(line.text[:_LONGEST])
    before, *rest = LABEL.split("\n".join(block))
    fields: dict[str, str] = {}
    for label, value in zip(rest[::2], rest[1::2], strict=True):
        if value.strip():
            fields.setdefault(label, value.strip().splitlines()[0].strip())
    outcomes = [line for line in before.splitlines() if OUTCOME.fullmatch(line.strip())]
    return (outcomes[-1] if outcomes else ""), fields


def _outcome(printed: str, reference: str) -> Outcome:
    if not printed:
        raise Refused(Reason.NO_DECISION, {"reference": reference})
    match = OUTCOME.fullmatch(printed.strip())
    if match is None:
        raise Refused(Reason.UNKNOWN_DECISION, {"reference": reference, "decision": printed[:60]})
    return _OUTCOMES[match[1].lower()]


def _categories(fields: dict[str, str]) -> tuple[str | None, str | None]:
    """Return category and subcategory; a mirror may call the category "Sector" and the subcategory "Category"."""
    category, *deeper = (part.strip() for part in re.split("[>›»]", _straight(fields.get("Category", ""))))
    subcategory = " > ".join(part for part in deeper if part) or _straight(fields.get("Subcategory", ""))
    sector = _straight(fields.get("Sector", ""))
    if not subcategory and sector.lower() in _TOP_CATEGORIES and category.lower() not in _TOP_CATEGORIES:
        category, subcategory = sector, category
    return category or sector or None, subcategory or None


def _straight(text: str) -> str:
    """Fold apostrophes and spaces: names and categories are compared, so one print of each must remain."""
    return " ".join(text.replace("’", "'").replace("‘", "'").split())


def parse_date(text: str) -> date | None:
    """Return the first date of a text, or None where there is none or the calendar lacks it.

    >>> parse_date("04 Sep 2019"), parse_date("31 Feb 2020")
    (datetime.date(2019, 9, 4), None)
    """
    if match := YEAR_MONTH_DAY.search(text):
        year, month, day = (int(group) for group in match.groups())
    elif match := DAY_MONTH_YEAR.search(text):
        day, year, name = int(match[1]), int(match[3]), match[2].lower()
        month = int(name) if name.isdigit() else _MONTHS.get(name[:3], 0)
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
