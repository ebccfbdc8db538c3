"""A real MLflow server to track on, a store with one logged run, and stores of files that are a test's own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.params import Params
from pipeline.stages import TrainingSummary
from pipeline.tracking.runs import LoggedRun, log_bundle

START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when an address answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
            continue
        return
    raise AssertionError(f"{address} never answered")


class Server:
    """`mlflow server` with SQLite on 127.0.0.1, in a folder; can be killed and started again with the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--backend-store-uri", f"sqlite:///{self.folder}/store.db",
            "--artifacts-destination", str(self.folder / "files"),
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            )  # fmt: skip
        wait_for(f"{self.uri}/health", self.process)

    def kill(self) -> None:
        """End it and its workers at once, as a power cut would."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


def at(params: Params, uri: str, **names: object) -> Params:
    """The settings, with their store somewhere else."""
    return params.model_copy(update={"tracking": params.tracking.model_copy(update={"uri": uri, **names})})


@pytest.fixture(scope="session")
def tracked(quick_params: Params, tmp_path_factory: pytest.TempPathFactory) -> Params:
    """Settings whose store is one SQLite file for the whole session."""
    return at(quick_params, f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db")


@pytest.fixture(scope="session")
def client(tracked: Params) -> MlflowClient:
    return MlflowClient(tracked.tracking.uri)


@pytest.fixture(scope="session")
def logged(trained: TrainingSummary, tracked: Params, tmp_path_factory: pytest.TempPathFactory) -> LoggedRun:
    with chdir(tmp_path_factory.mktemp("artifacts")):  # MLflow puts them below the folder it is first used in
        return log_bundle(trained.bundle, tracked)
