"""Long work in, a bar or a line of progress on standard error out; nothing where it would disturb."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pipeline.cli.show import duration, note

if TYPE_CHECKING:
    from pipeline.collect.job import Progress as CrawlProgress


Item = TypeVar("Item")

LOG_SECONDS = 10  # between two lines of progress where there is no terminal
LOG_ROWS_SECONDS = 60  # the same, for scoring


def crawl_line(progress: "CrawlProgress") -> str:
    """Return how far a crawl has come, in words."""
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    counts = f"{progress.pages:,} pages, {progress.decisions:,} decisions, {progress.rejects:,} rejects"
    return f"collecting: {counts}{left}"


def bar(items: Iterable[Item], label: str) -> Iterator[Item]:
    """Draw a progress bar on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    yield from track(
        items, label, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    )


@dataclass(slots=True)
class Pace:
    """How far scoring has come: `rows` done, the `share` of the input, and how quickly since `began`."""

    began: float
    rows: int = 0
    resumed: int = 0
    share: float | None = None

    def add(self, rows: int, share: float | None) -> None:
        """Count rows; those with a share of 0 were done by an earlier run."""
        self.rows += rows
        self.resumed += rows if share == 0 else 0
        self.share = share

    def line(self, now: float) -> str:
        """Return it in words.

        >>> pace = Pace(began=0.0)
        >>> pace.add(3_000, 0.25)
        >>> pace.line(now=2.0)
        'scoring: 3,000 rows, 1,500 rows/s, 6 s left'
        """
        rate = (self.rows - self.resumed) / max(now - self.began, 1e-9)
        left = ""
        if self.share and rate:
            left = f", {duration(self.rows * (1 / self.share - 1) / rate)} left"
        return f"scoring: {self.rows:,} rows, {rate:,.0f} rows/s{left}"


@contextmanager
def rows_bar() -> Iterator[Callable[[int, float | None], None]]:
    """Show how far scoring has come on standard error: in a bar on a terminal, or in a line of a log every minute."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    pace = Pace(time.monotonic())
    is_terminal = sys.stderr.isatty()
    last = pace.began
    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not is_terminal
    ) as progress:
        task = progress.add_task("scoring", total=None)

        def advance(rows: int, share: float | None) -> None:
            nonlocal last
            pace.add(rows, share)
            now = time.monotonic()
            if is_terminal:
                total = None if share is None else 1.0
                progress.update(task, description=pace.line(now), completed=share or 0.0, total=total)
            elif now - last >= LOG_ROWS_SECONDS:
                last = now
                note(pace.line(now))

        yield advance


@contextmanager
def crawl_bar() -> Iterator[Callable[["CrawlProgress"], None]]:
    """Show how far a crawl has come: in one line of a terminal, or in a line of a log every ten seconds."""
    from rich.console import Console

    if not sys.stderr.isatty():
        last = time.monotonic()

        def log(progress: "CrawlProgress") -> None:
            nonlocal last
            if time.monotonic() - last >= LOG_SECONDS:
                last = time.monotonic()
                note(crawl_line(progress))

        yield log
        return
    with Console(stderr=True).status("collecting") as status:
        yield lambda progress: status.update(crawl_line(progress))


def no_bar(rows: int, share: float | None) -> None:
    """Show nothing: a sample is scored at once."""
