"""What tests of tables need: a file with given content."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def make_file() -> Callable[[str, str | bytes], Path]:
    """Write text as UTF-8, or bytes as they are, into a file of this name."""

    def make(name: str, content: str | bytes) -> Path:
        path = Path(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make
