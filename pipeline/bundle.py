"""Heads in, a folder that is safe to load out, and back; refuses a folder that is missing, altered or incompatible.

A bundle holds its estimators in skops format (no pickle, only types on a short list), a manifest with the SHA-256 of
every file, a card for people, and example complaints whose predictions are checked again at every load. The spaCy
pipeline is rebuilt from settings, never stored.
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import pandas as pd
import skops.io

from pipeline.errors import BundleError
from pipeline.features.lexicon import lexicon_digest
from pipeline.features.view import UnusableComplaintError, complaint_column, view_of_row
from pipeline.heads import Heads
from pipeline.params import params_from
from pipeline.schema import Prediction

MANIFEST = "manifest.json"
FORMAT = 1
PARTS = ("features", "outcome", "grounds")
PREDICTION_COLUMNS = ("p_upheld", "outcome", "decided", "grounds", "warnings", "model")
TOLERANCE = 1e-6

# Libraries whose minor version decides how a stored estimator behaves.
_VERSIONED = ("scikit-learn", "numpy", "scipy", "skops", "spacy")

# Nothing but these is ever built from a file, besides what skops itself trusts (plain scikit-learn and numpy).
_TRUSTED = frozenset(
    {
        "pipeline.features.vectorise.ComplaintFeatures",
        "pipeline.heads.GroundsHead",
        "pipeline.heads.OutcomeHead",
    }
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded model: `heads` that score, and the `manifest` that says where they come from."""

    heads: Heads
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The name of the bundle's folder, given when it was trained."""
        return str(self.manifest["version"])

    def predict(self, complaints: pd.DataFrame | Sequence[Mapping[str, Any]] | Sequence[str]) -> pd.DataFrame:
        """Return the complaints with the prediction columns of `upheld score` added; rows keep their order.

        Args:
            complaints: a data frame or records with a `complaint` column (`summary` and `text` are accepted names)
                and, where known, `organisation`, `category`, `subcategory`, `received_on`, `reference`; or texts.

        Raises:
            UnusableComplaintError: no complaint column, or a row without a complaint; its position is in the message.
        """
        frame = _as_frame(complaints)
        complaint_column(dict.fromkeys(frame.columns))
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        views = []
        for position, row in enumerate(rows):
            try:
                views.append(
                    view_of_row({str(name): value for name, value in row.items()}, self.heads.params.view)
                )
            except UnusableComplaintError as error:
                raise UnusableComplaintError(f"row {position}: {error}") from error
        predictions = [as_columns(p) for p in self.heads.predict(views, version=self.version)]
        added = pd.DataFrame(predictions, index=frame.index, columns=list(PREDICTION_COLUMNS))
        return pd.concat([frame.rename(columns=passed_through(frame.columns)), added], axis=1)


def passed_through(columns: Iterable[str]) -> dict[str, str]:
    """Return the name under which each input column is passed on: "input_outcome" for a column named "outcome"."""
    return {name: f"input_{name}" if name in PREDICTION_COLUMNS else name for name in columns}


def as_columns(prediction: Prediction) -> dict[str, Any]:
    """Return a prediction as plain values by column name."""
    return {
        "p_upheld": prediction.p_upheld,
        "outcome": prediction.outcome.value,
        "decided": prediction.decided,
        "grounds": [{"code": ground.value, "p": p} for ground, p in prediction.grounds],
        "warnings": list(prediction.warnings),
        "model": prediction.model,
    }


