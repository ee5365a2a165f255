"""A policy of the tenant → whether for certain it stops everybody but a few from everything. Pure.

A few: the break-glass accounts, and whom it names one by one. How many a group, a role or all guests are,
nobody knows here. What is newer than tapctl is no certainty either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tapctl.built_in import BUILT_IN_STRENGTHS
from tapctl.canonical import at, texts
from tapctl.comparing.scope import blocks, is_in_force
from tapctl.evaluate.enabled_methods import CONFIGURATIONS, Methods
from tapctl.match import Matched, Pair
from tapctl.model import BreakGlass, JsonObject

_CONTROLS: Final = ("builtInControls", "customAuthenticationFactors", "termsOfUse")
_GUESTS: Final = "GuestsOrExternalUsers"
_CLIENTS: Final = frozenset({"browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"})


def stops_everybody(pair: Pair, matched: Matched, glass: BreakGlass) -> bool:
    """Whether nobody but break-glass and single people gets past it, whatever they sign in to."""
    spec = pair.before or {}
    is_known = not any(path[0] in ("conditions", "grantControls") for path in pair.extra)
    is_total = _is_about_everybody(spec, glass) and _is_about_everything(spec) and is_always(spec)
    return is_in_force(spec) and is_known and is_total and (blocks(spec) or asks_in_vain(spec, matched))


def let_past(spec: JsonObject, glass: BreakGlass) -> list[str]:
    """Whom it excludes by name, and who is no break-glass account."""
    accounts = {name.lower() for name in glass.accounts}
    named = texts(spec, "conditions", "users", "excludeUsers")
    return sorted(name for name in named if name.lower() not in accounts)


def is_always(spec: JsonObject) -> bool:
    """Whether it looks at nothing but who signs in to what."""
    conditions = at(spec, "conditions")
    held = {key for key, value in conditions.items() if value} if isinstance(conditions, dict) else set()
    clients = {*texts(spec, "conditions", "clientAppTypes")}
    return held <= {"users", "applications", "clientAppTypes"} and (clients <= {"all"} or clients >= _CLIENTS)


def asks_in_vain(spec: JsonObject, matched: Matched) -> bool:
    """Whether it asks for a strength of which every combination has a method that is off."""
    name = str(at(spec, "grantControls", "authenticationStrength", "id") or "")
    others = [control for kind in _CONTROLS for control in texts(spec, "grantControls", kind)]
    is_optional = bool(others) and at(spec, "grantControls", "operator") != "AND"
    accepted = _strengths(matched).get(name)
    if accepted is None or is_optional:
        return False
    there = {pair.kind.name: pair.before for pair in matched.pairs if pair.before is not None}
    methods = Methods(items={kind: spec for kind, spec in there.items() if kind in CONFIGURATIONS.values()})
    return all(any(map(methods.is_off, modes)) for modes in accepted)


def _strengths(matched: Matched) -> Mapping[str, frozenset[frozenset[str]]]:
    """What the tenant's strengths accept."""
    own = {
        pair.address.name: frozenset(
            frozenset(text.split(",")) for text in texts(pair.before, "allowedCombinations")
        )
        for pair in matched.pairs
        if pair.kind.name == "AuthenticationStrength" and pair.before is not None
    }
    return {**BUILT_IN_STRENGTHS, **own}


def _is_about_everybody(spec: JsonObject, glass: BreakGlass) -> bool:
    users = at(spec, "conditions", "users")
    held = users if isinstance(users, dict) else {}
    more = {key for key, value in held.items() if value and key.startswith("exclude")}
    return (
        "All" in texts(users, "includeUsers")
        and more <= {"excludeUsers", "excludeGroups"}
        and _GUESTS not in texts(users, "excludeUsers")
        and {*texts(users, "excludeGroups")} <= {*glass.groups}
    )


def _is_about_everything(spec: JsonObject) -> bool:
    applications = at(spec, "conditions", "applications")
    held = applications if isinstance(applications, dict) else {}
    narrowing = any(held.get(name) for name in ("excludeApplications", "applicationFilter"))
    return "All" in texts(applications, "includeApplications") and not narrowing
