"""Settings in, an open MLflow store out; whatever is wrong with a store becomes one error that says what was not done.

Nothing here touches MLflow's global state: a notebook keeps the store and the run that it has open.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from filelock import FileLock

from pipeline.errors import TrackingError
from pipeline.params import Tracking

if TYPE_CHECKING:
    from mlflow import MlflowClient

TURN_SECONDS = 300  # to wait for another process that writes to the same store on this machine

# MLflow's defaults would hold a training up for an hour before a dead server is called dead.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ALLOW_FILE_STORE": "true",  # a folder is used only by those who ask for one
}


@dataclass(frozen=True)
class Store:
    """An open store: its address as it was given, the client, and the names of what `upheld` keeps there."""

    address: str
    client: "MlflowClient"
    names: Tracking

    @property
    def shown(self) -> str:
        """The address as it may be printed."""
        return without_password(self.address)

    @property
    def model(self) -> str:
        """The name of the registered model."""
        return self.names.model

    @cached_property
    def experiment(self) -> str:
        """The id of the experiment, which is made when it is first asked for."""
        found = self.client.get_experiment_by_name(self.names.experiment)
        return str(found.experiment_id) if found else self._new_experiment()

    def _new_experiment(self) -> str:
        from mlflow.exceptions import MlflowException

        try:
            return str(self.client.create_experiment(self.names.experiment))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        # Another training was quicker.
        return str(self.client.get_experiment_by_name(self.names.experiment).experiment_id)


@contextmanager
def open_store(params: Tracking, failure: str) -> Iterator[Store]:
    """Yield the store that MLFLOW_TRACKING_URI names, else the settings.

    A store of files, SQLite's among them, is left to one process at a time: two would find each other's half-made
    tables, or a locked database.

    Args:
        params: address, and names of the experiment and the registered model.
        failure: what was not done if anything fails inside, such as "the run was not logged".

    Raises:
        TrackingError: the store is out of reach, refuses, breaks off, or is none.
    """
    address = os.environ.get("MLFLOW_TRACKING_URI") or params.uri
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # its notes on each migration
    try:
        with _own_turn(address):
            yield _opened(address, params)
    except _store_errors() as error:
        raise TrackingError(f"{without_password(address)}: {failure} ({_first_line(error)})") from error


def _store_errors() -> tuple[type[Exception], ...]:
    """Return what a store raises that is down, corrupt, of another version, locked, or without its driver."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, CommandError, ImportError, OSError


def without_password(text: str) -> str:
    """Return a text without the user and password of the addresses in it.

    >>> without_password("http://bob:secret@127.0.0.1:5000 refused")
    'http://***@127.0.0.1:5000 refused'
    """
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def file_of(address: str) -> Path | None:
    """Return the file or folder behind a store's address, or None for a server or another database.

    >>> file_of("sqlite:///mlflow.db").name, file_of("file:///srv/runs").name, file_of("runs").name
    ('mlflow.db', 'runs', 'runs')
    >>> file_of("http://127.0.0.1:5000")
    """
    scheme, rest = urlsplit(address).scheme, address.partition("://")[2]
    if scheme.startswith("sqlite"):
        return Path(unquote(rest.removeprefix("/").partition("?")[0]))
    if scheme == "file":
        return Path(unquote(urlsplit(address).path))
    return Path(address) if not scheme else None


def _own_turn(address: str) -> AbstractContextManager[object]:
    file = file_of(address)
    if file is None:
        return nullcontext()
    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file.with_name(f"{file.name}.lock"), timeout=TURN_SECONDS)


def _opened(address: str, params: Tracking) -> Store:
    from mlflow import MlflowClient

    return Store(address, MlflowClient(_wherever(address), os.environ.get("MLFLOW_REGISTRY_URI")), params)


def _wherever(address: str) -> str:
    """Return the address of a store that holds in any folder.

    MLflow keeps each address's connection: a process that has moved to another folder would go on in the old one.
    """
    file = file_of(address)
    if file is None or file.is_absolute() or file.name == ":memory:":
        return address
    return address.replace(":///", f":///{Path.cwd()}/", 1) if "://" in address else str(file.absolute())


def _first_line(error: Exception) -> str:
    return without_password((str(error).splitlines() or [type(error).__name__])[0])
