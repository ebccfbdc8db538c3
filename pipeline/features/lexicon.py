"""lexicon.yaml in, named signals and ideas out, and the digest that ties a bundle to the lexicon it was made with."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipeline.features.stems import stems

Stems = tuple[str, ...]

IDEA = "#"  # begins the name of every idea, and of no signal


@dataclass(frozen=True, slots=True)
class Signal:
    """A named idea: `meaning` is its name for people, `phrases` show it, `fires` and `silent` are its two examples."""

    name: str
    meaning: str
    phrases: tuple[str, ...]
    fires: str
    silent: str


@cache
def signals() -> tuple[Signal, ...]:
    """Return every signal, in the lexicon's order."""
    entries = _lexicon()["signals"].items()
    return tuple(
        Signal(name, e["meaning"], tuple(e["phrases"]), e["fires"], e["silent"]) for name, e in entries
    )


@cache
def ideas() -> dict[Stems, str]:
    """Return the idea behind each phrase, by the phrase's stems; where two groups share one, the first has it."""
    found: dict[Stems, str] = {}
    for name, phrases in _lexicon()["ideas"].items():
        for phrase in phrases:
            key = phrase_stems(phrase)
            if key and key != ("not",):  # a bare negation is an idea of its own
                found.setdefault(key, f"{IDEA}{name}")
    return found


def phrase_stems(phrase: str) -> Stems:
    """Return a lexicon phrase as stems; £ is any sum of money.

    >>> phrase_stems("refused to pay"), phrase_stems("£")
    (('refus', 'to', 'pay'), ('moneysum',))
    """
    return tuple(stems(phrase.replace("£", "£1")))


def lexicon_digest() -> str:
    """Return the SHA-256 of the lexicon: features learnt with another one would mean something else."""
    return hashlib.sha256(_text().encode()).hexdigest()


def _text() -> str:
    return (files("pipeline.features") / "lexicon.yaml").read_text(encoding="utf-8")


@cache
def _lexicon() -> dict[str, Any]:
    return dict(yaml.load(_text(), yaml.CSafeLoader))  # the C twin of safe_load, ten times as quick
