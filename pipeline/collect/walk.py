"""The site's listings in, every decision that they name stored once; stops where their structure has changed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from scrapy.http import Response

from pipeline.collect.addresses import (
    CATEGORIES,
    Link,
    category_address,
    searches,
    shows_reference,
)
from pipeline.collect.fetcher import Barred, Failed, Fetcher, Stopped
from pipeline.collect.job import Job, Progress
from pipeline.collect.listings import CHANGED, GONE, AddressOf, ListingReader, Shell, markup_of
from pipeline.collect.store import Page, RawStore

SHELLS = 12  # empty answers of the search in a row after which it is not asked again
STRANGE = 10  # decision pages in a row without their reference after which the structure counts as changed
NOTHING = (
    "no decision of {start} to {end} is listed. Statements appear six weeks to three months after the decision, since "
    "2013: try other dates. If a browser shows some, the search has changed; see pipeline/collect/addresses.py."
)


class Walk:
    """One crawl: first the searches, then the categories where the search was of no use, then what no listing names."""

    def __init__(self, job: Job, fetcher: Fetcher, report: Callable[[Progress], None]) -> None:
        self.progress = Progress()
        self._job = job
        self._base = job.params.base_url
        self._fetcher = fetcher
        self._report = report
        self._listings = ListingReader(fetcher, self._tell_progress)
        self._store = RawStore(job.out)
        self._crawl = self._store.begin(self._base, job.start, job.end)
        self._taken = set(self._crawl.checked)
        self._listed = bool(self._crawl.walked)  # whether any listing was of use
        self._failed: list[str] = []  # listings
        self._strange = 0
        self._begun = time.monotonic()
        self._parts, self._parts_done = 1, 0.0  # of the work, for the time left

    async def run(self) -> None:
        """Walk to the end; `progress` tells how it went.

        Raises:
            Stopped: the crawl cannot go on.
        """
        self.progress.resumed = self._crawl.resumed
        self._store.write_licence(self._base)
        await self._fetcher.read_robots()
        if await self._walk_searches():
            await self._walk_categories()
        if self._failed:
            raise Stopped(
                f"{len(self._failed)} listings could not be read. Give the same command to try them again."
            )
        await self._take_all(
            [Link(page.reference, page.address) for page in self._unlisted()], self._parts_done
        )
        self._store.tell("finished")
        if not self._taken:
            raise Stopped(NOTHING.format(start=self._job.start, end=self._job.end))
        self._parts_done = self._parts
        self._tell_progress()
        self.progress.finished = True

    async def _walk_searches(self) -> bool:
        """Walk every search; say whether the categories must be walked too.

        A search without decisions is an empty shell where no search has any, or where others say how many they have;
        on a site that never says so it is a search that found nothing.
        """
        params, shells, in_a_row, reason = self._job.params, 0, 0, ""
        every = list(
            searches(self._job.start, self._job.end, codes=params.outcomes, window_days=params.window_days)
        )
        todo = [search for search in every if search.name not in self._crawl.walked]
        self._parts = len(todo) + 1
        for search in todo:
            try:
                await self._walk_listing(search.name, partial(search.address, self._base))
                in_a_row = 0
            except (Shell, Barred) as shell:
                reason, shells, in_a_row = f"{search.name}: {shell}", shells + 1, in_a_row + 1
            if in_a_row >= SHELLS and (self._listings.has_counted or not self._listed):
                break
            self._parts_done += 1
        if shells:
            self._note(f"{shells} searches were of no use; the last: {reason}")
        return shells > 0 and (self._listings.has_counted or not self._listed)

    async def _walk_categories(self) -> None:
        """Walk the listing of every category, as far back as the dates reach."""
        self._note("walking the listings of the categories")
        todo = [name for name in CATEGORIES if f"category {name}" not in self._crawl.walked]
        self._parts, self._parts_done = self._parts + len(todo), self._parts_done + 1
        for category in todo:
            address = partial(category_address, self._base, category)
            try:
                await self._walk_listing(f"category {category}", address, oldest=self._job.start)
            except (Shell, Barred) as shell:
                self._note(f"category {category}: {shell}")
            self._parts_done += 1
        if not self._listed:
            raise Stopped(CHANGED.format(where=f"{self._base}/decisions/..."))

    async def _walk_listing(self, name: str, address_of: AddressOf, *, oldest: date | None = None) -> None:
        """List the decisions of one listing, take them, and tell the journal that it is walked."""
        try:
            links, missing = await self._listings.read(address_of, oldest)
        except Barred:
            raise
        except Failed as failure:
            self._failed.append(name)
            self._note(f"{name}: {failure}")
            return
        self._listed = True
        if missing:
            self.progress.missing += missing
            self._note(f"{name}: announces {missing} decisions more than it shows")
        await self._take_all([link for link in links if self._is_wanted(link, oldest)], self._parts_done)
        self._store.tell("walked", listing=name)

    async def _take_all(self, links: Sequence[Link], parts_done: float) -> None:
        """Fetch the decisions that this crawl has not fetched yet, as many at once as the settings allow."""
        at_once = self._job.params.concurrent_requests
        for first in range(0, len(links), at_once):
            await asyncio.gather(*(self._take(link) for link in links[first : first + at_once]))
            self._parts_done = parts_done + first / len(links)
            self._tell_progress()
        self._parts_done = parts_done

    async def _take(self, link: Link) -> None:
        if link.reference in self._taken:
            return
        self._taken.add(link.reference)
        try:
            response = await self._fetcher.get(link.address, headers=self._validators(link), cache=False)
        except Failed as failure:
            self._reject(link, str(failure))
            return
        self._keep(link, response)

    def _keep(self, link: Link, response: Response) -> None:
        progress, about = self.progress, {"reference": link.reference, "address": link.address}
        if response.status in GONE:
            progress.withdrawn += 1
            self._store.tell("withdrawn", status=response.status, **about)
        elif response.status == 304:
            progress.unchanged += 1
            self._store.tell("unchanged", **about)
        elif response.status != 200:
            self._reject(link, f"the site answers {response.status}")
        elif not shows_reference(markup_of(response), link.reference):
            self._reject(link, "the page does not show its reference")
            self._strange += 1
            if self._strange == STRANGE:
                raise Stopped(CHANGED.format(where=link.address))
        else:
            self._strange = 0
            validators = {
                "etag": _header(response, "ETag"),
                "last_modified": _header(response, "Last-Modified"),
            }
            match self._store.save(link.reference, response.url, response.body, validators):
                case "new":
                    progress.new += 1
                case "changed":
                    progress.changed += 1
                case _:
                    progress.unchanged += 1

    def _reject(self, link: Link, reason: str) -> None:
        self.progress.rejects += 1
        self._store.tell("rejected", reference=link.reference, address=link.address, reason=reason)

    def _validators(self, link: Link) -> dict[str, str]:
        """Return the headers by which the site can answer that a stored page is unchanged."""
        page = self._store.pages.get(link.reference)
        if page is None or not self._store.path_of(link.reference).exists():
            return {}
        named = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
        return {name: value for name, value in named.items() if value}

    def _unlisted(self) -> list[Page]:
        """Return the stored pages that no listing names any more: they may be withdrawn."""
        stored = self._store.published_within(self._job.start, self._job.end)
        return [page for page in stored if page.reference not in self._taken]

    def _is_wanted(self, link: Link, oldest: date | None) -> bool:
        """Say whether a decision is of the dates; a search has chosen them already, by the site's own calendar."""
        return oldest is None or link.decided is None or self._job.start <= link.decided <= self._job.end

    def _note(self, text: str) -> None:
        self.progress.notes.append(text)

    def _tell_progress(self) -> None:
        progress, done = self.progress, self._parts_done
        progress.pages, progress.size = self._fetcher.pages, self._fetcher.size
        elapsed = time.monotonic() - self._begun
        progress.seconds_left = elapsed * (self._parts - done) / done if done else None
        self._report(progress)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
