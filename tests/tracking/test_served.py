import json
import sys

import mlflow
import pandas as pd
import pytest

from pipeline.bundle import PREDICTION_COLUMNS
from pipeline.tracking.served import BadRequestError, ServedBundle

pytestmark = pytest.mark.slow

BIN, FINE = "Her bin was missed for weeks.", "He objects to a penalty charge notice."


@pytest.fixture(scope="module")
def model(logged, client, tracked):
    """The logged model, loaded as MLflow loads it; its copy of the package leaves the path before other tests come."""
    location = client.get_logged_model(logged.model_uri.removeprefix("models:/")).artifact_location
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", sys.path)
        yield mlflow.pyfunc.load_model(location)


def test_the_logged_model_predicts_what_the_bundle_predicts(model, bundle):
    frame = pd.DataFrame({"complaint": [BIN, FINE], "category": ["Environment and regulation", None]})
    scored = model.predict(frame)
    expected = bundle.predict(frame)
    assert list(scored.columns) == ["complaint", "category", *PREDICTION_COLUMNS]
    assert scored["p_upheld"].tolist() == pytest.approx(expected["p_upheld"].tolist(), abs=1e-12)
    assert scored["grounds"].tolist() == expected["grounds"].tolist()


@pytest.mark.parametrize("column", ["complaint", "summary", "text"])
def test_the_logged_model_takes_what_the_bundle_takes_and_passes_the_rest_on(model, bundle, column):
    frame = pd.DataFrame(
        {
            column: [BIN, FINE],
            "id": [1, 2],
            "category": [None, None],
            "received_on": pd.to_datetime(["2025-04-01", None]),
            "ward": ["North", "South"],
        }
    )
    scored = model.predict(frame)
    assert scored["p_upheld"].tolist() == bundle.predict(frame)["p_upheld"].tolist()
    assert scored["ward"].tolist() == ["North", "South"]


def test_the_signature_tells_outputs_and_parameters_and_the_example_can_be_scored(model):
    signature = model.metadata.signature
    assert signature.outputs.input_names() == list(PREDICTION_COLUMNS)
    assert {spec.name: spec.default for spec in signature.params} == {"explain": 0, "upheld_rate": None}
    assert len(model.predict(model.input_example)) == len(model.input_example)


def test_reasons_come_when_they_are_asked_for(model, bundle):
    frame = pd.DataFrame({"complaint": [BIN]})
    assert "reasons" not in model.predict(frame)
    (reasons,) = model.predict(frame, params={"explain": 2})["reasons"]
    assert reasons == bundle.predict(frame, explain=2)["reasons"][0]


def test_another_rate_of_upheld_moves_the_probabilities_of_that_request_only(model, bundle):
    frame = pd.DataFrame({"complaint": [BIN]})
    before = model.predict(frame)["p_upheld"][0]
    rarer = model.predict(frame, params={"upheld_rate": 0.1})["p_upheld"][0]
    assert rarer == bundle.at_rate(0.1).predict(frame)["p_upheld"][0] < before
    assert model.predict(frame)["p_upheld"][0] == before


def test_missing_values_come_back_as_null(bundle):
    frame = pd.DataFrame({"complaint": [BIN, FINE], "size": [1.0, None]})
    scored = ServedBundle(bundle).predict(frame)
    assert scored["size"].tolist() == [1.0, None]


ONE = pd.DataFrame({"complaint": [BIN]})


@pytest.mark.parametrize(
    ("frame", "asked", "message"),
    [
        (
            pd.DataFrame({"complant": [BIN], "ward": ["x"]}),
            {},
            "columns 'complant', 'ward': none of them is the compl",
        ),
        (
            pd.DataFrame(),
            {},
            "columns none: none of them is the complaint; call it complaint or summary or text",
        ),
        (
            pd.DataFrame([[BIN, "a", "b"]], columns=["text", "ward", "ward"]),
            {},
            "columns 'ward': stand twice",
        ),
        (pd.DataFrame([[BIN]]), {}, "columns '0': none of them"),
        (pd.DataFrame({"complaint": [BIN, " "]}), {}, "row 1: column complaint: is empty"),
        (ONE, {"explain": -1}, "params: explain is -1; must be 0 or more"),
        (ONE, {"upheld_rate": 1.0}, "params: upheld_rate is 1.0; must be between 0 and 1"),
        ([BIN], {}, "the rows have no column names; send dataframe_records or dataframe_split"),
    ],
)
def test_a_wrong_request_is_refused_by_name_and_without_its_texts(bundle, frame, asked, message):
    with pytest.raises(BadRequestError) as caught:
        ServedBundle(bundle).predict(frame, asked)
    assert message in str(caught.value)
    assert caught.value.get_http_status_code() == 400
    caught.value.message = (
        f"Failed to predict data '{frame}'"  # what the scoring server does before it answers
    )
    answer = json.loads(caught.value.serialize_as_json())
    assert answer == {"error_code": "INVALID_PARAMETER_VALUE", "message": str(caught.value)}
    assert BIN not in answer["message"]
