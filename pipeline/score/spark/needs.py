"""This machine in, nothing out; refuses it where PySpark or a Java for it is missing, and says what to install."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import InputError

JAVA = 17  # the oldest that Spark 4 runs on
_INSTALL = (
    f"install Java {JAVA} or newer (Debian, Ubuntu: apt-get install openjdk-{JAVA}-jre-headless; macOS: "
    f"brew install openjdk@{JAVA}), or name the one that is there by JAVA_HOME."
)


def check_installed() -> None:
    """Refuse a machine on which Spark cannot start.

    Raises:
        InputError: says what to install.
    """
    if find_spec("pyspark") is None:
        raise InputError("--engine spark needs PySpark; install it with: pip install 'upheld[spark]'")
    java = _java()
    found = _version(java) if java else None
    if found is None:
        raise InputError(f"--engine spark needs Java, and {java or 'java'} does not start; {_INSTALL}")
    if found < JAVA:
        raise InputError(f"--engine spark needs Java {JAVA}, and {java} is Java {found}; {_INSTALL}")


def _java() -> str | None:
    """Return the Java that Spark would start."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


def _version(java: str) -> int | None:
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return None
    return version_in(told.stderr)


def version_in(told: str) -> int | None:
    """Return the version in what `java -version` tells; None: none is in it.

    >>> version_in('openjdk version "17.0.15" 2025-04-15'), version_in('java version "1.8.0_402"')
    (17, 8)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None
