"""An evaluation in, its wide pictures out: bars of the grounds, slices as a forest, the strongest features."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluate.drawing import BLUE, GREY, ORANGE, Picture, drawn
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.metrics import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def bars(name: str, title: str, rows: Sequence[tuple[str, Estimate]]) -> Picture:
    """Return bars with intervals, one a labelled estimate, in the order given; there must be one at least."""

    def draw(axes: "Axes") -> None:
        places = np.arange(len(rows))[::-1]
        values = np.array([estimate.value for _, estimate in rows])
        reach = [[e.value - e.low for _, e in rows], [e.high - e.value for _, e in rows]]
        axes.barh(places, values, color=BLUE, height=0.7, xerr=np.abs(reach), ecolor="black", capsize=2)
        axes.set_yticks(places, [f"{label} ({e.count})" for label, e in rows])
        axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Share of its cases")

    best, worst = rows[0], rows[-1]
    alt = f"Most often found: {best[0]}, {best[1].value:.0%}; least often: {worst[0]}, {worst[1].value:.0%}."
    return drawn(name, title, alt, draw, (7.2, 1.1 + 0.26 * len(rows)))


def forest(evaluation: Evaluation) -> Picture:
    """Return the length-matched AUC of every slice with its interval, beside the value over all cases."""
    slices, overall = evaluation.slices.slices, evaluation.slices.overall["matched_auc"]

    def draw(axes: "Axes") -> None:
        places = np.arange(len(slices))[::-1]
        for place, one in zip(places, slices, strict=True):
            own = one.matched_auc
            colour, mark = (ORANGE, "D") if "matched_auc" in one.flagged else (BLUE, "o")
            axes.plot([own.low, own.high], [place, place], color=colour, linewidth=1.5)
            axes.plot(own.value, place, color=colour, marker=mark, markersize=5)
        axes.axvline(overall, color=GREY, linestyle="--", linewidth=1)
        axes.set_yticks(places, [f"{one.feature}: {one.value} ({one.matched_auc.count})" for one in slices])
        axes.set_ylim(-0.8, len(slices) - 0.2)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Length-matched AUC (dashed: all cases)")

    flagged = [one.value for one in slices if "matched_auc" in one.flagged]
    listed = ", ".join(flagged) or "none"
    alt = f"{len(slices)} slices; all cases {overall:.3f}. Diamonds, whose interval excludes that: {listed}."
    return drawn("slices", "Slices", alt, draw, (7.2, 1.2 + 0.24 * len(slices)))


def push_bars(evaluation: Evaluation) -> Picture:
    """Return the signed coefficients of the strongest features of the outcome head."""
    pushes = evaluation.pushes

    def draw(axes: "Axes") -> None:
        places = np.arange(len(pushes))[::-1]
        for place, push in zip(places, pushes, strict=True):
            up = push.weight > 0
            axes.barh(place, push.weight, color=BLUE if up else ORANGE, hatch="" if up else "//", height=0.7)
        axes.set_yticks(places, [push.name for push in pushes])
        axes.axvline(0, color="black", linewidth=0.8)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Coefficient: right speaks for upheld, left for closed")

    alt = f"Most for upheld: {pushes[0].name}; most for closed: {pushes[-1].name}."
    return drawn("features", "What the outcome head goes by", alt, draw, (7.2, 1.1 + 0.26 * len(pushes)))
