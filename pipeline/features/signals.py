"""Stems in, named signals and folded ideas out, by spaCy's PhraseMatcher over a blank English vocabulary."""

from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from pipeline.features.lexicon import IDEA, ideas, phrase_stems, signals
from pipeline.features.stems import is_content

_OTHER = "_"  # stands for every stem that no phrase holds: spaCy remembers each word it has met


Span = tuple[str, int, int]  # a name, and the places of its first and behind its last stem


@dataclass(frozen=True, slots=True)
class StemDoc:
    """The stems of a text, and all phrases of the lexicon in it, by the name of their signal or idea."""

    stems: list[str]
    phrases: list[Span]


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The vocabulary, the stems that phrases are made of, the matcher, and the names behind its keys."""

    vocab: Any
    stems: frozenset[str]
    matcher: Any
    names: dict[int, str]


@cache
def _lexicon() -> _Lexicon:
    """Return the lexicon as spaCy needs it; made once, when first needed."""
    import spacy
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc

    vocab = spacy.blank("en").vocab
    matcher = PhraseMatcher(vocab)
    phrases = [(signal.name, phrase_stems(phrase)) for signal in signals() for phrase in signal.phrases]
    phrases += [(name, phrase) for phrase, name in ideas().items()]
    for name, phrase in phrases:
        matcher.add(name, [Doc(vocab, words=list(phrase))])
    stems = frozenset(stem for _, phrase in phrases for stem in phrase)
    return _Lexicon(vocab, stems, matcher, {vocab.strings[name]: name for name, _ in phrases})


def as_doc(stems: list[str]) -> StemDoc:
    """Return stems as a document, for the functions below."""
    from spacy.tokens import Doc

    lexicon = _lexicon()
    words = [stem if stem in lexicon.stems else _OTHER for stem in stems]
    found = lexicon.matcher(Doc(lexicon.vocab, words=words, spaces=[True] * len(words)))
    return StemDoc(stems, [(lexicon.names[key], start, end) for key, start, end in found])


def signals_in(doc: StemDoc) -> set[str]:
    """Return the names of the signals that a document of stems shows.

    >>> from pipeline.features.stems import stems
    >>> sorted(signals_in(as_doc(stems("She appealed to the valuation tribunal."))))
    ['names_tribunal', 'right_of_appeal']
    """
    return {name for name, _, _ in signal_spans(doc)}


def signal_spans(doc: StemDoc) -> list[Span]:
    """Return where a document of stems shows which signal."""
    return [span for span in doc.phrases if not span[0].startswith(IDEA)]


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


def idea_spans(doc: StemDoc) -> list[Span]:
    """Return where a document of stems shows which idea, in order; of overlapping ones the longest, then the first."""
    taken: set[int] = set()
    kept = []
    for span in sorted((span for span in doc.phrases if span[0].startswith(IDEA)), key=_longest_then_first):
        _, start, end = span
        if start not in taken and end - 1 not in taken:
            taken.update(range(start, end))
            kept.append(span)
    return sorted(kept, key=itemgetter(1))


def _longest_then_first(span: Span) -> tuple[int, int]:
    _, start, end = span
    return start - end, start
