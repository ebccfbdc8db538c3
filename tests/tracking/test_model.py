import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CORPUS

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys, mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
scored = model.predict(pandas.DataFrame(json.load(sys.stdin)), params={"explain": 1})
import pipeline
print(json.dumps({"from": pipeline.__file__, "p_upheld": scored["p_upheld"].tolist()}))
"""


@pytest.fixture
def folder(logged, client) -> Path:
    model = client.get_logged_model(logged.model_uri.removeprefix("models:/"))
    return Path(model.artifact_location.removeprefix("file://"))


def test_the_requirements_of_a_model_install_and_load_in_a_clean_environment(folder, bundle, tmp_path):
    """Without this project: the code that came with the model is all there is of it."""
    subprocess.run([sys.executable, "-m", "venv", "clean"], check=True)
    python = tmp_path / "clean" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--requirement", folder / "requirements.txt"]
    subprocess.run([*install, "--constraint", CONSTRAINTS], check=True)
    rows = [{"complaint": "Her bin was missed for weeks.", "category": "Environment and regulation"}]
    code = folder / "code"
    done = subprocess.run(
        [python, "-I", "-c", SCRIPT, folder],
        input=json.dumps(rows), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert Path(found["from"]).is_relative_to(code)
    assert found["p_upheld"] == pytest.approx([bundle.predict(rows)["p_upheld"][0]], abs=1e-9)


def test_a_model_carries_the_code_that_scores_and_no_corpus(folder):
    carried = {path.name for path in (folder / "code" / "pipeline").iterdir()}
    assert {"bundle.py", "tracking", "heads", "params.yaml"} <= carried
    assert not {"cli", "collect", "corpus", "labels"} & carried
    assert not list(folder.rglob(CORPUS.name))
