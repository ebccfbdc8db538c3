"""How long work tells how far it has come."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Shows how far long work has come; the command line draws a bar, a notebook may pass `silent`."""

    def __call__(self, items: Iterable[Item], label: str) -> Iterator[Item]:
        """Yield the items, showing that they pass."""


def silent(items: Iterable[Item], label: str) -> Iterator[Item]:
    """Show nothing."""
    yield from items
