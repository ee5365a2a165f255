"""The session controls of the policies that apply → what holds for the session.

https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-session
Controls add up; where two policies set the same one, the stricter holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tapctl.comparing.session import SCALES
from tapctl.model import Json, JsonObject

_HOURS: Final = {"hours": 1, "days": 24}


def merge_sessions(sessions: Iterable[Mapping[str, Json]]) -> JsonObject:
    """What holds when all of these `sessionControls` apply; controls that are off are left out."""
    merged: JsonObject = {}
    for session in sessions:
        for name, value in session.items():
            if "@" in name or not _is_on(value):
                continue
            merged[name] = _stricter(name, merged[name], value) if name in merged else value
    return dict(sorted(merged.items()))


def more(perhaps: Mapping[str, Json], certain: Mapping[str, Json]) -> JsonObject:
    """The controls that one session has and the other lacks, or has otherwise."""
    return {name: value for name, value in perhaps.items() if certain.get(name) != value}


def _is_on(value: Json) -> bool:
    return value.get("isEnabled") is not False if isinstance(value, dict) else bool(value)


def _stricter(name: str, one: Json, other: Json) -> Json:
    return max(one, other, key=lambda value: _rank(name, value))


def _rank(name: str, value: Json) -> float:
    if not isinstance(value, dict):
        return 0
    if name == "signInFrequency":
        return -_hours(value)
    member, modes = SCALES.get(name, ("", ()))
    mode = value.get(member)
    return modes.index(mode) if isinstance(mode, str) and mode in modes else -1


def _hours(value: JsonObject) -> float:
    """How long a sign-in lasts, in hours; every time is no time at all."""
    if value.get("frequencyInterval") == "everyTime":
        return 0
    length = value.get("value")
    return float(length) * _HOURS.get(str(value.get("type")), 24) if isinstance(length, int) else 0
