"""Views in, one sparse matrix out: TF-IDF of words, ideas and letters, and named signals.

Words, ideas and signals stand there once for all complaints and once more for those of the same category and
subcategory, so that "appeal" can mean one thing in Education and another in Planning.

No length, no names, no organisation, no year: what tracks them would teach how statements are written. A category alone
is no feature either; what a word means within a category is.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer

from pipeline.features.cut import CutTexts, cut_texts
from pipeline.features.lexicon import signals
from pipeline.features.lookup import tfidf_matrix
from pipeline.features.terms import LETTERS, TermName, Terms
from pipeline.params import Features
from pipeline.schema import View

Strings = NDArray[np.str_]

MIN_TOPIC = 15  # cases that a category or subcategory needs, to have features of its own
KNOWN_SHARE = 0.5  # of a complaint's distinct words, below which it is unlike anything seen


@dataclass(frozen=True, slots=True)
class Examined:
    """What is found in n complaints.

    Attributes:
        X: (n, n_features) their features.
        known: (n,) the share of each one's distinct words that training knew.
        signals: (n, n_signals) 1 where a complaint shows a signal, in the order of the lexicon.
    """

    X: csr_matrix
    known: NDArray[np.float64]
    signals: csr_matrix


class ComplaintFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """The union of all features of a complaint.

    Attributes:
        vectorisers_: the fitted TF-IDF vectoriser of each block of terms, by name.
        topics_: (n_topics,) categories and "category > subcategory" with features of their own.
        kept_: (n_features,) the columns that at least two training complaints fill, of all that could be.
        categories_: (n_categories,) every category of a decided complaint.
        known_words_: (n_words,) every word that at least `min_count` decided complaints hold.
    """

    def __init__(
        self,
        *,
        word_ngrams: tuple[int, int] = (1, 1),
        idea_ngrams: tuple[int, int] = (1, 2),
        char_ngrams: tuple[int, int] = (3, 4),
        min_count: int = 2,
        word_weight: float = 0.75,
        idea_weight: float = 0.75,
        char_weight: float = 0.25,
        signal_weight: float = 0.4,
        category_weight: float = 0.5,
        subcategory_weight: float = 0.3,
        spacy_model: str | None = None,
    ) -> None:
        self.word_ngrams = word_ngrams
        self.idea_ngrams = idea_ngrams
        self.char_ngrams = char_ngrams
        self.min_count = min_count
        self.word_weight = word_weight
        self.idea_weight = idea_weight
        self.char_weight = char_weight
        self.signal_weight = signal_weight
        self.category_weight = category_weight
        self.subcategory_weight = subcategory_weight
        self.spacy_model = spacy_model

    @classmethod
    def from_params(cls, params: Features) -> Self:
        """Return unfitted features as the settings say."""
        return cls(**params.model_dump())

    def fit(self, views: Sequence[View], y: None = None) -> Self:
        """Learn vocabularies, weights and topics from n views."""
        self._fit_terms(views, None, len(views))
        return self

    def fit_transform(
        self,
        views: Sequence[View],
        y: None = None,
        *,
        cut: CutTexts | None = None,
        decided: int | None = None,
    ) -> csr_matrix:
        """Learn from n views and return their features (n, n_features).

        Args:
            views: n complaints.
            y: not used.
            cut: their texts, where they are cut already.
            decided: how many of them, the first ones, have been decided: a complaint is held against these alone where
                it is asked whether it is like those that are known. None: all.
        """
        return self._fit_terms(views, cut, len(views) if decided is None else decided)[:, self.kept_]

    def transform(self, views: Sequence[View]) -> csr_matrix:
        """Return the features (n, n_features), a sparse matrix."""
        return self.examine(views).X

    def examine(self, views: Sequence[View], *, cut: CutTexts | None = None) -> "Examined":
        """Return the features of n views, and how they compare with what training knew."""
        texts = cut or cut_texts(views, spacy_model=self.spacy_model)
        blocks = {
            name: self._weight(name) * tfidf_matrix(tfidf, _words_of(texts, name))
            for name, tfidf in self.vectorisers_.items()
        }
        X = self._union(blocks, self._signals(texts), views)[:, self.kept_]
        known = _known_shares(_distinct_words(texts), set(self.known_words_))
        return Examined(X, known, texts.signals)

    def known_to_others(self, views: Sequence[View], *, cut: CutTexts | None = None) -> NDArray[np.float64]:
        """Return (n,) `Examined.known` of the n decided views of the fit, as if each had not been among them.

        A word that only `min_count` of them hold is known to each of these through itself alone.
        """
        words = _distinct_words(cut or cut_texts(views, spacy_model=self.spacy_model))
        return _known_shares(words, _held_by(words, self.min_count + 1))

    def get_feature_names_out(self, input_features: None = None) -> NDArray[np.object_]:
        """Return the human name (n_features,) of every column, such as "names a tribunal, in Education"."""
        terms = {name: [f"{name} '{t}'" for t in self._names(name)] for name in self.vectorisers_}
        everywhere = [*terms["word"], *terms["idea"], *(signal.meaning for signal in signals())]
        topical = [f"{name}, in {topic}" for topic in self.topics_ for name in everywhere]
        return np.array([*everywhere, *topical, *terms["letters"]], dtype=object)[self.kept_]

    def terms(self) -> Terms:
        """Return which term each column stands for, letters for none; words and ideas of one spelling are one term."""
        names: dict[TermName, int] = {}
        everywhere = [("term", t) for name in ("word", "idea") for t in self._names(name)]
        everywhere += [("signal", signal.name) for signal in signals()]
        places = np.array([names.setdefault(term, len(names)) for term in everywhere])
        spread = np.tile(places, 1 + len(self.topics_))
        letters = np.full(len(self._names("letters")), LETTERS)
        return Terms(np.concatenate([spread, letters])[self.kept_], list(names))

    def weights(self) -> list[NDArray[Any] | list[str] | dict[str, Any]]:
        """Return all that was learnt, for a digest."""
        names: list[Any] = [self._names(name) for name in self.vectorisers_]
        idfs = [tfidf.idf_ for tfidf in self.vectorisers_.values()]
        return [
            *names,
            *idfs,
            self.signal_idf_,
            self.topics_,
            self.kept_,
            self.categories_,
            self.known_words_,
            self.get_params(),
        ]

    def _fit_terms(self, views: Sequence[View], cut: CutTexts | None, decided: int) -> csr_matrix:
        texts = cut or cut_texts(views, spacy_model=self.spacy_model)
        options = {"binary": True, "min_df": min(self.min_count, len(views)), "lowercase": False}
        self.vectorisers_ = {
            "word": TfidfVectorizer(ngram_range=self.word_ngrams, token_pattern=r"\S+", **options),
            "idea": TfidfVectorizer(ngram_range=self.idea_ngrams, token_pattern=r"\S+", **options),
            "letters": TfidfVectorizer(ngram_range=self.char_ngrams, analyzer="char_wb", **options),
        }
        blocks = {}
        for name, tfidf in self.vectorisers_.items():
            blocks[name] = self._weight(name) * tfidf.fit_transform(map(" ".join, _words_of(texts, name)))
            # Plain integers: skops stores each NumPy scalar as an array file of its own.
            tfidf.vocabulary_ = {term: int(column) for term, column in tfidf.vocabulary_.items()}
        self.signal_idf_ = TfidfTransformer().fit(texts.signals).idf_
        self.categories_ = np.unique([view.category for view in views[:decided]])
        words = list(map(set, texts.words[:decided]))
        self.known_words_ = sorted(_held_by(words, min(self.min_count, decided)))
        self.topics_ = _frequent([_topics(view) for view in views])
        X = self._union(blocks, self._signals(texts), views)
        self.kept_ = np.flatnonzero(np.bincount(X.indices, minlength=X.shape[1]) >= 2)
        return X

    def _names(self, name: str) -> list[str]:
        return list(self.vectorisers_[name].get_feature_names_out())

    def _weight(self, name: str) -> float:
        return {"word": self.word_weight, "idea": self.idea_weight, "letters": self.char_weight}[name]

    def _signals(self, texts: CutTexts) -> csr_matrix:
        """Return signals (n, n_signals), rare ones heavier, each row's norm at most the weight."""
        weighted = texts.signals @ diags(np.sqrt(self.signal_idf_ - 1 + 0.3))
        norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return diags(self.signal_weight / np.maximum(norms, 1.0)) @ weighted

    def _union(self, blocks: dict[str, csr_matrix], shown: csr_matrix, views: Sequence[View]) -> csr_matrix:
        everywhere = hstack([blocks["word"], blocks["idea"], shown], format="csr")
        place = {topic: number for number, topic in enumerate(self.topics_.tolist())}
        weights = (self.category_weight, self.subcategory_weight)
        by_level = [[place.get(_topics(view)[level]) for view in views] for level in range(len(weights))]
        topical = sum(
            w * _shifted(everywhere, at, len(place)) for w, at in zip(weights, by_level, strict=True)
        )
        return hstack([everywhere, topical, blocks["letters"]], format="csr")


