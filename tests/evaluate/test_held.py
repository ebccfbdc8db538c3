import numpy as np
import pytest

from pipeline.evaluate.held import HeldCases, from_lines, hold, in_common, to_lines


def _held(digests, upheld, even) -> HeldCases:
    n = len(digests)
    return HeldCases(
        np.array(digests), np.array(upheld), np.arange(10, 10 + n), np.arange(n), np.array(even),
        {"category": np.array([f"c{i % 2}" for i in range(n)])},
    )  # fmt: skip


def test_the_file_gives_the_same_cases_back():
    held = _held(["a", "b", "c"], [1, 0, 1], [0.25, 1 / 3, 0.9])
    back = from_lines(to_lines(held))
    assert back.digests.tolist() == ["a", "b", "c"]
    assert back.even.tolist() == held.even.tolist()
    assert (back.upheld.tolist(), back.words.tolist(), back.groups.tolist()) == (
        [1, 0, 1],
        [10, 11, 12],
        [0, 1, 2],
    )
    assert back.slices["category"].tolist() == ["c0", "c1", "c0"]


def test_a_file_without_lines_holds_no_cases():
    assert len(from_lines("").digests) == 0


def test_cases_in_common_are_paired_whatever_their_order():
    one, other = in_common(
        _held(["a", "b", "c"], [1, 0, 1], [0.1, 0.2, 0.3]), _held(["x", "c", "a"], [0, 1, 1], [0.7, 0.8, 0.9])
    )
    assert one.digests.tolist() == other.digests.tolist() == ["a", "c"]
    assert one.even.tolist() == [0.1, 0.3]
    assert other.even.tolist() == [0.9, 0.8]


def test_probabilities_are_corrected_to_the_share_of_upheld_among_the_cases():
    held = _held(["a", "b", "c", "d"], [1, 0, 0, 0], [0.5, 0.5, 0.75, 0.0])
    assert held.p_upheld.tolist() == pytest.approx([0.25, 0.25, 0.5, 0.0])


@pytest.mark.slow
def test_what_is_held_is_what_the_heads_say_at_even_odds_whatever_their_own_rate(bundle, small_cases):
    held = hold(bundle.heads, small_cases)
    upheld_or_closed = small_cases.at(
        np.flatnonzero([d.outcome != "not_upheld" for d in small_cases.decisions])
    )
    even = bundle.at_rate(0.5).heads.p_upheld(upheld_or_closed.views)
    assert held.even == pytest.approx(even, abs=1e-12)
    assert hold(bundle.at_rate(0.1).heads, small_cases).even == pytest.approx(even, abs=1e-12)
    assert "organisation" not in held.slices


@pytest.mark.slow
def test_the_file_of_a_bundle_holds_its_test_cases_and_no_text(trained, bundle, small_cases):
    text = (trained.bundle / "holdout.jsonl").read_text(encoding="utf-8")
    assert len(from_lines(text).digests) == trained.counts["test"]
    assert not any(view.complaint[:40] in text for view in small_cases.views)
    assert not any(decision.reference in text for decision in small_cases.decisions)


@pytest.mark.slow
def test_no_cases_are_held_as_none(bundle, small_cases):
    assert len(hold(bundle.heads, small_cases.at(np.zeros(0, dtype=np.intp))).digests) == 0
