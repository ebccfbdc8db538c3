"""The lines of one statement in, its named sections out; the complaint ends at the next heading, known or not."""

from collections.abc import Iterator, Sequence

from pipeline.statements.headings import (
    COMPLAINT,
    LONGEST_HEADING,
    PART_OF_COMPLAINT,
    fold,
    is_back_to_top,
    is_end,
    is_title,
    known_heading,
)
from pipeline.statements.lines import ANNOUNCES_MORE, Line


def find_complaint(lines: Sequence[Line]) -> int | None:
    """Return the position of the heading that the complaint stands under, or None.

    A table of contents may print the same heading first: the one followed by prose is meant.

    >>> find_complaint([Line("The complaint"), Line("Final decision"), Line("The complaint"), Line("Mr X complains.")])
    2
    """
    found = [
        at for at, line in enumerate(lines) if not line.is_listed and known_heading(line.text) == COMPLAINT
    ]
    return next((at for at in found if _opens_with_prose(lines, at)), None)


def _opens_with_prose(lines: Sequence[Line], heading: int) -> bool:
    line = next((line for line in lines[heading + 1 : heading + 4] if not is_back_to_top(line.text)), None)
    if line is None or is_end(line.text):
        return False
    return line.is_listed or (known_heading(line.text) is None and not _is_contents_entry(line))


def _is_contents_entry(line: Line) -> bool:
    return line.mark == "heading" or (is_title(line.text) and line.text.count(" ") < 4)


def split(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Return the sections from the complaint on, heading to lines; known headings under their canonical name.

    `lines` begin with the heading of the complaint. Empty sections are left out, the parts of a section that
    stands twice are joined.

    >>> split([Line("The complaint"), Line("Mr X complains.", "number"), Line("Final decision")])
    {'The complaint': [Line(text='Mr X complains.', mark='number', indent=0)]}
    """
    sections: dict[str, list[Line]] = {}
    for heading, line in _under_headings(lines):
        sections.setdefault(heading, []).append(line)
    return sections


def _under_headings(lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    heading = COMPLAINT
    previous: Line | None = None
    after_section = False
    for line in lines[1:]:
        if is_end(line.text):
            return
        if is_back_to_top(line.text):
            after_section = True
            continue
        if new := _heading(line, previous, under=heading, after_section=after_section):
            heading, previous = new, None
        else:
            yield heading, line
            previous = line
        after_section = False


def _heading(line: Line, previous: Line | None, *, under: str, after_section: bool) -> str | None:
    """Return the heading that a line is, or None where it is text. Whatever carries a list mark is text."""
    if line.is_listed or len(line.text) > LONGEST_HEADING:
        return None
    known = known_heading(line.text)
    if known == COMPLAINT and under != COMPLAINT:
        return None  # a later part may be called "The complaint" again; its text is not the complaint's
    if under == COMPLAINT and PART_OF_COMPLAINT.fullmatch(fold(line.text)):
        return None
    if known or line.mark == "heading":
        return known or line.text
    stands_out = previous is not None and previous.is_listed and not ANNOUNCES_MORE.search(previous.text)
    is_unknown_heading = is_title(line.text) and not ANNOUNCES_MORE.search(line.text)
    return line.text if (stands_out or after_section) and is_unknown_heading else None
