"""A site on 127.0.0.1 that behaves like the Ombudsman's, made from retold cases, with faults switched on by tests."""

import gzip
import hashlib
import html
import json
import re
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.collect.addresses import CATEGORIES
from pipeline.collect.job import Job
from pipeline.params import Collect, Params

CASES = Path(__file__).parents[2] / "pipeline" / "corpus" / "cases.jsonl"
PRINTED = {
    "upheld": ("u", "Upheld"),
    "not_upheld": ("nu", "Not upheld"),
    "closed_after_initial_enquiries": ("c", "Closed after initial enquiries"),
}
START, END = date(2024, 1, 1), date(2024, 3, 31)


@dataclass
class Request:
    """One request as the site saw it."""

    at: float
    path: str
    agent: str
    is_conditional: bool
    status: int = 0


def slug(title: str) -> str:
    return re.sub(r"[^a-z]+", "-", title.lower().replace("'", "-")).strip("-")


def path_of(case: dict[str, Any]) -> str:
    reference = case["reference"].replace(" ", "-")
    category = slug(case["category"])
    if int(reference[9]) % 2:  # both forms of an address
        return f"/decisions/{category}/{reference}"
    return f"/decisions/{category}/{slug(case['subcategory'])}/{reference}"


def page_of(case: dict[str, Any]) -> str:
    """Print a case as the site does: layout 4."""
    decided = date.fromisoformat(case["decision_date"]).strftime("%d %b %Y")
    header = [
        f"Category : {case['category']} > {case['subcategory']}",
        f"Decision : {PRINTED[case['outcome']][1]}",
        f"Decision date : {decided}",
        "The Ombudsman's final decision:",
        f"Summary: {case['summary']}",
    ]
    parts = [f"<h1>{html.escape(case['organisation'])} ({case['reference']})</h1>"]
    parts += [f"<p>{html.escape(line)}</p>" for line in header]
    sections = [
        ("The complaint", case["complaint"].split("\n")),
        ("Final decision", ["I have decided this."]),
    ]
    for heading, lines in sections:
        parts.append(f"<h2>{heading}</h2><ol>{list_items(lines)}</ol><a href='#top'>Back to top</a>")
    menu = "<nav><a href='/'>Home</a><a href='https://elsewhere.example/'>Else</a></nav>"
    return f"<!doctype html><html><body>{menu}<main>{''.join(parts)}</main></body></html>"


def list_items(lines: list[str]) -> str:
    """Nest the points ("- ...") of a complaint under the paragraph before."""
    items: list[list[str]] = []
    for line in lines:
        if line.startswith("- ") and items:
            items[-1].append(line[2:])
        else:
            items.append([line])
    made = []
    for first, *points in items:
        nested = "".join(f"<li>{html.escape(point)}</li>" for point in points)
        made.append(f"<li>{html.escape(first)}{f'<ul>{nested}</ul>' if nested else ''}</li>")
    return "".join(made)


