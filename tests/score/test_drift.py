import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.corpus import read_decisions
from pipeline.evaluate.holdout import cases_of
from pipeline.heads import fit_heads, learnable
from pipeline.params import DriftParams
from pipeline.profile import SHARE_BINS, WORD_EDGES, Profile, reference_of
from pipeline.schema import Decision, View
from pipeline.score.drift import compare, drift_path

CORPUS = Path(__file__).parents[2] / "pipeline" / "corpus" / "cases.jsonl"
PARAMS = DriftParams(false_alarms=0.05, min_rows=30, warn_from="small")
SHARES = {"Housing": 0.14, "Planning": 0.5, "Education": 0.36}
SIGNALS = {"delay": 0.25, "refusal": 0.15, "names_tribunal": 0.02, "burial": 0.01}
SCORES = np.linspace(1.5, 0.5, SHARE_BINS) / SHARE_BINS
KNOWN = np.r_[np.zeros(SHARE_BINS - 4), 0.05, 0.1, 0.2, 0.65]
WORDS = np.r_[0, 0.02, 0.05, 0.1, 0.2, 0.25, 0.2, 0.1, 0.08, np.zeros(len(WORD_EDGES) - 8)]


def _drawn(n: int, rng: np.random.Generator, *, categories=SHARES, scores=SCORES, known=KNOWN) -> Profile:
    """Draw n complaints, each measure from its population."""
    counts = rng.multinomial(n, list(categories.values())).tolist()
    return Profile(
        n=n,
        categories=dict(zip(categories, counts, strict=True)),
        signals={name: int(rng.binomial(n, share)) for name, share in SIGNALS.items()},
        p_upheld=tuple(rng.multinomial(n, scores).tolist()),
        known=tuple(rng.multinomial(n, known).tolist()),
        words=tuple(rng.multinomial(n, WORDS).tolist()),
        undecided=int(rng.binomial(n, 0.12)),
    )


