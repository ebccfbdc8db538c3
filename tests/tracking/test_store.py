import http.client
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType

from pipeline.errors import TrackingError
from pipeline.tracking.fetch import download_bundle
from pipeline.tracking.registry import read_registry
from pipeline.tracking.runs import log_bundle
from pipeline.tracking.store import open_store
from tests.tracking.conftest import Server, at, free_port, running

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """One second for an answer, and one more attempt: what defaults do in fifteen."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")


@contextmanager
def _answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _fails(bundle: Path, params, uri: str) -> str:
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}
    with pytest.raises(TrackingError) as caught:
        log_bundle(bundle, at(params, uri))
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before
    return str(caught.value)


def test_a_server_that_is_down_is_named_and_the_bundle_stays(trained, params):
    uri = f"http://127.0.0.1:{free_port()}"
    assert _fails(trained.bundle, params, uri).startswith(f"{uri}: the run was not logged (")


def test_a_server_that_refuses_is_named_and_the_bundle_stays(trained, params):
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(403)

        def do_POST(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _answering(Refusing) as uri:
        assert "403" in _fails(trained.bundle, params, uri)


def test_a_server_that_never_answers_is_given_up(trained, params):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        message = _fails(trained.bundle, params, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert "timeout" in message or "timed out" in message
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("uri", ["sqlite:///broken.db", "postgresql://127.0.0.1:9/none"])
def test_a_store_that_is_broken_or_lacks_its_driver_is_named(trained, params, uri, tmp_path):
    Path("broken.db").write_bytes(b"no database" * 100)
    assert "the run was not logged" in _fails(trained.bundle, params, uri)
    with pytest.raises(TrackingError, match="cannot be fetched"):
        download_bundle("models:/upheld@champion", at(params, uri), tmp_path)
    with pytest.raises(TrackingError, match="the registry cannot be read"):
        read_registry(at(params, uri))


def test_a_password_in_an_address_is_never_shown(trained, params):
    message = _fails(trained.bundle, params, f"http://bob:hunter2@127.0.0.1:{free_port()}")
    assert "hunter2" not in message
    assert "http://***@127.0.0.1" in message


def test_the_environment_outranks_the_settings(trained, params, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://127.0.0.1:9/none")
    assert _fails(trained.bundle, params, "sqlite:///unused.db").startswith("postgresql://127.0.0.1:9/none: ")
    assert not Path("unused.db").exists()


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "runs"])
def test_a_process_that_moves_to_another_folder_has_the_store_of_that_folder(params, uri, tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with chdir(tmp_path / name), open_store(at(params, uri).tracking, "nothing was done") as store:
            assert "upheld" not in {found.name for found in store.client.search_experiments()}
            assert store.experiment
            assert Path(store.address.removeprefix("sqlite:///")).exists()


def test_the_store_and_the_run_of_a_notebook_stay_as_they_are(trained, params, logged, tracked):
    mlflow.set_tracking_uri("sqlite:///notebook.db")
    try:
        with mlflow.start_run() as run:
            log_bundle(trained.bundle, tracked)
            assert mlflow.get_tracking_uri() == "sqlite:///notebook.db"
            assert mlflow.active_run().info.run_id == run.info.run_id
    finally:
        mlflow.set_tracking_uri(None)


def _half_way(server: Server) -> bool:
    """Whether a run has begun that is not finished."""
    with sqlite3.connect(f"file:{server.folder}/store.db?mode=ro", uri=True) as store:
        return bool(store.execute("select 1 from runs where status = 'RUNNING'").fetchone())


def _runs(server: Server, version: str) -> list[str]:
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name("upheld").experiment_id
    runs = client.search_runs(
        [experiment], f"tags.`upheld.version` = '{version}' and tags.`upheld.kind` = 'training'"
    )
    return [run.info.status for run in runs]


def test_a_server_that_dies_half_way_leaves_one_run_once_it_is_back(trained, params, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")
    with running(tmp_path) as server:

        def kill_half_way() -> None:
            while not _half_way(server):
                time.sleep(0.01)
            server.kill()

        killer = threading.Thread(target=kill_half_way)
        MlflowClient(server.uri).create_experiment("upheld")
        killer.start()
        _fails(trained.bundle, params, server.uri)
        killer.join()
        server.start()
        assert _runs(server, trained.bundle.name) == ["RUNNING"]
        logged = log_bundle(trained.bundle, at(params, server.uri))
        assert _runs(server, trained.bundle.name) == ["FINISHED"]
        assert log_bundle(trained.bundle, at(params, server.uri)) == logged
        client = MlflowClient(server.uri)
        assert len(client.search_model_versions("name='upheld'")) == 1
        experiment = client.get_experiment_by_name("upheld").experiment_id
        assert [model.model_id for model in client.search_logged_models([experiment])] == [
            logged.model_uri.removeprefix("models:/")
        ]


def _forwarder(port: int, slow: set[str]) -> type[BaseHTTPRequestHandler]:
    """Passes every request on to the real server; holds back its first answer to each of the `slow` paths, once."""

    class Forwarding(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            upstream = http.client.HTTPConnection("127.0.0.1", port)
            upstream.request(
                self.command, self.path, body, dict(self.headers) | {"Host": f"127.0.0.1:{port}"}
            )
            answer = upstream.getresponse()
            content = answer.read()
            if self.path in slow:
                slow.discard(self.path)
                time.sleep(4)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # nobody waits any more
                self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def do_PUT(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Forwarding


def test_requests_repeated_because_the_answer_was_slow_make_one_run_and_one_version(
    trained, params, server, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    slow = {"/api/2.0/mlflow/runs/create", "/api/2.0/mlflow/model-versions/create"}
    with _answering(_forwarder(server.port, slow)) as uri:
        log_bundle(trained.bundle, at(params, uri, experiment="slow", model="slow"))
    assert not slow
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name("slow").experiment_id
    wanted = "tags.`upheld.kind` = 'training'"
    assert [run.info.status for run in client.search_runs([experiment], wanted)] == ["FINISHED"]
    assert len(client.search_runs([experiment], wanted, ViewType.DELETED_ONLY)) == 1
    assert len(client.search_model_versions("name='slow'")) == 1
