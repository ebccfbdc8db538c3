"""A job in, stored pages and a summary out; refuses to begin without a contact, a span of dates or Scrapy."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec

from pydantic_core import from_json, to_json

from pipeline.collect.addresses import PER_PAGE, searches
from pipeline.collect.job import Job, Progress
from pipeline.collect.store import RAW, RawStore
from pipeline.errors import CollectError, InputError, ParamsError

FIRST_YEAR = 2013  # statements are published since then
A_YEAR = 10_000  # statements, about; the site is not asked before a real run
LOG = "collect.log"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a crawl would fetch, without asking the site: estimates, but for what is stored already.

    `first` and `last` are addresses of searches; `seconds` is the least time the pages take at the set delay.
    """

    searches: int
    first: str
    last: str
    decisions: int
    stored: int
    pages: int
    seconds: float


def plan(job: Job) -> Plan:
    """Say what a crawl would fetch and how long it would take; nothing is fetched and nothing written.

    Raises:
        InputError: the dates are in the wrong order.
    """
    _check_dates(job)
    params = job.params
    every = list(searches(job.start, job.end, codes=params.outcomes, window_days=params.window_days))
    days = (job.end - max(job.start, date(FIRST_YEAR, 1, 1))).days + 1
    decisions = round(max(0, days) * A_YEAR / 365)
    stored = len(RawStore(job.out).published_within(job.start, job.end)) if (job.out / RAW).exists() else 0
    pages = max(decisions, stored) + decisions // PER_PAGE + len(every) + 1
    return Plan(
        searches=len(every),
        first=every[0].address(params.base_url, 1),
        last=every[-1].address(params.base_url, 1),
        decisions=decisions,
        stored=stored,
        pages=min(pages, params.max_pages),
        seconds=min(pages, params.max_pages) * params.delay_seconds,
    )


def collect(job: Job, progress: Callable[[Progress], None]) -> Progress:
    """Crawl in a process of its own, and return how it ended.

    Args:
        job: dates, folder and settings.
        progress: called after every listing and every decision.

    Raises:
        InputError: the dates are in the wrong order, or the folder cannot be written.
        ParamsError: no contact is set.
        CollectError: Scrapy is not installed, or the crawling process broke off.
    """
    _check_dates(job)
    if job.params.contact is None:
        raise ParamsError(
            "collect.contact is null; must be an e-mail or web address where the site's owner can reach you. Set it in "
            "params.yaml, or set UPHELD_COLLECT__CONTACT."
        )
    if find_spec("scrapy") is None:
        raise CollectError("upheld collect needs Scrapy; install it with: pip install 'upheld[collect]'")
    try:
        job.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{job.out}: cannot be made ({error.strerror}). Choose another folder.") from error
    last = Progress()
    for last in _crawled(job):
        progress(last)
    if not (last.finished or last.stopped):
        raise CollectError(
            f"the crawl broke off after {last.pages} pages; see the end of {job.out / LOG}. What it stored is safe: "
            "give the same command to go on."
        )
    return last


def _crawled(job: Job) -> Iterator[Progress]:
    """Run the crawl and yield its progress. A reactor runs once in a process: each crawl gets a new one."""
    # -P: a folder called pipeline in the working folder must not be taken for this package.
    command = [sys.executable, "-P", "-m", "pipeline.collect.spider"]
    with (
        (job.out / LOG).open("ab") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as process,  # noqa: S603
    ):
        if process.stdin is None or process.stdout is None:
            raise CollectError("the crawling process has no pipes; report this.")
        process.stdin.write(_as_line(job))
        process.stdin.flush()  # and left open: the crawl ends when it closes, as it does when this process is killed
        for line in process.stdout:
            yield Progress(**from_json(line))


def _as_line(job: Job) -> bytes:
    params = job.params.model_dump(mode="json") | {"contact": job.params.contact}
    fields = {"out": str(job.out), "start": job.start, "end": job.end, "params": params}
    return to_json(fields) + b"\n"


def _check_dates(job: Job) -> None:
    if job.start > job.end:
        raise InputError(f"--from {job.start} is later than --to {job.end}; swap them.")
