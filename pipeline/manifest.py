"""The manifest of a bundle: what it was made from and with. Refuses files and versions that are not those it names."""

import hashlib
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from pipeline.errors import BundleError
from pipeline.features.lexicon import lexicon_digest

MANIFEST = "manifest.json"
FORMAT: Literal[1] = 1

# Libraries whose minor version decides how a stored estimator behaves.
_VERSIONED = ("scikit-learn", "numpy", "scipy", "skops", "spacy")

_PlainName = Annotated[
    str, StringConstraints(pattern=r"^\w[\w.-]*$")
]  # a file of the folder, no path out of it


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="allow")

    format: Literal[1]
    version: str
    weights_digest: str
    lexicon: str
    versions: dict[str, str]
    params: dict[str, Any]
    figures: dict[str, dict[str, float | None]]
    corpus: dict[str, Any]
    files: dict[_PlainName, str]


def new_manifest(name: str, weights: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a manifest that every bundle has: its version, and what made it."""
    return {
        "format": FORMAT,
        "version": name,
        "weights_digest": weights,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "lexicon": lexicon_digest(),
        "versions": {"python": platform.python_version()}
        | {lib: version(lib) for lib in ("upheld", *_VERSIONED)},
        "params": dict(params),
    }


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of the bundle at `path` without loading the bundle.

    Raises:
        BundleError: no bundle there, or a manifest that lacks something or holds something else.
    """
    try:
        text = (path / MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path}: no readable {MANIFEST}; give a folder that 'upheld train' made."
        ) from error
    try:
        return _Manifest.model_validate_json(text).model_dump(mode="json")
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))} {e['msg']}" for e in error.errors())
        raise BundleError(f"{path}: {MANIFEST}: {faults}. Copy the folder again, or train again.") from error


def hashes(folder: Path, names: list[str]) -> dict[str, str]:
    """Return the SHA-256 of these files of a folder, by name."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)}


def check_files(path: Path, manifest: Mapping[str, Any], needed: list[str]) -> None:
    """Refuse a bundle of which a file is missing or not the one that was saved; files besides are passed over.

    Raises:
        BundleError: naming every such file.
    """
    names = sorted({*needed, *manifest["files"]})
    missing = [name for name in names if not (path / name).is_file()]
    if missing:
        raise BundleError(
            f"{path}: {', '.join(missing)} missing; copy the whole folder again, or train again."
        )
    actual = hashes(path, names)
    altered = [name for name in names if manifest["files"].get(name) != actual[name]]
    if altered:
        raise BundleError(
            f"{path}: {', '.join(altered)} altered since training (SHA-256 differs from {MANIFEST}); "
            "copy the folder again from its source, or train again."
        )


def check_versions(path: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a bundle that this installation would read otherwise than the one that made it.

    Raises:
        BundleError: another lexicon, or another minor version of a library, naming both versions.
    """
    if manifest["lexicon"] != lexicon_digest():
        raise BundleError(f"{path}: made with another lexicon than this upheld has; train again.")
    made = manifest["versions"]
    differing = [
        f"{lib} {made.get(lib)} (here {version(lib)})"
        for lib in _VERSIONED
        if not _same_minor(made.get(lib), lib)
    ]
    if differing:
        raise BundleError(
            f"{path}: made with {', '.join(differing)}; the first two numbers must agree. "
            "Install those versions, or train again."
        )


def _same_minor(made: str | None, library: str) -> bool:
    return made is not None and made.split(".")[:2] == version(library).split(".")[:2]
