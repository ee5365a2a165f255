"""What is wrong with the shape of a policy in a JSON situation.

With a list where an object belongs, a policy would seem to ask for nothing. Only an empty one means the same
as null does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from tapctl.canonical import at
from tapctl.evaluate.unknown_members import known_beside, unknown_controls, unknown_members
from tapctl.load.settings import quoted
from tapctl.model import Finding, Json, JsonObject, Path, Source
from tapctl.simulate.situation_finding import wrong

STATES: Final = ("enabled", "disabled", "enabledForReportingButNotEnforced")
_NEARLY: Final = 0.9
_SIDES: Final = ("include", "exclude")
_USERS: Final = ("conditions", "users")
_APPS: Final = ("conditions", "applications")
_GRANT: Final = ("grantControls",)
_OBJECTS: Final[tuple[tuple[str, ...], ...]] = (
    ("conditions",),
    _USERS,
    *((*_USERS, f"{side}GuestsOrExternalUsers") for side in _SIDES),
    *((*_USERS, f"{side}GuestsOrExternalUsers", "externalTenants") for side in _SIDES),
    _APPS,
    (*_APPS, "applicationFilter"),
    ("conditions", "clientApplications"),
    ("conditions", "platforms"),
    ("conditions", "locations"),
    ("conditions", "devices"),
    ("conditions", "devices", "deviceFilter"),
    ("conditions", "authenticationFlows"),
    _GRANT,
    ("sessionControls",),
)
_LISTS: Final[tuple[tuple[str, ...], ...]] = (
    *((*_USERS, f"{side}{what}") for side in _SIDES for what in ("Users", "Groups", "Roles")),
    *((*_USERS, f"{side}GuestsOrExternalUsers", "guestOrExternalUserTypes") for side in _SIDES),
    *((*_USERS, f"{side}GuestsOrExternalUsers", "externalTenants", "members") for side in _SIDES),
    *((*_APPS, f"{side}Applications") for side in _SIDES),
    (*_APPS, "includeUserActions"),
    (*_APPS, "includeAuthenticationContextClassReferences"),
    *(("conditions", "clientApplications", f"{side}ServicePrincipals") for side in _SIDES),
    *(("conditions", "platforms", f"{side}Platforms") for side in _SIDES),
    *(("conditions", "locations", f"{side}Locations") for side in _SIDES),
    ("conditions", "authenticationFlows", "transferMethods"),
    ("conditions", "clientAppTypes"),
    *(("conditions", f"{whose}RiskLevels") for whose in ("signIn", "user", "servicePrincipal", "insider")),
    *((*_GRANT, name) for name in ("builtInControls", "termsOfUse", "customAuthenticationFactors")),
)
"""Lists of texts; flags may stand in one text, joined by commas."""
_TEXTS: Final[tuple[tuple[str, ...], ...]] = (
    ("state",),
    ("conditions", "devices", "deviceFilter", "mode"),
    ("conditions", "devices", "deviceFilter", "rule"),
    (*_GRANT, "operator"),
)


def shape_findings(policy: JsonObject, source: Source, path: Path) -> Iterator[Finding]:
    """Every value that has another type than Graph gives it, at its place."""
    for kind, paths, fits in (
        ("an object", _OBJECTS, lambda value: isinstance(value, dict) or value == []),
        ("a list of texts", _LISTS, _is_list),
        ("a text", _TEXTS, lambda value: isinstance(value, str)),
    ):
        for inner in paths:
            value = at(policy, *inner)
            if value is not None and not fits(value):
                message = f"is {quoted(value)}, but must be {kind} or null"
                yield wrong(source, (*path, *inner), message, "wrong-type")


def _is_list(value: Json) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def slip_findings(policy: JsonObject, source: Source, path: Path) -> Iterator[Finding]:
    """Properties and states that are nearly known ones. What is merely newer makes the policy unknown."""
    grant = policy.get("grantControls")
    controls = unknown_controls(grant) if isinstance(grant, dict) else ()
    for inner in (*unknown_members(policy), *(("grantControls", name) for name in controls)):
        yield from _slip(
            str(inner[-1]), known_beside(inner), source, (*path, *inner), "no property of a policy"
        )
    state = policy.get("state")
    if isinstance(state, str) and state.lower() not in map(str.lower, STATES):
        yield from _slip(state, STATES, source, (*path, "state"), f"{quoted(state)}, which is no state")


def _slip(word: str, known: Iterable[str], source: Source, path: Path, what: str) -> Iterator[Finding]:
    for close in get_close_matches(word, known, n=1, cutoff=_NEARLY):
        yield wrong(source, path, f"is {what}; did you mean {quoted(close)}?")
