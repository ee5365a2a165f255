"""A policy's spec, canonical or as Graph gave it → the clauses that can be matched, with their places.

Null, absent and empty are the same; Graph's words are compared in lower case. What is not understood is kept
as a clause or a control that nobody can answer (unknown_members.py), so that it makes the policy unknown and
is never ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from tapctl.evaluate.applications import app_key, is_newer_word
from tapctl.evaluate.situation import REGISTER
from tapctl.evaluate.unknown_members import unknown_controls, unknown_members
from tapctl.model import Json, JsonObject, Path
from tapctl.shapes import as_object

State: TypeAlias = Literal["enabled", "reportOnly", "disabled"]
TargetKind: TypeAlias = Literal["apps", "actions", "contexts", "nothing"]

_STATES: Final[Mapping[str, State]] = {
    "enabled": "enabled",
    "disabled": "disabled",
    "enabledforreportingbutnotenforced": "reportOnly",
}
GUESTS: Final = "guestsorexternalusers"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestClause:
    """Which external people are meant; `tenants` is None for those of all tenants."""

    types: frozenset[str]
    tenants: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserClause:
    """One side (include or exclude) of a policy's users. `users` and `roles` are in lower case;
    `is_about_more`: than everybody, users and groups; `has_newer`: a word that may mean anybody."""

    everybody: bool = False
    all_guests: bool = False
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    guests: GuestClause | None = None
    is_about_more: bool = False
    has_newer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """An include list and an exclude list, in lower case."""

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One thing a policy asks for: `key` is `mfa`, `strength:NAME`, `termsOfUse:ID` or another of Graph's
    words; `path` is its place in the spec."""

    key: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy made ready to be matched. `unknown` are the members that are newer than the evaluator;
    `app_filter` and `workload_filter` the modes of filters (`include`, `exclude`), empty without one;
    `operator` is None for a word that nobody knows."""

    name: str
    state: State | None
    is_for_workloads: bool
    include: UserClause
    exclude: UserClause
    workloads: Lists
    workload_filter: str
    target: TargetKind
    apps: Lists
    app_filter: str
    actions: frozenset[str]
    contexts: frozenset[str]
    client_app_types: frozenset[str]
    platforms: Lists | None
    locations: Lists | None
    sign_in_risks: frozenset[str]
    user_risks: frozenset[str]
    service_principal_risks: frozenset[str]
    insider_risks: frozenset[str]
    flows: frozenset[str]
    device_mode: str
    device_rule: str
    unknown: tuple[Path, ...]
    operator: Literal["AND", "OR"] | None
    controls: tuple[Control, ...]
    blocks: bool
    session: JsonObject = field(default_factory=dict)

    asks_for: tuple[str, ...] = ()

    @property
    def is_on_registration(self) -> bool:
        return REGISTER in self.actions


def read_policy(name: str, spec: JsonObject) -> Policy:
    """Read one policy. `spec` may hold Graph's read-only properties; they are not looked at."""
    conditions = as_object(spec.get("conditions"))
    users, apps = as_object(conditions.get("users")), as_object(conditions.get("applications"))
    workloads = as_object(conditions.get("clientApplications"))
    grant = as_object(spec.get("grantControls"))
    controls = tuple(_controls(grant))
    mode, rule = _device_filter(conditions)
    actions = _words(apps.get("includeUserActions"))
    contexts = _words(apps.get("includeAuthenticationContextClassReferences"))
    resources = Lists(
        include=frozenset(app_key(text) for text in _texts(apps.get("includeApplications"))),
        exclude=frozenset(app_key(text) for text in _texts(apps.get("excludeApplications"))),
    )
    return Policy(
        name=name,
        state=_STATES.get(str(spec.get("state", "")).lower()),
        is_for_workloads=_is_for_workloads(users, workloads),
        include=_users(users, "include"),
        exclude=_users(users, "exclude"),
        workloads=Lists(
            include=_words(workloads.get("includeServicePrincipals")),
            exclude=_words(workloads.get("excludeServicePrincipals")),
        ),
        workload_filter=_filter_mode(workloads.get("servicePrincipalFilter")),
        target=_target(actions, contexts, resources, apps),
        apps=resources,
        app_filter=_filter_mode(apps.get("applicationFilter")),
        actions=actions,
        contexts=contexts,
        client_app_types=_words(conditions.get("clientAppTypes")),
        platforms=_lists(conditions, "platforms", "Platforms"),
        locations=_lists(conditions, "locations", "Locations"),
        sign_in_risks=_words(conditions.get("signInRiskLevels")),
        user_risks=_words(conditions.get("userRiskLevels")),
        service_principal_risks=_words(conditions.get("servicePrincipalRiskLevels")),
        insider_risks=_words(conditions.get("insiderRiskLevels")),
        flows=_words(as_object(conditions.get("authenticationFlows")).get("transferMethods")),
        device_mode=mode,
        device_rule=rule,
        unknown=tuple(unknown_members(spec)),
        operator=_operator(grant),
        controls=controls,
        blocks=any(control.key == "block" for control in controls),
        session=_session(spec, controls),
        asks_for=tuple(control.key for control in controls),
    )


