import json

import numpy as np
import pytest

from pipeline.errors import CorpusError
from pipeline.evaluate.evaluation import Candidate, evaluate
from pipeline.evaluate.seen import reference_digests, trained_on
from pipeline.evaluate.splits import plan_splits
from pipeline.evaluate.summary import headline_figures, metrics_of
from pipeline.evaluate.wording import five_sentences, unbeaten

pytestmark = pytest.mark.slow


def test_splits_stand_side_by_side_each_beside_its_baselines(evaluation):
    assert list(evaluation.splits) == ["time", "groups", "organisations"]
    for split in evaluation.splits.values():
        assert set(split.outcome) == {"upheld", "prior", "length", "category", "organisation"}
        assert split.outcome["upheld"]["matched_auc"].count == len(split.scored.words)


def test_a_bundle_is_not_tested_on_what_it_was_trained_on(evaluation):
    assert "0 of" in evaluation.refused["unseen"]
    first = five_sentences(evaluation)[0]
    assert "the model itself has seen these cases" in first


def test_a_bundle_is_tested_itself_on_cases_it_has_not_seen(bundle, small_cases, rough_params):
    seen = np.arange(len(small_cases.views)) % 2 == 0
    found = evaluate(small_cases, Candidate(bundle.version, bundle.heads, seen), rough_params)
    assert found.headline.name == "unseen"
    assert len(found.headline.scored.words) <= (~seen).sum()
    assert five_sentences(found)[0].startswith(f"Model {bundle.version} itself was tested")


def test_two_evaluations_are_the_same(evaluation, bundle, small_cases, rough_params):
    seen = np.ones(len(small_cases.views), dtype=bool)
    again = evaluate(small_cases, Candidate(bundle.version, bundle.heads, seen), rough_params)
    assert json.dumps(metrics_of(again)) == json.dumps(metrics_of(evaluation))


def test_a_model_of_shuffled_labels_is_said_to_be_no_better_than_a_baseline(
    bundle, small_cases, rough_params
):
    order = np.random.default_rng(0).permutation(len(small_cases.decisions))
    decisions = [
        decision.model_copy(update={"outcome": small_cases.decisions[other].outcome})
        for decision, other in zip(small_cases.decisions, order, strict=True)
    ]
    cases = type(small_cases)(decisions, small_cases.views, small_cases.groups)
    seen = np.ones(len(decisions), dtype=bool)
    found = evaluate(cases, Candidate(bundle.version, bundle.heads, seen), rough_params)
    assert unbeaten(found) is not None
    assert five_sentences(found)[0].startswith("This model is no better than ")
    assert metrics_of(found)["no_better_than"] == unbeaten(found)


def test_a_bundle_compared_with_itself_does_not_differ(bundle, small_cases, rough_params):
    seen = np.ones(len(small_cases.views), dtype=bool)
    one = Candidate(bundle.version, bundle.heads, seen)
    found = evaluate(small_cases, one, rough_params, Candidate("other", bundle.heads, seen)).comparison
    assert found.differences["auc"].low == found.differences["auc"].high == 0
    assert found.disagree == 0


def test_metrics_hold_every_part_and_no_text(evaluation, small_cases):
    written = json.dumps(metrics_of(evaluation))
    found = json.loads(written)
    assert set(found) == {
        "schema", "model", "sentences", "no_better_than", "headline", "splits", "not_measured", "years", "slices",
        "by_ground", "learning", "features", "ground_features", "comparison",
    }  # fmt: skip
    assert "NaN" not in written
    assert not any(view.complaint[:60] in written for view in small_cases.views)


def test_the_learning_curve_ends_with_the_whole_of_the_time_split(evaluation):
    counts = [point.trained_on for point in evaluation.learning]
    assert counts == sorted(counts)
    assert counts[-1] == evaluation.splits["time"].scored.trained_on


def test_figures_for_mlflow_come_with_their_intervals(evaluation):
    figures = headline_figures(evaluation)
    assert {"eval_time_matched_auc", "eval_groups_hit_at_1", "eval_organisations_mcc"} <= set(figures)
    assert all(figure["low"] <= figure["value"] <= figure["high"] for figure in figures.values())


def test_held_out_organisations_are_in_one_part_only(small_cases, rough_params):
    plans, _ = plan_splits(small_cases, rough_params)
    folds = next(plan.folds for plan in plans if plan.name == "organisations")
    for train, test in folds:
        bodies = [{small_cases.views[i].organisation for i in part} for part in (train, test)]
        assert not bodies[0] & bodies[1]
        assert not np.intersect1d(small_cases.groups[train], small_cases.groups[test]).size


def test_cases_that_allow_no_split_are_refused_with_every_reason(bundle, small_cases, rough_params):
    few = small_cases.at(np.arange(20))
    with pytest.raises(CorpusError, match=r"nothing can be measured on it.*time:.*groups:.*unseen:"):
        evaluate(few, Candidate("v", bundle.heads, np.ones(20, dtype=bool)), rough_params)


def test_a_bundle_knows_its_training_cases_by_digest(bundle, small_cases):
    assert trained_on(small_cases.decisions, bundle.manifest).all()
    stranger = small_cases.decisions[0].model_copy(update={"reference": "99 999 999"})
    assert trained_on([stranger], bundle.manifest).tolist() == [False]
    assert reference_digests([stranger]) == reference_digests([stranger, stranger])


def test_a_bundle_that_does_not_say_counts_as_trained_on_everything(small_cases):
    assert trained_on(small_cases.decisions[:3], {}).all()
