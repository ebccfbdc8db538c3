"""Logged models in, versions with a champion, a challenger and a history out; nothing of the history is overwritten.

A bundle is one version of the registered model. The alias `challenger` is on the newest one that nobody has judged yet,
`champion` on the one in office. Every change of office is a tag of its own on the registered model: who, when, from
which version to which, and why.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.errors import RegistryError
from pipeline.params import Params
from pipeline.tracking.history import Action, Event, as_tag, events_of, previous_champion
from pipeline.tracking.store import Store, open_store
from pipeline.tracking.tags import NOTED, VERSION, figure_text, user

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

CHAMPION, CHALLENGER = "champion", "challenger"
FIGURE = "upheld.figure."
CORPUS_NAME, TRAINED = "upheld.corpus", "upheld.trained"


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A bundle in the registry: its number, the bundle's name, its aliases, its run, and its figures as text."""

    number: int
    bundle: str
    aliases: tuple[str, ...]
    run_id: str
    trained: str
    corpus: str
    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Registry:
    """All versions, the newest first, and the history, the oldest event first."""

    model: str
    versions: tuple[RegisteredVersion, ...]
    history: tuple[Event, ...]

    def holder(self, alias: str) -> RegisteredVersion | None:
        """Return the version with an alias, or None."""
        return next((version for version in self.versions if alias in version.aliases), None)

    def find(self, name: str) -> RegisteredVersion:
        """Return the version of this number, alias or bundle.

        Raises:
            RegistryError: there is none.
        """
        for version in self.versions:
            if name in (str(version.number), version.bundle, *version.aliases):
                return version
        known = ", ".join(str(version.number) for version in reversed(self.versions)) or "none yet"
        raise RegistryError(
            f"{self.model}: has no version {name!r}; it has {known}. See 'upheld models', or train one."
        )

    def address(self, version: RegisteredVersion) -> str:
        """Return the address under which a version's model loads."""
        return f"models:/{self.model}/{version.number}"


def register(store: Store, run_id: str, model_uri: str, manifest: Mapping[str, Any]) -> int:
    """Register a logged model as a new version, or find the one that holds this bundle, and return its number."""
    _ensure_model(store)
    bundle = manifest["version"]
    found = _of_bundle(store, bundle)
    if not found:
        _new_version(store, run_id, model_uri.removeprefix("models:/"), manifest)
        found = _of_bundle(store, bundle)
        for number in found[1:]:  # a slow server may have made two versions of a repeated request
            store.client.delete_model_version(store.model, str(number))
    _maybe_challenge(store, found[0])
    return found[0]


def read_registry(params: Params) -> Registry:
    """Return what the registry holds.

    Raises:
        TrackingError: the store cannot be reached.
    """
    with open_store(params.tracking, "the registry cannot be read") as store:
        return _read(store)


def install(params: Params, version: RegisteredVersion, action: Action, reason: str) -> Event:
    """Make a version champion and write that into the history.

    Raises:
        TrackingError: the store cannot be reached or refuses.
    """
    with open_store(params.tracking, f"version {version.number} was not made champion") as store:
        return _install(store, _read(store), version, (action, reason))


def note_refusal(params: Params, version: RegisteredVersion, reason: str) -> Event:
    """Write into the history that a version was not made champion, and why.

    Raises:
        TrackingError: the store cannot be reached or refuses.
    """
    with open_store(params.tracking, "the refusal was not written into the history") as store:
        champion = _read(store).holder(CHAMPION)
        return _write(store, "refused", champion, version, reason)


def rollback(params: Params, reason: str) -> Event:
    """Give the office back to the champion before the present one; again, to the one before that.

    Raises:
        RegistryError: there is no champion, or none before.
        TrackingError: the store cannot be reached or refuses.
    """
    with open_store(params.tracking, "nothing was rolled back") as store:
        registry = _read(store)
        champion = registry.holder(CHAMPION)
        if champion is None:
            raise RegistryError(f"{registry.model}: has no champion; make one with 'upheld promote VERSION'.")
        before = previous_champion(registry.history, champion.number)
        if before is None:
            raise RegistryError(
                f"{registry.model}: version {champion.number} is the first champion; there is none to go back to."
            )
        return _install(store, registry, registry.find(str(before)), ("rolled back", reason))


