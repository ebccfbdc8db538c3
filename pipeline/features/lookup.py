"""Texts and a fitted TF-IDF vectoriser in, its matrix out: bit for bit what `transform` returns, and sooner.

scikit-learn takes every text apart piece by piece. Here each distinct word is taken apart once, and remembered.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain, repeat
from weakref import WeakKeyDictionary

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

REMEMBERED = 50_000  # words a vectoriser; most complaints are made of far fewer
UNKNOWN = -1  # the column of a term that has none


def tfidf_matrix(vectoriser: TfidfVectorizer, texts: Sequence[list[str]]) -> csr_matrix:
    """Return (n, n_terms), what `vectoriser.transform` returns for the texts, joined by blanks.

    Args:
        vectoriser: fitted; binary, its terms n-grams of words divided by blanks, or of the letters of such words.
        texts: n lists of words.
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

    @cached_property
    def _column_of_words(self) -> dict[tuple[str, ...], int]:
        return {tuple(term.split()): column for term, column in self._column.items()}

    def matrix(self, texts: Sequence[list[str]]) -> csr_matrix:
        filled = self._filled_by_letters(texts) if self._by_letters else self._filled_by_words(texts)
        filled.sort_indices()
        filled.data = self._idf[filled.indices]
        return normalize(filled, copy=False)

    def _filled_by_words(self, texts: Sequence[list[str]]) -> csr_matrix:
        return _table([self._columns_of_text(words) for words in texts], len(self._column))

    def _filled_by_letters(self, texts: Sequence[list[str]]) -> csr_matrix:
        """Return which columns texts fill: which words they hold, times which columns each word fills."""
        place: dict[str, int] = {}
        held = [{place.setdefault(word, len(place)) for word in words} for words in texts]
        pieces = _table([self._columns_of_word(word) for word in place], len(self._column))
        return _table(held, len(place)) @ pieces

    def _columns_of_text(self, words: list[str]) -> set[int]:
        found: set[int] = set()
        for size in self._sizes:
            terms = zip(*(words[at:] for at in range(size)), strict=False)
            found.update(map(self._column_of_words.get, terms, repeat(UNKNOWN)))
        found.discard(UNKNOWN)
        return found

    def _columns_of_letters(self, word: str) -> tuple[int, ...]:
        return tuple({self._column[piece] for piece in _pieces(word, self._sizes) if piece in self._column})


_LOOKUPS: WeakKeyDictionary[TfidfVectorizer, _Lookup] = WeakKeyDictionary()


def _table(filled: Sequence[Collection[int]], columns: int) -> csr_matrix:
    """Return (len(filled), columns) 1 where a row fills a column."""
    starts = np.cumsum([0, *map(len, filled)], dtype=np.int32)
    places = np.fromiter(chain.from_iterable(filled), dtype=np.int32, count=starts[-1])
    return csr_matrix((np.ones(len(places)), places, starts), shape=(len(filled), columns))


def _pieces(word: str, sizes: range) -> Iterator[str]:
    """Yield the letters of a word, its edges as blanks; a word that is too short only once, whole."""
    padded = f" {word} "
    for size in sizes:
        for start in range(max(len(padded) - size, 0) + 1):
            yield padded[start : start + size]
        if len(padded) <= size:
            return
