"""What passes between the command and the process that crawls: the job one way, the progress the other."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipeline.params import Collect


@dataclass(frozen=True, slots=True)
class Job:
    """What to collect: decisions of these dates, both included, into this folder."""

    out: Path
    start: date
    end: date
    params: Collect


@dataclass(slots=True)
class Progress:
    """How far a crawl has come, in this run.

    `pages` and `size` (bytes) count everything that was fetched, refused answers too. `missing` is how many decisions
    the listings announced and did not show. `stopped` says why the crawl ended early.
    """

    pages: int = 0
    size: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    rejects: int = 0
    missing: int = 0
    seconds_left: float | None = None
    resumed: bool = False
    finished: bool = False
    stopped: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def decisions(self) -> int:
        """Decisions that are stored, newly or still."""
        return self.new + self.changed + self.unchanged

    @property
    def reject_rate(self) -> float:
        """Share of the decisions that could not be had."""
        failed = self.rejects + self.missing
        return failed / (self.decisions + self.withdrawn + failed) if failed else 0.0
