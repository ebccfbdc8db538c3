"""Training and test views in, scores of baselines that know nothing of the complaint's content out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pipeline.schema import View

Floats = NDArray[np.float64]
Table = NDArray[np.object_] | Floats


def baseline_scores(
    train: Sequence[View], upheld: NDArray[np.intp], test: Sequence[View]
) -> dict[str, Floats]:
    """Return P(upheld) of each baseline on the test views.

    Args:
        train: n training views.
        upheld: (n,) 1 for upheld, 0 for closed.
        test: m test views.

    Returns:
        "prior", "length", "category" and "organisation", each an array (m,) of probabilities. A model that does not
        beat "length" has learnt how long investigators write, one that does not beat "category" has learnt topics.
    """
    one_hot = OneHotEncoder(handle_unknown="ignore", min_frequency=3)
    models = {
        "prior": (DummyClassifier(strategy="prior"), _length),
        "length": (make_pipeline(StandardScaler(), LogisticRegression()), _length),
        "category": (make_pipeline(one_hot, LogisticRegression()), _category),
        "organisation": (make_pipeline(one_hot, LogisticRegression()), _organisation),
    }
    return {name: _fit_score(model, of(train), upheld, of(test)) for name, (model, of) in models.items()}


def _fit_score(model: ClassifierMixin, train: Table, upheld: NDArray[np.intp], test: Table) -> Floats:
    scores: Floats = model.fit(train, upheld).predict_proba(test)[:, 1]
    return scores


def _length(views: Sequence[View]) -> Table:
    return np.array([[np.log(len(view.complaint.split()) + 5)] for view in views])


def _category(views: Sequence[View]) -> Table:
    return np.array([[view.category, view.subcategory] for view in views], dtype=object)


def _organisation(views: Sequence[View]) -> Table:
    return np.array([[view.organisation] for view in views], dtype=object)
