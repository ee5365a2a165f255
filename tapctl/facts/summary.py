"""A FactsSnapshot → what was read, in numbers, for people. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tapctl.evaluate.facts import Facts, Group
from tapctl.facts.counts import count_of
from tapctl.facts.people import strange
from tapctl.facts.snapshot import FactsSnapshot, Unread
from tapctl.kinds._roles import ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """A group that documents name; `people` is None where some may be missing."""

    name: str
    people: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCount:
    """A role that policies name or somebody has, and how many hold it now or on demand."""

    name: str
    active: int
    eligible: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`with_methods` counts those whose registered methods are known; `strange_methods` are words of Graph's
    report that tapctl does not know, which leave somebody's methods unknown."""

    groups: tuple[GroupCount, ...]
    nested: int
    roles: tuple[RoleCount, ...]
    people: int
    disabled: int
    with_methods: int
    strange_methods: tuple[str, ...]
    objects: int
    security_defaults: bool | None
    join_needs_mfa: bool | None
    is_licensed: bool | None
    unread: tuple[Unread, ...]


def _inside(snapshot: FactsSnapshot, named: Collection[str]) -> frozenset[str]:
    """The groups inside the named ones, at any depth: a group that only holds a role is none."""
    found, waiting = set[str](), [*named]
    while waiting:
        group = snapshot.groups.get(waiting.pop())
        more = group.groups - found if group is not None else frozenset[str]()
        found |= more
        waiting.extend(more)
    return frozenset(found).difference(named)


def summarise(snapshot: FactsSnapshot) -> Summary:
    """Count."""
    names, named_roles = snapshot.names.get("Group", {}), snapshot.names.get("Role", {})
    roles = {**{key: name for name, key in ROLES.items()}, **named_roles}
    facts = Facts(
        groups={
            key: Group(users=group.users, groups=group.groups, is_complete=group.is_complete)
            for key, group in snapshot.groups.items()
        }
    )
    people = snapshot.people.values()
    words = {word for person in people for word in person.methods or ()}
    return Summary(
        groups=tuple(
            GroupCount(name=name, people=count_of(facts, key))
            for key, name in sorted(names.items(), key=lambda item: item[1])
        ),
        nested=len(_inside(snapshot, names.keys())),
        roles=tuple(
            RoleCount(
                name=roles.get(key, key),
                active=len(role.active),
                eligible=None if role.eligible is None else len(role.eligible),
            )
            for key, role in sorted((snapshot.roles or {}).items())
            if key in named_roles or role.active or role.eligible
        ),
        people=len(snapshot.people),
        disabled=sum(person.is_enabled is False for person in people),
        with_methods=sum(person.methods is not None for person in people),
        strange_methods=tuple(sorted(strange(words))),
        objects=len(snapshot.objects),
        security_defaults=snapshot.security_defaults,
        join_needs_mfa=snapshot.join_needs_mfa,
        is_licensed=snapshot.is_licensed,
        unread=snapshot.unread,
    )
