"""Dates in, addresses out; a listing in, its decision links out; refuses links to other sites."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

from pipeline.schema import canonical_reference

CATEGORIES = (
    "adult-care-services",
    "children-s-care-services",
    "education",
    "housing",
    "planning",
    "benefits-and-tax",
    "environment-and-regulation",
    "transport-and-highways",
    "health",
    "other-categories",
)
PER_PAGE = 10  # links on a page of a listing

# 'href="/decisions/housing/24-000-001"' is a link, 'data-href="/x"' is none.
LINK = re.compile(r"""(?<![\w-])href\s*=\s*["']?([^"'\s>]+)""", re.I)
# "/decisions/housing/homelessness/24-005-444" and "/Decisions/housing/24-005-444" are decisions, "/decisions" none.
DECISION_PATH = re.compile(r"/decisions/(?:[^/]+/){1,2}(?P<reference>\d{2}-\d{3}-\d{3}[a-z]?)/?", re.I)
# "Your search has 1,204 results" announces a number, "12 results of care" does not.
ANNOUNCED = re.compile(r"\bsearch\s+(?:has|found|returned)\s+(?P<count>no|\d[\d,]*)\s+results?\b", re.I)
# "12-Dec-2022" and "12 December 2022" are dates, "22-007-695" is none.
DAY_MONTH_YEAR = re.compile(r"\b(\d{1,2})[ -]([A-Z][a-z]{2})[a-z]*[ -](\d{4})\b")
# "Decision date</b> : 6 Feb 2025" is the date of a decision, "date of the decision letter" is none.
DECISION_DATE = re.compile(r"Decision date(?:\s|:|&nbsp;|<[^>]*>)*(?P<date>\d{1,2}[ -][A-Z][a-z]+[ -]\d{4})")
TAG = re.compile(r"<[^>]*>")  # "<b>" is a tag, "a < b" is none


@dataclass(frozen=True, slots=True)
class Link:
    """One decision on a listing: its reference ("24 013 909"), its address, and the date printed beside it."""

    reference: str
    address: str
    decided: date | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a listing: its decisions, and how many the whole listing says that it has."""

    links: tuple[Link, ...]
    announced: int | None


@dataclass(frozen=True, slots=True)
class Search:
    """One search: an outcome code (c closed, nu not upheld, u upheld) within a window of dates, both included."""

    code: str
    start: date
    end: date

    @property
    def name(self) -> str:
        """What the journal and the log call it."""
        return f"search {self.code} {self.start}..{self.end}"

    def address(self, base: str, page: int) -> str:
        """Return the address of one page of its results, from 1.

        >>> Search("u", date(2024, 1, 1), date(2024, 1, 31)).address("http://a", 2)
        'http://a/Decisions/SearchResults?dc=u+&fd=2024-01-01&td=2024-01-31&page=2&sortOrder=descending'
        """
        dates = f"fd={self.start}&td={self.end}"
        return f"{base}/Decisions/SearchResults?dc={self.code}+&{dates}&page={page}&sortOrder=descending"


def searches(start: date, end: date, *, codes: tuple[str, ...], window_days: int) -> Iterator[Search]:
    """Yield a search for each outcome code in each window of dates, oldest first.

    >>> [search.name for search in searches(date(2024, 1, 1), date(2024, 1, 9), codes=("u",), window_days=7)]
    ['search u 2024-01-01..2024-01-07', 'search u 2024-01-08..2024-01-09']
    """
    while start <= end:
        last = min(end, start + timedelta(days=window_days - 1))
        yield from (Search(code, start, last) for code in codes)
        start = last + timedelta(days=1)


def category_address(base: str, category: str, page: int) -> str:
    """Return the address of one page of a category's listing, from 1."""
    return f"{base}/decisions/{category}?page={page}"


def read_listing(markup: str, address: str) -> Listing:
    """Return the decisions that a page links to, each once, in its order; `address` is the page's own.

    >>> page = '<a href="/decisions/housing/24-000-001?chapter=2">A</a> 2-Jan-2025 <a href="http://b/decisions/x/24-000-002">'
    >>> read_listing(page, "http://a/decisions/housing").links
    (Link(reference='24 000 001', address='http://a/decisions/housing/24-000-001', decided=datetime.date(2025, 1, 2)),)
    """
    found: dict[str, Link] = {}
    matches = list(LINK.finditer(markup))
    decisions = [(match, link) for match in matches if (link := _decision_link(match[1], address))]
    ends = [*(match.start() for match, _ in decisions[1:]), len(markup)]
    for (match, link), end in zip(
        decisions, ends, strict=False
    ):  # without a decision, there is one end too many
        beside = TAG.sub(" ", markup[match.end() : end])
        known = found.get(link.reference, link)
        found[link.reference] = Link(known.reference, known.address, known.decided or parse_date(beside))
    # The summaries beside the links may speak of searches and results too.
    above = TAG.sub(" ", markup[: decisions[0][0].start()] if decisions else markup)
    announced = ANNOUNCED.search(above)
    return Listing(tuple(found.values()), _count(announced["count"]) if announced else None)


def is_same_site(address: str, base: str) -> bool:
    """Say whether an address lies on the site, with or without www, by http or https.

    >>> is_same_site("http://lgo.org.uk/decisions", "https://www.lgo.org.uk"), is_same_site("http://a:81/", "http://a:80")
    (True, False)
    """
    return _host(address) == _host(base)


def decision_date(markup: str) -> date | None:
    """Return the date in the header of a statement's page, or None where it has none."""
    match = DECISION_DATE.search(markup)
    return parse_date(match["date"]) if match else None


def shows_reference(markup: str, reference: str) -> bool:
    """Say whether a page prints a reference as text; an address that merely ends in it does not count.

    >>> shows_reference("Leeds (24 000 001)", "24 000 001"), shows_reference("no /a/24-000-001", "24 000 001")
    (True, False)
    """
    printed = re.escape(reference).replace(r"\ ", r"(?:[ \-\xa0]|&nbsp;)")
    return re.search(rf"(?<![/\w-]){printed}(?![\w-])", markup, re.I) is not None


def parse_date(text: str) -> date | None:
    """Return the first date in a text, or None.

    >>> parse_date("Noise 12-Dec-2022"), parse_date("22-007-695")
    (datetime.date(2022, 12, 12), None)
    """
    match = DAY_MONTH_YEAR.search(text)
    if match is None:
        return None
    try:
        return datetime.strptime(" ".join(match.groups()), "%d %b %Y").date()
    except ValueError:
        return None  # "31-Feb-2022" and "12 Foo 2022" are no dates


def _decision_link(href: str, page: str) -> Link | None:
    address = urljoin(page, unescape(href))
    path = DECISION_PATH.fullmatch(urlsplit(address).path)
    reference = canonical_reference(path["reference"]) if path else None
    if reference is None or not is_same_site(address, page):
        return None
    own = urlsplit(page)
    # One form for each address, so that one page is asked for once: no query, and the scheme and host of the listing.
    return Link(reference, f"{own.scheme}://{own.netloc}{urlsplit(address).path}")


def _host(address: str) -> str:
    return urlsplit(address).netloc.lower().removeprefix("www.")


def _count(printed: str) -> int:
    return 0 if printed.lower() == "no" else int(printed.replace(",", ""))