@dataclass
class Site:
    """The cases that are published, how the listings print them, the faults, and every request that came."""

    cases: list[dict[str, Any]]
    base: str = ""
    robots: str = "User-agent: *\nDisallow: /private\n"
    search: str = "works"  # works, shell, changed, uncounted
    categories: str = "work"  # work, changed
    extra_links: str = ""
    hidden: str = ""  # a reference that the listings count and do not show
    requests: list[Request] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    before_answer: Callable[[str], None] = lambda path: None

    def paths(self) -> list[str]:
        return [path_of(case) for case in self.cases]

    def asked(self, prefix: str) -> list[Request]:
        return [request for request in self.requests if request.path.startswith(prefix)]

    def decisions_asked(self) -> list[str]:
        return [request.path for request in self.requests if re.search(r"/\d\d-\d{3}-\d{3}$", request.path)]

    def page(self, path: str, query: dict[str, list[str]]) -> str | None:
        number = int(query.get("page", ["1"])[0])
        if path == "/robots.txt":
            return self.robots
        if path == "/about":
            return "<html><body>About us</body></html>"
        if path == "/Decisions/SearchResults":
            return self._search_page(query, number)
        if path.removeprefix("/decisions/") in CATEGORIES:
            mine = [case for case in self.cases if slug(case["category"]) == path.removeprefix("/decisions/")]
            return self._listing(mine, number, changed=self.categories == "changed", counted=False)
        case = next((case for case in self.cases if path_of(case) == path), None)
        return page_of(case) if case else None

    def _search_page(self, query: dict[str, list[str]], number: int) -> str:
        if self.search == "shell":
            return "<html><body><form>Search our decisions</form></body></html>"
        codes, first, last = query["dc"][0].split(), query["fd"][0], query["td"][0]
        found = [
            case
            for case in self.cases
            if PRINTED[case["outcome"]][0] in codes and first <= case["decision_date"] <= last
        ]
        return self._listing(
            found, number, changed=self.search == "changed", counted=self.search != "uncounted"
        )

    def _listing(self, cases: list[dict[str, Any]], number: int, *, changed: bool, counted: bool) -> str:
        newest = sorted(cases, key=lambda case: (case["decision_date"], case["reference"]), reverse=True)
        shown = newest[(number - 1) * 10 : number * 10]
        entries = "".join(
            self._entry(case, changed=changed) for case in shown if case["reference"] != self.hidden
        )
        count = f"<h2>Your search has {len(cases)} results</h2>" if counted else ""
        return (
            f"<html><body>{count}<ul>{entries}</ul>{self.extra_links}<a href='?page=2'>Next</a></body></html>"
        )

    def _entry(self, case: dict[str, Any], *, changed: bool) -> str:
        printed = date.fromisoformat(case["decision_date"]).strftime("%d-%b-%Y")
        href = f"/case?id={case['reference'][:2]}" if changed else f"{path_of(case)}?displaypref=1"
        about = f"Statement {PRINTED[case['outcome']][1]} {case['subcategory']} {printed}"
        title = f"{case['organisation']} ({case['reference']})"
        return f"<li><a href='{href}'>{html.escape(title)}</a><p>{html.escape(about)}</p></li>"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.seen = Request(
            time.monotonic(), self.path, self.headers["User-Agent"], "If-None-Match" in self.headers
        )
        self.site.requests.append(self.seen)
        self.site.before_answer(address.path)
        faults = self.site.faults.get(address.path)
        fault = faults.pop(0) if faults else None
        if fault:
            getattr(self, f"_{fault.split()[0]}")(*fault.split()[1:])
        else:
            self._answer(self.site.page(address.path, parse_qs(address.query)))

    def _answer(self, page: str | None) -> None:
        if page is None:
            self._status("404")
            return
        body = page.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        packed = {"Content-Encoding": "gzip"} if "gzip" in (self.headers["Accept-Encoding"] or "") else {}
        if self.headers["If-None-Match"] == etag:
            self._send(304, b"", ETag=etag, **packed)
        else:
            self._send(200, gzip.compress(body) if packed else body, ETag=etag, **packed)

    def _status(self, code: str, retry_after: str | None = None) -> None:
        self._send(int(code), b"<html>sorry</html>", **({"Retry-After": retry_after} if retry_after else {}))

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _stall(self) -> None:
        time.sleep(1.5)
        self.close_connection = True

    def _truncate(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(b"<html><body>half a pa")
        self.close_connection = True

    def _cut(self) -> None:
        self._send(200, b"<html><body>half a page, whole by its length")

    def _garble(self) -> None:
        self._send(200, b"this was never packed", **{"Content-Encoding": "gzip"})

    def _flood(self) -> None:
        self._send(200, b"<html>" + b"x" * 6_000_000 + b"</html>")

    def _loop(self) -> None:
        self._send(302, b"", Location=self.path)

    def _redirect(self, target: str) -> None:
        self._send(302, b"", Location=target)

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.seen.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: Any) -> None:
        """Stay silent: clients are killed here on purpose."""


def _cases(count: int) -> list[dict[str, Any]]:
    """Take cases of every outcome and put them in the dates of the tests; the words stay as they are."""
    known = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    usable = [
        case
        for case in known
        if case["complete"]
        and case["summary"]
        and case["subcategory"]
        and slug(case["category"]) in CATEGORIES
        and not re.search(r":\n(?!- )", case["complaint"])  # unmarked points, which the reader marks
    ]
    days = (END - START).days
    step = len(usable) // count
    return [
        case | {"decision_date": date.fromordinal(START.toordinal() + number * days // count).isoformat()}
        for number, case in enumerate(usable[::step][:count])
    ]


def _serve(site: Site) -> Iterator[Site]:
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    site.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    """24 decisions of three months: more than one page of results for one outcome."""
    yield from _serve(Site(_cases(24)))


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    """Another site, which nobody may ask for anything."""
    yield from _serve(Site(_cases(1)))


@pytest.fixture
def job(site: Site, params: Params, tmp_path: Path) -> Job:
    quick = {
        "base_url": site.base,
        "contact": "tests@example.org",
        "delay_seconds": 0.01,
        "timeout_seconds": 0.7,
        "window_days": 91,
    }
    settings = params.collect.model_dump() | quick
    return Job(tmp_path / "out", START, END, Collect.model_validate(settings))
