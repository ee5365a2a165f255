"""A policy's spec → what of it is set and nobody here can answer: members that are newer than the evaluator.

Graph gains conditions and controls. One that is passed over would make a policy seem wider, or laxer, than it
is; so each of them makes the policy, or what it asks for, unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tapctl.model import Json, JsonObject, Path

_SIDES: Final = ("include", "exclude")


def _both(*names: str) -> frozenset[str]:
    return frozenset(f"{side}{name}" for side in _SIDES for name in names)


_CONDITIONS: Final[Mapping[str, frozenset[str] | None]] = {
    "users": _both("Users", "Groups", "Roles", "GuestsOrExternalUsers"),
    "applications": _both("Applications")
    | {"includeUserActions", "includeAuthenticationContextClassReferences", "applicationFilter"},
    "clientApplications": _both("ServicePrincipals") | {"servicePrincipalFilter"},
    "platforms": _both("Platforms"),
    "locations": _both("Locations"),
    "devices": frozenset({"deviceFilter"}),
    "authenticationFlows": frozenset({"transferMethods"}),
    "clientAppTypes": None,
    "signInRiskLevels": None,
    "userRiskLevels": None,
    "servicePrincipalRiskLevels": None,
    "insiderRiskLevels": None,
}
"""Each condition and its members; None for one that has none.
https://learn.microsoft.com/graph/api/resources/conditionalaccessconditionset"""
_POLICY: Final = frozenset(
    {"id", "displayName", "description", "state", "conditions", "grantControls", "sessionControls"}
    | {"createdDateTime", "modifiedDateTime", "deletedDateTime", "templateId"}
    | {"name", "title", "about", "comment", "note", "notes", "tags", "why", "source"}
)
"""https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy, and what people add for people."""
_CONTROLS: Final = frozenset(
    {
        "operator",
        "builtInControls",
        "termsOfUse",
        "customAuthenticationFactors",
        "authenticationStrength",
    }
)
"""https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols"""


def unknown_members(spec: JsonObject) -> Iterator[Path]:
    """The paths of what is set and not known: in the policy, its conditions, and the members of those."""
    yield from ((name,) for name, _ in _set(spec) if name not in _POLICY)
    for name, value in _set(spec.get("conditions")):
        if name not in _CONDITIONS:
            yield ("conditions", name)
            continue
        members = _CONDITIONS[name]
        yield from (
            ("conditions", name, member)
            for member, _ in _set(value)
            if members is not None and member not in members
        )
    yield from _unknown_tenants(spec)


def _unknown_tenants(spec: JsonObject) -> Iterator[Path]:
    """A kind of membership that is neither all tenants nor a list of them."""
    for side in _SIDES:
        path: Path = (
            "conditions",
            "users",
            f"{side}GuestsOrExternalUsers",
            "externalTenants",
            "membershipKind",
        )
        kind: Json = spec
        for key in path:
            kind = kind.get(str(key)) if isinstance(kind, dict) else None
        if kind and str(kind).lower() not in ("all", "enumerated"):
            yield path


def known_beside(path: Path) -> frozenset[str]:
    """The members that are known where one is not."""
    match path:
        case (_,):
            return _POLICY
        case ("conditions", _):
            return frozenset(_CONDITIONS)
        case ("conditions", str(name), _):
            return _CONDITIONS.get(name) or frozenset()
        case ("grantControls", _):
            return _CONTROLS
    return frozenset()


def unknown_controls(grant: JsonObject) -> Iterator[str]:
    """The kinds of grant controls that are set and not known."""
    return (name for name, _ in _set(grant) if name not in _CONTROLS)


def _set(value: Json) -> Iterator[tuple[str, Json]]:
    """The members of an object that say something; annotations (with an @) do not."""
    for name, item in value.items() if isinstance(value, dict) else ():
        if item and "@" not in name:
            yield name, item