def _words_of(texts: CutTexts, block: str) -> Sequence[list[str]]:
    return texts.ideas if block == "idea" else texts.words


def _distinct_words(texts: CutTexts) -> list[set[str]]:
    return list(map(set, texts.words))


def _held_by(words: Sequence[set[str]], count: int) -> set[str]:
    """Return the words that at least so many of the complaints hold."""
    holders = Counter(word for own in words for word in own)
    return {word for word, held in holders.items() if held >= count}


def _known_shares(words: Sequence[set[str]], known: Set[str]) -> NDArray[np.float64]:
    return np.array([len(own & known) / max(len(own), 1) for own in words])


def _topics(view: View) -> tuple[str, str]:
    return view.category, f"{view.category} > {view.subcategory}"


def _frequent(topics: Sequence[tuple[str, str]]) -> Strings:
    names, counts = np.unique([name for pair in topics for name in pair], return_counts=True)
    return names[counts >= MIN_TOPIC]


def _shifted(X: csr_matrix, places: Sequence[int | None], count: int) -> csr_matrix:
    """Return (n, count * X.shape[1]): each row of X in the columns of its place, empty where it has none."""
    width = X.shape[1]
    kept = np.array([place is not None for place in places])
    rows = csr_matrix(diags(kept.astype(float)) @ X)
    rows.eliminate_zeros()
    offsets = np.repeat([(place or 0) * width for place in places], np.diff(rows.indptr))
    return csr_matrix((rows.data, rows.indices + offsets, rows.indptr), shape=(X.shape[0], count * width))
