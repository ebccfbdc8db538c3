"""Stems in, named signals and folded ideas out, by spaCy's PhraseMatcher over a blank English vocabulary."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.features.lexicon import ideas, phrase_stems, signals
from pipeline.features.stems import is_content

_OTHER = "_"  # stands for every stem that no phrase holds: spaCy remembers each word it has met


Span = tuple[str, int, int]  # a name, and the places of its first and behind its last stem


@dataclass(frozen=True, slots=True)
class StemDoc:
    """The stems of a text, and all phrases of the lexicon in it, by the name of their signal or idea."""

    stems: list[str]
    signals: list[Span]
    ideas: list[Span]


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The vocabulary, spaCy's number of each stem that phrases are made of, the matcher, the names behind its keys.

    A key is spaCy's number of a name.
    """

    vocab: Any
    numbers: dict[str, int]
    matcher: Any
    signals: dict[int, str]
    ideas: dict[int, str]


@cache
def _lexicon() -> _Lexicon:
    """Return the lexicon as spaCy needs it; made once, when first needed."""
    import spacy
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc

    vocab = spacy.blank("en").vocab
    matcher = PhraseMatcher(vocab)
    of_signals = [(signal.name, phrase_stems(phrase)) for signal in signals() for phrase in signal.phrases]
    of_ideas = [(name, phrase) for phrase, name in ideas().items()]
    phrases = of_signals + of_ideas
    for name, phrase in phrases:
        matcher.add(name, [Doc(vocab, words=list(phrase))])
    numbers = {
        stem: vocab.strings.add(stem) for stem in {_OTHER, *(s for _, phrase in phrases for s in phrase)}
    }
    names = ({vocab.strings[name]: name for name, _ in own} for own in (of_signals, of_ideas))
    return _Lexicon(vocab, numbers, matcher, *names)


def as_doc(stems: list[str]) -> StemDoc:
    """Return stems as a document, for the functions below."""
    from spacy.tokens import Doc

    lexicon = _lexicon()
    number, other = lexicon.numbers.get, lexicon.numbers[_OTHER]
    # spaCy takes numbers as it takes words, and need not look them up.
    numbers: list[Any] = [number(stem, other) for stem in stems]
    found = lexicon.matcher(Doc(lexicon.vocab, words=numbers))
    of_signals, of_ideas = (
        [(names[key], start, end) for key, start, end in found if key in names]
        for names in (lexicon.signals, lexicon.ideas)
    )
    return StemDoc(stems, of_signals, of_ideas)


def signals_in(doc: StemDoc) -> set[str]:
    """Return the names of the signals that a document of stems shows.

    >>> from pipeline.features.stems import stems
    >>> sorted(signals_in(as_doc(stems("She appealed to the valuation tribunal."))))
    ['names_tribunal', 'right_of_appeal']
    """
    return {name for name, _, _ in doc.signals}


def ideas_in(doc: StemDoc) -> list[str]:
    """Return the content of a document of stems, with each phrase of the lexicon folded into its idea.

    Of overlapping phrases the longest counts, and of like ones the first: "turned down" and "declined" are both
    "#refuse".

    >>> from pipeline.features.stems import stems
    >>> ideas_in(as_doc(stems("It turned down her request.")))
    ['#refuse', '#application']
    """
    terms = list(doc.stems)
    for name, start, end in idea_spans(doc):
        terms[start:end] = [name, *[""] * (end - start - 1)]
    return list(filter(is_content, filter(None, terms)))


def idea_spans(doc: StemDoc) -> list[Span]:
    """Return where a document of stems shows which idea, in order; of overlapping ones the longest, then the first."""
    found = sorted([(start - end, start, end, name) for name, start, end in doc.ideas])
    taken: set[int] = set()
    kept = []
    for _, start, end, name in found:
        if start not in taken and end - 1 not in taken:
            taken.update(range(start, end))
            kept.append((start, end, name))
    return [(name, start, end) for start, end, name in sorted(kept)]
