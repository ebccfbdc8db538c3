"""A drawing function in, a picture out: a vector image with a title and a description in words.

Colours are Okabe and Ito's, which colour-blind readers can tell apart; every line also has a stroke of its own, so that
a print in grey still reads.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#595959"
LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, ":"), (GREY, "-."))
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "svg.hashsalt": "upheld",  # the same picture is the same file
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG image, its title, and what it shows in words, for those who do not see it."""

    name: str
    title: str
    alt: str
    svg: str

    @property
    def data_url(self) -> str:
        """The image as an address that holds it."""
        return "data:image/svg+xml;base64," + b64encode(self.svg.encode("utf-8")).decode("ascii")

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return f'<img src="{self.data_url}" alt="{escape(self.title)}. {escape(self.alt)}">'


def drawn(
    name: str, title: str, alt: str, draw: Callable[["Axes"], None], size: tuple[float, float] = (5.6, 4.2)
) -> Picture:
    """Return what `draw` draws on axes of this size in inches."""
    # Not pyplot: it keeps every figure open and wants a display.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        return Picture(name, title, alt, _svg(figure))


def _svg(figure: "Figure") -> str:
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
