"""Addresses in, whole answers out, politely; refuses to go on where the site refuses, and where a cap is reached."""

import asyncio
import time
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from protego import Protego
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from twisted.internet.error import ConnectError, ConnectionClosed

from pipeline.collect.polite import REFUSALS, ROBOT
from pipeline.params import Collect

if TYPE_CHECKING:
    from scrapy.core.engine import ExecutionEngine

FIRST_WAIT = 10  # delays to wait after a first refusal that names no time; doubled after each further one
_BROKEN: dict[type[Exception], str] = {
    CannotResolveHostError: "the host is not known",
    ConnectError: "no connection",
    ConnectionClosed: "the connection broke",
    DownloadCancelledError: "the page is too large",
    DownloadConnectionRefusedError: "the connection was refused",
    DownloadFailedError: "the connection broke",
    DownloadTimeoutError: "no answer in time",
    EOFError: "the answer cannot be unpacked",
    OSError: "the answer cannot be unpacked",
    ResponseDataLossError: "the answer breaks off",
    zlib.error: "the answer cannot be unpacked",
}


class Stopped(Exception):  # noqa: N818 - it is no error of the program
    """The crawl must end; the message says why and what to do."""


class Failed(Exception):  # noqa: N818
    """One page cannot be had; the message says why."""


class Barred(Failed):
    """One page may not be fetched: robots.txt forbids it, or it leads elsewhere."""


class Fetcher:
    """Fetches pages one after the other through Scrapy's engine, counts them, waits where the site asks for it."""

    def __init__(self, engine: "ExecutionEngine", params: Collect) -> None:
        self.pages = 0
        self.size = 0  # bytes
        self._engine = engine
        self._params = params
        self._in_a_row = 0  # refusals and failures
        self._crawl_delay = 0.0
        self._not_before = 0.0

    def count(self, response: Response) -> None:
        """Count an answer as it came over the wire; connected to Scrapy's signal `response_downloaded`."""
        self.pages += 1
        self.size += len(response.body)

    async def read_robots(self) -> None:
        """Read how slowly robots.txt wants us to go.

        Raises:
            Stopped: it cannot be had, so that nobody knows what is allowed.
        """
        address = f"{self._params.base_url}/robots.txt"
        try:
            response = await self.get(address, is_page=False)
        except Failed as failure:
            raise Stopped(
                f"{address} cannot be had ({failure}), so nothing may be fetched. Try later."
            ) from failure
        if response.status >= 500:
            raise Stopped(f"{address} answers {response.status}, so nothing may be fetched. Try later.")
        if response.status == 200:
            rules = Protego.parse(response.body.decode("utf-8", errors="replace"))
            self._crawl_delay = rules.crawl_delay(ROBOT) or 0.0

    async def get(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        is_page: bool = True,
        cache: bool = True,
    ) -> Response:
        """Return the answer to one request, whatever its status but a refusal.

        Args:
            address: what to fetch.
            headers: added to the request.
            is_page: whether an HTML page is meant, which must be whole.
            cache: whether Scrapy's cache may hold it.

        Raises:
            Failed: refused, broken or cut off in every attempt.
            Barred: forbidden by robots.txt, or led off the site or in a circle.
            Stopped: refused or failed too often in a row, asked to wait too long, or a cap is reached.
        """
        meta = {} if cache else {"dont_cache": True}
        if not is_page:
            meta["dont_obey_robotstxt"] = True
        reason = ""
        for attempt in range(self._params.retries + 1):
            await self._wait()
            self._check_caps()
            response = await self._download(Request(address, headers=dict(headers or {}), meta=dict(meta)))
            if response.status in REFUSALS:
                reason = f"the site answers {response.status}"
                self._count_failure(reason)
                self._pause(response, attempt)
            elif is_page and response.status == 200 and b"</html" not in response.body[-2000:].lower():
                reason = "the page breaks off before its end"
            else:
                self._in_a_row = 0
                return response
        raise Failed(reason)

    async def _download(self, request: Request) -> Response:
        try:
            return await self._engine.download_async(request)
        except IgnoreRequest as refusal:
            raise Barred(str(refusal) or "not followed") from refusal
        except tuple(_BROKEN) as failure:
            reason = next(words for kind, words in _BROKEN.items() if isinstance(failure, kind))
            self._count_failure(reason)
            raise Failed(reason) from failure

    def _count_failure(self, reason: str) -> None:
        self._in_a_row += 1
        if self._in_a_row >= self._params.max_refusals:
            raise Stopped(
                f"{self._in_a_row} requests in a row failed, at last because {reason}. "
                "Wait some hours, then give the same command: it goes on from here."
            )

    async def _wait(self) -> None:
        while (left := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(left)
        self._not_before = time.monotonic() + self._crawl_delay

    def _pause(self, response: Response, attempt: int) -> None:
        wait = retry_after(response.headers.get("Retry-After"))
        if wait is None:
            wait = FIRST_WAIT * self._params.delay_seconds * 2**attempt
        if wait > self._params.max_wait_seconds:
            raise Stopped(
                f"the site answers {response.status} and asks to wait {wait:.0f} s; collect.max_wait_seconds is "
                f"{self._params.max_wait_seconds:.0f}. Give the same command then: it goes on from here."
            )
        self._not_before = max(self._not_before, time.monotonic() + wait)

    def _check_caps(self) -> None:
        params = self._params
        for key, used, allowed in (
            ("max_pages", self.pages, params.max_pages),
            ("max_megabytes", self.size / 1e6, params.max_megabytes),
        ):
            if used >= allowed:
                raise Stopped(
                    f"collect.{key} ({allowed}) is reached. Give the same command to go on from here."
                )


def retry_after(header: bytes | None) -> float | None:
    """Return the seconds that a Retry-After header asks to wait, given as seconds or as a date; None without one.

    >>> retry_after(b"120"), retry_after(b"Wed, 21 Oct 2015 07:28:00 GMT"), retry_after(b"soon")
    (120.0, 0.0, None)
    """
    text = (header or b"").decode("latin-1").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
