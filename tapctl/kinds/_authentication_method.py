"""What the authentication-method configurations share: one singleton each, PATCHed by what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from tapctl.canonical import at, sort_key
from tapctl.kind import Effect, Kind, no_rules
from tapctl.kinds._verdicts import wrong
from tapctl.model import Json, JsonObject, Resource, Verdict
from tapctl.reference import GUID

METHODS_POLICY = "policies/authenticationMethodsPolicy"
CONFIGURATIONS = f"{METHODS_POLICY}/authenticationMethodConfigurations"
READ, WRITE = "Policy.Read.AuthenticationMethod", "Policy.ReadWrite.AuthenticationMethod"

Rules: TypeAlias = Callable[[Resource, JsonObject], Iterable[Verdict]]
_EVERYBODY = "all_users"
_ON = (True, "enabled")


def method_configuration(
    name: str, method: str, odata_type: str, *, rules: Rules = no_rules, **irregular: Any
) -> Kind:
    """The Kind of one method; `method` is its id in Graph.

    Include and exclude targets are always sent whole: whether PATCH merges them is not documented
    (authenticationmethodspolicies-overview, checked 2026-11). `@odata.type` must be in the body.
    Unless `effect` says otherwise a method is no danger to others: it is turned on with the creations,
    before policies that demand it are enforced.
    """
    return Kind(
        name=name,
        path=f"{CONFIGURATIONS}/{method}",
        documentation=f"https://learn.microsoft.com/graph/api/resources/{odata_type.lower()}",
        read_permission=READ,
        write_permissions=(WRITE,),
        singleton=True,
        odata_type=f"#microsoft.graph.{odata_type}",
        inside=METHODS_POLICY,
        rules=lambda resource, spec: [*target_rules(resource, spec), *rules(resource, spec)],
        **irregular,
    )


def target_rules(resource: Resource, _: JsonObject) -> Iterator[Verdict]:
    """A name is a group's; a single user, whom old tenants may still hold, goes by the id."""
    for side in ("includeTargets", "excludeTargets"):
        targets = resource.spec.get(side)
        for index, target in enumerate(targets if isinstance(targets, list) else ()):
            name = str(at(target, "id"))
            is_id = GUID.fullmatch(name.removeprefix("id:").strip())
            if str(at(target, "targetType")).lower() == "user" and not is_id:
                yield wrong(
                    (side, index, "id"),
                    f"{side}[{index}] is a user, and {name!r} names a group",
                    "Leave targetType out; Graph takes groups only for new targets.",
                    rule="target-not-a-user",
                )


def weak(*switches: str) -> Callable[[JsonObject, JsonObject], Effect]:
    """The effect of a change of a method that can be phished: more of it waits until policies guard it.

    `switches` are properties that open the method further when they are turned on.
    """

    def effect(before: JsonObject, after: JsonObject) -> Effect:
        was_on, is_on = ({name for name in switches if spec.get(name) in _ON} for spec in (before, after))
        return "loosens" if is_on - was_on or is_widened(before, after) else "tightens"

    return effect


def is_widened(before: JsonObject, after: JsonObject) -> bool:
    """Whether more people may use the method, or the same people in more ways."""
    if after.get("state") != "enabled":
        return False
    if before.get("state") != "enabled":
        return True
    had, has = set(_reach(before.get("includeTargets"))), set(_reach(after.get("includeTargets")))
    spared, spares = (set(_reach(spec.get("excludeTargets"))) for spec in (before, after))
    everybody = any(target == _EVERYBODY for _, target, _ in had)
    added = {reach for reach in has - had if reach[2] or not everybody}
    return bool(added) or not spared <= spares


def _reach(targets: Json) -> Iterator[tuple[str, str, str]]:
    """Each target, and each target with something that it may do besides."""
    for target in targets if isinstance(targets, list) else ():
        who = str(at(target, "targetType")), str(at(target, "id"))
        yield (*who, "")
        for name, value in target.items() if isinstance(target, dict) else ():
            if name not in ("targetType", "id") and value is not False:
                yield (*who, f"{name}={sort_key(value)}")
