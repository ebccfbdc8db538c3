"""What is wrong with settings, in words: where, what, what is allowed."""

import os
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pipeline.params.sections import Params

ENV_PREFIX = "UPHELD_"


def stray_variables() -> list[str]:
    """Return the environment variables that look like settings and name no section."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Params.model_fields}
    names = (name for name in os.environ if name.upper().startswith(ENV_PREFIX))
    return sorted(name for name in names if name.upper().split("__")[0] not in known)


def variables_of(detail: ErrorDetails) -> list[str]:
    """Return the environment variables that set what an error is about."""
    path = ENV_PREFIX + "__".join(part for part in detail["loc"] if isinstance(part, str)).upper()
    return [name for name in os.environ if name.upper() == path]


def message(error: ValidationError, source: str) -> str:
    """Return a line for every fault of settings that came from `source`."""
    return "\n".join(line(detail, source) for detail in error.errors())


def line(detail: ErrorDetails, source: str) -> str:
    """Return what is wrong with one value, and what is allowed."""
    names = [str(part) for part in detail["loc"] if isinstance(part, str)]
    section, key = Params.model_fields.get(names[0]), names[-1]
    fields: dict[str, FieldInfo] = getattr(section and section.annotation, "model_fields", {})
    variables = variables_of(detail)
    where = f"environment: {variables[0]}" if variables else f"{source}: {'.'.join(names)}"
    if detail["type"] == "extra_forbidden":
        known = list(fields if len(names) > 1 else Params.model_fields)
        return unknown_key(".".join(names), known, source=source)
    field = fields.get(key) if len(names) > 1 else section
    allowed = (field and field.description) or f"a section with the keys {', '.join(fields)}"
    return f"{where} is {detail['input']!r}; must be {allowed}."


def unknown_key(name: str, allowed: list[str], *, source: str) -> str:
    """Return that there is no such key, and the nearest that there is."""
    leaf = name.removeprefix(ENV_PREFIX).lower().split("__")[0].split(".")[-1]
    near = get_close_matches(leaf, allowed, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{source}: {name} is not a key; allowed: {', '.join(allowed)}.{hint}"
