"""params.yaml and the environment in, typed settings out; lists every unknown key and wrong value at once."""

import json
import os
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from pipeline.errors import ParamsError

ENV_PREFIX = "UPHELD_"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _ascending(value: tuple[int, int]) -> tuple[int, int]:
    if value[0] > value[1]:
        raise ValueError("the first number is larger than the second")
    return value


# The description ends every error message: "<key> is <value>; must be <description>".
Count = Annotated[int, Field(ge=1, description="a whole number, 1 or more")]
Share = Annotated[float, Field(gt=0, lt=1, description="a share between 0 and 1, both excluded")]
Rate = Annotated[float, Field(ge=0, le=1, description="a rate from 0 to 1")]
Positive = Annotated[float, Field(gt=0, description="a number above 0")]
Weight = Annotated[float, Field(ge=0, description="a number, 0 or more")]
Ngrams = Annotated[
    tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1, le=10)]],
    AfterValidator(_ascending),
    Field(description="two whole numbers, shortest and longest, from 1 to 10"),
]


class Collect(_Section):
    """The Ombudsman's site to a folder of raw pages."""

    base_url: str = Field(
        pattern=r"^https?://[^/\s?#]+$",
        description="an address without a path, such as https://www.lgo.org.uk",
    )
    # No bundle and no MLflow run may hold it: it names a person, and it is excluded from every dump.
    contact: str | None = Field(
        default=None,
        exclude=True,
        pattern=r"^[!-~ ]*[@.][!-~ ]*$",
        description="an e-mail or web address in plain letters, or null",
    )
    delay_seconds: Positive
    concurrent_requests: int = Field(ge=1, le=8, description="a whole number from 1 to 8")
    timeout_seconds: Positive
    retries: int = Field(ge=0, le=10, description="a whole number from 0 to 10")
    max_refusals: Count
    max_wait_seconds: Weight
    max_pages: Count
    max_megabytes: Positive
    window_days: Count
    outcomes: tuple[Literal["c", "nu", "u"], ...] = Field(
        min_length=1, description="a list of outcome codes, of c, nu and u"
    )
    max_reject_rate: Rate


class Read(_Section):
    """Statements to decisions."""

    max_reject_rate: Rate


class ViewParams(_Section):
    """What a model may see."""

    max_chars: Count
    min_words: Count


class Split(_Section):
    """Past to future."""

    test_from_year: int | None = Field(ge=2000, le=2099, description="a year from 2000 to 2099, or null")
    test_share: Share
    gap_days: int = Field(ge=0, description="0 or more days. Use 0 for no gap")
    duplicate_similarity: Share


class Features(_Section):
    """Views to numbers."""

    word_ngrams: Ngrams
    idea_ngrams: Ngrams
    char_ngrams: Ngrams
    min_count: Count
    word_weight: Weight
    idea_weight: Weight
    char_weight: Weight
    signal_weight: Weight
    category_weight: Weight
    subcategory_weight: Weight


class OutcomeParams(_Section):
    """The outcome head."""

    strength: Positive
    not_upheld: Literal["leave_out", "class"] = Field(description="leave_out or class")
    balance_length: bool = Field(description="true or false")


class GroundsParams(_Section):
    """The grounds head."""

    strength: Positive
    min_support: Count
    shown: Count


class Calibration(_Section):
    """On scores of cases that the head did not train on."""

    folds: int = Field(ge=2, le=20, description="a whole number from 2 to 20")


class Deployment(_Section):
    """Where the model will be used."""

    upheld_rate: float | None = Field(
        gt=0, lt=1, description="a share between 0 and 1, both excluded, or null"
    )


class Evaluate(_Section):
    """How sure a figure is."""

    bootstrap: int = Field(ge=100, description="a whole number, 100 or more")
    length_band: Positive
    folds: int = Field(ge=2, le=20, description="a whole number from 2 to 20")
    slice_cases: int = Field(ge=5, description="a whole number, 5 or more")
    leak_auc: float = Field(ge=0.5, le=1, description="an AUC from 0.5 to 1")
    leak_share: Share


class Score(_Section):
    """New complaints."""

    error_rate: Share
    chunk_rows: Count
    max_reject_rate: Rate
    neutralise_formulas: bool = Field(description="true or false")


class Tracking(_Section):
    """MLflow."""

    uri: str = Field(min_length=1, description="an MLflow store address such as sqlite:///mlflow.db")
    experiment: str = Field(min_length=1, description="a name")


class Params(_Section):
    """All settings; one attribute a section of params.yaml."""

    seed: int = Field(ge=0, lt=2**32, description="a whole number from 0 to 4294967295")
    collect: Collect
    read: Read
    view: ViewParams
    split: Split
    features: Features
    outcome: OutcomeParams
    grounds: GroundsParams
    calibration: Calibration
    deployment: Deployment
    evaluate: Evaluate
    score: Score
    tracking: Tracking


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


def params_from(values: Mapping[str, Any]) -> Params:
    """Return settings from plain values, as a bundle's manifest stores them; the environment has no say.

    Keys that are younger than the bundle come from the packaged file.

    Raises:
        ParamsError: as for `load_params`.
    """
    try:
        return Params.model_validate(_merged(_packaged(), values))
    except ValidationError as error:
        raise ParamsError(_message(error, "manifest.json: params")) from error


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
        _unknown_key(name, list(Params.model_fields), source="environment") for name in _stray_variables()
    ]
    try:  # a file says what it means: no number in quotation marks, no yes for true
        Params.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        faults += [_line(detail, source) for detail in error.errors() if not _variables_of(detail)]
    try:
        params = _Layered(**values)
    except SettingsError as error:
        raise ParamsError(
            "\n".join([*faults, f"environment: {error}; lists are written as [1, 2]."])
        ) from error
    except ValidationError as error:
        faults += [_line(detail, source) for detail in error.errors() if _variables_of(detail)]
    if faults:
        raise ParamsError("\n".join(faults))
    return params


def _stray_variables() -> list[str]:
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Params.model_fields}
    names = (name for name in os.environ if name.upper().startswith(ENV_PREFIX))
    return sorted(name for name in names if name.upper().split("__")[0] not in known)


def _variables_of(detail: ErrorDetails) -> list[str]:
    """Return the environment variables that set what an error is about."""
    path = ENV_PREFIX + "__".join(part for part in detail["loc"] if isinstance(part, str)).upper()
    return [name for name in os.environ if name.upper() == path]


def _message(error: ValidationError, source: str) -> str:
    return "\n".join(_line(detail, source) for detail in error.errors())


def _line(detail: ErrorDetails, source: str) -> str:
    names = [str(part) for part in detail["loc"] if isinstance(part, str)]
    section, key = Params.model_fields.get(names[0]), names[-1]
    fields: dict[str, FieldInfo] = getattr(section and section.annotation, "model_fields", {})
    variables = _variables_of(detail)
    where = f"environment: {variables[0]}" if variables else f"{source}: {'.'.join(names)}"
    if detail["type"] == "extra_forbidden":
        known = list(fields if len(names) > 1 else Params.model_fields)
        return _unknown_key(".".join(names), known, source=source)
    field = fields.get(key) if len(names) > 1 else section
    allowed = (field and field.description) or f"a section with the keys {', '.join(fields)}"
    return f"{where} is {detail['input']!r}; must be {allowed}."


def _unknown_key(name: str, allowed: list[str], *, source: str) -> str:
    leaf = name.removeprefix(ENV_PREFIX).lower().split("__")[0].split(".")[-1]
    near = get_close_matches(leaf, allowed, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{source}: {name} is not a key; allowed: {', '.join(allowed)}.{hint}"