def _new_version(store: Store, run_id: str, model_id: str, manifest: Mapping[str, Any]) -> None:
    made = store.client.create_model_version(
        store.model,
        # The place itself: MLflow would look the model's address up in the store of the process, not in this one.
        store.client.get_logged_model(model_id).artifact_location,
        run_id,
        _version_tags(manifest),
        description=_description(manifest),
        model_id=model_id,
    )
    # The link from the model to its version; a server sets it by itself.
    versions = json.dumps([{"name": store.model, "version": made.version}])
    store.client.set_logged_model_tags(model_id, {"mlflow.modelVersions": versions})


def _ensure_model(store: Store) -> None:
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(store.model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _of_bundle(store: Store, bundle: str) -> list[int]:
    return sorted(int(one.version) for one in _all_versions(store) if one.tags.get(VERSION) == bundle)


def _all_versions(store: Store) -> list["ModelVersion"]:
    return list(store.client.search_model_versions(f"name='{store.model}'"))


def _description(manifest: Mapping[str, Any]) -> str:
    """Return one line: MLflow shows it in the list of versions."""
    matched = figure_text(manifest["figures"]["matched_auc"])
    return f"Trained on {manifest['corpus']['name']}; length-matched AUC {matched} on later cases."


def _version_tags(manifest: Mapping[str, Any]) -> dict[str, str]:
    figures = {
        f"{FIGURE}{name}": figure_text(manifest["figures"][name])
        for name in NOTED
        if name in manifest["figures"]
    }
    return figures | {
        VERSION: manifest["version"],
        TRAINED: manifest["created"],
        CORPUS_NAME: manifest["corpus"]["name"],
    }


def _maybe_challenge(store: Store, number: int) -> None:
    """Make a version challenger if it is newer than champion and challenger, and nobody has judged it yet.

    Bundles are named by the time of their training, and those that could not be logged at once come late.
    """
    registry = _read(store)
    version = registry.find(str(number))
    rivals = [rival for alias in (CHAMPION, CHALLENGER) if (rival := registry.holder(alias))]
    judged = any(number in (event.to, event.from_version) for event in registry.history)
    if not judged and all(version.bundle > rival.bundle for rival in rivals):
        store.client.set_registered_model_alias(store.model, CHALLENGER, str(number))


def _read(store: Store) -> Registry:
    from mlflow.exceptions import MlflowException

    try:
        model = store.client.get_registered_model(store.model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return Registry(store.model, (), ())
    numbers: dict[int, list[str]] = {}
    for alias, number in model.aliases.items():
        numbers.setdefault(int(number), []).append(alias)
    versions = [_version(version, numbers) for version in _all_versions(store)]
    return Registry(
        store.model,
        tuple(sorted(versions, key=lambda version: -version.number)),
        tuple(events_of(model.tags)),
    )


def _version(version: "ModelVersion", aliases: Mapping[int, Sequence[str]]) -> RegisteredVersion:
    tags, number = version.tags, int(version.version)
    figures = {key.removeprefix(FIGURE): value for key, value in tags.items() if key.startswith(FIGURE)}
    return RegisteredVersion(
        number=number,
        bundle=tags.get(VERSION, ""),
        aliases=tuple(sorted(aliases.get(number, ()))),
        run_id=version.run_id or "",
        trained=tags.get(TRAINED, ""),
        corpus=tags.get(CORPUS_NAME, ""),
        figures=figures,
    )


def _install(store: Store, registry: Registry, version: RegisteredVersion, why: tuple[Action, str]) -> Event:
    action, reason = why
    store.client.set_registered_model_alias(store.model, CHAMPION, str(version.number))
    if CHALLENGER in version.aliases:
        store.client.delete_registered_model_alias(store.model, CHALLENGER)
    return _write(store, action, registry.holder(CHAMPION), version, reason)


def _write(
    store: Store, action: Action, champion: RegisteredVersion | None, version: RegisteredVersion, reason: str
) -> Event:
    before = champion.number if champion else None
    event = Event(datetime.now(UTC).isoformat(), user(), action, before, version.number, reason)
    store.client.set_registered_model_tag(store.model, *as_tag(event))
    return event
