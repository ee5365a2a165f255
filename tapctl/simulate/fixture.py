"""A directory as JSON (schemas/Fixture.schema.json, checked already) → Facts.

What is in no list is not there: a fixture describes its directory completely, and `enabledMethods` are all
there are unless `migrationComplete` says that legacy policies may enable more. The same properties may stand
in a situation, where they are laid over the fixture's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, TypeVar, cast

from tapctl.canonical import minutes
from tapctl.evaluate.facts import (
    EVERYBODY,
    Facts,
    Group,
    Location,
    Pass,
    PassPolicy,
    Person,
    Scope,
    Strength,
    UserType,
)
from tapctl.model import Json, JsonObject
from tapctl.shapes import as_object

T = TypeVar("T")

ONE_TIME: Final = "temporaryAccessPassOneTime"
MULTI_USE: Final = "temporaryAccessPassMultiUse"
ANY_PASS: Final = "pass"  # noqa: S105  # a word, not a secret
"""In `SignIn.auth` of a journey: whichever pass the user holds at that moment."""
PASS_WORDS: Final[Mapping[str, bool]] = {
    ONE_TIME: True,
    MULTI_USE: False,
    "oneTime": True,
    "multiUse": False,
}
"""Whether the pass is for one use."""


def facts_of(written: JsonObject, base: Facts | None = None) -> Facts:
    """The facts of a fixture, or of a situation on top of its fixture's."""
    facts = base or Facts()
    return replace(
        facts,
        groups={**facts.groups, **{name: _group(item) for name, item in _objects(written, "groups")}},
        users={
            **facts.users,
            **{name: person_of(as_object(item)) for name, item in _objects(written, "users")},
        },
        locations={
            **facts.locations,
            **{name: _location(as_object(item)) for name, item in _objects(written, "namedLocations")},
        },
        strengths={
            **facts.strengths,
            **{name: strength_of(item) for name, item in _objects(written, "strengths")},
        },
        suites={
            **facts.suites,
            **{name.casefold(): frozenset(texts(item)) for name, item in _objects(written, "suites")},
        },
        methods=_methods(written, facts.methods),
        pass_policy=_pass_policy(written) or facts.pass_policy,
        multi_tenant_applications=facts.multi_tenant_applications
        | frozenset(texts(written.get("multiTenantApplications"))),
        baseline_scopes=cast('Literal["legacy", "enforced", "custom"] | None', written.get("baselineScopes"))
        or facts.baseline_scopes,
        security_defaults=said(
            written.get("securityDefaults"), False if base is None else base.security_defaults
        ),
        join_needs_mfa=said(written.get("joinNeedsMfa"), "unsaid" if base is None else base.join_needs_mfa),
        migration_is_complete=said(
            written.get("migrationComplete"),
            True if "enabledMethods" in written and base is None else facts.migration_is_complete,
        ),
    )


def said(value: Json, otherwise: T) -> bool | T:
    """A boolean that may be left to what holds already."""
    return value if isinstance(value, bool) else otherwise


def first(written: JsonObject, *names: str) -> Json:
    """The first of several spellings that holds something."""
    return next((written[name] for name in names if written.get(name) is not None), None)


def _objects(written: JsonObject, name: str) -> list[tuple[str, Json]]:
    return [*as_object(written.get(name)).items()]


