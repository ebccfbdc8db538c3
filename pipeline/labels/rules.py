"""What a rule is, and how many are sought at once: enters a tokenised sentence, leave the places where rules hold.

A rule lists groups of phrases. It holds where a phrase of every other group stands near a phrase of its first group,
the anchor. One PhraseMatcher finds the phrases of all rules in one pass; the rest is arithmetic on positions.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from pipeline.schema import Ground

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

Phrases = tuple[str, ...]
Span = tuple[int, int]
Found = Mapping[Phrases, Sequence[Span]]

_ALTERNATIVES = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One named way of saying one ground, with a text that says it (`match`) and one that does not (`miss`).

    The first of `groups` is the anchor; a phrase of every other group must stand at most `within` tokens from it,
    before or after. A phrase of `unless` as near as that forbids the match. `anywhere`: holds in reported words too.
    """

    name: str
    ground: Ground
    groups: tuple[Phrases, ...]
    within: int = 8
    unless: Phrases = ()
    anywhere: bool = False
    match: str
    miss: str


def phrases(text: str) -> Phrases:
    """Read a group of phrases: a slash stands between two, parentheses hold alternatives, an empty one included.

    >>> phrases("(did not|failed to) reply / no (final |)answer")
    ('did not reply', 'failed to reply', 'no final answer', 'no answer')
    """
    patterns = " ".join(text.split()).split(" / ")
    return tuple(phrase for pattern in patterns for phrase in _written_out(pattern))


def _written_out(pattern: str) -> Iterator[str]:
    parts = _ALTERNATIVES.split(pattern)
    choices = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    return (" ".join("".join(words).split()) for words in product(*choices))


class PhraseFinder:
    """Finds the phrases of many groups in one pass over a sentence, ignoring case."""

    def __init__(self, nlp: "Language", groups: Iterable[Phrases]):
        from spacy.matcher import PhraseMatcher

        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        self._group_of: dict[int, Phrases] = {}
        for number, group in enumerate(dict.fromkeys(group for group in groups if group)):
            key = f"group-{number}"
            self._matcher.add(key, [nlp.make_doc(phrase) for phrase in group])
            self._group_of[nlp.vocab.strings[key]] = group

    def find(self, doc: "Doc") -> dict[Phrases, list[Span]]:
        """Return the token positions (start, end) of each group that occurs."""
        found: dict[Phrases, list[Span]] = defaultdict(list)
        for key, start, end in self._matcher(doc):
            found[self._group_of[key]].append((start, end))
        return found


def anchors(rule: Rule, found: Found, everything: Found) -> Iterator[Span]:
    """Yield the positions of the rule's anchor at which the whole rule holds.

    What a rule needs must be `found` in the words that count; what forbids it may stand in any words.
    """
    for anchor in found.get(rule.groups[0], ()):
        holds = all(_stands_near(anchor, found.get(group, ()), rule.within) for group in rule.groups[1:])
        if holds and not _stands_near(anchor, everything.get(rule.unless, ()), rule.within):
            yield anchor


def _stands_near(anchor: Span, others: Sequence[Span], within: int) -> bool:
    return any(max(anchor[0] - end, start - anchor[1]) <= within for start, end in others)
