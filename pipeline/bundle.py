"""Heads in, a folder that is safe to load out, and back; refuses a folder that is missing, altered or incompatible.

A bundle holds its estimators in skops format (no pickle, only types on a short list), a manifest with the SHA-256 of
every file, a card for people, and example complaints whose predictions are checked again at every load. The spaCy
pipeline is rebuilt from settings, never stored.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile

import numpy as np
import pandas as pd
from pydantic import ValidationError

from pipeline.errors import BundleError
from pipeline.features.view import UnusableComplaintError, complaint_column, view_of_row
from pipeline.heads import Heads
from pipeline.manifest import MANIFEST, check_files, check_versions, hashes, new_manifest, read_manifest
from pipeline.params import params_from
from pipeline.profile import Profile, rescored
from pipeline.schema import Prediction

PARTS = ("features", "outcome", "grounds")
REFERENCE = "reference.json"
FILES = [*(f"{name}.skops" for name in PARTS), "card.md", "examples.jsonl", REFERENCE]
PREDICTION_COLUMNS = ("p_upheld", "outcome", "decided", "grounds", "warnings", "model")
TOLERANCE = 1e-6

# Nothing but these is ever built from a file, besides what skops itself trusts (plain scikit-learn and numpy).
_TRUSTED = frozenset(
    {
        "pipeline.features.vectorise.ComplaintFeatures",
        "pipeline.heads.grounds.GroundsHead",
        "pipeline.heads.outcome.OutcomeHead",
    }
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded model: `heads` that score, the `manifest` that says where they come from, and what they learnt from.

    `reference` describes the training cases, as if they were new to the heads: what a batch is held against.
    """

    heads: Heads
    manifest: Mapping[str, Any]
    reference: Profile

    @property
    def version(self) -> str:
        """The name of the bundle's folder, given when it was trained."""
        return str(self.manifest["version"])

    def at_rate(self, upheld_rate: float | None) -> "Bundle":
        """Return the same bundle, its probabilities corrected to another share of upheld; None: as in training."""
        heads = self.heads.at_rate(upheld_rate)
        return replace(self, heads=heads, reference=rescored(self.reference, heads.outcome))

    def predict(
        self, complaints: pd.DataFrame | Sequence[Mapping[str, Any]] | Sequence[str], *, explain: int = 0
    ) -> pd.DataFrame:
        """Return the complaints with the prediction columns of `upheld score` added; rows keep their order.

        Args:
            complaints: a data frame or records with a `complaint` column (`summary` and `text` are accepted names)
                and, where known, `organisation`, `category`, `subcategory`, `received_on`, `reference`; or texts.
            explain: how many of the strongest reasons to add in a column `reasons`; 0: no such column.

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
        found = self.heads.predict(views, version=self.version, explain=explain)
        predictions = [as_columns(prediction, explain=explain) for prediction in found]
        added = pd.DataFrame(predictions, index=frame.index, columns=list(prediction_columns(explain)))
        return pd.concat(
            [frame.rename(columns=passed_through(frame.columns, explain=explain)), added], axis=1
        )


def passed_through(columns: Iterable[str], *, explain: int = 0) -> dict[str, str]:
    """Return the name under which each input column is passed on: "input_outcome" for a column named "outcome".

    >>> passed_through(["outcome", "input_outcome", "ward"])
    {'outcome': 'input_input_outcome', 'input_outcome': 'input_outcome', 'ward': 'ward'}
    """
    names, added = list(columns), prediction_columns(explain)
    taken = {*added, *names}
    renamed = {}
    for name in names:
        renamed[name] = name
        while name in added and renamed[name] in taken:
            renamed[name] = f"input_{renamed[name]}"
        taken.add(renamed[name])
    return renamed


def prediction_columns(explain: int = 0) -> tuple[str, ...]:
    """Return the names of the columns that a prediction adds, with or without `reasons`."""
    return (*PREDICTION_COLUMNS, "reasons") if explain else PREDICTION_COLUMNS


def as_columns(prediction: Prediction, *, explain: int = 0) -> dict[str, Any]:
    """Return a prediction as plain values by column name."""
    columns: dict[str, Any] = {
        "p_upheld": prediction.p_upheld,
        "outcome": prediction.outcome.value,
        "decided": prediction.decided,
        "grounds": [{"code": ground.value, "p": p} for ground, p in prediction.grounds],
        "warnings": list(prediction.warnings),
        "model": prediction.model,
    }
    if explain:
        columns["reasons"] = [
            {
                "name": r.name,
                "contribution": r.contribution,
                "ground": r.ground and r.ground.value,
                "words": list(r.words),
            }
            for r in prediction.reasons
        ]
    return columns


def save_bundle(
    heads: Heads,
    folder: Path,
    *,
    reference: Profile,
    facts: Mapping[str, Any],
    card: str,
    examples: Sequence[Mapping[str, Any]],
    files: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write a bundle below `folder` and return its path; its version is the time and the digest of its weights.

    Args:
        heads: what to save.
        folder: where bundles live, usually `models`; made if missing.
        reference: the training cases, see `profile.reference_of`.
        facts: figures, counts and data digest for the manifest.
        card: Markdown for people, with `{version}` where the version belongs.
        examples: a few complaints, invented ones, to check at load.
        files: name to text of what else is to lie in the folder; scoring does not need it.

    Raises:
        BundleError: the folder cannot be written.
    """
    digest = weights_digest(heads)
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{digest[:8]}"
    check_folder(folder)
    partial = folder / f".{name}.partial"
    try:
        partial.mkdir()
        _write_parts(heads, partial)
        (partial / "card.md").write_text(card.replace("{version}", name), encoding="utf-8")
        (partial / REFERENCE).write_text(reference.to_json() + "\n", encoding="utf-8")
        _write_examples(heads, partial, examples)
        for own, text in files.items():
            (partial / own).write_text(text, encoding="utf-8")
        made = new_manifest(name, digest, heads.params.model_dump(mode="json"))
        manifest = made | dict(facts) | {"files": hashes(partial, [*FILES, *files])}
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