def _is_for_workloads(users: JsonObject, workloads: JsonObject) -> bool:
    """Whether it names workloads; so does one that names nobody else, in words newer than the evaluator."""
    if _texts(workloads.get("includeServicePrincipals")) or workloads.get("servicePrincipalFilter"):
        return True
    names_people = any(
        value and value != ["None"] for name, value in users.items() if name.startswith("include")
    )
    return not names_people and any(value for name, value in workloads.items() if name.startswith("include"))


def _target(
    actions: frozenset[str], contexts: frozenset[str], resources: Lists, apps: JsonObject
) -> TargetKind:
    if actions:
        return "actions"
    if contexts:
        return "contexts"
    return "apps" if resources.include or apps.get("applicationFilter") else "nothing"


def _users(users: JsonObject, side: str) -> UserClause:
    named = _words(users.get(f"{side}Users"))
    guests = as_object(users.get(f"{side}GuestsOrExternalUsers"))
    roles = _words(users.get(f"{side}Roles"))
    groups = frozenset(_texts(users.get(f"{side}Groups")))
    has_newer = any(map(is_newer_word, (*named, *groups, *roles)))
    return UserClause(
        everybody="all" in named,
        all_guests=GUESTS in named,
        users=named - {"all", "none", GUESTS},
        groups=groups,
        has_newer=has_newer,
        roles=roles,
        guests=_guests(guests) if guests.get("guestOrExternalUserTypes") else None,
        is_about_more=bool(has_newer or roles or guests.get("guestOrExternalUserTypes") or GUESTS in named),
    )


def _guests(guests: JsonObject) -> GuestClause:
    tenants = as_object(guests.get("externalTenants"))
    listed = str(tenants.get("membershipKind", "all")).lower() == "enumerated"
    return GuestClause(
        types=_words(guests.get("guestOrExternalUserTypes")),
        tenants=_words(tenants.get("members")) if listed else None,
    )


def _lists(conditions: JsonObject, name: str, suffix: str) -> Lists | None:
    block = as_object(conditions.get(name))
    found = Lists(
        include=_words(block.get(f"include{suffix}")), exclude=_words(block.get(f"exclude{suffix}"))
    )
    return found if found.include or found.exclude else None


def _device_filter(conditions: JsonObject) -> tuple[str, str]:
    device_filter = as_object(as_object(conditions.get("devices")).get("deviceFilter"))
    return str(device_filter.get("mode") or "").lower(), str(device_filter.get("rule") or "")


def _filter_mode(written: Json) -> str:
    """A filter's mode; one that says none is not understood, which "include" leaves open too."""
    return str(written.get("mode") or "include").lower() if isinstance(written, dict) and written else ""


def _operator(grant: JsonObject) -> Literal["AND", "OR"] | None:
    word = str(grant.get("operator") or "AND").upper()
    return "AND" if word == "AND" else "OR" if word == "OR" else None


def _controls(grant: JsonObject) -> Iterator[Control]:
    for number, text in enumerate(_texts(grant.get("builtInControls"))):
        yield Control(
            key=_CONTROLS.get(text.lower(), text), path=("grantControls", "builtInControls", number)
        )
    strength = grant.get("authenticationStrength")
    if strength:
        name = strength.get("id") or strength.get("displayName") if isinstance(strength, dict) else strength
        yield Control(key=f"strength:{name}", path=("grantControls", "authenticationStrength"))
    for number, text in enumerate(_texts(grant.get("termsOfUse"))):
        yield Control(key=f"termsOfUse:{text}", path=("grantControls", "termsOfUse", number))
    for number, text in enumerate(_texts(grant.get("customAuthenticationFactors"))):
        yield Control(key=f"custom:{text}", path=("grantControls", "customAuthenticationFactors", number))
    for name in unknown_controls(grant):
        yield Control(key=name, path=("grantControls", name))


_CONTROLS: Final = {
    word.lower(): word
    for word in (
        "block",
        "mfa",
        "compliantDevice",
        "domainJoinedDevice",
        "approvedApplication",
        "compliantApplication",
        "passwordChange",
        "riskRemediation",
    )
}


_EVERY_TIME: Final[JsonObject] = {"isEnabled": True, "frequencyInterval": "everyTime"}


def _session(spec: JsonObject, controls: tuple[Control, ...]) -> JsonObject:
    """Remediating a risk asks for a sign-in every time, whatever the policy says of it.
    https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant"""
    session = as_object(spec.get("sessionControls"))
    remediates = any(control.key == "riskRemediation" for control in controls)
    return session | {"signInFrequency": _EVERY_TIME} if remediates else session


def _texts(value: Json) -> list[str]:
    """A list, or flags joined by commas, as texts."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(item).strip() for item in value if item is not None] if isinstance(value, list) else []


def _words(value: Json) -> frozenset[str]:
    return frozenset(text.lower() for text in _texts(value))
