"""Stems in, named signals and folded ideas out, by spaCy's PhraseMatcher over a blank English vocabulary."""

from functools import cache
from typing import Any

from pipeline.features.lexicon import ideas, phrase_stems, signals
from pipeline.features.stems import is_content


@cache
def _matchers() -> tuple[Any, Any, Any]:
    """Return the vocabulary, the matcher of signals and the matcher of ideas; built once, when first needed."""
    import spacy
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc

    vocab = spacy.blank("en").vocab
    for_signals, for_ideas = PhraseMatcher(vocab), PhraseMatcher(vocab)
    for signal in signals():
        for_signals.add(
            signal.name, [Doc(vocab, words=list(phrase_stems(phrase))) for phrase in signal.phrases]
        )
    for phrase, name in ideas().items():
        for_ideas.add(name, [Doc(vocab, words=list(phrase))])
    return vocab, for_signals, for_ideas


def as_doc(words: list[str]) -> Any:
    """Return stems as a spaCy document, for the two functions below."""
    from spacy.tokens import Doc

    return Doc(_matchers()[0], words=words)


def signals_in(doc: Any) -> set[str]:
    """Return the names of the signals that a document of stems shows.

    >>> from pipeline.features.stems import stems
    >>> sorted(signals_in(as_doc(stems("She appealed to the valuation tribunal."))))
    ['names_tribunal', 'right_of_appeal']
    """
    return {name for name, _, _ in signal_spans(doc)}


def signal_spans(doc: Any) -> list[tuple[str, int, int]]:
    """Return each signal that a document of stems shows, and the places of its first and behind its last stem."""
    vocab, matcher, _ = _matchers()
    return [(vocab.strings[key], start, end) for key, start, end in matcher(doc)]


def ideas_in(doc: Any) -> list[str]:
    """Return the content of a document of stems, with each phrase of the lexicon folded into its idea.

    Of overlapping phrases the first and longest counts: "turned down" and "declined" are both "#refuse".

    >>> from pipeline.features.stems import stems
    >>> ideas_in(as_doc(stems("It turned down her request.")))
    ['#refuse', '#application']
    """
    spans = {start: (name, end) for name, start, end in idea_spans(doc)}
    terms, position = [], 0
    while position < len(doc):
        name, end = spans.get(position, (doc[position].text, position + 1))
        if position in spans or is_content(name):
            terms.append(name)
        position = end
    return terms


def idea_spans(doc: Any) -> list[tuple[str, int, int]]:
    """Return the same as `signal_spans` for ideas; of overlapping ones the first and longest."""
    from spacy.util import filter_spans

    return [(span.label_, span.start, span.end) for span in filter_spans(_matchers()[2](doc, as_spans=True))]
