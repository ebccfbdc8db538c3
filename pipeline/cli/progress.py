"""Long work in, a bar or a line of progress on standard error out; nothing where it would disturb."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from pipeline.cli.show import duration, note

if TYPE_CHECKING:
    from pipeline.collect.job import Progress as CrawlProgress


Item = TypeVar("Item")

LOG_SECONDS = 10  # between two lines of progress where there is no terminal


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


@contextmanager
def rows_bar() -> Iterator[Callable[[int], None]]:
    """Count rows on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("scoring", total=None)
        yield lambda rows: progress.advance(task, rows)


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


def no_bar(rows: int) -> None:
    """Show nothing: a sample is scored at once."""
