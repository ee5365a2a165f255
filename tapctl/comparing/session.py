"""How one version of a policy's session controls limits less than another, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Final

from tapctl.canonical import at
from tapctl.model import JsonObject

SCALES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "persistentBrowser": ("mode", ("always", "", "never")),
    "continuousAccessEvaluation": ("mode", ("disabled", "", "strictEnforcement", "strictLocation")),
    "cloudAppSecurity": ("cloudAppSecurityType", ("", "monitorOnly", "mcasConfigured", "blockDownloads")),
}
"""Control → the member that says how much, and its values from the least on. Empty: without the control.
`mcasConfigured` leaves a session to the policies in Defender, which may do more than watch."""
_FREQUENCY: Final = "signInFrequency"
_HOURS: Final = {"hours": 1, "days": 24}


def loosened(before: JsonObject, after: JsonObject) -> Iterator[str]:
    """What limits sessions less, or no more. `disableResilienceDefaults` is no limit."""
    had, has = _controls(before), _controls(after)
    weaker = [name for name in SCALES if _rank(name, has) < _rank(name, had)]
    gone = {*(had.keys() - has.keys() - SCALES.keys()), *(name for name in weaker if name not in has)}
    if lost := sorted(gone - {"disableResilienceDefaults"}):
        yield f"no longer limits sessions by {', '.join(lost)}"
    for name in weaker:
        if name in has:
            was = f" where it was {old!r}" if (old := _mode(name, had)) else ""
            yield f"sets {name} to {_mode(name, has)!r}{was}"
    if _FREQUENCY in has and _hours(has) > _hours(had):
        yield f"asks to sign in again {_when(has)} where it did {_when(had)}"
    if _is_second_only(has) and _FREQUENCY in had and not _is_second_only(had):
        yield "asks again for the second factor only"


def _controls(spec: JsonObject) -> JsonObject:
    found = at(spec, "sessionControls")
    return found if isinstance(found, dict) else {}


def _mode(name: str, controls: JsonObject) -> str:
    return str(at(controls, name, SCALES[name][0]) or "")


def _rank(name: str, controls: JsonObject) -> int:
    """How much it limits. A value newer than tapctl is as much as there can be."""
    scale, mode = SCALES[name][1], _mode(name, controls)
    return scale.index(mode) if mode in scale else len(scale)


def _hours(controls: JsonObject) -> float:
    """After how long people sign in again."""
    if _FREQUENCY not in controls:
        return inf
    if at(controls, _FREQUENCY, "frequencyInterval") == "everyTime":
        return 0
    value, unit = (at(controls, _FREQUENCY, name) for name in ("value", "type"))
    return value * _HOURS.get(str(unit), 0) if isinstance(value, int) else 0


def _when(controls: JsonObject) -> str:
    if at(controls, _FREQUENCY, "frequencyInterval") == "everyTime":
        return "every time"
    value, unit = (at(controls, _FREQUENCY, name) for name in ("value", "type"))
    return f"after {value} {str(unit).removesuffix('s') if value == 1 else unit}"


def _is_second_only(controls: JsonObject) -> bool:
    return at(controls, _FREQUENCY, "authenticationType") == "secondaryAuthentication"
