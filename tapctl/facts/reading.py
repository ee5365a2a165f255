"""A tenant → a FactsSnapshot of what the documents of a workspace refer to; only reads, in bulk.

What may not be read is said with the permission that it takes, and everything else is read all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from tapctl.errors import GraphError
from tapctl.evaluate.facts import Pass
from tapctl.facts.people import pass_of, type_of
from tapctl.facts.reader import Reader, find_roles, id_of, key_of, look_up, read_members
from tapctl.facts.role_holders import holders
from tapctl.facts.snapshot import FactsSnapshot, SeenGroup, SeenPerson
from tapctl.facts.tenant_objects import canonical_objects, configurations, targets
from tapctl.facts.wanted import Wanted, wanted
from tapctl.graph.batch import Read, list_each
from tapctl.kinds import kinds
from tapctl.kinds._authentication_method import METHODS_POLICY
from tapctl.licences import P1, service_plans
from tapctl.model import JsonObject
from tapctl.observe.objects import list_objects

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.graph.gateway import Gateway

REPORT: Final = "reports/authenticationMethods/userRegistrationDetails"
DEFAULTS: Final = "policies/identitySecurityDefaultsEnforcementPolicy"
DEVICES: Final = "policies/deviceRegistrationPolicy"
"""https://learn.microsoft.com/graph/api/deviceregistrationpolicy-get?view=graph-rest-1.0 (checked 2026-11)"""
LICENCES: Final = "subscribedSkus"
_JOIN_MFA: Final = {"required": True, "notRequired": False}
_LOCATION, _STRENGTH = "NamedLocation", "AuthenticationStrength"


async def read_facts(
    gateway: Gateway,
    checked: Checked,
    people: Collection[str] = (),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FactsSnapshot:
    """Read everything once, `people` too who are in nothing that documents refer to. What is not permitted is
    in `FactsSnapshot.unread`, and raises nothing."""
    reading, needs = Reader(gateway), wanted(checked, people)
    (methods, locations, strengths), (defaults, devices, licences), *_ = await asyncio.gather(
        asyncio.gather(
            reading.optional("authentication method configurations", gateway.get(METHODS_POLICY)),
            reading.optional("named locations", list_objects(gateway, kinds()[_LOCATION])),
            reading.optional("authentication strengths", list_objects(gateway, kinds()[_STRENGTH])),
        ),
        asyncio.gather(
            reading.optional("security defaults", gateway.get(DEFAULTS)),
            reading.optional("device settings", gateway.get(DEVICES)),
            reading.optional("licences", gateway.list(LICENCES)),
        ),
        look_up(reading, "groups", needs["Group"]),
        look_up(reading, "users", needs["User"]),
        find_roles(reading, needs["Role"]),
    )
    named_users = {*reading.users}
    await look_up(reading, "groups", Wanted(ids=targets(methods) - reading.groups.keys()))
    named_groups = [*reading.groups.values()]
    await read_members(reading, reading.groups)
    held = await holders(reading)
    asked = {key for key, user in reading.users.items() if _is_among(user, people)}
    seen = await _people(reading, asked)
    entries = {_LOCATION: locations or [], _STRENGTH: strengths or [], "Group": named_groups}
    objects = {**configurations(methods), _LOCATION: locations, _STRENGTH: strengths}
    return FactsSnapshot(
        environment=gateway.environment,
        tenant_id=gateway.tenant_id,
        is_sandbox=gateway.is_sandbox,
        taken_at=f"{now():%Y-%m-%dT%H:%M:%SZ}",
        names={
            **{kind: _named(found) for kind, found in entries.items()},
            "Role": _named(reading.roles.values()),
            "User": _named((reading.users[key] for key in sorted(named_users)), "userPrincipalName"),
        },
        groups={key: _in_keys(reading, group) for key, group in reading.members.items()},
        absent_groups=frozenset(reading.absent),
        roles=held,
        people=seen,
        objects=canonical_objects(objects, entries, checked.workspace.environment.pins),
        are_methods_read=methods is not None,
        security_defaults=None if defaults is None else defaults.get("isEnabled") is True,
        join_needs_mfa=_JOIN_MFA.get(str((devices or {}).get("multiFactorAuthConfiguration"))),
        is_licensed=None if licences is None else P1.is_in(service_plans([*licences])),
        unread=tuple(reading.unread),
    )


def _named(found: Iterable[JsonObject], key: str = "displayName") -> dict[str, str]:
    return {id_of(item): str(item[key]) for item in found if item.get(key)}


async def _people(reading: Reader, asked: Iterable[str]) -> dict[str, SeenPerson]:
    """Everybody who came up, with what they registered; those who are asked about with their passes."""
    if not reading.users:
        return {}
    passes = await _passes(reading, sorted(asked))
    rows = await reading.optional("registered methods", reading.gateway.list(REPORT))
    report = {id_of(row): row for row in rows or ()}
    return {
        key_of(reading, key): replace(_person(user, report.get(key, {})), held_pass=passes.get(key))
        for key, user in sorted(reading.users.items())
    }


async def _passes(reading: Reader, people: Sequence[str]) -> dict[str, Pass | Literal["none"]]:
    """The pass of each of a few people, without its secret: Graph never shows that again."""
    reads = [Read(path=f"users/{key}/authentication/temporaryAccessPassMethods") for key in people]
    answers = await reading.optional("passes", list_each(reading.gateway, reads)) if reads else []
    found: dict[str, Pass | Literal["none"]] = {}
    for key, answer in zip(people, answers or (), strict=False):
        if isinstance(answer, GraphError):
            reading.note(f"the pass of {key_of(reading, key)}", answer)
        else:
            found[key] = pass_of(answer)
    return found


def _is_among(user: JsonObject, people: Iterable[str]) -> bool:
    wanted = {name.removeprefix("id:").casefold() for name in people}
    return not wanted.isdisjoint({id_of(user), str(user.get("userPrincipalName")).casefold()})


def _person(user: JsonObject, row: JsonObject) -> SeenPerson:
    words, enabled = row.get("methodsRegistered"), user.get("accountEnabled")
    kind = user if user.get("userType") else {**user, "userType": row.get("userType")}
    return SeenPerson(
        type=type_of(kind),
        is_enabled=enabled if isinstance(enabled, bool) else None,
        methods=tuple(sorted(map(str, words))) if isinstance(words, list) else None,
    )


def _in_keys(reading: Reader, group: SeenGroup) -> SeenGroup:
    return replace(group, users=frozenset(key_of(reading, user) for user in group.users))
