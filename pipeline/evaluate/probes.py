"""Texts and outcomes in, how well each part of what is known tells the outcome out: text, length, style, body.

Each probe is one small model, cross-validated with near-duplicates in one fold. A probe that sees no content and yet
tells the outcome points at a leak.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import ClassifierMixin
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from pipeline.evaluate.metrics import Bootstrap, Estimate, Floats, Ints, OutcomeCases, outcome_figures
from pipeline.evaluate.phrases import sentences

_TITLES = frozenset("mr mrs ms miss dr sir lady".split())
_STYLE_WORDS = ENGLISH_STOP_WORDS | _TITLES | {"will", "shall", "did", "said", "does"}
_TOKEN = re.compile(r"^\s*[-•*]\s|[A-Za-z]+|[^\w\s]|\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AuditCase:
    """One case to audit: the text under suspicion, and what else is known of it."""

    reference: str
    text: str
    upheld: bool
    organisation: str
    summary: str
    final_decision: str
    received_year: int | None


@dataclass(frozen=True, slots=True)
class Probe:
    """What a model reaches that sees one part only: plain and length-matched AUC."""

    auc: Estimate
    matched_auc: Estimate


@dataclass(frozen=True, slots=True)
class Protocol:
    """How probes are measured: near-duplicate groups (n,), folds, length band, bootstrap."""

    groups: Ints
    folds: int
    band: float
    how: Bootstrap


def probe_all(cases: Sequence[AuditCase], protocol: Protocol) -> dict[str, Probe]:
    """Return the probes "text", "first sentence", "length", "style" and "organisation" of n cases."""
    words = np.array([len(case.text.split()) for case in cases])
    upheld = np.array([case.upheld for case in cases], dtype=np.intp)
    known = OutcomeCases(upheld, words, protocol.groups)
    seen: dict[str, tuple[ClassifierMixin, Sequence[str] | Floats]] = {
        "text": (_model(ngram_range=(1, 2), min_df=2), [case.text for case in cases]),
        "first sentence": (_model(ngram_range=(1, 2)), [first_sentence(case.text) for case in cases]),
        "length": (LogisticRegression(), np.log(words + 5).reshape(-1, 1)),
        "style": (_model(analyzer=style_tokens), [case.text for case in cases]),
        "organisation": (_model(analyzer=_whole), [case.organisation or "unknown" for case in cases]),
    }
    scores = Parallel(n_jobs=-1)(
        delayed(_cross_validated)(model, what, upheld, protocol) for model, what in seen.values()
    )
    return {name: _probe(known, p, protocol) for name, p in zip(seen, scores, strict=True)}


def first_sentence(text: str) -> str:
    """Return the first sentence that says something, or the whole text where there is none.

    >>> first_sentence("Hello. Mr X complains about a missed bin. He wants it emptied every week.")
    'Mr X complains about a missed bin.'
    """
    return next(iter(sentences(text)), text)


def style_tokens(text: str) -> list[str]:
    """Return what shows how a text is written and not what it says: function words, titles, punctuation, list marks.

    >>> style_tokens("Mr X complained, but the bin was not emptied.")
    ['mr', ',', 'but', 'the', 'was', 'not', '.']
    """
    tokens = (token.strip(" ").lower() for token in _TOKEN.findall(text))
    return [token for token in tokens if not token.isalpha() or token in _STYLE_WORDS]


def _whole(text: str) -> list[str]:
    return [text]


def _model(**how: object) -> ClassifierMixin:
    return make_pipeline(
        TfidfVectorizer(sublinear_tf=True, **how), LogisticRegression(C=5.0, solver="liblinear")
    )


def _cross_validated(
    model: ClassifierMixin, what: Sequence[str] | Floats, upheld: Ints, protocol: Protocol
) -> Floats:
    folds = StratifiedGroupKFold(protocol.folds, shuffle=True, random_state=protocol.how.seed)
    scores: Floats = cross_val_predict(
        model, what, upheld, groups=protocol.groups, cv=folds, method="predict_proba"
    )[:, 1]
    return scores


def _probe(cases: OutcomeCases, score: Floats, protocol: Protocol) -> Probe:
    figures = outcome_figures(cases, score, protocol.band, protocol.how)
    return Probe(figures["auc"], figures["matched_auc"])
