"""Cases with a text under suspicion in, a verdict per test out: is the outcome already written into this text?

A test *fails* where the text states the outcome, and *warns* where something about it betrays the outcome that a new
complaint would not have. Thresholds are in params.yaml (evaluate.leak_auc, evaluate.leak_share).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from pipeline.errors import CorpusError
from pipeline.evaluate.metrics import Bootstrap, Ints
from pipeline.evaluate.phrases import SURE, Revealing, folded, revealing_phrases, sentences
from pipeline.evaluate.probes import AuditCase, Probe, Protocol, probe_all
from pipeline.params import Params
from pipeline.split import near_duplicate_groups

Status = Literal["pass", "warn", "fail"]

MIN_CASES = 30  # of each outcome
NOTABLE_AUC = 0.6  # from which something that holds no content tells too much
SHOWN = 6

# "12 May 2024"; a year alone is dated by its first of January, the earliest it can mean. "Housing Act 2004" is a law.
_DATE = re.compile(
    r"(?<![\w£])(?:(?P<day>\d{1,2})\s+)?(?P<month>January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\s+(?P<year>20\d\d)\b|(?<![\d£/.,-])\b(?P<alone>20\d\d)\b(?![/.,]\d)"
)
_MONTHS = (
    "January February March April May June July August September October November December".split()
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one test found: pass, warn or fail, in a sentence, and the phrases or sentences it rests on."""

    test: str
    status: Status
    finding: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """The verdicts of every test on one field, and the number of cases behind them."""

    field: str
    cases: int
    upheld: int
    verdicts: list[Verdict]

    @property
    def leaks(self) -> bool:
        """True where any test fails."""
        return any(verdict.status == "fail" for verdict in self.verdicts)


def audit(cases: Sequence[AuditCase], field: str, params: Params) -> Audit:
    """Return the verdicts on n cases, upheld and closed.

    Args:
        cases: n cases; their `text` is the field under suspicion.
        field: its name; "summary" is not compared with itself.
        params: `evaluate` for thresholds and folds, `split.duplicate_similarity`.

    Raises:
        CorpusError: fewer than 30 cases of an outcome: no model could be tried.
    """
    upheld = np.array([case.upheld for case in cases], dtype=np.intp)
    if min(upheld.sum(), len(upheld) - upheld.sum()) < MIN_CASES:
        raise CorpusError(
            f"corpus: {int(upheld.sum())} upheld and {int(len(upheld) - upheld.sum())} closed cases have the field "
            f"{field}; each must have at least {MIN_CASES}. Add cases, or name another field."
        )
    texts = [case.text for case in cases]
    groups = near_duplicate_groups(texts, params.split.duplicate_similarity)
    settings = params.evaluate
    protocol = Protocol(
        groups, settings.folds, settings.length_band, Bootstrap(settings.bootstrap, params.seed)
    )
    phrases = revealing_phrases([case.reference for case in cases], texts, upheld)
    verdicts = [
        *_probe_verdicts(probe_all(cases, protocol), settings.leak_auc),
        _phrase_verdict(phrases, settings.leak_share),
        *_copy_verdicts(cases, field, settings.leak_share),
        _duplicate_verdict(cases, groups),
        _date_verdict(cases, settings.leak_share),
    ]
    return Audit(field, len(cases), int(upheld.sum()), verdicts)


def dates_after_receipt(text: str, received_year: int) -> list[str]:
    """Return the dates in a text that lie after the financial year of receipt.

    >>> dates_after_receipt("In May 2019 he asked; on 3 June 2021 it replied.", 2019)
    ['3 June 2021']
    """
    last = date(received_year + 1, 3, 31)
    return [match[0] for match in _DATE.finditer(text) if _earliest(match) > last]


def _earliest(match: re.Match[str]) -> date:
    if match["alone"]:
        return date(int(match["alone"]), 1, 1)
    day = (
        min(int(match["day"] or 1), 28) or 1
    )  # no month is too short for it, and no verdict turns on three days
    return date(int(match["year"]), _MONTHS.index(match["month"]) + 1, day)


