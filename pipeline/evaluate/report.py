"""An evaluation in, the page out: one self-contained HTML file that needs no network and no script. Only draws.

Complaint texts appear only where they are asked for; whatever comes from data is escaped by the template.
"""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from pipeline.evaluate.evaluation import SPLITS, Evaluation
from pipeline.evaluate.metrics import Estimate
from pipeline.evaluate.plots import pictures
from pipeline.evaluate.wording import five_sentences

FIGURES = {
    "matched_auc": "Length-matched AUC",
    "auc": "AUC",
    "mcc": "MCC",
    "macro_f1": "Macro-F1",
    "brier": "Brier",
    "brier_skill": "Brier skill",
    "ece": "ECE",
    "coverage": "Coverage",
    "risk": "Risk",
    "hit_at_1": "First ground right",
    "hit_at_2": "One of the first two right",
    "lrap": "Ranking precision",
    "micro_f1": "Micro-F1",
}
NAMES = {
    "upheld": "model",
    "prior": "baseline: prior",
    "length": "baseline: length only",
    "category": "baseline: category only",
    "organisation": "baseline: organisation only",
}
WRONG_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Mistake:
    """A case that the model was sure of and wrong about; `text` is empty unless texts are to be shown."""

    reference: str
    outcome: str
    p_upheld: float
    text: str


def to_html(evaluation: Evaluation, *, show_texts: bool = False) -> str:
    """Return the page."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"estimate": _estimate, "number": _number}
    template = environment.from_string((files("pipeline.evaluate") / "report.html").read_text("utf-8"))
    return template.render(_content(evaluation, show_texts=show_texts))


def _content(evaluation: Evaluation, *, show_texts: bool) -> dict[str, Any]:
    return {
        "evaluation": evaluation,
        "sentences": five_sentences(evaluation),
        "pictures": list(pictures(evaluation)),
        "meanings": SPLITS,
        "figures": FIGURES,
        "names": NAMES,
        "mistakes": _mistakes(evaluation, show_texts=show_texts),
        "show_texts": show_texts,
    }


def _mistakes(evaluation: Evaluation, *, show_texts: bool) -> list[Mistake]:
    """Return the cases of the headline that the model got most wrong, the worst first."""
    scored = evaluation.headline.scored
    error = np.abs(scored.p_upheld - scored.cases.upheld)
    worst = [i for i in np.argsort(-error, kind="stable")[:WRONG_SHOWN] if error[i] > 0.5]
    decisions = scored.cases.decisions
    return [
        Mistake(
            decisions[i].reference,
            decisions[i].outcome.value.replace("_", " "),
            float(scored.p_upheld[i]),
            decisions[i].complaint if show_texts else "",
        )
        for i in worst
    ]


def _estimate(estimate: Estimate) -> str:
    """Return a figure with its interval below it, as markup; numbers only, so nothing needs escaping."""
    if estimate.value != estimate.value:
        return "–"
    return Markup(f"{estimate.value:.3f} <small>[{estimate.low:.3f}, {estimate.high:.3f}]</small>")  # noqa: S704  # numbers


def _number(value: float) -> str:
    return f"{value:.3f}" if value == value else "–"
