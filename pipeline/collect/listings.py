"""A listing of the site in, its decision links out; tells an empty shell and a changed structure from the end of it."""

from collections.abc import Callable
from datetime import date
from itertools import count

from scrapy.http import Response

from pipeline.collect.addresses import PER_PAGE, Link, Listing, read_listing
from pipeline.collect.fetcher import Failed, Fetcher, Stopped

READINGS = 3  # of one listing, at the most: decisions move between its pages while it is read
GONE = frozenset({404, 410})
CHANGED = (
    "{where}: no decision where there should be some. The site's structure has changed, or it hides its listings from "
    "programs. Nothing is lost; look at the page in a browser; pipeline/collect/addresses.py says what is expected."
)

AddressOf = Callable[[int], str]  # number of a page, from 1, to its address


class Shell(Exception):  # noqa: N818 - it is no error of the program
    """A listing that shows neither decisions nor how many there are."""


class ListingReader:
    """Reads listings page by page; `has_counted` says whether any has told how many decisions it has."""

    def __init__(self, fetcher: Fetcher, on_page: Callable[[], None]) -> None:
        self.has_counted = False
        self._fetcher = fetcher
        self._on_page = on_page

    async def read(self, address_of: AddressOf, oldest: date | None = None) -> tuple[list[Link], int]:
        """Read a listing until nothing new turns up: one reading misses what moves between its pages meanwhile.

        Args:
            address_of: the addresses of its pages.
            oldest: where a listing is not limited to the wanted dates, the first of them.

        Returns:
            Its decisions, and how many more it has announced.

        Raises:
            Shell: it shows nothing, not even that there is nothing.
            Failed: a page of it cannot be had.
            Stopped: its structure has changed.
        """
        found: dict[str, Link] = {}
        announced: int | None = None
        for _ in range(READINGS):
            before = len(found)
            seen, announced = await self._read_through(address_of, oldest)
            found |= seen  # with the address that is good now
            if len(found) == before or (announced is not None and len(found) >= announced):
                break
        if (
            announced is None or oldest is not None
        ):  # what is announced then reaches further back than we read
            return list(found.values()), 0
        return list(found.values()), max(0, announced - len(found))

    async def _read_through(
        self, address_of: AddressOf, oldest: date | None
    ) -> tuple[dict[str, Link], int | None]:
        found: dict[str, Link] = {}
        announced: int | None = None
        for page in count(1):
            listing = await self._listing(address_of(page))
            announced = announced if listing.announced is None else listing.announced
            self.has_counted |= announced is not None
            if not listing.links:
                _judge_empty(listing, announced, page, address_of(page))
                break
            fresh = {link.reference: link for link in listing.links if link.reference not in found}
            found |= fresh
            if not fresh or (announced is not None and len(found) >= announced) or _is_older(listing, oldest):
                break
        return found, announced

    async def _listing(self, address: str) -> Listing:
        response = await self._fetcher.get(address)
        self._on_page()
        if response.status in GONE:
            return Listing((), None)
        if response.status != 200:
            raise Failed(f"the site answers {response.status}")
        return read_listing(markup_of(response), response.url)


def markup_of(response: Response) -> str:
    """Return the text of a page; bytes that are no UTF-8 are replaced, for links and references are plain ASCII."""
    return response.body.decode("utf-8", errors="replace")


def _judge_empty(listing: Listing, announced: int | None, page: int, address: str) -> None:
    """Tell the end of a listing from an empty shell and from one whose links are no longer understood."""
    is_due = announced is not None and (page - 1) * PER_PAGE < announced
    if is_due and listing.announced is not None:
        raise Stopped(CHANGED.format(where=address))
    if is_due or (page == 1 and announced is None):
        raise Shell("no decision, and no word of how many there are")


def _is_older(listing: Listing, oldest: date | None) -> bool:
    """Say whether a listing, newest first, has come to the decisions before the wanted dates."""
    dates = [link.decided for link in listing.links if link.decided]
    return oldest is not None and bool(dates) and dates == sorted(dates, reverse=True) and dates[0] < oldest
