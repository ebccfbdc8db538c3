"""How well the rules of `pipeline.labels` find the hand-read grounds, on cases that no rule was written from.

Before the first rule was written a quarter of the corpus was set aside: every case whose reference has
`int(sha256(reference), 16) % 4 == 0`. Nobody read those cases while writing rules; the rules were written and corrected
on the other three quarters only. Each case shows the rules its summary and nothing else (no sections, no final
decision); the outcome is the header's, the hand-read grounds are removed first. The summaries are retold in our own
words, which is harder than the formulas of the originals.

Run: python benchmarks/grounds.py
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

import pipeline
from pipeline.labels import Labeller
from pipeline.schema import Decision, Ground, Outcome

CORPUS = Path(pipeline.__file__).parent / "corpus" / "cases.jsonl"
DRAWS = 2_000
SEED = 0

Pair = tuple[frozenset[Ground], frozenset[Ground]]  # hand-read, found


def set_aside(reference: str) -> bool:
    return int(hashlib.sha256(reference.encode()).hexdigest(), 16) % 4 == 0


def read_cases() -> list[Decision]:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    decisions = (Decision.model_validate_json(line) for line in lines)
    return [decision for decision in decisions if set_aside(decision.reference)]


def summary_alone(decision: Decision) -> Decision:
    hidden = {"grounds": (), "primary_ground": None, "sections": {}, "final_decision": None, "citations": ()}
    return decision.model_copy(update=hidden)


def counts(pairs: Iterable[Pair]) -> Counter[tuple[Ground, str]]:
    """Hits, false alarms and misses of each ground."""
    tally: Counter[tuple[Ground, str]] = Counter()
    for truth, found in pairs:
        tally.update((ground, "hit") for ground in truth & found)
        tally.update((ground, "alarm") for ground in found - truth)
        tally.update((ground, "miss") for ground in truth - found)
    return tally


def f1(hit: float, alarm: float, miss: float) -> float:
    return 2 * hit / (2 * hit + alarm + miss) if hit else 0.0


def micro_f1(pairs: Iterable[Pair]) -> float:
    sizes = [(len(truth & found), len(found - truth), len(truth - found)) for truth, found in pairs]
    return f1(*np.sum(sizes, axis=0))


def interval(pairs: Sequence[Pair]) -> tuple[float, float]:
    """The middle 95 % of micro-F1 over resampled cases."""
    sizes = np.array([(len(t & f), len(f - t), len(t - f)) for t, f in pairs])
    draws = np.random.default_rng(SEED).integers(len(sizes), size=(DRAWS, len(sizes)))
    scores = [f1(*sizes[draw].sum(axis=0)) for draw in draws]
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def print_table(pairs: Sequence[Pair]) -> None:
    tally = counts(pairs)
    scores = []
    print(f"{'ground':<24}{'support':>8}{'precision':>10}{'recall':>8}{'F1':>7}")
    for ground in Ground:
        hit, alarm, miss = (tally[ground, kind] for kind in ("hit", "alarm", "miss"))
        if hit + miss:
            scores.append(f1(hit, alarm, miss))
            precision = hit / (hit + alarm) if hit else 0.0
            print(
                f"{ground.value:<24}{hit + miss:>8}{precision:>10.2f}{hit / (hit + miss):>8.2f}{scores[-1]:>7.2f}"
            )
    print(f"macro-F1 over {len(scores)} grounds with support: {np.mean(scores):.3f}")


def print_micro(name: str, pairs: Sequence[Pair]) -> None:
    low, high = interval(pairs)
    print(f"micro-F1, {name:<22} {micro_f1(pairs):.3f} [{low:.3f}, {high:.3f}]  {len(pairs)} cases")


def main() -> None:
    cases = read_cases()
    labeller = Labeller()
    labeller.label(cases[0])
    start = time.perf_counter()
    found = [labeller.label(summary_alone(case)) for case in cases]
    seconds = time.perf_counter() - start
    pairs = [
        (frozenset(case.grounds), frozenset(label.grounds)) for case, label in zip(cases, found, strict=True)
    ]
    print_table(pairs)
    print_micro("all outcomes", pairs)
    for outcome in Outcome:
        of_outcome = [pair for pair, case in zip(pairs, cases, strict=True) if case.outcome is outcome]
        print_micro(outcome.value.replace("_", " ").removesuffix(" after initial enquiries"), of_outcome)
    first = np.mean(
        [case.primary_ground is label.primary_ground for case, label in zip(cases, found, strict=True)]
    )
    print(f"primary ground right: {first:.3f}")
    print(f"speed: {len(cases) / seconds:.0f} summaries a second on one core")
    print_speed(labeller, cases)


def print_speed(labeller: Labeller, cases: Sequence[Decision]) -> None:
    """Whole statements of about 1,500 words, put together from complaints and summaries of several cases."""
    statements = [whole_statement(cases, start) for start in range(0, len(cases) - 20, 2)]
    words = np.mean(
        [sum(len(text.split()) for text in statement.sections.values()) for statement in statements]
    )
    start_time = time.perf_counter()
    for _ in labeller.label_all(statements):
        pass
    seconds = time.perf_counter() - start_time
    print(
        f"speed: {len(statements) / seconds:.0f} whole statements of {words:.0f} words a second on one core"
    )


def whole_statement(cases: Sequence[Decision], start: int) -> Decision:
    summaries = [case.summary or "" for case in cases[start : start + 20]]
    powers = "(Local Government Act 1974, sections 26(1), 26A(1) and 34(3), as amended)\n" * 6
    sections = {
        "The Ombudsman's role and powers": powers + "\n".join(summaries[:4]),
        "How I considered this complaint": "\n".join(summaries[4:6]),
        "Background": "\n".join(summaries[6:12]),
        "Analysis": "\n".join(summaries[12:20]),
    }
    return summary_alone(cases[start]).model_copy(
        update={"sections": sections, "final_decision": summaries[0]}
    )


if __name__ == "__main__":
    main()
