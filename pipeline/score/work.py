"""Scored chunks in, an output and its rejects out, which get their names only when whole; refuses a second writer.

Both are made in a work folder beside the output, `.NAME.partial`, with a journal that says how many of their bytes
count. The journal is replaced after each chunk, in one step, once the chunk's bytes are on the disk: so a run that is
ended at any moment leaves whole chunks behind, and the next one can go on after them.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import InputError, ScoringError
from pipeline.score.chunk import ScoredChunk, Tally
from pipeline.tables import check_writable, rejects_path
from pipeline.tables.names import unwritable

JOURNAL, OUTPUT, REJECTS, WHOLE, LOCK = "journal.json", "output", "rejects", "whole", "lock"


class Journal(BaseModel):
    """What is in a work folder.

    Attributes:
        made_from: what makes the output: its input, its model and its settings.
        output: bytes of the output that count.
        rejects: bytes of the rejects that count.
        tally: the counts of all finished chunks.
        is_whole: all chunks are finished, and only names are to be given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_from: dict[str, str]
    output: int = 0
    rejects: int = 0
    tally: Tally = Tally()
    is_whole: bool = False


class FileOutput:
    """An output in the making, see `open_output`."""

    def __init__(self, path: Path, journal: Journal, files: Sequence[FileIO], *, parquet: bool) -> None:
        self._path = path
        self._folder = work_folder(path)
        self._journal = journal
        self._files = files
        self._parquet = parquet

    @property
    def tally(self) -> Tally:
        """The counts of all finished chunks."""
        return self._journal.tally

    @property
    def is_whole(self) -> bool:
        """Whether all chunks are finished."""
        return self._journal.is_whole

    def start(self, head: bytes) -> None:
        """Write what the output begins with."""
        self._add(head, b"", Tally())

    def append(self, chunk: ScoredChunk) -> None:
        """Write a chunk.

        Raises:
            ScoringError: the disk is full or gone.
        """
        self._add(chunk.output, chunk.rejects, chunk.tally)

    def finish(self) -> None:
        """Give output and rejects their names, and remove the work folder.

        The journal says first that all is there: a run that is ended from here on is completed by the one that resumes
        it. An older output goes before the new rejects come, so that never the one stands beside the other's.

        Raises:
            ScoringError: the disk is full or gone.
        """
        made = self._folder / (WHOLE if self._parquet else OUTPUT)
        try:
            if not self.is_whole:
                self._make(made)
                self._save(self._journal.model_copy(update={"is_whole": True}))
            if made.exists():
                self._path.unlink(missing_ok=True)
                self._name_rejects()
                made.replace(self._path)
        except OSError as error:
            raise self._broken(error) from error
        shutil.rmtree(self._folder, ignore_errors=True)

    def _add(self, output: bytes, rejects: bytes, tally: Tally) -> None:
        old = self._journal
        try:
            for file, data in zip(self._files, (output, rejects), strict=True):
                _append(file, data)
            self._save(
                Journal(
                    made_from=old.made_from,
                    output=old.output + len(output),
                    rejects=old.rejects + len(rejects),
                    tally=old.tally + tally,
                )
            )
        except OSError as error:
            raise self._broken(error) from error

    def _make(self, made: Path) -> None:
        if self._parquet:
            from pipeline.tables.parquet import finish_parquet

            finish_parquet(self._folder / OUTPUT, made)
            with made.open("rb") as file:
                os.fsync(file.fileno())

    def _name_rejects(self) -> None:
        named, own = rejects_path(self._path), self._folder / REJECTS
        if not self._journal.rejects:
            named.unlink(missing_ok=True)  # those of an earlier run would be taken for this one's
        elif own.exists():  # otherwise they had their name before an earlier run was ended
            own.replace(named)

    def _save(self, journal: Journal) -> None:
        new = self._folder / f"{JOURNAL}.new"
        with new.open("wb", buffering=0) as file:
            _append(file, journal.model_dump_json().encode())
        new.replace(self._folder / JOURNAL)
        self._journal = journal

    def _broken(self, error: OSError) -> ScoringError:
        safe = f"{self.tally.rows:,} rows are safe in {self._folder}"
        return ScoringError(
            f"{self._path}: cannot be written ({error.strerror or error}); {safe}. "
            "Make room, then run the same command with --resume."
        )


