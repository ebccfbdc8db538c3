"""Scored chunks in, what a reader gets out: a file that is whole or not there, or standard output."""

import sys
from typing import BinaryIO, Protocol

from pipeline.errors import InputError
from pipeline.score.chunk import ScoredChunk, Tally


class Output(Protocol):
    """Where chunks go."""

    @property
    def tally(self) -> Tally:
        """The counts of what has been written, by this run and by the one that it resumes."""

    @property
    def is_whole(self) -> bool:
        """Whether an earlier run had written all chunks, and only had to be finished."""

    def append(self, chunk: ScoredChunk) -> None:
        """Write a chunk."""

    def finish(self) -> None:
        """End the output after its last chunk."""


class StandardOutput:
    """Rows go to standard output at once, rejects to standard error as JSON; what is written counts at once."""

    is_whole = False

    def __init__(self, head: bytes) -> None:
        self.tally = Tally()
        _write(sys.stdout.buffer, head)

    def append(self, chunk: ScoredChunk) -> None:
        """Write a chunk.

        Raises:
            InputError: nobody takes it any more.
        """
        _write(sys.stdout.buffer, chunk.output)
        _write(sys.stderr.buffer, chunk.rejects)
        self.tally += chunk.tally

    def finish(self) -> None:
        """Do nothing: all is written."""


def _write(stream: BinaryIO, data: bytes) -> None:
    try:
        stream.write(data)
        stream.flush()
    except OSError as error:
        raise InputError(
            f"standard output: cannot be written ({error.strerror}); write to a file with --out FILE."
        ) from error
