"""`pass status`: people → how far each has come with their pass.

Requests: those of the choice of people, one for ten people (passes and methods), one for each thousand
records of the audit log, one for fifteen people whose pass has led to no method yet (sign-in log), one for
twenty Authenticators that could be phone sign-in; for a roster also the pass policy and its groups' members.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tapctl.errors import GraphError
from tapctl.graph.gateway import Gateway
from tapctl.passes.graph import EVERYBODY, POLICY_PATH, Pass, policy_of
from tapctl.passes.holdings import Holdings, check_permitted, decided, read_methods, read_passes
from tapctl.passes.methods import Registered, evidence
from tapctl.passes.people import Person, groups_with, members_of
from tapctl.passes.progress import Facts, Progress, issued_at, last_pass, progress_of
from tapctl.passes.seen import noted
from tapctl.passes.trail import RETENTION, SignIns, Trail, read_sign_ins, read_trail
from tapctl.passes.who import Chosen

# Where nobody knows of a pass, an Authenticator of any age may be what its owner signs in with.
ANY_AGE: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Where everybody stands; `failures` are people of whom not everything could be read."""

    people: tuple[Progress, ...]
    failures: tuple[tuple[Person, GraphError], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def unplaced(self) -> int:
        """How many are not among `people`: they are not there, or could not be read."""
        placed = {one.facts.person.id for one in self.people}
        return sum(person.id not in placed for person, _ in self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """The new-hire groups with their members' ids; `members` None where everybody is in, or nobody could
    look."""

    members: Mapping[str, frozenset[str]] | None
    note: str = ""

    def holding(self, user: str) -> tuple[str, ...] | None:
        if self.members is None:
            return None
        return tuple(name for name, ids in self.members.items() if user.lower() in ids)


async def follow(
    gateway: Gateway, chosen: Chosen, due: Mapping[str, datetime], now: datetime, folder: Path
) -> Following:
    """`due`: when a pass should have been there, by lower-case user name; `folder`: where sweeps note which
    passes they saw used. Raises Refused if nobody's passes or methods may be read, WorkspaceError if what
    sweeps noted cannot be."""
    users = [person.id for person in chosen.people]
    passes, methods, trail, groups = await asyncio.gather(
        read_passes(gateway, users),
        read_methods(gateway, users),
        read_trail(gateway, now - RETENTION, {user.lower() for user in users}),
        _groups(gateway, chosen),
    )
    check_permitted(chosen.people, passes, "the passes")
    check_permitted(chosen.people, methods, "the methods")
    known = [person for person in chosen.people if person.id in passes.found]
    seen = noted(folder, gateway.tenant_id, _used(passes))
    facts = [_facts(person, passes, methods, trail, seen) for person in known]
    methods = await decided(gateway, methods, dict.fromkeys(methods.found, ANY_AGE) | _issued(facts))
    facts = [replace(one, methods=_known_methods(one, methods)) for one in facts]
    sign_ins = await _sign_ins(gateway, facts)
    complete = [_completed(one, sign_ins, groups, due) for one in facts]
    return Following(
        people=tuple(progress_of(one, now) for one in complete),
        failures=tuple(_failures(chosen, passes, methods)),
        notes=tuple(_notes(trail, sign_ins, groups)),
    )


def _used(passes: Holdings[Pass]) -> frozenset[str]:
    found = (held for some in passes.found.values() for held in some)
    return frozenset(held.id for held in found if held.reason == "OneTimeUsed")


def _facts(
    person: Person,
    passes: Holdings[Pass],
    methods: Holdings[Registered],
    trail: Trail,
    seen: Mapping[str, datetime],
) -> Facts:
    held = next(iter(passes.found.get(person.id, ())), None)
    made, deleted = last_pass(trail, person, held)
    return Facts(
        person=person,
        held=held,
        methods=methods.found.get(person.id),
        made=made,
        deleted=deleted,
        seen_used=seen.get(held.id) if held is not None else None,
    )


def _known_methods(one: Facts, methods: Holdings[Registered]) -> tuple[Registered, ...] | None:
    """None where an Authenticator did not say whether it is what everything depends on."""
    return None if one.person.id in methods.failures else methods.found.get(one.person.id)


def _issued(facts: Sequence[Facts]) -> dict[str, datetime]:
    moments = {one.person.id: issued_at(one.held, one.made) for one in facts}
    return {user: moment for user, moment in moments.items() if moment is not None}


async def _sign_ins(gateway: Gateway, facts: Sequence[Facts]) -> SignIns:
    """Only where no method tells that its owner must have been in."""
    issued = _issued(facts)
    wanted = {
        one.person.id: issued[one.person.id]
        for one in facts
        if one.person.id in issued
        and evidence(one.methods or (), issued[one.person.id]).verdict != "registered"
    }
    return await read_sign_ins(gateway, wanted)


def _completed(one: Facts, sign_ins: SignIns, groups: _Groups, due: Mapping[str, datetime]) -> Facts:
    return replace(
        one,
        signed_in=sign_ins.first.get(one.person.id.lower()),
        in_groups=groups.holding(one.person.id),
        due=due.get(one.person.name.lower(), due.get(one.person.id.lower())),
    )


async def _groups(gateway: Gateway, chosen: Chosen) -> _Groups:
    """The group that was asked about; else those that the pass policy reaches."""
    if chosen.group is not None:
        return _Groups(members={chosen.group.name: frozenset(one.id.lower() for one in chosen.people)})
    try:
        policy = policy_of(await gateway.get(POLICY_PATH))
        if EVERYBODY in policy.included:
            return _Groups(members=None, note="the pass policy reaches everybody: it has no new-hire group")
        found = await groups_with(gateway, sorted(policy.included - policy.users))
        members = await asyncio.gather(*(members_of(gateway, group.id) for group in found))
    except GraphError as error:
        return _Groups(members=None, note=f"who is still in a new-hire group is not known: {error}")
    ids = [frozenset(person.id.lower() for person in people) for people in members]
    return _Groups(members={group.name: some for group, some in zip(found, ids, strict=True)})


def _failures(
    chosen: Chosen, passes: Holdings[Pass], methods: Holdings[Registered]
) -> Iterator[tuple[Person, GraphError]]:
    yield from chosen.failures
    for person in chosen.people:
        error = passes.failures.get(person.id) or methods.failures.get(person.id)
        if error is not None:
            yield person, error


def _notes(trail: Trail, sign_ins: SignIns, groups: _Groups) -> Iterator[str]:
    if trail.unread:
        yield f"passes that are gone are not known, for the audit log could not be read: {trail.unread}"
    if sign_ins.unread:
        yield f"who signed in is known only of used passes, for the log could not be read: {sign_ins.unread}"
    if groups.note:
        yield groups.note