def _spread(n: int, **changes) -> Profile:
    """Return n complaints, the middle ones of 2,000 in every measure but those changed."""
    return Profile(
        n=n,
        categories={"Housing": n // 2, "Planning": n - n // 2},
        signals={"delay": n // 4},
        p_upheld=(n // 20,) * 20,
        known=(*([0] * 18), n // 4, n - n // 4),
        words=(0, 0, 0, 0, n // 2, n - n // 2, *([0] * (len(WORD_EDGES) - 5))),
        undecided=n // 10,
    ).model_copy(update=changes)


REFERENCE = _spread(2000)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [40, 150, 1000])
def test_batches_from_the_training_population_raise_no_more_alarms_than_stated(rows):
    rng = np.random.default_rng(0)
    drifts = [compare(_drawn(2000, rng), _drawn(rows, rng), PARAMS) for _ in range(400)]
    alarms = sum(any(finding.significant for finding in drift.findings) for drift in drifts)
    assert alarms / len(drifts) <= PARAMS.false_alarms


def test_a_shifted_batch_is_nearly_always_found():
    rng = np.random.default_rng(1)
    shifted = {"Housing": 0.41, "Planning": 0.34, "Education": 0.25}
    found = [
        compare(_drawn(2000, rng), _drawn(100, rng, categories=shifted), PARAMS).warnings for _ in range(20)
    ]
    assert sum(any("Housing is" in line for line in lines) for lines in found) >= 19


def test_a_warning_says_what_differs_by_how_much():
    batch = _spread(200, categories={"Housing": 150, "Planning": 40, "Education": 10})
    assert compare(REFERENCE, batch, PARAMS).warnings == [
        "Planning is 20 % of this batch, 50 % of training; Housing is 75 % of this batch, 50 % of training; "
        "Education is 5 % of this batch, 0 % of training."
    ]


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (
            {"p_upheld": (0,) * 10 + (20,) * 10},
            "A probability of upheld below 0.50: 0 % of this batch, 50 % of training.",
        ),
        (
            {"known": (0, 0, 0, 0, 0, 0, 60, *([0] * 11), 35, 105)},
            "Less than 35 % of the words known: 30 % of this batch, 0 % of training.",
        ),
        (
            {"words": (*([0] * 12), 150, 50)},
            "Fewer than 50 words: 0 % of this batch, 100 % of training.",
        ),
        ({"undecided": 90}, "Undecided: 45 % of this batch, 10 % of training."),
        (
            {"signals": {"delay": 150}},
            "The signal 'complains of delay': 75 % of this batch, 25 % of training.",
        ),
        (
            {"categories": {}, "no_category": 200},
            "No category is 100 % of this batch, 0 % of training.",
        ),
        (
            {"categories": {"Housing": 100, "Planning": 60}, "unseen_category": 40},
            "A category that training has not seen is 20 % of this batch, 0 % of training; "
            "Planning is 30 % of this batch, 50 % of training.",
        ),
    ],
)
def test_each_measure_is_looked_at(change, warning):
    assert compare(REFERENCE, _spread(200, **change), PARAMS).warnings == [warning]


def test_a_batch_like_training_raises_no_warning():
    drift = compare(REFERENCE, _spread(200), PARAMS)
    assert drift.warnings == []
    assert min(finding.p_adjusted for finding in drift.findings) == 1.0


def test_a_significant_difference_of_no_size_raises_no_warning():
    batch = _spread(1_000_000, categories={"Housing": 530_000, "Planning": 470_000})
    found = compare(_spread(1_000_000), batch, PARAMS).findings[0]
    assert (found.what, found.significant, found.difference.level, found.warns) == (
        "category",
        True,
        "none",
        False,
    )


def test_a_large_difference_that_may_be_chance_raises_no_warning():
    batch = _spread(40, categories={"Housing": 26, "Planning": 14})
    found = compare(REFERENCE, batch, PARAMS).findings[0]
    assert (found.significant, found.difference.level, found.warns) == (False, "small", False)


def test_a_warning_needs_the_size_that_the_settings_ask_for():
    batch = _spread(500, categories={"Housing": 350, "Planning": 150})
    for warn_from, warned in (("small", True), ("medium", False)):
        params = PARAMS.model_copy(update={"warn_from": warn_from})
        assert bool(compare(REFERENCE, batch, params).warnings) is warned


def test_a_small_batch_is_too_small_to_tell():
    drift = compare(REFERENCE, _spread(20, categories={"Housing": 20}), PARAMS)
    assert (drift.too_few, drift.findings, drift.warnings) == (True, (), [])


def test_of_many_signals_the_five_that_differ_most_are_named():
    shown = dict.fromkeys(("burial", "flooding", "elections", "nhs_involved", "died", "neighbour"), 100)
    warnings = compare(
        REFERENCE, _spread(200, signals={"delay": 50, "licensing": 190, **shown}), PARAMS
    ).warnings
    assert len(warnings) == 6
    assert warnings[0].endswith("95 % of this batch, 0 % of training.")
    assert warnings[-1] == "Further signals that differ: 2."


def test_drift_is_written_as_plain_json(bundle):
    found = compare(REFERENCE, _spread(200, signals={"delay": 200}), PARAMS).as_json()
    again = json.loads(json.dumps(found, allow_nan=False))
    delay = next(one for one in again["findings"] if one["what"] == "signal: delay")
    assert (delay["test"], delay["level"], delay["warns"]) == ("Fisher's exact", "large", True)
    assert delay["statistic"] is None or delay["statistic"] >= 0
    assert again["rows"] == 200


def test_the_drift_of_an_output_lies_beside_it():
    assert drift_path(Path("out/scored.csv.gz")) == Path("out/scored.drift.json")


@pytest.mark.slow
def test_the_reference_describes_cases_that_the_heads_have_not_seen(params):
    """In-sample scores would not: heads are surer of what they learnt from, and know all its words."""
    decisions = [item for item in read_decisions(CORPUS) if isinstance(item, Decision)]
    cases = cases_of(learnable(decisions, params), params)
    groups = np.random.default_rng(1).permutation(np.unique(cases.groups))
    learnt = np.isin(cases.groups, groups[: len(groups) // 2])
    seen, unseen = cases.at(np.flatnonzero(learnt)), cases.at(np.flatnonzero(~learnt))
    no_grounds = params.grounds.model_copy(
        update={"min_support": 10_000}
    )  # they take long, and play no part here
    params = params.model_copy(update={"grounds": no_grounds})
    heads = fit_heads(seen.decisions, seen.views, seen.groups, params)
    batch = Profile.of(unseen.views, heads.score(unseen.views, version=""))
    in_sample = Profile.of(seen.views, heads.score(seen.views, version=""))
    as_new, as_learnt = (
        {found.what: abs(found.difference.effect) for found in compare(profile, batch, PARAMS).findings}
        for profile in (reference_of(heads, seen.views), in_sample)
    )
    for measure in ("p_upheld", "known words", "undecided"):
        assert as_new[measure] < as_learnt[measure] / 2


def test_a_batch_of_another_world_raises_every_alarm(bundle, params):
    views = [View("My broadband router keeps dropping and the supplier refuses a refund.")] * 40
    drift = compare(bundle.reference, Profile.of(views, bundle.heads.score(views, version="")), params.drift)
    assert drift.warnings[0].startswith("No category is 100 % of this batch")
    assert any("of the words known: 100 % of this batch" in line for line in drift.warnings)
