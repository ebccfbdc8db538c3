import numpy as np
import pytest
import yaml

from pipeline.evaluate.baselines import baseline_scores
from pipeline.evaluate.card import write_card
from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Estimate
from pipeline.schema import Decision, Outcome, View


def _view(words=20, category="Housing", organisation="A Council"):
    return View("word " * words, organisation, category, "Other")


def test_the_prior_knows_the_training_share():
    scores = baseline_scores([_view()] * 4, np.array([1, 0, 0, 0]), [_view(90), _view(10)])
    assert scores["prior"].tolist() == [0.25, 0.25]


def test_the_length_baseline_orders_by_length_alone():
    train = [_view(20 + 60 * (n % 2)) for n in range(40)]
    scores = baseline_scores(train, np.arange(40) % 2, [_view(30), _view(70), _view(70, "Planning", "B")])
    assert scores["length"][0] < scores["length"][1] == scores["length"][2]


@pytest.mark.parametrize("column", ["category", "organisation"])
def test_a_baseline_of_one_column_knows_that_column_alone(column):
    train = [_view(**{column: "X" if n % 2 else "Y"}) for n in range(40)]
    scores = baseline_scores(
        train, np.arange(40) % 2, [_view(**{column: "X"}), _view(**{column: "Y"}), _view(90)]
    )
    assert scores[column][0] > 0.8 > 0.2 > scores[column][1]
    other = "organisation" if column == "category" else "category"
    assert np.ptp(scores[other]) == pytest.approx(0)


def test_an_organisation_never_seen_scores_in_between():
    train = [_view(organisation="X" if n % 2 else "Y") for n in range(40)]
    (score,) = baseline_scores(train, np.arange(40) % 2, [_view(organisation="Z")])["organisation"]
    assert score == pytest.approx(0.5, abs=0.05)


def test_cases_keep_decisions_views_and_groups_together():
    decisions = [
        Decision(reference=f"24 000 00{n}", organisation="A", outcome=outcome, complaint="c")
        for n, outcome in enumerate(Outcome)
    ]
    cases = Cases(decisions, [View(d.reference) for d in decisions], np.array([5, 6, 7]))
    kept = cases.of(Outcome.NOT_UPHELD, Outcome.UPHELD)
    assert [view.complaint for view in kept.views] == ["24 000 000", "24 000 002"]
    assert kept.groups.tolist() == [5, 7]
    assert kept.upheld.tolist() == [1, 0]


def test_the_card_shows_every_figure_with_count_and_interval():
    estimate = Estimate(0.7123, 0.65, 0.766, 290)
    facts = dict.fromkeys(("corpus", "appraised", "test_from", "test", "train", "all", "left_out"), "x")
    figures = {"upheld": {"auc": estimate}, "length": {"auc": estimate}}
    card = write_card(figures, {"hit_at_1": estimate}, {"decided": estimate}, facts)
    assert card.count("0.712 [0.650, 0.766] n=290") == 4
    assert "# upheld {version}" in card.splitlines()


def test_the_card_has_the_front_matter_and_sections_of_a_hugging_face_card():
    estimate = Estimate(0.7123, 0.65, 0.766, 290)
    facts = dict.fromkeys(("corpus", "appraised", "test_from", "test", "train", "all", "left_out"), "x")
    card = write_card({"upheld": {"auc": estimate}}, {"hit_at_1": estimate}, {"decided": estimate}, facts)
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front)["pipeline_tag"] == "text-classification"
    assert [line for line in body.splitlines() if line.startswith("## ")] == [
        "## Model details",
        "## Uses",
        "## Bias, risks and limitations",
        "## How to get started",
        "## Training details",
        "## Evaluation",
        "## Citation",
    ]
