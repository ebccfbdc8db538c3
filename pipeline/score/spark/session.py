"""A master in, a Spark session out, and what Spark raises in, plain sentences out; refuses a master that is none."""

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkContext
from pyspark.errors import PySparkException, PythonException
from pyspark.sql import SparkSession

from pipeline.errors import BundleError, InputError

MASTERS = re.compile(r"(local(-cluster)?(\[.+\])?|yarn|(spark|k8s)://.+)")

# Of Spark, where it is started.
_START = {
    # A folder called pipeline in the working folder must not be taken for this package.
    "spark.executorEnv.PYTHONSAFEPATH": "1",
    "spark.driver.defaultJavaOptions": "-Dlog4j2.configurationFile="
    + Path(__file__).with_name("log.properties").as_uri(),
}
# Of Spark on this machine alone: no port is open to others.
_LOCAL = {
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}
# Of the session.
_SETTINGS = {
    "spark.sql.caseSensitive": "true",  # "ID" and "id" are two columns
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # "ward=05" is no number
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


@contextmanager
def open_session(master: str, *, rows: int) -> Iterator[SparkSession]:
    """Open a session: on the Spark that runs in this process, else on one that is started, and stopped at the end.

    Either way its settings are its own: a session that was there keeps what it has.

    Args:
        master: where to start Spark: "local[2]" is on two cores of this machine.
        rows: how many a worker gets at a time.
    """
    is_running = SparkContext._active_spark_context is not None
    with warnings.catch_warnings():
        # Nothing here goes through pandas.
        warnings.filterwarnings("ignore", r"\s*PySpark does not yet fully support pandas", FutureWarning)
        spark = SparkSession.builder.getOrCreate() if is_running else _started(master)
        try:
            session = spark.newSession()
            for name, value in _SETTINGS.items():
                session.conf.set(name, value)
            session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", rows)
            yield session
        finally:
            if not is_running:
                spark.stop()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what Spark raises into one plain sentence; an error in our own code on a worker stays what it is.

    Raises:
        InputError: what Spark cannot do.
        BundleError: a worker cannot load the bundle.
    """
    try:
        yield
    except PythonException as error:
        fault = _fault_of_worker(str(error))
        if fault is None:
            raise
        raise fault from error
    except (PySparkException, Py4JError) as error:
        raise InputError(f"Spark: {_reason(error)}") from error


def _started(master: str) -> SparkSession:
    if not MASTERS.fullmatch(master):
        raise InputError(
            f"--master {master}: must be local[N], N cores of this machine, or spark://HOST:PORT, yarn or k8s://HOST:PORT."
        )
    is_local = master.startswith("local")
    builder = SparkSession.builder.master(master).appName("upheld score")
    builder = builder.config("spark.ui.showConsoleProgress", sys.stderr.isatty())
    for name, value in {**_START, **(_LOCAL if is_local else {})}.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise InputError(f"--master {master}: Spark does not start there: {_reason(error)}") from error
    if is_local:
        spark.sparkContext.pythonExec = os.environ.get("PYSPARK_PYTHON", sys.executable)
    return spark


def _fault_of_worker(trace: str) -> InputError | BundleError | None:
    bundle = re.search(r"^pipeline\.errors\.BundleError: (.+)$", trace, re.MULTILINE)
    if bundle:
        return BundleError(f"on a Spark worker: {bundle[1]}")
    module = re.search(r"^ModuleNotFoundError: (.+)$", trace, re.MULTILINE)
    if module:
        return InputError(
            f"on a Spark worker: {module[1]}. Every worker needs upheld and what it requires, in the same versions as "
            "here; PYSPARK_PYTHON names the Python that has them."
        )
    return None


def _reason(error: PySparkException | Py4JError) -> str:
    """Return the first line of what went wrong in the first place, without Spark's codes."""
    text = str(error)
    if isinstance(error, Py4JJavaError):
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        text = str(cause.getMessage() or cause.toString())
    line = next(iter(text.splitlines()), type(error).__name__)
    return re.sub(r"^\[[A-Z_.]+\] | SQLSTATE: \w+\.?$", "", line)
