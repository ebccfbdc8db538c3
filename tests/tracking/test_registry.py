import itertools
import json

import pytest
from mlflow import MlflowClient

from pipeline.errors import RegistryError
from pipeline.tracking import registry
from pipeline.tracking.history import KEY
from pipeline.tracking.registry import (
    CHALLENGER,
    CHAMPION,
    install,
    note_refusal,
    read_registry,
    register,
)
from pipeline.tracking.store import open_store
from tests.tracking.conftest import at

pytestmark = pytest.mark.slow
numbers = itertools.count()
FIGURE = {"value": 0.8, "low": 0.75, "high": 0.85}


@pytest.fixture
def own(tracked):
    """Settings with a registered model that no other test has."""
    return at(tracked, tracked.tracking.uri, model=f"own{next(numbers)}")


def _register(params, *bundles: str) -> list[int]:
    """Register empty models as these bundles."""
    found = []
    with open_store(params.tracking, "nothing was registered") as store:
        for bundle in bundles:
            model = store.client.create_logged_model(store.experiment, "model")
            run_id = store.client.create_run(store.experiment).info.run_id
            manifest = {
                "version": bundle,
                "created": "2026-11-22T10:00:00+00:00",
                "corpus": {"name": "cases"},
                "figures": {"matched_auc": FIGURE, "grounds_lrap": FIGURE},
            }
            found.append(register(store, run_id, f"models:/{model.model_id}", manifest))
    return found


def _promote(params, *versions: int) -> None:
    for version in versions:
        install(params, read_registry(params).find(str(version)), "promoted", "passed")


def _holders(params) -> tuple[int | None, int | None]:
    found = read_registry(params)
    champion, challenger = found.holder(CHAMPION), found.holder(CHALLENGER)
    return champion and champion.number, challenger and challenger.number


def test_a_store_without_the_model_has_no_versions(own):
    assert read_registry(own).versions == ()


def test_a_version_tells_its_bundle_its_corpus_and_its_figures(own):
    _register(own, "20260101-a")
    (version,) = read_registry(own).versions
    assert (version.number, version.bundle, version.corpus) == (1, "20260101-a", "cases")
    assert version.figures == {"matched_auc": "0.800 [0.750, 0.850]"}


def test_the_newest_version_is_the_challenger(own):
    assert _register(own, "20260101-a", "20260102-b") == [1, 2]
    assert _holders(own) == (None, 2)


def test_a_bundle_that_comes_late_does_not_push_a_newer_one_aside(own):
    assert _register(own, "20260102-b", "20260101-a") == [1, 2]
    assert _holders(own) == (None, 1)


def test_a_bundle_is_registered_once(own):
    assert _register(own, "20260101-a", "20260101-a", "20260102-b") == [1, 1, 2]
    assert len(read_registry(own).versions) == 2


def test_a_champion_is_no_challenger_any_more_and_the_history_says_who_made_it_so(own, monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")
    _register(own, "20260101-a", "20260102-b")
    _promote(own, 1, 2)
    assert _holders(own) == (2, None)
    first, second = read_registry(own).history
    assert (first.from_version, first.to, second.from_version, second.to) == (None, 1, 1, 2)
    assert (second.who, second.action, second.reason) == ("ada", "promoted", "passed")
    assert first.when < second.when


def test_every_event_is_a_tag_of_its_own_and_stays(own):
    _register(own, "20260101-a", "20260102-b")
    client = MlflowClient(own.tracking.uri)
    kept: dict[str, str] = {}
    for change in (
        lambda: _promote(own, 1),
        lambda: note_refusal(own, read_registry(own).find("2"), "too bad"),
        lambda: install(own, read_registry(own).find("2"), "forced", "we know better"),
        lambda: registry.rollback(own, "we did not"),
    ):
        change()
        tags = client.get_registered_model(own.tracking.model).tags
        assert kept.items() < tags.items()
        kept = tags
    events = [json.loads(value) for key, value in sorted(kept.items()) if key.startswith(KEY)]
    assert [event["action"] for event in events] == ["promoted", "refused", "forced", "rolled back"]


def test_a_refusal_changes_no_office(own):
    _register(own, "20260101-a", "20260102-b")
    _promote(own, 1)
    event = note_refusal(own, read_registry(own).find("challenger"), "Brier score")
    assert (event.from_version, event.to) == (1, 2)
    assert _holders(own) == (1, 2)


def test_going_back_restores_the_champion_before_and_then_the_one_before_that(own):
    _register(own, "20260101-a", "20260102-b", "20260103-c")
    _promote(own, 1, 2, 3)
    assert registry.rollback(own, "bad").to == 2
    assert _holders(own) == (2, None)
    assert registry.rollback(own, "bad, too").to == 1
    with pytest.raises(RegistryError, match="version 1 is the first champion; there is none to go back to"):
        registry.rollback(own, "")


def test_a_champion_that_was_rolled_back_is_not_gone_back_to(own):
    _register(own, "20260101-a", "20260102-b", "20260103-c")
    _promote(own, 1, 2)
    registry.rollback(own, "bad")
    _promote(own, 3)
    assert registry.rollback(own, "").to == 1


def test_an_alias_that_was_moved_by_hand_goes_back_to_the_last_champion_of_the_history(own):
    _register(own, "20260101-a", "20260102-b")
    _promote(own, 1)
    MlflowClient(own.tracking.uri).set_registered_model_alias(own.tracking.model, CHAMPION, "2")
    assert registry.rollback(own, "").to == 1


def test_nothing_can_be_rolled_back_without_a_champion(own):
    with pytest.raises(RegistryError, match="has no champion; make one with 'upheld promote VERSION'"):
        registry.rollback(own, "")


def test_a_version_that_was_judged_does_not_become_challenger_again(own):
    _register(own, "20260101-a", "20260102-b")
    _promote(own, 1, 2)
    registry.rollback(own, "bad")
    assert _register(own, "20260102-b") == [2]
    assert _holders(own) == (1, None)


@pytest.mark.parametrize("name", ["2", "challenger", "20260102-b"])
def test_a_version_is_found_by_number_alias_or_bundle(own, name):
    _register(own, "20260101-a", "20260102-b")
    assert read_registry(own).find(name).number == 2


def test_a_version_that_is_not_there_is_told_with_those_that_are(own):
    _register(own, "20260101-a")
    with pytest.raises(RegistryError, match=r"has no version '7'; it has 1\. See 'upheld models'"):
        read_registry(own).find("7")
