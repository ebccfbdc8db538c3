"""The words that head, part and end the sections of a statement: one line in, its canonical heading out, or None."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

COMPLAINT = "The complaint"
INVESTIGATED = "What I have and have not investigated"
POWERS = "The Ombudsman's role and powers"
CONSIDERED = "How I considered this complaint"
FOUND = "What I found"
ASSESSMENT = "My assessment"
ANALYSIS = "Analysis"
LAW = "Relevant law and guidance"
BACKGROUND = "Background"
ACTION = "Agreed action"
FINAL_DECISION = "Final decision"
SUMMARY = "Summary"

LONGEST_HEADING = 120  # characters; no pattern below ever sees a longer line
_TITLE_WORDS = 12

_OMBUDSMAN = r"(?:the )?(?:[a-z]+ ){0,8}ombudsm[ae]n"
_WHO = rf"(?:i|we|{_OMBUDSMAN})"
_WHOSE = rf"(?:(?:my|our|the|{_OMBUDSMAN}(?:'s|s'|s)?) )?"
_PARTS = r"(?:the )?parts?(?: of the complaint)?(?: that)?"
_POWERS = r"(?:role|powers?|jurisdiction)"
_LEGAL = (
    r"(?:the|relevant|legal|laws?|legislation|statutory|national|local|administrative|guidance|policy|policies|"
    r"procedures?|council's|government|regulations?|context|and|&)"
)

# Known headings as whole lines, folded. "The complaint" is one, "The complaint is late." is none.
HEADINGS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        COMPLAINT: re.compile(r"(?:the |your )?complaints?|what (?:the|this) complaint is about"),
        INVESTIGATED: re.compile(
            rf"(?:what|why|{_PARTS}) {_WHO} .{{0,40}}\binvestigated?(?: and (?:have |did )?not investigated?)?"
        ),
        POWERS: re.compile(
            rf"{_OMBUDSMAN}(?:'s|s'|s)? {_POWERS}(?: (?:and|&) {_POWERS})?|(?:my|our) {_POWERS}(?: and {_POWERS})?"
            rf"|what {_WHO} can(?: and can(?:not|'t| not))?(?: do| investigate)?"
        ),
        CONSIDERED: re.compile(rf"how {_WHO} .{{0,20}}\b(?:considered|investigated|looked|dealt)\b.{{0,40}}"),
        FOUND: re.compile(rf"what {_WHO} (?:have )?found|(?:my |our |the )?findings?"),
        ASSESSMENT: re.compile(rf"{_WHOSE}(?:initial )?assessment"),
        ANALYSIS: re.compile(rf"{_WHOSE}(?:analysis|consideration)(?: and .{{0,30}})?"),
        LAW: re.compile(rf"{_LEGAL}(?:[ ,/]+{_LEGAL})*"),
        BACKGROUND: re.compile(
            r"background(?: .{0,40})?|(?:the )?(?:(?:key|relevant|brief) )?(?:events|facts|chronology)|what happened"
        ),
        ACTION: re.compile(
            r"(?:(?:agreed|recommended|proposed|further)(?: ?/ ?| and | or | ))*(?:actions?|remedy|remedies)"
            r"|recommendations?|injustice(?: and remedy)?|fault and injustice"
        ),
        FINAL_DECISION: re.compile(rf"{_WHOSE}(?:(?:final|draft|provisional) )?decisions?|conclusions?"),
        SUMMARY: re.compile(r"summary"),
    }
)

# "The investigation" heads a report, which says "we" where a statement says "I"; "What I found" heads none.
REPORT_HEADING = re.compile(r"the investigation|legal and administrative background|(?:report|case) summary")
# "How I considered this complaint" heads a statement; "How we considered this complaint" may head a report.
FIRST_PERSON_HEADING = re.compile(r"(?:how|what) i .{1,60}|my assessment|final decision")
# "Investigator's decision on behalf of the Ombudsman" ends a statement, "The investigator decided" does not.
END = re.compile(
    r"(?:investigator|ombudsm[ae]n)'?s?'? (?:final |draft )?decision on behalf of .{1,60}|print this page|lgo logogram"
    r"|(?:review your )?privacy settings|required cookies|cookie settings"
)
# "Back to top" stands after each section; "Back to topic" does not.
BACK_TO_TOP = re.compile(r"(?:back|return) to (?:the )?top")
# "Complaint about the Trust" heads a part of the complaint, "Complaints process" a section of its own.
PART_OF_COMPLAINT = re.compile(
    r"complaint (?:about|against) .{1,80}|complaint (?:\d|[a-z])|(?:claimed |alleged )?injustice(?: claimed)?"
    r"|(?:outcome|remedy)s? (?:sought|wanted)|desired outcomes?"
)
# "Complaints process", "Mr X’s tenancy" read as titles; "delay.", "the Council:", "Mr X wants an apology" do not.
TITLE = re.compile(
    r"(?!(?:He|She|They|It|This|That|These|We|I|His|Her|Their)\b|(?:Mr|Mrs|Miss|Ms|Mx|Dr) [A-Z]\w* [a-z])"
    r"[A-Z0-9‘'\"“][^:;]{0,99}[^\s.,:;?!]"
)


def fold(text: str) -> str:
    """Return a line as the heading patterns expect it: lower case, straight apostrophes, no colon at the end.

    >>> fold("The Ombudsman’s role and powers:")
    "the ombudsman's role and powers"
    """
    return text.replace("’", "'").replace("‘", "'").rstrip(" :?").lower()


@lru_cache(maxsize=4096)  # a document asks for the same line several times, a corpus for the same headings
def known_heading(text: str) -> str | None:
    """Return the canonical name of a heading, or None where the words are no known heading.

    >>> known_heading("The Ombudsmen’s role and powers"), known_heading("The complaint is late.")
    ("The Ombudsman's role and powers", None)
    """
    if len(text) > LONGEST_HEADING or not text[:1].isupper() or text.endswith("."):
        return None
    folded = fold(text)
    return next((name for name, pattern in HEADINGS.items() if pattern.fullmatch(folded)), None)


def is_title(text: str) -> bool:
    """Say whether a line without a mark reads as a heading: short, capital first, no full stop.

    >>> is_title("Council’s duties"), is_title("He wants an apology.")
    (True, False)
    """
    return TITLE.fullmatch(text) is not None and text.count(" ") < _TITLE_WORDS


def is_end(text: str) -> bool:
    """Say whether a line stands below the text of a statement, so that nothing after it belongs to it.

    >>> is_end("Investigator's decision on behalf of the Ombudsman"), is_end("The investigator decided")
    (True, False)
    """
    return len(text) <= LONGEST_HEADING and END.fullmatch(fold(text)) is not None


def is_back_to_top(text: str) -> bool:
    """Say whether a line is the link that the site prints after each section.

    >>> is_back_to_top("Back to top")
    True
    """
    return len(text) <= LONGEST_HEADING and BACK_TO_TOP.fullmatch(fold(text)) is not None
