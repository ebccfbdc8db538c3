"""What a corpus is made of: enter decisions and rejects, one at a time, leave counts; no text is kept."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pipeline.labels.grounds import FALL_BACK
from pipeline.schema import Decision, Reject


@dataclass(slots=True)
class CorpusReport:
    """Counts of what came in and what became of it.

    `documents` are raw documents for `read` (one may hold several decisions) and rows for `label`. `rejects` are
    counted by the phrase of their reason, `years` by the financial year of receipt (None: not known).

    >>> report = CorpusReport(documents=2)
    >>> report.add(Decision(reference="24 013 909", organisation="X", outcome="upheld", complaint="It is slow."))
    >>> report.add(Reject("a.txt", "empty document: check the download"))
    >>> report.years[2024], report.rejects["empty document"], report.reject_rate, report.share_with_grounds
    (1, 1, 0.5, None)
    """

    documents: int = 0
    decisions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    years: Counter[int | None] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    labelled: int = 0
    with_grounds: int = 0
    with_citations: int = 0

    def add(self, item: Decision | Reject) -> None:
        """Count one decision or reject."""
        if isinstance(item, Reject):
            self.rejects[item.reason.split(":")[0]] += 1
            return
        self.decisions += 1
        self.outcomes[item.outcome.value] += 1
        self.years[item.received_year] += 1
        self.labelled += bool(item.grounds)
        self.with_grounds += any(ground not in FALL_BACK.values() for ground in item.grounds)
        self.with_citations += bool(item.grounds and item.citations)

    @property
    def reject_rate(self) -> float:
        """Share of the decisions and rejects that were refused, in [0, 1]."""
        refused = self.rejects.total()
        return refused / (self.decisions + refused) if refused else 0.0

    @property
    def share_with_grounds(self) -> float | None:
        """Share of the labelled decisions with a ground that is no fall-back; None where none is labelled."""
        return self.with_grounds / self.labelled if self.labelled else None

    @property
    def share_with_citations(self) -> float | None:
        """Share of the labelled decisions that cite a statute; None where none is labelled."""
        return self.with_citations / self.labelled if self.labelled else None

    def as_json(self) -> dict[str, Any]:
        """Return the counts and shares as JSON takes them, years in their order."""
        years = sorted(self.years.items(), key=lambda pair: pair[0] or 0)
        return {
            "documents": self.documents,
            "decisions": self.decisions,
            "rejects": self.rejects.total(),
            "reject_rate": self.reject_rate,
            "rejects_by_reason": dict(self.rejects.most_common()),
            "outcomes": dict(self.outcomes.most_common()),
            "years_of_receipt": {"unknown" if year is None else str(year): count for year, count in years},
            "share_with_grounds": self.share_with_grounds,
            "share_with_citations": self.share_with_citations,
        }
