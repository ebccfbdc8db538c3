"""One evaluation and its page, made once: of a trained bundle on every third embedded case."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.bundle import Bundle
from pipeline.corpus import read_decisions
from pipeline.evaluate.evaluation import Candidate, Evaluation, evaluate
from pipeline.evaluate.holdout import Cases, cases_of
from pipeline.heads import learnable
from pipeline.params import Params
from pipeline.schema import Decision


@pytest.fixture(scope="session")
def small_cases(small_corpus: Path, params: Params) -> Cases:
    decisions = [item for item in read_decisions(small_corpus) if isinstance(item, Decision)]
    return cases_of(learnable(decisions, params), params)


@pytest.fixture(scope="session")
def rough_params(quick_params: Params) -> Params:
    """Two folds and small slices: enough to see that everything is there."""
    rough = quick_params.evaluate.model_copy(update={"folds": 2, "slice_cases": 10})
    return quick_params.model_copy(update={"evaluate": rough})


@pytest.fixture(scope="session")
def evaluation(bundle: Bundle, small_cases: Cases, rough_params: Params) -> Evaluation:
    seen = np.ones(len(small_cases.views), dtype=bool)
    return evaluate(small_cases, Candidate(bundle.version, bundle.heads, seen), rough_params)
