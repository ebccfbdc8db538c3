"""What was done with registered versions in, who was champion before out; an event is a tag that none replaces."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

KEY = "upheld.history."  # begins the key of each event on the registered model

Action = Literal["promoted", "forced", "refused", "rolled back"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history: what was done with version `to` while `from_version` was champion (None: nobody was)."""

    when: str
    who: str
    action: Action
    from_version: int | None
    to: int
    reason: str

    @property
    def changes_office(self) -> bool:
        """Whether `to` is champion since."""
        return self.action != "refused"


def as_tag(event: Event) -> tuple[str, str]:
    """Return key and value of the tag that an event is kept in; two events of the same moment have two keys."""
    when = datetime.fromisoformat(event.when)
    key = f"{KEY}{when:%Y%m%dT%H%M%S.%f}.{secrets.token_hex(2)}"
    return key, json.dumps(asdict(event), ensure_ascii=False)


def events_of(tags: Mapping[str, str]) -> list[Event]:
    """Return the events among the tags of a registered model, the oldest first."""
    events = [Event(**json.loads(value)) for key, value in tags.items() if key.startswith(KEY)]
    return sorted(events, key=lambda event: event.when)


def previous_champion(history: Sequence[Event], present: int) -> int | None:
    """Return which version was champion before `present`; a champion that was rolled back counts no more.

    >>> def event(action, to):
    ...     return Event("", "", action, None, to, "")
    >>> previous_champion([event("promoted", 1), event("promoted", 2), event("promoted", 3)], 3)
    2
    >>> previous_champion([event("promoted", 1), event("promoted", 2), event("rolled back", 1)], 1)
    """
    line: list[int] = []
    for event in history:
        if event.action == "rolled back":
            while line and line[-1] != event.to:
                line.pop()
        if event.changes_office and line[-1:] != [event.to]:
            line.append(event.to)
    while line and line[-1] == present:
        line.pop()
    return line[-1] if line else None
