"""Texts and outcomes in, the phrases that give the outcome away out, with counts and the sentences they stand in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from pipeline.evaluate.metrics import Floats, Ints

MIN_CASES = 20  # in fewer, a phrase may be pure by chance
LONGEST = 4  # words of a phrase
SURE = 0.85  # share of one outcome that a phrase must have for certain, to give the outcome away
Z = 3.5  # of the Wilson bound: one false alarm in some 4,000 phrases
SHOWN = 8
MIN_WORDS = 5  # of a sentence: "He complained." is copied by chance

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[a-z0-9]+")
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase, the outcome it goes with ("upheld" or "closed"), its cases, and how many have that outcome."""

    words: str
    outcome: str
    cases: int
    agree: int
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revealing:
    """The most revealing phrases, and the share of cases that hold one which gives the outcome away."""

    phrases: list[Phrase]
    share: float


def revealing_phrases(references: Sequence[str], texts: Sequence[str], upheld: Ints) -> Revealing:
    """Return the phrases of up to four words that go most surely with one outcome.

    Args:
        references: (n,) names of the cases, shown with the sentences.
        texts: (n,) texts.
        upheld: (n,) 1 or 0.
    """
    counter = CountVectorizer(analyzer=_phrases, binary=True, min_df=min(MIN_CASES, len(texts)))
    try:
        held = counter.fit_transform(texts)
    except ValueError:  # no phrase is in enough cases
        return Revealing([], 0.0)
    cases = np.asarray(held.sum(axis=0)).ravel()
    by_upheld = np.asarray(held[upheld == 1].sum(axis=0)).ravel()
    agree = np.maximum(by_upheld, cases - by_upheld)
    surety = wilson_low(agree, cases)
    given_away = held[:, surety >= SURE].sum(axis=1) > 0
    names = counter.get_feature_names_out()
    lengths = np.array([len(name) for name in names])
    chosen = _distinct(names, np.lexsort((-lengths, -surety)))
    phrases = [
        Phrase(
            str(names[i]),
            "upheld" if by_upheld[i] == agree[i] else "closed",
            int(cases[i]),
            int(agree[i]),
            _where(str(names[i]), references, texts),
        )
        for i in chosen
    ]
    return Revealing(phrases, float(given_away.mean()))


def wilson_low(hits: Ints, count: Ints) -> Floats:
    """Return the lower Wilson bound (n,) of the share hits / count."""
    share = hits / count
    spread = Z * np.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    low: Floats = (share + Z**2 / (2 * count) - spread) / (1 + Z**2 / count)
    return low


def sentences(text: str) -> list[str]:
    """Return the sentences of a text that are long enough to mean something.

    >>> sentences("He complained. The Council did not reply to any of his letters.")
    ['The Council did not reply to any of his letters.']
    """
    return [part for part in _parts(text) if len(part.split()) >= MIN_WORDS]


def folded(sentence: str) -> str:
    """Return a sentence as its lower-case words, so that punctuation hides no copy.

    >>> folded("- The Council's reply, was late.")
    'the council s reply was late'
    """
    return " ".join(_WORD.findall(sentence.lower()))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text)]


def _phrases(text: str) -> list[str]:
    """Return every phrase of up to four words, none across the end of a sentence."""
    found = []
    for part in _parts(text):
        words = _TOKEN.findall(part.lower())
        for length in range(1, LONGEST + 1):
            found += [" ".join(words[at : at + length]) for at in range(len(words) - length + 1)]
    return found


def _distinct(names: NDArray[np.object_], order: Ints) -> list[int]:
    """Return the first phrases in order, none with half of its words in another: that would say the same again."""
    kept: list[int] = []
    for i in order:
        words = set(names[i].split())
        if all(2 * len(words & set(names[k].split())) < min(len(words), LONGEST) for k in kept):
            kept.append(int(i))
        if len(kept) == SHOWN:
            break
    return kept


def _where(phrase: str, references: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    found = _sentences_with(phrase, references, texts)
    return tuple(sentence for sentence, _ in zip(found, range(2), strict=False))


def _sentences_with(phrase: str, references: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    for reference, text in zip(references, texts, strict=True):
        for sentence in _parts(text):
            words = " ".join(_TOKEN.findall(sentence.lower()))
            if f" {phrase} " in f" {words} ":
                yield f"{reference}: {sentence}"
                break
