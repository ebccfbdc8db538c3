"""A file of complaints in, the same rows with predictions out; rows that cannot be scored go to a file of rejects."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline.bundle import Bundle
from pipeline.params import Score
from pipeline.profile import Profile
from pipeline.schema import Outcome, Reject
from pipeline.score.chunk import Chunk, Task
from pipeline.score.output import Output, StandardOutput
from pipeline.score.plan import Options, check_paths, input_format, output_format, task_for
from pipeline.score.work import open_output, work_folder
from pipeline.score.workers import Workers
from pipeline.tables import STANDARD, Format, Row, Table, open_table, rejects_path
from pipeline.tables.writing import compressed

if TYPE_CHECKING:
    from pipeline.score.drift import Drift

MAX_CHUNK_TEXT = 8_000_000  # characters, from which on a chunk ends before it has all its rows
EDGE = 1 << 20  # bytes at both ends of an input by which it is known again

Advance = Callable[[int, float | None], None]


@dataclass(frozen=True, slots=True)
class ScoringSummary:
    """What happened to the rows of a file: every one is counted in `outcomes` or in `rejects`.

    Attributes:
        output: where the scored rows are; a string, where Spark put them.
        outcomes: scored rows by the more likely outcome.
        rejects: refused rows by reason.
        profile: the scored rows as a set.
        rejects_file: where the refused rows are; None where there are none.
        resumed: how many of all rows had been done by the run that this one went on with.
        drift: what sets the scored rows apart from training; None where that was not looked at.
        report: the page about them; None where none was wanted.
    """

    output: Path | str
    outcomes: Mapping[str, int]
    rejects: Mapping[str, int]
    profile: Profile
    rejects_file: Path | str | None = None
    resumed: int = 0
    drift: "Drift | None" = None
    report: Path | None = None

    @property
    def scored(self) -> int:
        """Rows with a prediction."""
        return sum(self.outcomes.values())

    @property
    def upheld(self) -> int:
        """Rows more likely upheld."""
        return self.outcomes.get(Outcome.UPHELD, 0)

    @property
    def abstained(self) -> int:
        """Rows on which the model abstains."""
        return self.profile.undecided

    @property
    def refused(self) -> int:
        """Rows without a prediction."""
        return sum(self.rejects.values())

    @property
    def reject_rate(self) -> float:
        """Share of the rows that were refused."""
        return self.refused / (self.refused + self.scored) if self.refused else 0.0


def score_file(
    source: Path,
    output: Path,
    *,
    bundle: Bundle,
    params: Score,
    advance: Advance,
    options: Options | None = None,
    workers: Workers | None = None,
) -> ScoringSummary:
    """Score a file chunk by chunk, over all cores where it is long; the output gets its name only when it is whole.

    Args:
        source: complaints, or "-" for standard input.
        output: the same rows with predictions, or "-" for standard output; columns of `source` are passed through.
        bundle: the model.
        params: chunk size and formula guard.
        advance: called after every chunk with the number of its rows and the share of the input done so far, None where
            that is unknown; before, with the rows that an earlier run did and a share of 0.
        options: what else is wanted.
        workers: processes, where some have been started already.

    Raises:
        InputError: a source that cannot be read at all or has no complaint column, an output that cannot be written or
            that another run is writing, or an interrupted run of something else to resume.
        ScoringError: scoring that broke off; what is finished is safe, and can be resumed.
    """
    options = options or Options()
    check_paths(source, output, options)
    with ExitStack() as stack:
        table = stack.enter_context(open_table(source, input_format(source, options)))
        form = output_format(output, table.format, options)
        task = task_for(
            source, table, form, bundle=bundle, neutralise=params.neutralise_formulas, options=options
        )
        head = compressed(task.encoder.head(), form.compression)
        if output == STANDARD:
            out: Output = StandardOutput(head)
            scratch = Path(stack.enter_context(TemporaryDirectory()))
        else:
            made_from = _made_from(source, task, (table.format, form), params)
            parquet = form.kind == "parquet"
            out = stack.enter_context(
                open_output(output, made_from, head, resume=options.resume, parquet=parquet)
            )
            scratch = work_folder(output)
        resumed = out.tally.rows
        if resumed:
            advance(resumed, 0.0)
        if not out.is_whole:
            pool = workers or stack.enter_context(Workers())
            for chunk in pool.score(_chunks(table, resumed, params.chunk_rows), task, scratch):
                out.append(chunk)
                advance(chunk.tally.rows, chunk.share)
        out.finish()
    return _summary(output, out, resumed)


def _chunks(table: Table, passed: int, size: int) -> Iterator[Chunk]:
    """Yield the rows after so many in chunks of `size`, shorter ones where rows are long."""
    rows = islice(table.rows, passed, None)
    chunk: list[Row | Reject] = []
    text = 0
    for row in rows:
        chunk.append(row)
        text += _text(row)
        if len(chunk) == size or text > MAX_CHUNK_TEXT:
            passed += len(chunk)
            yield Chunk(chunk, table.share_read(passed))
            chunk, text = [], 0
    if chunk:
        yield Chunk(chunk, 1.0)


def _text(row: Row | Reject) -> int:
    if isinstance(row, Reject):
        return 0
    return sum(len(value) for value in row.values.values() if isinstance(value, str))


def _made_from(source: Path, task: Task, forms: tuple[Format, Format], params: Score) -> dict[str, str]:
    """Return what an output is made from, by what a person would call it."""
    if source == STANDARD:
        return {}
    bundle = task.bundle
    settings = (
        params.chunk_rows,
        params.neutralise_formulas,
        task.explain,
        sorted(task.fields.items()),
        *((form.kind, form.compression) for form in forms),
    )
    return {
        "input": _known_again(source),
        "model": f"{bundle.version} {bundle.manifest['weights_digest']} {bundle.heads.outcome.upheld_rate}",
        "settings": json.dumps(settings),
    }


def _known_again(source: Path) -> str:
    """Return by what a file is known again: its path, size, time and both ends; to read all of it would take long."""
    found = source.stat()
    digest = hashlib.sha256()
    with source.open("rb") as file:
        digest.update(file.read(EDGE))
        file.seek(max(found.st_size - EDGE, 0))
        digest.update(file.read(EDGE))
    return f"{source} {found.st_size} {found.st_mtime_ns} {digest.hexdigest()}"


def _summary(output: Path, out: Output, resumed: int) -> ScoringSummary:
    tally = out.tally
    rejects_file = rejects_path(output) if tally.reasons and output != STANDARD else None
    return ScoringSummary(output, tally.outcomes, tally.reasons, tally.profile, rejects_file, resumed)