@contextmanager
def open_output(
    path: Path, made_from: dict[str, str], head: bytes, *, resume: bool, parquet: bool
) -> Iterator[FileOutput]:
    """Open an output for writing, or go on with one that an earlier run left unfinished.

    Args:
        path: the output.
        made_from: what makes it, by name; only a run with the same ones may be resumed.
        head: what the output begins with.
        resume: keep the chunks that an earlier run finished, instead of beginning anew.
        parquet: the chunks are those of an Arrow stream, to be made Parquet at the end.

    Raises:
        InputError: a folder that cannot be written, an output that another run is writing, or one to be resumed that is
            made from something else.
    """
    folder = work_folder(path)
    with ExitStack() as stack:
        _lock(stack, path, folder)
        left = _left_behind(folder, path) if resume else None
        if left:
            _check_same(left.made_from, made_from, path)
        journal = left or Journal(made_from=made_from)
        output = FileOutput(path, journal, _opened(folder, journal, path, stack), parquet=parquet)
        try:
            if not left:
                output.start(head)
            yield output
        finally:
            if not output.tally.rows:
                shutil.rmtree(folder, ignore_errors=True)


def work_folder(path: Path) -> Path:
    """Return where an output is made.

    >>> work_folder(Path("out/scored.csv")).name
    '.scored.csv.partial'
    """
    return path.with_name(f".{path.name}.partial")


def _lock(stack: ExitStack, path: Path, folder: Path) -> None:
    """Hold a lock that ends with this process, however it ends."""
    check_writable(path)
    try:
        folder.mkdir(exist_ok=True)
        stack.enter_context(FileLock(folder / LOCK, timeout=0))
    except Timeout as error:
        raise InputError(
            f"{path}: is being written by another run; wait for it, or choose another name for --out."
        ) from error
    except OSError as error:
        raise unwritable(path, error) from error


def _left_behind(folder: Path, path: Path) -> Journal | None:
    """Return the journal of an earlier run; None where there is none that holds."""
    try:
        journal = Journal.model_validate_json((folder / JOURNAL).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    if journal.is_whole:
        return journal if any(file.exists() for file in (folder / OUTPUT, folder / WHOLE, path)) else None
    sizes = [file.stat().st_size if file.exists() else 0 for file in (folder / OUTPUT, folder / REJECTS)]
    return journal if sizes[0] >= journal.output and sizes[1] >= journal.rejects else None


def _check_same(found: dict[str, str], wanted: dict[str, str], path: Path) -> None:
    changed = [name for name, value in wanted.items() if found.get(name) != value]
    if changed:
        raise InputError(
            f"{path}: the run to resume had other {' and '.join(changed)}. Give the same ones, "
            "or leave out --resume to begin anew."
        )


def _opened(folder: Path, journal: Journal, path: Path, stack: ExitStack) -> list[FileIO]:
    """Open both files for appending, cut to the bytes that count; none, where all is written."""
    if journal.is_whole:
        return []
    try:
        if not journal.output:  # an older journal must not count the bytes of the new files
            (folder / JOURNAL).unlink(missing_ok=True)
        files = [stack.enter_context(FileIO(folder / name, "ab")) for name in (OUTPUT, REJECTS)]
        for file, size in zip(files, (journal.output, journal.rejects), strict=True):
            file.truncate(size)
    except OSError as error:
        raise unwritable(path, error) from error
    return files


def _append(file: FileIO, data: bytes) -> None:
    """Write all bytes, and wait until they are on the disk."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
    if data:
        os.fsync(file.fileno())
