"""A job on standard input, its progress on standard output, line by line: the process that crawls."""

import os
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json
from scrapy import Spider, signals
from scrapy.crawler import CrawlerProcess

from pipeline.collect.fetcher import Fetcher, Stopped
from pipeline.collect.job import Job, Progress
from pipeline.collect.polite import scrapy_settings
from pipeline.collect.walk import Walk
from pipeline.params import Collect


class DecisionSpider(Spider):
    """Walks the site in `start`, in plain order; Scrapy's engine fetches, throttles, retries and obeys robots.txt."""

    name = "decisions"

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job

    async def start(self) -> AsyncIterator[Any]:
        """Crawl; yields nothing, for the pages are stored on the way."""
        engine = self.crawler.engine
        if engine is None:
            return
        fetcher = Fetcher(engine, self.job.params)
        self.crawler.signals.connect(fetcher.count, signals.response_downloaded)
        walk = Walk(self.job, fetcher, _report)
        try:
            await walk.run()
        except Stopped as stop:
            walk.progress.stopped = str(stop)
        walk.progress.pages, walk.progress.size = fetcher.pages, fetcher.size
        _report(walk.progress)
        nothing: tuple[Any, ...] = ()
        for item in nothing:  # a generator without a yield is none
            yield item


def main() -> None:
    """Crawl as the first line of standard input says, and stop when standard input closes."""
    given = from_json(sys.stdin.buffer.readline())
    job = Job(
        out=Path(given["out"]),
        start=date.fromisoformat(given["start"]),
        end=date.fromisoformat(given["end"]),
        params=Collect.model_validate(given["params"]),
    )
    # Whoever started this process may be killed: it must not go on alone, beside the next one.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    process = CrawlerProcess(scrapy_settings(job))
    process.crawl(DecisionSpider, job=job)
    process.start()


def _end_with_parent() -> None:
    while os.read(
        sys.stdin.fileno(), 1
    ):  # not sys.stdin: its lock would be held when the process ends by itself
        pass
    os._exit(1)  # at once, as in a power cut: the store is made for it


def _report(progress: Progress) -> None:
    sys.stdout.buffer.write(to_json(asdict(progress)) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