def _probe_verdicts(probes: dict[str, Probe], limit: float) -> Iterator[Verdict]:
    matched, plain = "length-matched AUC", "AUC"
    for name, figure, notable in (
        ("text", matched, 1.0),
        ("first sentence", matched, 1.0),
        ("style", matched, NOTABLE_AUC),
        ("length", plain, NOTABLE_AUC),
        ("organisation", plain, NOTABLE_AUC),
    ):
        estimate = probes[name].matched_auc if figure == matched else probes[name].auc
        status: Status = "fail" if estimate.value >= limit else "warn" if estimate.low >= notable else "pass"
        reading = {
            "fail": f"it gives the outcome away (limit {limit})",
            "warn": "a new complaint will not have this: let no feature follow it",
            "pass": "no sign that it states the outcome",
        }[status]
        beside = f", AUC {probes[name].auc.value:.3f}" if figure == matched else ""
        yield Verdict(f"{name} only", status, f"{figure} {estimate}{beside}; {reading}")


def _phrase_verdict(found: Revealing, limit: float) -> Verdict:
    evidence = [
        line
        for phrase in found.phrases
        for line in (
            f'"{phrase.words}": {phrase.agree} of {phrase.cases} cases {phrase.outcome}',
            *(f"    {sentence}" for sentence in phrase.sentences),
        )
    ]
    status: Status = "fail" if found.share >= limit else "warn" if found.share else "pass"
    finding = f"{found.share:.1%} of the cases hold a phrase that surely goes with one outcome (in {SURE:.0%} or more)"
    return Verdict("revealing phrases", status, finding, tuple(evidence))


def _copy_verdicts(cases: Sequence[AuditCase], field: str, limit: float) -> Iterator[Verdict]:
    sources: dict[str, Callable[[AuditCase], str]] = {
        "final_decision": lambda case: case.final_decision,
        "summary": lambda case: case.summary,
    }
    for source, of in sources.items():
        if source == field:
            continue
        have = sum(bool(of(case)) for case in cases)
        copies = [(case.reference, copied) for case in cases if (copied := _copied(case.text, of(case)))]
        share = len(copies) / len(cases)
        # A summary often opens with the complaint word for word: copying that tells nothing of the outcome.
        worst: Status = "fail" if source == "final_decision" else "warn"
        status: Status = worst if share >= limit else "warn" if copies else "pass"
        finding = (
            f"{len(copies)} of {len(cases)} cases hold a sentence of their {source}"
            if have
            else f"no case has a {source} to compare with"
        )
        evidence = [f"{reference}: {sentence}" for reference, copied in copies for sentence in copied[:1]]
        yield Verdict(f"copied from {source}", status, finding, tuple(evidence[:SHOWN]))


def _copied(text: str, source: str) -> list[str]:
    there = {folded(sentence) for sentence in sentences(source)}
    return [sentence for sentence in sentences(text) if folded(sentence) in there]


def _duplicate_verdict(cases: Sequence[AuditCase], groups: Ints) -> Verdict:
    exact = len(cases) - len({folded(case.text) for case in cases})
    _, members, counts = np.unique(groups, return_inverse=True, return_counts=True)
    near = int((counts - 1).sum())
    years: dict[int, set[int | None]] = {}
    for case, group in zip(cases, members.tolist(), strict=True):
        years.setdefault(group, set()).add(case.received_year)
    across = [group for group, own in years.items() if len(own) > 1]
    evidence = [
        " / ".join(case.reference for case, own in zip(cases, members.tolist(), strict=True) if own == group)
        for group in across[:SHOWN]
    ]
    return Verdict(
        "duplicates",
        "warn" if near else "pass",
        f"{exact} exact and {near} near-duplicates; {len(across)} groups span years of receipt, so that a split by "
        "time would have them on both sides unless it keeps groups together",
        tuple(evidence),
    )


def _date_verdict(cases: Sequence[AuditCase], limit: float) -> Verdict:
    dated = [case for case in cases if case.received_year]
    late = [
        (case.reference, found)
        for case in dated
        if case.received_year and (found := dates_after_receipt(case.text, case.received_year))
    ]
    share = len(late) / max(len(dated), 1)
    return Verdict(
        "dates after receipt",
        "fail" if share >= limit else "warn" if late else "pass",
        f"{len(late)} of {len(dated)} cases with a year of receipt name a later date",
        tuple(f"{reference}: {', '.join(found)}" for reference, found in late[:SHOWN]),
    )
