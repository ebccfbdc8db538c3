"""Stems in, named signals and folded ideas out, by spaCy's PhraseMatcher over a blank English vocabulary."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.features.lexicon import ideas, phrase_stems, signals
from pipeline.features.stems import is_content

_OTHER = "_"  # stands for every stem that no phrase holds: spaCy remembers each word it has met


@dataclass(frozen=True, slots=True)
class StemDoc:
    """The stems of a text, and the spaCy document in which phrases are looked for."""

    stems: list[str]
    doc: Any


@dataclass(frozen=True, slots=True)
class _Matchers:
    """The vocabulary, the stems that phrases are made of, the matchers, and the names behind the matchers' keys."""

    vocab: Any
    stems: frozenset[str]
    signals: Any
    ideas: Any
    names: dict[int, str]


@cache
def _matchers() -> _Matchers:
    """Return the matchers; built once, when first needed."""
    import spacy
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc

    vocab = spacy.blank("en").vocab
    for_signals, for_ideas = PhraseMatcher(vocab), PhraseMatcher(vocab)
    phrases = {signal.name: [phrase_stems(phrase) for phrase in signal.phrases] for signal in signals()}
    for name, own in phrases.items():
        for_signals.add(name, [Doc(vocab, words=list(phrase)) for phrase in own])
    for phrase, name in ideas().items():
        for_ideas.add(name, [Doc(vocab, words=list(phrase))])
    held = frozenset(stem for own in [*phrases.values(), ideas()] for phrase in own for stem in phrase)
    names = {vocab.strings[name]: name for name in [*phrases, *ideas().values()]}
    return _Matchers(vocab, held, for_signals, for_ideas, names)


def as_doc(stems: list[str]) -> StemDoc:
    """Return stems as a document, for the functions below."""
    from spacy.tokens import Doc

    matchers = _matchers()
    words = [stem if stem in matchers.stems else _OTHER for stem in stems]
    return StemDoc(stems, Doc(matchers.vocab, words=words))


def signals_in(doc: StemDoc) -> set[str]:
    """Return the names of the signals that a document of stems shows.

    >>> from pipeline.features.stems import stems
    >>> sorted(signals_in(as_doc(stems("She appealed to the valuation tribunal."))))
    ['names_tribunal', 'right_of_appeal']
    """
    return {name for name, _, _ in signal_spans(doc)}


def signal_spans(doc: StemDoc) -> list[tuple[str, int, int]]:
    """Return each signal that a document of stems shows, and the places of its first and behind its last stem."""
    matchers = _matchers()
    return [(matchers.names[key], start, end) for key, start, end in matchers.signals(doc.doc)]


def ideas_in(doc: StemDoc) -> list[str]:
    """Return the content of a document of stems, with each phrase of the lexicon folded into its idea.

    Of overlapping phrases the longest counts, and of like ones the first: "turned down" and "declined" are both
    "#refuse".

    >>> from pipeline.features.stems import stems
    >>> ideas_in(as_doc(stems("It turned down her request.")))
    ['#refuse', '#application']
    """
    terms: list[str] = []
    position = 0
    for name, start, end in idea_spans(doc):
        terms += filter(is_content, doc.stems[position:start])
        terms.append(name)
        position = end
    terms += filter(is_content, doc.stems[position:])
    return terms


def idea_spans(doc: StemDoc) -> list[tuple[str, int, int]]:
    """Return the same as `signal_spans` for ideas in order; of overlapping ones the longest, of like ones the first."""
    matchers = _matchers()
    spans = [(start, end, matchers.names[key]) for key, start, end in matchers.ideas(doc.doc)]
    return [(name, start, end) for start, end, name in sorted(_apart(spans))]


def _apart(spans: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield spans that do not overlap, as `spacy.util.filter_spans` chooses them."""
    taken: set[int] = set()
    for span in sorted(spans, key=_longest_then_first):
        start, end, _ = span
        if start not in taken and end - 1 not in taken:
            taken.update(range(start, end))
            yield span


def _longest_then_first(span: tuple[int, int, str]) -> tuple[int, int]:
    start, end, _ = span
    return start - end, start
