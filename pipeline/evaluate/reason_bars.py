"""The reasons of one prediction in, a picture out: a bar for each, signed, in the order given."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.evaluate.drawing import BLUE, ORANGE, Picture, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def reason_bars(reasons: Sequence[Mapping[str, Any]], title: str = "Reasons") -> Picture:
    """Return bars of what each reason adds to the log-odds of upheld against closed.

    Args:
        reasons: one cell of the column `reasons` that `Bundle.predict` adds; there must be one at least.
        title: of the picture.

    >>> reason_bars([{"name": "a delay", "contribution": 0.4}, {"name": "a tribunal", "contribution": -0.9}]).alt
    'Towards upheld: a delay +0.40. Towards closed: a tribunal -0.90.'
    """

    def draw(axes: "Axes") -> None:
        places = np.arange(len(reasons))[::-1]
        for place, reason in zip(places, reasons, strict=True):
            share = float(reason["contribution"])
            colour, hatch, side = (BLUE, "", "left") if share > 0 else (ORANGE, "//", "right")
            axes.barh(place, share, color=colour, hatch=hatch, height=0.7)
            axes.annotate(
                f"{share:+.2f}", (share, place), (4 if share > 0 else -4, 0),
                textcoords="offset points", ha=side, va="center",
            )  # fmt: skip
        axes.set_yticks(places, [str(reason["name"]) for reason in reasons])
        axes.axvline(0, color="black", linewidth=0.8)
        axes.margins(x=0.15)  # room for the numbers
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Adds to the log-odds: right speaks for upheld, left for closed")

    return drawn("reasons", title, _alt(reasons), draw, (7.2, 1.1 + 0.3 * len(reasons)))


def _alt(reasons: Sequence[Mapping[str, Any]]) -> str:
    signed = [(float(reason["contribution"]), str(reason["name"])) for reason in reasons]
    upheld = ", ".join(f"{name} {share:+.2f}" for share, name in signed if share > 0) or "nothing"
    closed = ", ".join(f"{name} {share:+.2f}" for share, name in signed if share < 0) or "nothing"
    return f"Towards upheld: {upheld}. Towards closed: {closed}."
