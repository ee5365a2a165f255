"""How one version of a Conditional Access policy compares with another: whom it reaches, what it demands.

Pure comparisons of canonical specs, for the order of changes and for the guard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tapctl.canonical import at, texts
from tapctl.kind import Effect
from tapctl.model import JsonObject, Path

NOT_ENFORCED = ("disabled", "enabledForReportingButNotEnforced")

# Who and what a policy reaches: more on the include side reaches further, more on the exclude side less.
INCLUDES: tuple[Path, ...] = (
    ("users", "includeUsers"),
    ("users", "includeGroups"),
    ("users", "includeRoles"),
    ("users", "includeGuestsOrExternalUsers", "guestOrExternalUserTypes"),
    ("applications", "includeApplications"),
    ("applications", "includeUserActions"),
    ("applications", "includeAuthenticationContextClassReferences"),
    ("clientApplications", "includeServicePrincipals"),
    ("platforms", "includePlatforms"),
    ("locations", "includeLocations"),
    ("clientAppTypes",),
    ("signInRiskLevels",),
    ("userRiskLevels",),
    ("servicePrincipalRiskLevels",),
    ("insiderRiskLevels",),
    ("authenticationFlows", "transferMethods"),
)
EXCLUDES: tuple[Path, ...] = (
    ("users", "excludeUsers"),
    ("users", "excludeGroups"),
    ("users", "excludeRoles"),
    ("users", "excludeGuestsOrExternalUsers", "guestOrExternalUserTypes"),
    ("applications", "excludeApplications"),
    ("clientApplications", "excludeServicePrincipals"),
    ("platforms", "excludePlatforms"),
    ("locations", "excludeLocations"),
)
_EVERYBODY: Path = ("users", "includeUsers")
# What reaches further when it changes cannot be told from the values: any change counts.
_FILTERS: Mapping[tuple[str, ...], str] = {
    ("applications", "applicationFilter"): "the application filter",
    ("clientApplications", "servicePrincipalFilter"): "the service principal filter",
    ("users", "includeGuestsOrExternalUsers", "externalTenants"): "which tenants included guests come from",
    ("users", "excludeGuestsOrExternalUsers", "externalTenants"): "which tenants excluded guests come from",
}
# A condition that is not there at all holds for everything: taking one away reaches further.
_NARROWING: frozenset[str] = frozenset(
    {
        "platforms",
        "locations",
        "signInRiskLevels",
        "userRiskLevels",
        "servicePrincipalRiskLevels",
        "insiderRiskLevels",
        "authenticationFlows",
        "devices",
    }
)
_EVERYWHERE: Mapping[str, tuple[str, str, str]] = {
    "locations": ("includeLocations", "All", "excludeLocations"),
    "platforms": ("includePlatforms", "all", "excludePlatforms"),
}

_FORWARDS, _BACKWARDS = (
    ("gains", "loses", "no longer restricts it"),
    ("loses", "gains", "restricts it"),
)
"""What is said of a list that has more or less and of a condition that is gone; the same the other way."""


def state(spec: JsonObject) -> str:
    """The policy's state; a policy that is not there is disabled."""
    return str(spec.get("state", "disabled"))


def is_in_force(spec: JsonObject) -> bool:
    """Whether the policy is enforced. A state newer than tapctl is taken to be."""
    return state(spec) not in NOT_ENFORCED


def blocks(spec: JsonObject) -> bool:
    """Whether the policy denies access outright."""
    return "block" in texts(spec, "grantControls", "builtInControls")


def widened(before: JsonObject, after: JsonObject) -> tuple[str, ...]:
    """What makes `after` reach people, applications or situations that `before` did not, in words."""
    return tuple(_reach(at(before, "conditions"), at(after, "conditions")))


def narrowed(before: JsonObject, after: JsonObject) -> tuple[str, ...]:
    """What keeps `after` from people, applications or situations that `before` reached, in words."""
    return tuple(_reach(at(after, "conditions"), at(before, "conditions"), _BACKWARDS))


def is_within(narrow: JsonObject, wide: JsonObject) -> bool:
    """Whether `wide` reaches everything that `narrow` does: `widened(wide, narrow)` is empty."""
    return next(_reach(at(wide, "conditions"), at(narrow, "conditions")), None) is None


def _reach(before: object, after: object, words: tuple[str, str, str] = _FORWARDS) -> Iterator[str]:
    gains, loses, opens = words
    old: JsonObject = before if isinstance(before, dict) else {}
    new: JsonObject = after if isinstance(after, dict) else {}
    for path in INCLUDES:
        narrows = path[0] in _NARROWING
        if narrows and not _restricts(old, str(path[0])):
            continue  # it held for everything before
        if path[0] == "users" and "All" in _set(old, _EVERYBODY):
            continue
        added = _set(new, path) - _set(old, path) - {"None"}
        if narrows and not at(new, str(path[0])):
            yield f"{path[0]} {opens}"
        elif added and "All" not in _set(old, path) and "all" not in _set(old, path):
            yield f"{'.'.join(map(str, path))} {gains} {', '.join(sorted(added))}"
    for path in EXCLUDES:
        removed = _set(old, path) - _set(new, path)
        if removed and not (path[0] in _NARROWING and not at(old, str(path[0]))):
            yield f"{'.'.join(map(str, path))} {loses} {', '.join(sorted(removed))}"
    if at(old, "devices") and at(old, "devices") != at(new, "devices"):
        yield "the device filter changes"
    for path, what in _FILTERS.items():
        side = old if path[-2].startswith("exclude") else new
        if at(old, *path) != at(new, *path) and at(side, *path[:-1]):
            yield f"{what} changes"


def _restricts(conditions: JsonObject, name: str) -> bool:
    """Whether a condition is there, and is none that every place or platform meets."""
    include, word, exclude = _EVERYWHERE.get(name, ("", "", ""))
    is_vacuous = word in _set(conditions, (name, include)) and not _set(conditions, (name, exclude))
    return bool(at(conditions, name)) and not is_vacuous


def _set(conditions: JsonObject, path: Path) -> set[str]:
    return set(texts(conditions, *map(str, path)))


def effect(before: JsonObject, after: JsonObject) -> Effect:
    """Whether a change lets anything through that was stopped before; in doubt, it does.

    What only reaches further, or raises the state, tightens. Everything else waits until the
    creations and tightenings are done.
    """
    if not is_in_force(before):
        return "tightens"
    if not is_in_force(after):
        return "loosens"
    same_demands = all(before.get(key) == after.get(key) for key in ("grantControls", "sessionControls"))
    if before.get("grantControls") != after.get("grantControls") and blocks(after):
        same_demands = True
    return "tightens" if same_demands and is_within(before, after) else "loosens"
