"""Texts and a fitted TF-IDF vectoriser in, its matrix out: bit for bit what `transform` returns, and sooner.

scikit-learn takes every text apart piece by piece. Here each distinct word is taken apart once, and remembered.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from weakref import WeakKeyDictionary

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

REMEMBERED = 50_000  # words a vectoriser; most complaints are made of far fewer


def tfidf_matrix(vectoriser: TfidfVectorizer, texts: Sequence[str]) -> csr_matrix:
    """Return (n, n_terms), what `vectoriser.transform(texts)` does.

    Args:
        vectoriser: fitted; binary, its terms n-grams of words divided by blanks, or of the letters of such words.
        texts: n texts.
    """
    lookup = _LOOKUPS.get(vectoriser)
    if lookup is None:
        lookup = _LOOKUPS[vectoriser] = _Lookup(vectoriser)
    return lookup.matrix(texts)


class _Lookup:
    """The columns that texts fill."""

    def __init__(self, vectoriser: TfidfVectorizer) -> None:
        self._column = vectoriser.vocabulary_
        self._idf = vectoriser.idf_
        self._sizes = range(vectoriser.ngram_range[0], vectoriser.ngram_range[1] + 1)
        self._by_letters = vectoriser.analyzer == "char_wb"
        self._columns_of_word = lru_cache(REMEMBERED)(self._columns_of_letters)

    def matrix(self, texts: Sequence[str]) -> csr_matrix:
        filled = [sorted(self._columns(text.split())) for text in texts]
        starts = np.cumsum([0, *map(len, filled)], dtype=np.int32)
        columns = np.fromiter(chain.from_iterable(filled), dtype=np.int32, count=starts[-1])
        X = csr_matrix((self._idf[columns], columns, starts), shape=(len(texts), len(self._column)))
        return normalize(X, copy=False)

    def _columns(self, words: list[str]) -> set[int]:
        if self._by_letters:
            return set().union(*map(self._columns_of_word, set(words)))
        terms = chain.from_iterable(_ngrams(words, size) for size in self._sizes)
        return {self._column[term] for term in terms if term in self._column}

    def _columns_of_letters(self, word: str) -> tuple[int, ...]:
        pieces = _pieces(word, self._sizes)
        return tuple({self._column[piece] for piece in pieces if piece in self._column})


_LOOKUPS: WeakKeyDictionary[TfidfVectorizer, _Lookup] = WeakKeyDictionary()


def _ngrams(words: list[str], size: int) -> Iterator[str]:
    return map(" ".join, zip(*(words[start:] for start in range(size)), strict=False))


def _pieces(word: str, sizes: range) -> Iterator[str]:
    """Yield the letters of a word, its edges as blanks; a word that is too short only once, whole."""
    padded = f" {word} "
    for size in sizes:
        for start in range(max(len(padded) - size, 0) + 1):
            yield padded[start : start + size]
        if len(padded) <= size:
            return
