"""Printed lines in, lines without their list marks out, and back into paragraphs and list points."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

Mark = Literal["", "heading", "number", "letter", "bullet"]


class Line(NamedTuple):
    """One printed line: its words with white space folded, the mark that stood before them, and its indent."""

    text: str
    mark: Mark = ""
    indent: int = 0

    @property
    def is_listed(self) -> bool:
        """Whether a number, letter or bullet stood before the words."""
        return self.mark not in ("", "heading")


# "  12. Mr X says", "a) delay", "(iv) delay", "• delay", "## The complaint" carry a mark; "12 months ago" does not.
MARK = re.compile(
    r"""(?:
        (?P<heading>\#{1,6})
      | (?P<number>\(?\d{1,3}(?:\.\d{1,2}){0,2}[.)])
      | (?P<letter>\(?(?:[a-zA-Z]|[ivx]{2,5})[.)])
      | (?P<bullet>[-–—−*•·●○■▪◦‣⁃∙\uf0b7o])
    )(?:\s+|$)""",
    re.VERBOSE,
)
# "the Council:", "delay;", "delay; and" announce another point; "He wants an apology." does not.
ANNOUNCES_MORE = re.compile(r"(?:[:;,]|\b(?:and|or))$")


def parse_line(printed: str) -> Line | None:
    """Return the line without its mark, or None where nothing else stands in it.

    >>> parse_line("  1. Mr X   complains of")
    Line(text='Mr X complains of', mark='number', indent=2)
    >>> parse_line("- a) delay;").mark
    'letter'
    """
    text = printed.strip()
    indent = len(printed) - len(printed.lstrip())
    mark: Mark = ""
    for _ in range(2):  # "- a) delay": flattened pages print a bullet before the mark that the list had
        found = MARK.match(text)
        if found is None:
            break
        mark, text = found.lastgroup, text[found.end() :]  # type: ignore[assignment]  # the groups are the marks
    folded = " ".join(text.split())
    return Line(folded, mark, indent) if folded else None


def to_text(lines: Iterable[Line]) -> str:
    r"""Join the lines of one section: paragraphs plain, list points beginning with "- ".

    >>> to_text([Line("He says it:", "number"), Line("delayed; and", "bullet"), Line("erred.", "bullet")])
    'He says it:\n- delayed; and\n- erred.'
    """
    return "\n".join(f"- {line.text}" if is_point else line.text for line, is_point in _with_points(lines))


def _with_points(lines: Iterable[Line]) -> Iterator[tuple[Line, bool]]:
    first: Line | None = None
    previous, previous_is_point = Line(""), False
    for line in lines:
        first = first or line
        is_point = _is_nested(line, first) or _goes_on(line, previous, in_list=previous_is_point)
        yield line, is_point
        previous, previous_is_point = line, is_point


def _is_nested(line: Line, first: Line) -> bool:
    """Say whether the mark alone shows a list point: the first line of a section is always a paragraph."""
    return line.is_listed and (line.mark != first.mark or line.indent > first.indent)


def _goes_on(line: Line, previous: Line, *, in_list: bool) -> bool:
    """Say whether the words before show a list point, for layouts that print all marks alike or none."""
    if previous.text.endswith(":"):
        return True
    return in_list and (ANNOUNCES_MORE.search(previous.text) is not None or line.text[0].islower())
