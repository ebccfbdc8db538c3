"""A chunk of rows in, the bytes of its output and of its rejects out: what a worker process does."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from pipeline.bundle import Bundle
from pipeline.profile import Profile
from pipeline.schema import Reject
from pipeline.score.columns import flat
from pipeline.score.rows import ScoredRows, score_rows
from pipeline.tables import Encoder, JsonlEncoder, Row
from pipeline.tables.writing import compressed

MAX_REASONS = (
    1_000  # counted by name; a reason names columns, and each line of JSONL may have columns of its own
)
OTHER_REASONS = "other reasons"


class Tally(BaseModel):
    """What became of rows, counted; `a + b` counts both.

    Attributes:
        outcomes: scored rows by the more likely outcome.
        reasons: refused rows by reason.
        profile: the scored rows as a set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcomes: dict[str, Annotated[int, Field(ge=0)]] = {}
    reasons: dict[str, Annotated[int, Field(ge=0)]] = {}
    profile: Profile = Profile()

    @classmethod
    def of(cls, found: ScoredRows) -> Self:
        """Count what `score_rows` returned."""
        return cls(
            outcomes=Counter(row["outcome"] for row in found.rows),
            reasons=Counter(reject.reason for reject in found.rejects),
            profile=found.profile,
        )

    @property
    def rows(self) -> int:
        """All rows, scored or refused."""
        return sum(self.outcomes.values()) + sum(self.reasons.values())

    def __add__(self, other: Self) -> Self:
        """Return the counts of both."""
        reasons = Counter(self.reasons)
        for reason, count in other.reasons.items():
            reasons[reason if reason in reasons or len(reasons) < MAX_REASONS else OTHER_REASONS] += count
        outcomes = Counter(self.outcomes) + Counter(other.outcomes)
        return type(self)(outcomes=outcomes, reasons=reasons, profile=self.profile + other.profile)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows that follow each other, and the share of the input read up to their end; None: unknown."""

    rows: list[Row | Reject]
    share: float | None = None


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """What became of a chunk: the bytes to be written, and the counts."""

    output: bytes
    rejects: bytes
    tally: Tally
    share: float | None


@dataclass(frozen=True, slots=True)
class Task:
    """All that a worker needs to know to score chunks; can be pickled.

    Attributes:
        bundle: the model.
        encoder: writes rows.
        compression: "gzip", "zstd" or None.
        flat: lists become text, as CSV needs it.
        explain: how many reasons to add.
        fields: which column holds which field, see `score_rows`.
        names: the name under which each column is passed on; None: found for each row.
    """

    bundle: Bundle
    encoder: Encoder
    compression: str | None = None
    flat: bool = False
    explain: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] | None = None

    def score(self, chunk: Chunk) -> ScoredChunk:
        """Score a chunk."""
        found = score_rows(
            chunk.rows, self.bundle, explain=self.explain, fields=self.fields, names=self.names
        )
        rows = [flat(row) for row in found.rows] if self.flat else found.rows
        output = compressed(self.encoder.encode(rows), self.compression)
        return ScoredChunk(output, reject_lines(found.rejects), Tally.of(found), chunk.share)


def reject_lines(rejects: Sequence[Reject]) -> bytes:
    """Return rejects as lines of JSON."""
    return JsonlEncoder().encode([{"row": r.row, "where": r.where, "reason": r.reason} for r in rejects])
