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
from tapctl.comparing.total import is_total
from tapctl.evaluate.enabled_methods import CONFIGURATIONS, Methods
from tapctl.match import Matched, Pair
from tapctl.model import BreakGlass, JsonObject

_CONTROLS: Final = ("builtInControls", "customAuthenticationFactors", "termsOfUse")


def stops_everybody(pair: Pair, matched: Matched, glass: BreakGlass) -> bool:
    """Whether nobody but break-glass and single people gets past it, whatever they sign in to."""
    spec = pair.before or {}
    is_known = not any(path[0] in ("conditions", "grantControls") for path in pair.extra)
    return (
        is_in_force(spec)
        and is_known
        and is_total(spec, glass)
        and (blocks(spec) or asks_in_vain(spec, matched))
    )


def let_past(spec: JsonObject, glass: BreakGlass) -> list[str]:
    """Whom it excludes by name, and who is no break-glass account."""
    accounts = {name.lower() for name in glass.accounts}
    named = texts(spec, "conditions", "users", "excludeUsers")
    return sorted(name for name in named if name.lower() not in accounts)


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
