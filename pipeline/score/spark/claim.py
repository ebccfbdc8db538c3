"""An output in, the same for one run alone; refuses one that is there already, and clears it when the run fails.

Spark has no word of its own for files that are no tables: these are Hadoop's, which it writes with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CLAIM = "_being_scored"  # Spark passes over names with "_" when it reads


def rejects_folder(output: str) -> str:
    """Return where the rejects of an output go."""
    return f"{output}.rejects"


def drift_file(output: str) -> str:
    """Return where the drift of an output goes."""
    return f"{output}.drift.json"


def write_text(session: "SparkSession", address: str, text: str) -> None:
    """Write a file wherever Spark can write; one that is there is replaced."""
    path = _path(session, address)
    stream = _files_of(session, path).create(path, True)
    try:
        stream.write(bytearray(text.encode()))
    finally:
        stream.close()


@contextmanager
def claimed(session: "SparkSession", output: str) -> Iterator[None]:
    """Keep an output and its rejects for this run; where the run fails, nothing stays of either.

    A file in the folder says so to other runs. A run that is killed leaves it behind.

    Args:
        session: knows the file systems.
        output: a folder that is not there yet, or empty.

    Raises:
        InputError: there is something in it, or in the folder of its rejects.
    """
    folders = [_path(session, output), _path(session, rejects_folder(output))]
    claim = _path(session, f"{output}/{CLAIM}")
    files = _files_of(session, claim)
    for folder in folders:
        if files.exists(folder) and len(files.listStatus(folder)):
            what = "another run is writing it, or was killed" if files.exists(claim) else "is there already"
            raise InputError(
                f"{folder.toString()}: {what}; choose another name for --out, or delete the folder."
            )
    files.create(claim, False).close()  # False: refused where another run was quicker by a moment
    is_whole = False
    try:
        yield
        is_whole = True
    finally:
        for place in [claim] if is_whole else folders:
            files.delete(place, True)


def _path(session: "SparkSession", address: str) -> Any:
    context: Any = session.sparkContext
    return context._jvm.org.apache.hadoop.fs.Path(address)


def _files_of(session: "SparkSession", path: Any) -> Any:
    """Return the file system that a path is on."""
    context: Any = session.sparkContext
    return path.getFileSystem(context._jsc.hadoopConfiguration())
