"""Pages in, files and journal lines out, so that a kill at any moment loses nothing; refuses nothing."""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.collect.addresses import decision_date
from pipeline.schema import received_year

RAW = Path("data") / "raw"
REPLACED = Path("data") / "replaced"  # beside raw, so that the reader never meets two prints of one case
CACHE = Path("data") / "cache"
JOURNAL = "journal.jsonl"
LICENCE = "LICENCE.md"
LICENCE_TEXT = """# Source and licence of these pages

The pages below `data/raw` are decision statements published by the Local Government and Social Care Ombudsman
({base}), stored unchanged. Their copyright is the Commission for Local Administration in England's.

They may be re-used free of charge in any format, if you

- acknowledge the source and the copyright: "Contains information from decisions published by the Local Government and
  Social Care Ombudsman (www.lgo.org.uk), copyright Commission for Local Administration in England";
- reproduce the information accurately, and do not use it in a misleading way;
- do not use it for the principal purpose of advertising or promoting a product or service.

The terms are at {base}/copyright; read them, they may have changed. `data/raw/journal.jsonl` has the address and time
of every page. A page that the journal calls withdrawn is no longer published: think before you use or pass it on.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """The newest that the journal knows of one stored page; `sha256` is that of the uncompressed bytes."""

    reference: str
    address: str
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    decided: date | None = None
    withdrawn: bool = False


@dataclass(slots=True)
class Crawl:
    """What an earlier, unfinished crawl of the same dates has done; empty for a new one."""

    resumed: bool = False
    walked: set[str] = field(default_factory=set)  # names of searches and listings
    checked: set[str] = field(default_factory=set)  # references


class RawStore:
    """The pages of one folder and the journal that tells what is known of them.

    The page is put in its place first, whole, and then told in the journal: a page without its line is fetched again,
    a line without its page cannot be.
    """

    def __init__(self, folder: Path) -> None:
        """Open a folder, make what is missing, and mend the end of a journal that a power cut tore."""
        self.folder = folder
        self.raw = folder / RAW
        self.raw.mkdir(parents=True, exist_ok=True)
        self.journal = self.raw / JOURNAL
        _drop_torn_line(self.journal)
        self.pages: dict[str, Page] = {}
        self._crawl = Crawl()
        self._crawl_key: tuple[Any, ...] | None = None
        for line in journal_lines(self.journal):
            self._learn(line)

    def path_of(self, reference: str) -> Path:
        """Return where a page is stored: by the year in which the case was received."""
        name = reference.replace(" ", "-")
        return self.raw / str(received_year(reference)) / f"{name}.html.gz"

    def begin(self, base: str, start: date, end: date) -> Crawl:
        """Begin a crawl, or go on with the last one where it has the same site and dates and was not finished."""
        key = (base, start.isoformat(), end.isoformat())
        crawl = self._crawl if key == self._crawl_key else Crawl()
        if key == self._crawl_key:
            crawl.resumed = True
            # The kill may have left half an entry there, which the site's "unchanged" would turn into a page.
            shutil.rmtree(self.folder / CACHE, ignore_errors=True)
        else:
            self.tell("begun", base=key[0], start=key[1], end=key[2])
        return crawl

    def save(self, reference: str, address: str, body: bytes, headers: Mapping[str, str | None]) -> str:
        """Store a page unless the same bytes are there already; return "new", "changed" or "unchanged"."""
        digest = hashlib.sha256(body).hexdigest()
        path, known = self.path_of(reference), self.pages.get(reference)
        what = "new" if known is None else "unchanged" if known.sha256 == digest else "changed"
        if what == "changed" and known is not None and path.exists():
            self._keep_replaced(path, known.sha256)
        if what != "unchanged" or not path.exists():
            write_whole(path, gzip.compress(body, mtime=0))
        decided = decision_date(body.decode("utf-8", errors="replace"))
        self.tell(
            what,
            reference=reference,
            address=address,
            sha256=digest,
            bytes=len(body),
            decided=decided.isoformat() if decided else None,
            **headers,
        )
        return what

    def tell(self, event: str, **about: Any) -> None:
        """Append one line to the journal, on disk when this returns."""
        line = {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds")} | about
        with self.journal.open("ab", buffering=0) as file:
            file.write((json.dumps(line, ensure_ascii=False) + "\n").encode())
            os.fsync(file.fileno())
        self._learn(line)

    def published_within(self, start: date, end: date) -> list[Page]:
        """Return the stored pages that a listing of these dates should still name; undated ones are among them."""
        return [
            page
            for page in self.pages.values()
            if not page.withdrawn and (page.decided is None or start <= page.decided <= end)
        ]

    def write_licence(self, base: str) -> None:
        """Write source, licence and attribution beside the data."""
        write_whole(self.folder / LICENCE, LICENCE_TEXT.format(base=base).encode())

    def _keep_replaced(self, path: Path, digest: str) -> None:
        kept = self.folder / REPLACED / path.parent.name / path.name.replace(".html", f".{digest[:12]}.html")
        write_whole(kept, path.read_bytes())

    def _learn(self, line: Mapping[str, Any]) -> None:
        match line["event"]:
            case "begun":
                self._crawl, self._crawl_key = Crawl(), (line["base"], line["start"], line["end"])
            case "finished":
                self._crawl_key = None
            case "walked":
                self._crawl.walked.add(line["listing"])
            case "new" | "changed" | "unchanged" | "withdrawn":
                self._crawl.checked.add(line["reference"])
                self._learn_page(line)

    def _learn_page(self, line: Mapping[str, Any]) -> None:
        known = self.pages.get(line["reference"])
        decided = line.get("decided")
        digest = line.get("sha256") or (known.sha256 if known else None)
        if digest is None:
            return  # withdrawn before it was ever stored
        self.pages[line["reference"]] = Page(
            reference=line["reference"],
            address=line["address"],
            sha256=digest,
            etag=line.get("etag") or (known.etag if known and "sha256" not in line else None),
            last_modified=line.get("last_modified")
            or (known.last_modified if known and "sha256" not in line else None),
            decided=date.fromisoformat(decided) if decided else known.decided if known else None,
            withdrawn=line["event"] == "withdrawn",
        )


def journal_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a journal, none where it does not exist."""
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that its name never stands for half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _drop_torn_line(path: Path) -> None:
    """Cut off what follows the last line break: half a line tells nothing."""
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
