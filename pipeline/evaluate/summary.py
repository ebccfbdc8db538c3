"""An evaluation in, the plain values of metrics.json out: the numbers that the page shows, and no text of a complaint.

Schema (version 1). An *estimate* is {"value", "low", "high", "count"}: a figure, its 95 % interval (bootstrap over
groups of near-duplicates) and its number of cases; null where it is undefined. Numbers have six decimals.

    schema        1
    model         version of the bundle
    sentences     the five sentences that open the page
    no_better_than  the baseline that the model is not shown to beat on matched_auc ("prior", "length", "category",
                  "organisation"), or null
    headline      name of the split that the sentences quote
    splits        name to {"meaning", "trained_on", "test", "upheld", "outcome", "gains", "grounds"}; names are
                  "unseen" (the bundle itself), "time", "groups", "organisations" (its recipe, fitted again)
      outcome     "upheld" (the model) and each baseline, to estimates: auc, matched_auc, brier, brier_skill, mcc,
                  macro_f1, ece; the model also coverage (share decided) and risk (errors among those)
      gains       baseline to the model's matched_auc less the baseline's, paired
      grounds     hit_at_1, hit_at_2, lrap, micro_f1, macro_f1; {} where the split has none
    not_measured  name of a split to the reason why
    years         {"split", "figures": year of receipt to estimates}
    slices        {"split", "overall", "too_small", "flags_expected_by_chance", "rows": [{"feature", "value",
                  "upheld_share", "auc", "matched_auc", "gap", "flagged", "firm"}]}
    by_ground     [{"code", "title", "found", "f1"}]: share of a ground's cases in which it is one of the first two, and
                  F1 of counting it as there from its threshold on
    learning      [{"trained_on", "auc", "matched_auc"}], estimates on the later cases
    features      [{"name", "weight"}] of the outcome head, by falling weight
    ground_features  title of a ground to the same
    comparison    null, or {"one", "other", "split", "differences", "disagree", "one_right", "widest": [{"reference",
                  "outcome", "one", "other"}]}
"""

from dataclasses import asdict, is_dataclass
from typing import Any

from pipeline.evaluate.compare import Comparison
from pipeline.evaluate.evaluation import SPLITS, Evaluation, SplitFigures
from pipeline.evaluate.wording import five_sentences, unbeaten

SCHEMA = 1


def metrics_of(evaluation: Evaluation) -> dict[str, Any]:
    """Return the content of metrics.json, as plain values."""
    table = evaluation.slices
    found: dict[str, Any] = _plain(
        {
            "schema": SCHEMA,
            "model": evaluation.version,
            "sentences": five_sentences(evaluation),
            "no_better_than": unbeaten(evaluation),
            "headline": evaluation.headline.name,
            "splits": {name: _split(split) for name, split in evaluation.splits.items()},
            "not_measured": evaluation.refused,
            "years": {"split": evaluation.years_split, "figures": evaluation.years},
            "slices": {
                "split": evaluation.years_split,
                "overall": table.overall,
                "too_small": table.too_small,
                "flags_expected_by_chance": table.by_chance,
                "rows": table.slices,
            },
            "by_ground": evaluation.by_ground,
            "learning": evaluation.learning,
            "features": evaluation.pushes,
            "ground_features": evaluation.ground_pushes,
            "comparison": evaluation.comparison and _comparison(evaluation.comparison),
        }
    )
    return found


def headline_figures(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """Return every figure of the model by "eval_SPLIT_FIGURE", with its interval, as MLflow logs them."""
    return {
        f"eval_{name}_{figure}": asdict(estimate)
        for name, split in evaluation.splits.items()
        for figure, estimate in (split.outcome["upheld"] | split.grounds).items()
    }


def _split(split: SplitFigures) -> dict[str, Any]:
    return {
        "meaning": SPLITS[split.name],
        "trained_on": split.scored.trained_on,
        "test": len(split.scored.words),
        "upheld": int(split.scored.cases.upheld.sum()),
        "outcome": split.outcome,
        "gains": split.gains,
        "grounds": split.grounds,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "one": comparison.one,
        "other": comparison.other,
        "split": comparison.split,
        "differences": comparison.differences,
        "disagree": comparison.disagree,
        "one_right": comparison.one_right,
        "widest": [
            {
                "reference": case.decision.reference,
                "outcome": case.decision.outcome.value,
                "one": case.one,
                "other": case.other,
            }
            for case in comparison.widest
        ],
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if value == value else None
    return value
