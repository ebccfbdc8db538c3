import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.sparse import csr_matrix

from pipeline.bundle import load_bundle
from pipeline.corpus import read_decisions
from pipeline.errors import BundleError
from pipeline.features.lexicon import signals
from pipeline.features.vectorise import ComplaintFeatures
from pipeline.features.view import view_of_decision
from pipeline.heads import learnable
from pipeline.heads.model import Scored
from pipeline.profile import MAX_CATEGORIES, Profile, share_counts
from pipeline.schema import Outcome, Prediction, View

CORPUS = Path(__file__).parents[1] / "pipeline" / "corpus" / "cases.jsonl"


def _prediction(p: float, *, decided: bool = True, warnings: tuple[str, ...] = ()) -> Prediction:
    return Prediction(p, Outcome.CLOSED, decided, (), warnings, "v")


def _scored(predictions: list[Prediction], known: list[float], shown: dict[int, set[int]]) -> Scored:
    table = np.zeros((len(predictions), len(signals())))
    for row, columns in shown.items():
        table[row, list(columns)] = 1
    return Scored(predictions, np.array(known), csr_matrix(table))


def test_a_profile_counts_what_complaints_and_their_scores_are_like():
    views = [View("one two three", category="Housing"), View("word " * 60, category="Housing")]
    scored = _scored([_prediction(0.04), _prediction(1.0, decided=False)], [0.5, 1.0], {0: {0}, 1: {0, 2}})
    profile = Profile.of(views, scored)
    assert (profile.n, profile.categories, profile.undecided) == (2, {"Housing": 2}, 1)
    assert profile.signals == {signals()[0].name: 2, signals()[2].name: 1}
    assert {place for place, count in enumerate(profile.p_upheld) if count} == {0, 19}
    assert {place for place, count in enumerate(profile.known) if count} == {10, 19}
    assert {place for place, count in enumerate(profile.words) if count} == {0, 6}  # below 8; from 50 to 69


def test_a_category_that_training_has_not_seen_is_counted_without_its_name():
    views = [View("text", category="Complaint of Jane Doe"), View("text")]
    profile = Profile.of(
        views,
        _scored(
            [_prediction(0.5, warnings=("unseen_category",)), _prediction(0.5, warnings=("no_category",))],
            [1.0, 1.0],
            {},
        ),
    )
    assert (profile.unseen_category, profile.no_category, profile.categories) == (1, 1, {})
    assert "Jane Doe" not in profile.to_json()


def test_beyond_a_hundred_only_the_commonest_categories_keep_their_names():
    names = [f"category {number}" for number in range(MAX_CATEGORIES + 1)]
    views = [View("text", category=name) for name in [*names, *names[1:]]]
    profile = Profile.of(views, _scored([_prediction(0.5)] * len(views), [1.0] * len(views), {}))
    assert set(profile.categories) == set(names[1:])
    assert profile.n - sum(profile.categories.values()) == 1


def test_profiles_of_parts_add_up_to_the_profile_of_the_whole_in_any_order(bundle):
    views = [view_of_decision(d, bundle.heads.params.view) for d in read_decisions(CORPUS)][:90]
    parts = [
        Profile.of(part, bundle.heads.score(part, version=""))
        for part in (views[:20], views[20:50], views[50:])
    ]
    whole = Profile.of(views, bundle.heads.score(views, version=""))
    assert sum(parts, Profile()) == sum(reversed(parts), Profile()) == whole


def test_a_profile_survives_json_and_holds_no_text(bundle):
    views = [View("The Council lost her file. Zanzibar.", category="Housing")]
    profile = Profile.of(views, bundle.heads.score(views, version=""))
    assert Profile.from_json(profile.to_json()) == profile
    assert "anzibar" not in profile.to_json()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"n": -1}', '{"n": 1, "texts": []}', '{"p_upheld": [1]}', '{"n": "1"}']
)
def test_other_json_is_no_profile(text):
    with pytest.raises(ValidationError):
        Profile.from_json(text)


def test_shares_on_an_edge_fall_into_the_bin_that_begins_there():
    assert [share_counts([share]).index(1) for share in (0.0, 0.05, 0.949, 0.95, 1.0)] == [0, 1, 18, 19, 19]


def test_a_word_that_only_training_holds_twice_is_unknown_to_either_holder(params):
    texts = ["bins drains", "bins drains", "bins drains", "bins leaflet", "bins leaflet"]
    views = [View(text) for text in texts]
    features = ComplaintFeatures.from_params(params.features).fit(views)
    assert features.examine(views).known.tolist() == [1.0] * 5
    assert features.known_to_others(views).tolist() == [1.0, 1.0, 1.0, 0.5, 0.5]


def test_a_bundle_brings_the_profile_of_all_cases_it_learnt_from(bundle, params):
    decisions = [item for item in read_decisions(CORPUS) if hasattr(item, "outcome")]
    learnt = learnable(decisions, params)
    assert bundle.reference.n == bundle.manifest["counts"]["fitted"] == len(learnt)
    assert bundle.reference.categories == dict(Counter(decision.category for decision in learnt))
    assert sum(bundle.reference.p_upheld) == sum(bundle.reference.known) == len(learnt)


def test_the_reference_moves_with_the_rate_of_upheld_and_back(bundle):
    rarer = bundle.at_rate(0.1)
    assert sum(rarer.reference.p_upheld[10:]) < sum(bundle.reference.p_upheld[10:]) / 2
    assert rarer.reference.categories == bundle.reference.categories
    assert rarer.at_rate(bundle.heads.outcome.upheld_rate).reference == bundle.reference


def test_a_reference_that_is_no_profile_is_refused(trained):
    copy = shutil.copytree(trained.bundle, Path("models") / trained.bundle.name)
    (copy / "reference.json").write_text("{}x", encoding="utf-8")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["reference.json"] = hashlib.sha256(b"{}x").hexdigest()
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match=r"reference\.json: is not the profile of a training corpus"):
        load_bundle(copy)


def test_an_altered_reference_is_refused(trained):
    copy = shutil.copytree(trained.bundle, Path("models") / trained.bundle.name)
    (copy / "reference.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BundleError, match=r"reference\.json altered since training"):
        load_bundle(copy)
