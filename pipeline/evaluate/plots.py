"""An evaluation in, its pictures out; computes no figure."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluate.bars import bars, forest, push_bars
from pipeline.evaluate.curves import Curve, Ranked, coverage_risk, matched_roc, precision_recall, roc
from pipeline.evaluate.drawing import BLUE, GREY, LINES, ORANGE, Picture, drawn
from pipeline.evaluate.evaluation import Evaluation, SplitFigures
from pipeline.evaluate.metrics import Estimate
from pipeline.evaluate.quality import calibration_bins
from pipeline.evaluate.slices import LENGTH_BANDS, length_band

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def pictures(evaluation: Evaluation) -> Iterator[Picture]:
    """Yield every picture that the evaluation has data for, in the order of the page."""
    headline = evaluation.headline
    figures = headline.outcome["upheld"]
    yield from ranking_pictures(headline.scored, figures["auc"].value, figures["matched_auc"].value)
    yield drawn(
        "coverage_risk",
        "Coverage and risk",
        _coverage_alt(headline),
        lambda axes: _coverage(axes, headline),
    )
    yield drawn(
        "length",
        "Score by length of complaint",
        "Box plots of the probability of upheld by length band, upheld and closed cases side by side.",
        lambda axes: _by_length(axes, headline),
    )
    if len(evaluation.learning) > 1:
        yield drawn(
            "learning", "Learning curve", _learning_alt(evaluation), lambda axes: _learning(axes, evaluation)
        )
    if evaluation.by_ground:
        rows = [(one.title, one.found) for one in evaluation.by_ground]
        yield bars("grounds", "Grounds named among the first two", rows)
    if evaluation.slices.slices:
        yield forest(evaluation)
    if evaluation.pushes:
        yield push_bars(evaluation)


def ranking_pictures(cases: Ranked, auc: float, matched_auc: float) -> Iterator[Picture]:
    """Yield the pictures that need no more than n cases and their probabilities, and the AUCs to name in them."""
    yield drawn(
        "roc",
        "ROC curve",
        f"Two curves above the diagonal of chance: AUC {auc:.3f} over all pairs, {matched_auc:.3f} over pairs of like "
        "length.",
        lambda axes: _roc(axes, cases, auc, matched_auc),
    )
    yield drawn(
        "precision_recall",
        "Precision and recall of upheld",
        f"Precision falls as recall rises; the dashed line is the share of upheld, {cases.upheld.mean():.0%}.",
        lambda axes: _precision_recall(axes, cases),
    )
    yield drawn("reliability", "Reliability", _reliability_alt(cases), lambda axes: _reliability(axes, cases))


def _roc(axes: "Axes", cases: Ranked, auc: float, matched_auc: float) -> None:
    _line(axes, roc(cases), 0, f"all pairs, AUC {auc:.3f}")
    _line(axes, matched_roc(cases), 1, f"matched for length, AUC {matched_auc:.3f}")
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":", label="chance")
    _label(axes, "Closed cases above the threshold", "Upheld cases above the threshold")
    axes.legend(loc="lower right", frameon=False)


def _precision_recall(axes: "Axes", cases: Ranked) -> None:
    _line(axes, precision_recall(cases), 0, "upheld")
    axes.axhline(float(cases.upheld.mean()), color=GREY, linewidth=1, linestyle="--", label="share of upheld")
    axes.set_ylim(0, 1.02)
    _label(axes, "Recall", "Precision")
    axes.legend(loc="lower left", frameon=False)


def _reliability(axes: "Axes", cases: Ranked) -> None:
    mean, share, counts = zip(*calibration_bins(cases.upheld, cases.p_upheld), strict=True)
    below = axes.twinx()
    below.hist(cases.p_upheld, bins=20, range=(0, 1), color="#c9dbe8", zorder=0)
    below.set_ylim(0, 4 * max(counts) / 2)
    below.grid(visible=False)
    below.set_ylabel("Cases (bars)")
    axes.set_zorder(below.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":", label="perfect")
    axes.plot(mean, share, color=BLUE, marker="o", label="model")
    axes.set_ylim(0, 1.02)
    _label(axes, "Probability of upheld", "Share that was upheld")
    axes.legend(loc="upper left", frameon=False)


def _coverage(axes: "Axes", split: SplitFigures) -> None:
    figures = split.outcome["upheld"]
    _line(axes, coverage_risk(split.scored), 0, "the surest cases first")
    at = (figures["coverage"].value, figures["risk"].value)
    axes.plot(*at, color=ORANGE, marker="D", markersize=8, linestyle="", label="where the model abstains")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(bottom=0)
    _label(axes, "Share of cases decided", "Share of errors among them")
    axes.legend(loc="best", frameon=False)


def _by_length(axes: "Axes", split: SplitFigures) -> None:
    scored = split.scored
    bands = np.array([length_band(view.complaint) for view in scored.cases.views])
    names = [
        name for name in (*(name for _, name in LENGTH_BANDS), "110 words or more") if (bands == name).any()
    ]
    for offset, outcome, colour, hatch in ((-0.18, 1, BLUE, ""), (0.18, 0, ORANGE, "//")):
        chosen = [scored.p_upheld[(bands == name) & (scored.upheld == outcome)] for name in names]
        boxes = axes.boxplot(
            chosen,
            positions=np.arange(len(names)) + offset,
            widths=0.3,
            patch_artist=True,
            showfliers=False,
            medianprops={"color": "black"},
        )
        for box in boxes["boxes"]:
            box.set(facecolor=colour, alpha=0.75, hatch=hatch)
        boxes["boxes"][0].set_label("upheld" if outcome else "closed")
    axes.set_xticks(range(len(names)), [name.replace(" words", "\nwords") for name in names])
    axes.set_ylim(0, 1)
    _label(axes, "Length of complaint", "Probability of upheld")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)


def _learning(axes: "Axes", evaluation: Evaluation) -> None:
    counts = [point.trained_on for point in evaluation.learning]
    for number, (name, label) in enumerate((("auc", "AUC"), ("matched_auc", "length-matched AUC"))):
        points: list[Estimate] = [getattr(point, name) for point in evaluation.learning]
        colour, stroke = LINES[number]
        axes.plot(
            counts,
            [p.value for p in points],
            color=colour,
            linestyle=stroke,
            marker="os"[number],
            label=label,
        )
        axes.fill_between(counts, [p.low for p in points], [p.high for p in points], color=colour, alpha=0.12)
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    _label(axes, "Training cases", "On the later cases")
    axes.legend(loc="best", frameon=False)


def _line(axes: "Axes", curve: Curve, number: int, label: str) -> None:
    colour, stroke = LINES[number]
    axes.plot(curve.x, curve.y, color=colour, linestyle=stroke, linewidth=1.8, label=label)


def _label(axes: "Axes", x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def _reliability_alt(cases: Ranked) -> str:
    bins = calibration_bins(cases.upheld, cases.p_upheld)
    pairs = "; ".join(f"{mean:.2f} predicted, {share:.2f} upheld of {n}" for mean, share, n in bins)
    return f"Probability against share upheld, over a histogram of the probabilities: {pairs}."


def _coverage_alt(split: SplitFigures) -> str:
    own = split.outcome["upheld"]
    return f"The model decides {own['coverage'].value:.0%} of the cases and errs in {own['risk'].value:.0%} of those."


def _learning_alt(evaluation: Evaluation) -> str:
    points = "; ".join(f"{p.trained_on} cases {p.matched_auc.value:.3f}" for p in evaluation.learning)
    return f"Length-matched AUC on the later cases by number of training cases: {points}."