def texts(value: Json) -> tuple[str, ...]:
    """A list of texts, or one text."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(str(item) for item in items)


def modes(value: Json) -> frozenset[str]:
    """Authentication modes, some of which may be joined by commas."""
    return frozenset(mode.strip() for text in texts(value) for mode in text.split(",") if mode.strip())


def group_name(text: str) -> str:
    """`g:newhires` is newhires."""
    return text.removeprefix("g:")


def _group(members: Json) -> Group:
    named = texts(members)
    return Group(
        users=frozenset(text.removeprefix("u:") for text in named if not text.startswith("g:")),
        groups=frozenset(group_name(text) for text in named if text.startswith("g:")),
    )


def person_of(written: JsonObject, base: Person | None = None) -> Person:
    """One user; with `base`, what is not said is as it is there."""
    usual = base or Person(held_pass="none", registered=frozenset())  # noqa: S106  # says that there is none
    registered = first(written, "has", "registered")
    roles = first(written, "rolesActive", "roles")
    held = first(written, "tap", "pass")
    keys = first(written, "fido2Aaguids")
    return replace(
        usual,
        type=cast(UserType, written.get("type") or usual.type),
        home_tenant=str(first(written, "tenant", "homeTenant") or usual.home_tenant),
        groups=usual.groups | {group_name(text) for text in texts(written.get("groups"))},
        registered=usual.registered if registered is None else modes(registered),
        reachable=modes(written["reachable"]) if written.get("reachable") is not None else usual.reachable,
        held_pass=usual.held_pass if held is None else pass_of(held),
        fido2_aaguids=usual.fido2_aaguids if keys is None else frozenset(texts(keys)),
        roles=usual.roles if roles is None else frozenset(texts(roles)),
        is_enabled=said(first(written, "enabled", "accountEnabled"), usual.is_enabled) is not False,
        per_user_mfa=_per_user_mfa(written.get("perUserMfa"), usual.per_user_mfa),
    )


def _per_user_mfa(value: Json, usual: T) -> bool | T:
    """Graph's perUserMfaState has three words, of which two ask for MFA."""
    if isinstance(value, str):
        return value.lower() in ("enabled", "enforced")
    return said(value, usual)


def pass_of(written: Json) -> Pass | Literal["none"]:
    """A pass by its word, or with its window."""
    if not isinstance(written, dict):
        word = str(written)
        return Pass(is_usable_once=PASS_WORDS[word]) if word in PASS_WORDS else "none"
    lifetime = first(written, "lifetimeMinutes", "lifetimeInMinutes")
    return Pass(
        is_usable_once=written.get("isUsableOnce") is not False,
        start=str(first(written, "start", "startDateTime") or ""),
        lifetime_minutes=minutes_of(lifetime),
        is_used=first(written, "used", "isUsed") is True,
    )


def minutes_of(value: Json) -> int | None:
    """A number of minutes, or a duration such as 8h."""
    return minutes(value) if isinstance(value, str) else cast("int | None", value)


def _location(written: JsonObject) -> Location:
    return Location(
        kind="country" if written.get("kind") == "country" else "ip",
        is_trusted=first(written, "trusted", "isTrusted") is True,
        ranges=texts(written.get("ranges")),
        countries=frozenset(text.upper() for text in texts(written.get("countries"))),
        includes_unknown=written.get("unknown") is True,
        is_gps=written.get("gps") is True,
    )


def strength_of(written: Json) -> Strength:
    """A list of combinations, or an object with what restricts them."""
    rules: JsonObject = written if isinstance(written, dict) else {"allowed": written}
    combinations = texts(first(rules, "allowed", "allowedCombinations"))
    return Strength(
        combinations=frozenset(modes(text) for text in combinations),
        fido2_aaguids=frozenset(
            text.lower() for text in texts(first(rules, "fido2Aaguids", "allowedAAGUIDs"))
        ),
        restricts_certificates=bool(first(rules, "certificateIssuers", "certificatePolicies")),
    )


def _methods(written: JsonObject, base: Mapping[str, Scope] | None) -> Mapping[str, Scope] | None:
    if written.get("enabledMethods") is None:
        return base
    return dict.fromkeys(modes(written["enabledMethods"]), EVERYBODY)


def _pass_policy(written: JsonObject) -> PassPolicy | None:
    policy = written.get("tapPolicy")
    if not isinstance(policy, dict):
        return None
    included = [group_name(text) for text in texts(policy.get("include"))]
    usual = PassPolicy(scope=EVERYBODY, is_usable_once=False)
    return PassPolicy(
        scope=Scope(
            is_enabled=policy.get("state", "enabled") == "enabled",
            everybody="all_users" in included,
            include=frozenset(included),
            exclude=frozenset(group_name(text) for text in texts(policy.get("exclude"))),
        ),
        is_usable_once=policy.get("isUsableOnce") is True,
        minimum=_number(first(policy, "min", "minimumLifetimeInMinutes"), usual.minimum),
        maximum=_number(first(policy, "max", "maximumLifetimeInMinutes"), usual.maximum),
        default=_number(first(policy, "default", "defaultLifetimeInMinutes"), usual.default),
        length=_number(first(policy, "length", "defaultLength"), usual.length),
    )


def _number(value: Json, usual: int) -> int:
    return value if isinstance(value, int) else usual
