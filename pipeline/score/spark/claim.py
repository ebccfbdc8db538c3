"""An output in, the same for one run alone; refuses one that is there already, and clears it when the run fails."""

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
    # Spark has no word of its own for files that are no tables: these are Hadoop's, which it writes with.
    context: Any = session.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path
    folders = [path(output), path(rejects_folder(output))]
    files = folders[0].getFileSystem(context._jsc.hadoopConfiguration())
    claim = path(folders[0], CLAIM)
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
