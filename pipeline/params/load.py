"""params.yaml and the environment in, typed settings out; lists every unknown key and wrong value at once."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from pipeline.errors import ParamsError
from pipeline.params.faults import ENV_PREFIX, line, message, stray_variables, unknown_key, variables_of
from pipeline.params.sections import Params


class _Layered(Params, BaseSettings):
    """The same settings, outranked by the environment."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        env_parse_none_str="null",
        extra="forbid",
        frozen=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment outrank the file, and read nothing else."""
        return env_settings, init_settings


def load_params(path: Path | None = None) -> Params:
    """Return the settings of `path`, of ./params.yaml, or of the packaged file; keys left out come from the last.

    Raises:
        ParamsError: a missing file, no YAML, or wrong keys or values: every one of them in the message.
    """
    here = Path("params.yaml")
    chosen = path or (here if here.is_file() else None)
    if chosen is None:
        return _validated(_packaged(), "packaged params.yaml")
    return _validated(_merged(_packaged(), _mapping(_text(chosen), str(chosen))), str(chosen))


def params_from(values: Mapping[str, Any], *, source: str = "manifest.json: params") -> Params:
    """Return settings from plain values, as a bundle's manifest stores them; the environment has no say.

    `source` says in an error where they come from.

    Keys that are younger than the bundle come from the packaged file.

    Raises:
        ParamsError: as for `load_params`.
    """
    try:
        return Params.model_validate(_merged(_packaged(), values))
    except ValidationError as error:
        raise ParamsError(message(error, source)) from error


def flatten(params: Params) -> dict[str, Any]:
    """Return {"split.gap_days": 90, ...}, the form in which MLflow logs parameters."""
    flat: dict[str, Any] = {}
    for section, values in params.model_dump(mode="json").items():
        flat |= (
            {f"{section}.{key}": v for key, v in values.items()}
            if isinstance(values, dict)
            else {section: values}
        )
    return flat


def changed(params: Params, values: Mapping[str, Any], *, source: str) -> Params:
    """Return settings of which some, named "section.key", have other values.

    Raises:
        ParamsError: a key that does not exist, or a value that it cannot have; `source` says where they come from.
    """
    for name, value in values.items():
        section, _, key = name.partition(".")
        known = sorted(flatten(params))
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise ParamsError(
                f"{source}: {name} is not a key." + (f" Did you mean {near[0]}?" if near else "")
            )
        old = getattr(params, section)
        try:
            new = type(old).model_validate_json(json.dumps({**dict(old), key: value}), strict=True)
        except ValidationError as error:
            allowed = type(old).model_fields[key].description
            raise ParamsError(f"{source}: {name} is {value!r}; must be {allowed}.") from error
        params = params.model_copy(update={section: new})
    return params


def _packaged() -> dict[str, Any]:
    return _mapping((files("pipeline") / "params.yaml").read_text(encoding="utf-8"), "packaged params.yaml")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ParamsError(
            f"{path}: cannot be read ({error}). Give a UTF-8 YAML file, or leave out --params."
        ) from error


def _mapping(text: str, source: str) -> dict[str, Any]:
    try:
        values = yaml.load(text, _UniqueKeys)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise ParamsError(
            f"{source}: is not YAML ({error}). Compare it with the packaged params.yaml."
        ) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ParamsError(
            f"{source}: holds no sections; must be a mapping such as 'split: {{gap_days: 90}}'."
        )
    return values


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merged(base[key], value) if both else value
    return merged


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping: only the last would count."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, as the parent does."""
        keys = [self.construct_object(key) for key, _ in node.value]
        if twice := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise yaml.YAMLError(f"{', '.join(twice)} stands twice, line {node.start_mark.line + 1} on")
        return super().construct_mapping(node, deep)


def _validated(values: dict[str, Any], source: str) -> Params:
    faults = [
        unknown_key(name, list(Params.model_fields), source="environment") for name in stray_variables()
    ]
    try:  # a file says what it means: no number in quotation marks, no yes for true
        Params.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        faults += [line(detail, source) for detail in error.errors() if not variables_of(detail)]
    try:
        params = _Layered(**values)
    except SettingsError as error:
        raise ParamsError(
            "\n".join([*faults, f"environment: {error}; lists are written as [1, 2]."])
        ) from error
    except ValidationError as error:
        faults += [line(detail, source) for detail in error.errors() if variables_of(detail)]
    if faults:
        raise ParamsError("\n".join(faults))
    return params
