"""The results of a run of scoring in, a page to look through them out: one file that opens from disk, without network.

The page holds the complaints' texts: it is written only for whoever asks for it. Whatever comes from data is escaped by
the template, or put into the page as text by its one script; the page's policy lets nothing else run or load.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from pipeline.errors import InputError
from pipeline.features.view import UnusableComplaintError, complaint_column, view_of_row
from pipeline.profile import SHARE_BINS
from pipeline.schema import Ground, Outcome, Reason, View
from pipeline.score.results import UNDECIDED, Predicted, Result, Results, read_results
from pipeline.tables import Row, read_rows, rejects_path, write_text

REASONS = 5  # shown for each complaint, besides "other terms" and where the model starts from
CATEGORIES = 12  # with a line of their own
CHUNK = 2000
STATUSES = {
    Outcome.UPHELD.value: "likely upheld",
    UNDECIDED: "undecided",
    Outcome.NOT_UPHELD.value: "likely not upheld",
    Outcome.CLOSED.value: "likely closed",
}
Passing = Callable[[Iterable[Result]], Iterator[Result]]
WARNINGS = {
    "truncated": "Longer than the model reads: only its beginning counted",
    "very_short": "Very short: little to go by",
    "no_category": "No category given",
    "unseen_category": "Of a category that training has not seen",
    "out_of_distribution": "Most of its words are unknown to the model",
}


@dataclass(slots=True)
class Overview:
    """What all rows of a file come to: complaints by status, by bin of p_upheld, by category, and by warning."""

    statuses: Counter[str] = field(default_factory=Counter)
    bins: list[Counter[str]] = field(default_factory=lambda: [Counter() for _ in range(SHARE_BINS)])
    categories: dict[str, Counter[str]] = field(default_factory=dict)
    warnings: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Scored complaints."""
        return self.statuses.total()

    def add(self, result: Result) -> None:
        """Count one row."""
        status = result.predicted.status
        self.statuses[status] += 1
        self.bins[min(int(result.predicted.p_upheld * SHARE_BINS), SHARE_BINS - 1)][status] += 1
        self.categories.setdefault(result.text_of("category"), Counter())[status] += 1
        self.warnings.update(result.predicted.warnings)

    def by_category(self) -> list[tuple[str, Counter[str]]]:
        """Return the categories with most complaints, the largest first, and all others as one."""
        ranked = sorted(self.categories.items(), key=lambda item: (-item[1].total(), item[0]))
        named = [(name or "No category", counts) for name, counts in ranked[:CATEGORIES]]
        rest = sum((counts for _, counts in ranked[CATEGORIES:]), Counter[str]())
        return [*named, (f"{len(ranked) - CATEGORIES} more", rest)] if rest else named


def write_page(page: Path, results: Results, *, limit: int, passing: Passing = iter) -> None:
    """Write the page about a run of scoring; an existing page is replaced.

    Args:
        page: where to.
        results: what was scored; its bundle gives the reasons again.
        limit: complaints in the page's list, at the most, the first of the file; the overview counts all of them.
        passing: passes on the rows of the list, and may show how far they have come.

    Raises:
        InputError: a file that `upheld score` did not write, or a page that cannot be written.
    """
    overview = overview_of(results)
    write_text(page, to_html(results, overview, table_of(results, limit=limit, passing=passing)))


def overview_of(results: Results) -> Overview:
    """Return the counts over all rows of the file, and over the rejects beside it."""
    overview = Overview()
    for result in read_results(results):
        overview.add(result)
    rejects = rejects_path(results.output)
    if rejects.is_file():
        overview.rejects.update(
            str(row.values["reason"]) for row in read_rows(rejects) if isinstance(row, Row)
        )
    return overview


def table_of(results: Results, *, limit: int, passing: Passing = iter) -> dict[str, Any]:
    """Return the first `limit` rows as plain values, with the reasons of each; names that recur are numbered.

    A row is [its number, name, organisation, category, subcategory, text, p_upheld, outcome, decided, grounds,
    warnings, reasons]; a ground is [code, p], a reason [name, contribution, ground or -1, words]. Outcomes, codes,
    warnings and the names of reasons are places in the lists of those names.
    """
    heads, version = results.bundle.heads, results.bundle.version
    names: dict[str, dict[str, int]] = {key: {} for key in ("outcomes", "grounds", "warnings", "reasons")}
    rows: list[list[Any]] = []
    shown = passing(islice(read_results(results), limit))
    while chunk := list(islice(shown, CHUNK)):
        views = [_view(result, results) for result in chunk]
        predictions = heads.predict(views, version=version, explain=REASONS)
        for result, view, prediction in zip(chunk, views, predictions, strict=True):
            text = result.text_of(complaint_column(result.values))[: heads.params.view.max_chars]
            name = result.text_of("reference") or result.text_of("id")
            about = [result.number, name, view.organisation, view.category, view.subcategory, text]
            rows.append([*about, *_numbered(result.predicted, prediction.reasons, names)])
    return {"rows": rows, **{key: list(own) for key, own in names.items()}}


def _numbered(found: Predicted, reasons: tuple[Reason, ...], names: dict[str, dict[str, int]]) -> list[Any]:
    def place(key: str, name: str) -> int:
        return names[key].setdefault(name, len(names[key]))

    return [
        round(found.p_upheld, 4),
        place("outcomes", found.outcome.value),
        int(found.decided),
        [[place("grounds", ground.value), round(p, 3)] for ground, p in found.grounds],
        [place("warnings", warning) for warning in found.warnings],
        [
            [
                place("reasons", reason.name),
                round(reason.contribution, 3),
                place("grounds", reason.ground.value) if reason.ground else -1,
                list(reason.words),
            ]
            for reason in reasons
        ],
    ]


def _view(result: Result, results: Results) -> View:
    try:
        return view_of_row(result.values, results.bundle.heads.params.view)
    except UnusableComplaintError as error:
        raise InputError(
            f"{results.output}: row {result.number}: {error}. The page needs the complaints; score them again."
        ) from error


def to_html(results: Results, overview: Overview, table: dict[str, Any]) -> str:
    """Return the page: `overview` drawn, `table` for its script."""
    folder = files("pipeline.score")
    page, script, style = (
        (folder / f"triage.{kind}").read_text(encoding="utf-8") for kind in ("html", "js", "css")
    )
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"count": "{:,}".format, "percent": _percent}
    head = results.bundle.heads.outcome
    return environment.from_string(page).render(
        results=results,
        overview=overview,
        table=table | {"titles": {ground.value: ground.title for ground in Ground}, "notes": WARNINGS},
        rate=float(head.target_shares()[list(head.classes_).index(Outcome.UPHELD.value)]),
        rate_given=head.upheld_rate is not None,
        statuses={status: title for status, title in STATUSES.items() if overview.statuses[status]},
        tallest=max(1, *(counts.total() for counts in overview.bins)),
        warnings=WARNINGS,
        script=Markup(script),  # noqa: S704  # the page's own
        style=Markup(style),  # noqa: S704
        hashes={"script": _digest(script), "style": _digest(style)},
    )


def _digest(text: str) -> str:
    """Return the hash by which the page's policy knows its one script and its one style sheet."""
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"