def check_folder(folder: Path) -> None:
    """Make the folder for bundles, and refuse one that cannot be written before hours are spent on a model.

    Raises:
        BundleError: it cannot be made, or nothing can be written in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryDirectory(dir=folder).cleanup()
    except OSError as error:
        raise BundleError(
            f"{folder}: cannot be written ({error.strerror}); choose a writable folder."
        ) from error


def load_bundle(path: Path) -> Bundle:
    """Return the bundle at `path`, after its files, versions and example predictions have been checked.

    Raises:
        BundleError: a file is missing or altered, a version differs, or an example is predicted otherwise.
    """
    manifest = read_manifest(path)
    check_files(path, manifest, FILES)
    check_versions(path, manifest)
    parts = {name: _load_part(path / f"{name}.skops") for name in PARTS}
    heads = Heads(**parts, params=params_from(manifest["params"]))
    bundle = Bundle(heads, manifest, _load_reference(path / REFERENCE))
    if weights_digest(bundle.heads) != manifest["weights_digest"]:
        raise BundleError(
            f"{path}: its weights are not those of its {MANIFEST}; copy the folder again, or train again."
        )
    _check_examples(path, bundle)
    return bundle


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


def weights_digest(heads: Heads) -> str:
    """Return a hex digest of everything learnt: the same data, seed and versions give the same digest."""
    digest = hashlib.sha256()
    for part in heads.weights():
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else json.dumps(part).encode())
    return digest.hexdigest()


def _write_parts(heads: Heads, folder: Path) -> None:
    import skops.io  # late, as below: with it comes all of scikit-learn, which a worker that scores can do without

    for name in PARTS:
        skops.io.dump(getattr(heads, name), folder / f"{name}.skops", compression=ZIP_DEFLATED)


def _write_examples(heads: Heads, folder: Path, examples: Sequence[Mapping[str, Any]]) -> None:
    predictions = heads.predict([view_of_row(row, heads.params.view) for row in examples], version="")
    pairs = zip(examples, predictions, strict=True)
    lines = [json.dumps({"input": row, "expected": as_columns(p)}, ensure_ascii=False) for row, p in pairs]
    (folder / "examples.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _load_part(file: Path) -> Any:
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.io.load(file, trusted=sorted(_TRUSTED))  # all types are audited before anything is built
    except UntrustedTypesFoundException as error:
        unknown = sorted(set(skops.io.get_untrusted_types(file=file)) - _TRUSTED)
        raise BundleError(
            f"{file}: holds types that are not loaded from files: {', '.join(unknown)}; train again."
        ) from error
    except (BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"{file}: is not in skops format; copy the folder again, or train again."
        ) from error


def _load_reference(file: Path) -> Profile:
    try:
        return Profile.from_json(file.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise BundleError(
            f"{file}: is not the profile of a training corpus; copy the folder again, or train again."
        ) from error


def _check_examples(path: Path, bundle: Bundle) -> None:
    lines = [json.loads(line) for line in (path / "examples.jsonl").read_text(encoding="utf-8").splitlines()]
    views = [view_of_row(line["input"], bundle.heads.params.view) for line in lines]
    predictions = map(as_columns, bundle.heads.predict(views, version=""))
    for number, (line, found) in enumerate(zip(lines, predictions, strict=True), 1):
        if not _same_prediction(found, line["expected"]):
            raise BundleError(
                f"{path}: example {number} scores {found['p_upheld']}, not {line['expected']['p_upheld']} as when it "
                "was trained; this installation computes something else. Reinstall the pinned versions, or train again."
            )


def _same_prediction(found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    numbers = [(found["p_upheld"], expected["p_upheld"])]
    numbers += [(a["p"], b["p"]) for a, b in zip(found["grounds"], expected["grounds"], strict=False)]
    codes = [[ground["code"] for ground in one["grounds"]] for one in (found, expected)]
    same_words = all(found[name] == expected[name] for name in ("outcome", "decided", "warnings"))
    return same_words and codes[0] == codes[1] and all(abs(a - b) <= TOLERANCE for a, b in numbers)


def _as_frame(complaints: pd.DataFrame | Sequence[Mapping[str, Any]] | Sequence[str]) -> pd.DataFrame:
    if isinstance(complaints, pd.DataFrame):
        return complaints
    texts = [item for item in complaints if isinstance(item, str)]
    return pd.DataFrame({"complaint": texts}) if len(texts) == len(complaints) else pd.DataFrame(complaints)
