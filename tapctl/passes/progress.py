"""How far somebody has come with their pass: issued, signed in, registered, deleted; overdue or not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from tapctl.passes.graph import Pass
from tapctl.passes.methods import Evidence, Registered, evidence
from tapctl.passes.people import Person
from tapctl.passes.seen import registering_until
from tapctl.passes.trail import Record, Trail

Stage: TypeAlias = Literal["not-issued", "issued", "signed-in", "registered", "done"]
STAGES: Final[tuple[Stage, ...]] = ("not-issued", "issued", "signed-in", "registered", "done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one person. `methods` None: not readable; `in_groups` None: nobody asked, else the
    new-hire groups that still hold them; `due`: when a pass should have been there, by the roster.
    `signed_in` is the first sign-in since the pass, `seen_used` when a sweep first saw it used up."""

    person: Person
    held: Pass | None = None
    methods: tuple[Registered, ...] | None = ()
    made: Record | None = None
    deleted: Record | None = None
    signed_in: datetime | None = None
    seen_used: datetime | None = None
    in_groups: tuple[str, ...] | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where somebody stands.

    `issued` is when their (last) pass was made, `signed_in` the first sign-in since; `has_signed_in` may be
    known without its time. `overdue` says why, or is empty. `password_changed` since the pass was made; None
    where nothing says. `is_use_undated`: nothing says whether the owner of a used pass is still registering.
    """

    facts: Facts
    stage: Stage
    issued: datetime | None
    has_signed_in: bool
    found: Evidence
    overdue: str = ""
    password_changed: bool | None = None
    is_use_undated: bool = False

    @property
    def method(self) -> Registered | None:
        """The permanent method that the pass was for."""
        return self.found.method if self.found.verdict == "registered" else None

    @property
    def is_settled_in_group(self) -> bool:
        """Whether somebody has what the group leads to and is still in it."""
        return self.method is not None and bool(self.facts.in_groups)


def last_pass(trail: Trail, person: Person, held: Pass | None) -> tuple[Record | None, Record | None]:
    """The records of the making and of the deletion of somebody's last pass, as far as the log tells."""
    if held is not None:
        return trail.making_of(person.id, held.created), None
    made, deleted = trail.last(person.id, "made"), trail.last(person.id, "deleted")
    is_later = made is not None and deleted is not None and deleted.at >= made.at
    return made, deleted if is_later or made is None else None


def issued_at(held: Pass | None, made: Record | None) -> datetime | None:
    """When the pass was made: it says so itself, or the log does."""
    if held is not None:
        return held.created
    return made.at if made is not None else None


def progress_of(facts: Facts, now: datetime) -> Progress:
    """Somebody with a permanent method and no pass that anybody knows of is done: nothing is left to do."""
    issued = issued_at(facts.held, facts.made)
    found = _found(facts, issued)
    is_registered = found.verdict == "registered"
    is_used = facts.held is not None and facts.held.reason == "OneTimeUsed"
    has_signed_in = is_used or facts.signed_in is not None or (is_registered and issued is not None)
    changed = facts.person.password_changed
    return Progress(
        facts=facts,
        stage=_stage(facts, is_registered=is_registered, has_signed_in=has_signed_in, issued=issued),
        issued=issued,
        has_signed_in=has_signed_in,
        found=found,
        overdue=_overdue(facts, found, issued, now),
        password_changed=None if changed is None or issued is None else changed > issued,
        is_use_undated=is_used and not is_registered and _may_be_registering(facts, now),
    )


def _found(facts: Facts, issued: datetime | None) -> Evidence:
    """Without a pass that anybody knows of, any permanent method counts."""
    methods = facts.methods or ()
    if issued is None and facts.held is None:
        permanent = [method for method in methods if method.standing == "permanent"]
        if permanent:
            return Evidence(verdict="registered", method=permanent[0])
    return evidence(methods, issued)


def _stage(facts: Facts, *, is_registered: bool, has_signed_in: bool, issued: datetime | None) -> Stage:
    if is_registered:
        return "registered" if facts.held is not None else "done"
    if has_signed_in:
        return "signed-in"
    return "issued" if facts.held is not None or issued is not None else "not-issued"


def _overdue(facts: Facts, found: Evidence, issued: datetime | None, now: datetime) -> str:
    """Why somebody needs looking after: their pass can no longer lead to a method, and there is none."""
    held = facts.held
    if facts.methods is None or found.verdict in ("registered", "unknown"):
        return ""
    if held is None:
        if issued is not None:
            return "the pass is gone, and no permanent method was registered"
        return "no pass was issued in time" if facts.due is not None and facts.due <= now else ""
    if held.reason == "Expired" or now >= held.end:
        return "the pass is over, and no permanent method was registered"
    if held.reason == "OneTimeUsed" and not _may_be_registering(facts, now):
        return "the pass is used up, and no permanent method was registered"
    return ""


def _may_be_registering(facts: Facts, now: datetime) -> bool:
    """Whether the owner of a used pass may be registering with it still, as far as anybody knows."""
    return facts.held is not None and registering_until(facts.held, facts.seen_used or now) > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many people came how far: each number includes those who went on. `overdue` and `in_group` are
    counted besides; the latter have a permanent method and are still in a new-hire group."""

    people: int
    issued: int
    signed_in: int
    registered: int
    deleted: int
    overdue: int
    in_group: int


def funnel_of(people: Iterable[Progress]) -> Funnel:
    """Only passes that something tells of are counted."""
    found = [*people]
    known = [one for one in found if one.issued is not None or one.facts.held is not None]
    return Funnel(
        people=len(found),
        issued=len(known),
        signed_in=sum(one.has_signed_in for one in known),
        registered=sum(one.method is not None for one in known),
        deleted=sum(one.facts.held is None for one in known),
        overdue=sum(bool(one.overdue) for one in found),
        in_group=sum(one.is_settled_in_group for one in found),
    )