def save_bundle(
    heads: Heads, folder: Path, *, facts: Mapping[str, Any], card: str, examples: Sequence[Mapping[str, Any]]
) -> Path:
    """Write a bundle below `folder` and return its path; its version is the time and the digest of its weights.

    Args:
        heads: what to save.
        folder: where bundles live, usually `models`; made if missing.
        facts: figures, counts and data digest for the manifest.
        card: Markdown for people, with `{version}` where the version belongs.
        examples: a few complaints, invented ones, to check at load.

    Raises:
        BundleError: the folder cannot be written.
    """
    digest = weights_digest(heads)
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{digest[:8]}"
    partial = folder / f".{name}.partial"
    try:
        partial.mkdir(parents=True)
        _write_parts(heads, partial)
        (partial / "card.md").write_text(card.replace("{version}", name), encoding="utf-8")
        _write_examples(heads, partial, examples)
        manifest = _manifest(heads, name, digest) | dict(facts) | {"files": _hashes(partial)}
        (partial / MANIFEST).write_text(
            json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
        partial.replace(folder / name)
    except OSError as error:
        raise BundleError(
            f"{folder}: the bundle cannot be written ({error.strerror}); choose a writable folder."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / name


def load_bundle(path: Path) -> Bundle:
    """Return the bundle at `path`, after its files, versions and example predictions have been checked.

    Raises:
        BundleError: a file is missing or altered, a version differs, or an example is predicted otherwise.
    """
    manifest = read_manifest(path)
    _check_files(path, manifest)
    _check_versions(path, manifest)
    parts = {name: _load_part(path / f"{name}.skops") for name in PARTS}
    bundle = Bundle(Heads(**parts, params=params_from(manifest["params"])), manifest)
    _check_examples(path, bundle)
    return bundle


def _load_pyfunc(path: str) -> Bundle:
    """Load the bundle that MLflow stored: the hook that its `loader_module` calls by this name."""
    return load_bundle(Path(path))


def latest_bundle(folder: Path) -> Path:
    """Return the newest bundle below `folder`.

    Raises:
        BundleError: there is none.
    """
    found = bundles(folder)
    if not found:
        raise BundleError(f"{folder}: holds no bundle; train one with 'upheld run' or 'upheld train'.")
    return found[-1]


def bundles(folder: Path) -> list[Path]:
    """Return every bundle below `folder`, the oldest first."""
    return sorted(path.parent for path in folder.glob(f"[!.]*/{MANIFEST}"))


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a bundle's manifest without loading the bundle.

    Raises:
        BundleError: no bundle there, or a manifest that cannot be read.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BundleError(
            f"{path}: no readable {MANIFEST}; give a folder that 'upheld train' made."
        ) from error
    missing = {"format", "version", "lexicon", "versions", "params", "files"} - set(
        manifest if isinstance(manifest, dict) else ()
    )
    if missing:
        raise BundleError(f"{path}: {MANIFEST} lacks {', '.join(sorted(missing))}; train the bundle again.")
    return dict(manifest)


def weights_digest(heads: Heads) -> str:
    """Return a hex digest of everything learnt: the same data, seed and versions give the same digest."""
    digest = hashlib.sha256()
    for part in heads.weights():
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else json.dumps(part).encode())
    return digest.hexdigest()


def _manifest(heads: Heads, name: str, digest: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": name,
        "weights_digest": digest,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "lexicon": lexicon_digest(),
        "versions": {"python": platform.python_version()}
        | {lib: version(lib) for lib in ("upheld", *_VERSIONED)},
        "params": heads.params.model_dump(mode="json"),
    }


def _write_parts(heads: Heads, folder: Path) -> None:
    for name in PARTS:
        skops.io.dump(getattr(heads, name), folder / f"{name}.skops", compression=ZIP_DEFLATED)


def _write_examples(heads: Heads, folder: Path, examples: Sequence[Mapping[str, Any]]) -> None:
    predictions = heads.predict([view_of_row(row, heads.params.view) for row in examples], version="")
    pairs = zip(examples, predictions, strict=True)
    lines = [json.dumps({"input": row, "expected": as_columns(p)}, ensure_ascii=False) for row, p in pairs]
    (folder / "examples.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _hashes(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def _check_files(path: Path, manifest: Mapping[str, Any]) -> None:
    needed = {f"{name}.skops" for name in PARTS} | {"card.md", "examples.jsonl"}
    listed = set(manifest["files"])
    missing = sorted(name for name in needed | listed if not (path / name).is_file())
    if missing:
        raise BundleError(
            f"{path}: {', '.join(missing)} missing; copy the whole folder again, or train again."
        )
    actual = _hashes(path)
    altered = sorted(name for name in needed | listed if manifest["files"].get(name) != actual[name])
    if altered:
        raise BundleError(
            f"{path}: {', '.join(altered)} altered since training (SHA-256 differs from {MANIFEST}); "
            "copy the folder again from its source, or train again."
        )


def _check_versions(path: Path, manifest: Mapping[str, Any]) -> None:
    if manifest["format"] != FORMAT:
        raise BundleError(
            f"{path}: bundle format {manifest['format']}, this upheld reads {FORMAT}; train again."
        )
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


def _load_part(file: Path) -> Any:
    unknown = sorted(set(skops.io.get_untrusted_types(file=file)) - _TRUSTED)
    if unknown:
        raise BundleError(
            f"{file}: holds types that are not loaded from files: {', '.join(unknown)}; train again."
        )
    return skops.io.load(file, trusted=sorted(_TRUSTED))


def _check_examples(path: Path, bundle: Bundle) -> None:
    lines = [json.loads(line) for line in (path / "examples.jsonl").read_text(encoding="utf-8").splitlines()]
    views = [view_of_row(line["input"], bundle.heads.params.view) for line in lines]
    for number, (line, prediction) in enumerate(
        zip(lines, bundle.heads.predict(views, version=""), strict=True), 1
    ):
        expected = line["expected"]
        if (
            prediction.outcome != expected["outcome"]
            or abs(prediction.p_upheld - expected["p_upheld"]) > TOLERANCE
        ):
            raise BundleError(
                f"{path}: example {number} scores {prediction.p_upheld}, not {expected['p_upheld']} as when it was "
                "trained; this installation computes something else. Reinstall the pinned versions, or train again."
            )


def _as_frame(complaints: pd.DataFrame | Sequence[Mapping[str, Any]] | Sequence[str]) -> pd.DataFrame:
    if isinstance(complaints, pd.DataFrame):
        return complaints
    texts = [item for item in complaints if isinstance(item, str)]
    return pd.DataFrame({"complaint": texts}) if len(texts) == len(complaints) else pd.DataFrame(complaints)
