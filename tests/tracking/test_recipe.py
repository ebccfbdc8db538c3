import pytest
from mlflow import MlflowClient

from pipeline.errors import ParamsError, RegistryError, TrackingError
from pipeline.tracking.recipe import recipe_of_run
from tests.tracking.conftest import at

pytestmark = pytest.mark.slow


def test_a_run_gives_its_settings_its_corpus_and_the_digest_of_its_weights(
    logged, tracked, bundle, trained_params
):
    recipe = recipe_of_run(logged.run_id, tracked)
    assert recipe.params.model_dump(exclude={"tracking"}) == trained_params.model_dump(exclude={"tracking"})
    assert recipe.corpus_sha256 == bundle.manifest["corpus"]["sha256"]
    assert recipe.weights_digest == bundle.manifest["weights_digest"]


def test_where_a_run_is_tracked_is_up_to_the_settings_of_today(logged, tracked):
    today = at(tracked, tracked.tracking.uri, experiment="another", log_texts=True)
    assert recipe_of_run(logged.run_id, today).params.tracking == today.tracking


def test_the_environment_has_no_say_in_the_settings_of_a_run(logged, tracked, monkeypatch):
    monkeypatch.setenv("UPHELD_SPLIT__GAP_DAYS", "1")
    assert recipe_of_run(logged.run_id, tracked).params.split.gap_days == 90


def test_a_run_that_is_not_there_is_named(tracked):
    with pytest.raises(TrackingError, match="run 0123456789abcdef0123456789abcdef cannot be read"):
        recipe_of_run("0123456789abcdef0123456789abcdef", tracked)


def _run(tracked, params: dict[str, str], tags: dict[str, str]) -> str:
    client = MlflowClient(tracked.tracking.uri)
    experiment = client.get_experiment_by_name("upheld").experiment_id
    run_id = client.create_run(experiment, tags=tags).info.run_id
    for name, value in params.items():
        client.log_param(run_id, name, value)
    return run_id


def test_a_run_of_something_else_is_refused(logged, tracked):
    run_id = _run(tracked, {"alpha": "1"}, {})
    with pytest.raises(RegistryError, match=f"run {run_id}: tells no settings and corpus"):
        recipe_of_run(run_id, tracked)


def test_a_setting_that_is_unknown_today_is_named_with_its_run(logged, tracked):
    run_id = _run(tracked, {"split.gap_weeks": "3"}, {"upheld.corpus_sha256": "ab"})
    with pytest.raises(ParamsError, match=rf"run {run_id}: split\.gap_weeks is not a key"):
        recipe_of_run(run_id, tracked)
