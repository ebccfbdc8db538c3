"""Statutes cited in running text: enter texts, leave canonical citations, each with the sentence it stands in.

"LGA 1974 s24A(6)", "LGA 1974 Sch 5 para 5(b)", "Children Act 1989 s47", and "Care Act 2014" where no section is
given. Two prints of one provision give one citation: "34(B)6" is s34B(6), "34H(1)" is s34H(i), and the double
"Schedule 5/5A, paragraph 1/3" (councils / care providers) is Sch 5 para 1 and Sch 5A para 3. An Act dated after the
statement is kept as printed and flagged: "Housing Act 2044 [sic] s184". A section without an Act is left out,
unless only the Ombudsman's own Act has a section of that number.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import product

from pipeline.labels.sentences import split_sentences

NamedAct = tuple[int, str]  # where in the sentence, and which

OMBUDSMAN_ACT = "LGA 1974"
FLAG = "[sic]"

_ACT = re.compile(
    r"(?:[A-Z][\w’'&-]*,?\s(?:\([^()]*\)\s|(?:and|of|the|for|in|to|etc)\s)*){1,9}?Act\s(?P<year>\d{4})\b"
    r"|\bLGA\s1974\b|\b(?P<again>the\sAct)\b(?!\s\d)"
)
_LEADING = re.compile(
    r"^(?:(?:The|Under|In|By|Of|This|And|Both|See|Section|Part|While|As|Since|Our|When|If|For|From|To|With)\s(?:the\s)?)+"
)

# One provision: a number, perhaps letters, then sub-provisions; a bracket may be missing, or part the letter off.
_SUB = r"(?:\d{1,2}[A-Za-z]?|[A-Za-z]|[ivx]{2,4})(?!\w)"
_SUBS = rf"(?:\({_SUB}\)?|\s\({_SUB}\)|(?<=[A-Z])\d{{1,2}}\)|(?<=\))\d{{1,2}}(?![\d,]))*"
_BARE = r"\d{1,3}(?:[A-Z]{1,2}|[a-z](?=\())?(?![A-Za-z])"
_ITEM = rf"{_BARE}{_SUBS}"
_MARKED = rf"(?=\d{{1,3}}(?:[A-Z]|\s?\()){_ITEM}"
_KEYWORD = r"(?<![’'])\b[Ss](?:ection|ec\.?|\.)?\s?(?=\d)"
_KEYWORDS = r"(?<![’'])\b[Ss](?:ections|s\.?)\s?(?=\d)"
_JOIN = r"(?:\s?(?:,|/|&|\bas\samended\b|\band\b|\bor\b)\s?)+"
_SECTIONS = re.compile(
    rf"{_KEYWORDS}(?P<many>{_ITEM}(?:{_JOIN}{_ITEM})*)|{_KEYWORD}(?P<one>{_ITEM}(?:{_JOIN}{_MARKED})*)"
)
_UNNAMED = re.compile(rf"(?<![\w£./])(?=\d{{2}}){_MARKED}")
_EACH = re.compile(_ITEM)
_PARTS = re.compile(r"\d+[A-Za-z]{0,2}|[A-Za-z]+")
_OF_ACT = re.compile(rf"(?:,?\sas\samended,?)?,?\s(?:of|in|under)\s(?:the\s)?(?={_ACT.pattern})")

_PARAGRAPHS = (
    r"(?:paragraphs?|paras?\.?)\s?(?P<{0}>\d+[A-Z]?(?:\(\w{{1,3}}\)?)*(?:/\d+[A-Z]?(?:\(\w{{1,3}}\)?)*)*)"
)
_SCHEDULES = re.compile(
    rf"(?:{_PARAGRAPHS.format('before')}\s(?:of|to)\s)?\b(?:[Ss]chedules?|Sch\.?)\s?(?P<number>\d+[A-Z]?(?:/\d+[A-Z]?)*)"
    rf"(?:,?\s?{_PARAGRAPHS.format('after')})?"
)

# Numbers that no other Act in these statements has: what the Ombudsman's own Act inserted.
_ONLY_OMBUDSMAN = re.compile(r"(?:24A|26[A-D]|33ZA|34[A-T])\b(?=\()")
_DIGIT = re.compile(r"\d")


def find_citations(texts: Iterable[str], latest_year: int = date.max.year) -> dict[str, str]:
    """Return each citation with the first sentence that holds it, in the order of the text.

    An Act of a year after `latest_year` is flagged as a slip.

    >>> list(find_citations(["(Local Government Act 1974, section 24A(6), as amended, section 34(B))"]))
    ['LGA 1974 s24A(6)', 'LGA 1974 s34B']
    """
    found: dict[str, str] = {}
    acts: dict[str, str] = {}
    last_act = ""
    for sentence in _worth_reading(texts):
        named = [(match.start(), _act(match, last_act, latest_year)) for match in _ACT.finditer(sentence)]
        named = [(start, act) for start, act in named if act]
        for citation in (*_sections(sentence, named), *_schedules(sentence, named)):
            found.setdefault(citation, sentence)
        for _, act in named:
            acts.setdefault(act, sentence)
            last_act = act
    return found | _acts_alone(acts, found)


def _worth_reading(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for line in text.splitlines():
            if _DIGIT.search(line):
                yield from split_sentences(line)


def _acts_alone(acts: dict[str, str], found: Iterable[str]) -> dict[str, str]:
    cited = tuple(found)
    return {
        act: sentence
        for act, sentence in acts.items()
        if act != OMBUDSMAN_ACT and not any(citation.startswith(f"{act} ") for citation in cited)
    }


def _act(match: re.Match[str], last_act: str, latest_year: int) -> str:
    if match["again"]:
        return last_act
    name = _LEADING.sub("", " ".join(match[0].split()))
    if name in ("Local Government Act 1974", OMBUDSMAN_ACT):
        return OMBUDSMAN_ACT
    return f"{name} {FLAG}" if int(match["year"]) > latest_year else name


def _sections(sentence: str, named: Sequence[NamedAct]) -> Iterator[str]:
    taken: list[tuple[int, int]] = []
    for match in _SECTIONS.finditer(sentence):
        taken.append(match.span())
        act = _act_of(match, sentence, named)
        for item in _EACH.findall(match["many"] or match["one"]):
            number = canonical_section(item)
            if act or _ONLY_OMBUDSMAN.match(number):
                yield f"{act or OMBUDSMAN_ACT} s{number}"
    yield from _without_keyword(sentence, named, taken)


def _without_keyword(sentence: str, named: Sequence[NamedAct], taken: list[tuple[int, int]]) -> Iterator[str]:
    for match in _UNNAMED.finditer(sentence):
        number = canonical_section(match[0])
        elsewhere = all(match.end() <= start or end <= match.start() for start, end in taken)
        in_schedule = any(m.start() <= match.start() < m.end() for m in _SCHEDULES.finditer(sentence))
        ours = _act_before(match.start(), named) == OMBUDSMAN_ACT or _ONLY_OMBUDSMAN.match(number)
        if elsewhere and not in_schedule and ours:
            yield f"{OMBUDSMAN_ACT} s{number}"


def _schedules(sentence: str, named: Sequence[NamedAct]) -> Iterator[str]:
    for match in _SCHEDULES.finditer(sentence):
        act = _act_of(match, sentence, named)
        numbers = match["number"].split("/")
        paragraphs = (match["after"] or match["before"] or "").split("/")
        paired = len(numbers) == len(paragraphs)
        pairs = zip(numbers, paragraphs, strict=True) if paired else product(numbers, paragraphs)
        if act:
            yield from (f"{act} Sch {number}" + (f" para {para}" if para else "") for number, para in pairs)


def _act_of(match: re.Match[str], sentence: str, named: Sequence[NamedAct]) -> str:
    """The Act a provision belongs to: "section 47 of ACT", else the Act named before it in the sentence."""
    joined = _OF_ACT.match(sentence, match.end())
    if joined:
        return next((act for start, act in named if start >= match.end()), "")
    return _act_before(match.start(), named)


def _act_before(position: int, named: Sequence[NamedAct]) -> str:
    return next((act for start, act in reversed(named) if start < position), "")


def canonical_section(printed: str) -> str:
    """Return one spelling for the prints of one section.

    >>> [canonical_section(text) for text in ("24A (6)", "34(B)6", "26(6(a)", "34H(1)", "30(1b)")]
    ['24A(6)', '34B(6)', '26(6)(a)', '34H(i)', '30(1B)']
    """
    base, *parts = _PARTS.findall(printed)
    if base.isdigit() and parts and parts[0].isalpha() and parts[0].isupper():
        base += parts.pop(0)
    parts = [part.upper() if part[0].isdigit() else part.lower() for part in parts]
    number = base.upper() + "".join(f"({part})" for part in parts)
    return "34H(i)" if number == "34H(1)" else number
