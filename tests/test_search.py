from pathlib import Path

import pytest

from pipeline.corpus import read_decisions
from pipeline.errors import ParamsError
from pipeline.evaluate.holdout import Cases, cases_of
from pipeline.heads import learnable
from pipeline.params import Params, changed, flatten
from pipeline.search import TODAY, Search, draw, search
from pipeline.stages import silent

SPACE = {"features.word_weight": [0.75], "features.idea_weight": [0.75], "features.char_weight": [0.25]}


@pytest.fixture(scope="module")
def blind_params(quick_params: Params) -> Params:
    """Settings that see single letters, and a space in which one candidate sees words as well."""
    blind = {
        "features.word_weight": 0.0,
        "features.idea_weight": 0.0,
        "features.signal_weight": 0.0,
        "features.char_ngrams": [1, 1],
        "evaluate.folds": 2,
        "search.space": SPACE,
    }
    return changed(quick_params, blind, source="test")


@pytest.fixture(scope="module")
def cases(small_corpus: Path, blind_params: Params) -> Cases:
    return cases_of(learnable(list(read_decisions(small_corpus)), blind_params), blind_params)


@pytest.fixture(scope="module")
def found(
    cases: Cases, blind_params: Params, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Search, Path]:
    cache = tmp_path_factory.mktemp("search")
    return search(cases, blind_params, 3, cache=cache, progress=silent), cache


@pytest.mark.slow
def test_a_candidate_that_is_better_by_more_than_chance_wins(found, blind_params):
    result, _ = found
    assert result.today == {key: flatten(blind_params)[key] for key in SPACE}
    today, other = result.candidates
    assert (today.name, today.params, today.margin, today.chosen) == (TODAY, {}, None, False)
    assert other.margin.low > 0
    assert other.chosen
    assert other.params == {key: values[0] for key, values in SPACE.items()}
    assert result.params.features.word_weight == 0.75


@pytest.mark.slow
def test_without_a_better_candidate_todays_settings_stay(found, cases):
    good = changed(found[0].params, {"search.space": {"features.word_weight": [0.7]}}, source="test")
    result = search(cases, good, 1, cache=found[1], progress=silent)
    assert [one.chosen for one in result.candidates] == [True, False]
    assert result.params == good


@pytest.mark.slow
def test_a_search_goes_on_from_what_is_on_disk(found, cases, blind_params):
    first, cache = found
    before = sorted(cache.rglob("output.pkl"))
    again = search(cases, blind_params, 3, cache=cache, progress=silent)
    assert sorted(cache.rglob("output.pkl")) == before
    assert [one.matched_auc for one in again.candidates] == [one.matched_auc for one in first.candidates]


@pytest.mark.slow
def test_other_cases_are_scored_anew(found, cases, blind_params):
    before = len(list(found[1].rglob("output.pkl")))
    search(cases.at(cases.groups.argsort()[:400]), blind_params, 1, cache=found[1], progress=silent)
    assert len(list(found[1].rglob("output.pkl"))) == before + 4  # two settings, two folds


def test_candidates_are_drawn_without_repeats_and_by_the_seed(quick_params):
    space = {"outcome.strength": [1.0, 2.0], "features.char_weight": [0.0, 0.5]}
    params = changed(quick_params, {"search.space": space}, source="test")
    drawn = draw(params, 10)
    assert len(drawn) == 4
    assert len({tuple(sorted(values.items())) for values in drawn}) == 4
    assert draw(params, 2) == draw(params, 2)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (
            {"outcome.strenght": [1.0]},
            r"search.space: outcome.strenght is not a key. Did you mean outcome.strength\?",
        ),
        (
            {"outcome.strength": [1.0, -1.0]},
            "search.space: outcome.strength is -1.0; must be a number above 0.",
        ),
        ({}, "search.space: is empty"),
    ],
)
def test_a_space_of_unknown_keys_or_values_is_refused_before_anything_is_fitted(quick_params, space, message):
    params = changed(quick_params, {"search.space": space}, source="test")
    with pytest.raises(ParamsError, match=message):
        draw(params, 5)
