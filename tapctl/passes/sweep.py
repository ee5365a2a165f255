"""`pass sweep`: which passes have served, and may go. Judging is pure; `survey` and what rechecks read.

A pass goes when its owner holds a permanent passwordless method that is newer than it; on request when it has
expired, or was for one time and is used, once its owner cannot be registering with it any more. Whatever
could not be read or understood stays and is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from tapctl.errors import GraphError
from tapctl.graph.gateway import Gateway
from tapctl.model import Address
from tapctl.passes.deleting import Deletion, Objection
from tapctl.passes.graph import Pass
from tapctl.passes.holdings import Holdings, decided, read_methods
from tapctl.passes.list import Holder, Listing, list_passes, now_of
from tapctl.passes.methods import Evidence, Registered, evidence
from tapctl.passes.seen import first_seen, registering_until, seen_by_now
from tapctl.passes.who import Chosen, Wish, choose
from tapctl.passes.written import moment

Reason: TypeAlias = Literal[
    "registered", "expired", "used", "no-method", "older-method", "undated-method", "unknown-method",
    "unread-methods", "undated-use",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What goes besides passes that have served. `seen` is when passes were first seen used, by their ids;
    `notes`: what is seen used now is noted for a later sweep."""

    expired: bool = False
    used: bool = False
    notes: bool = True
    seen: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether somebody's pass goes, and why; `method` is the evidence, `until` when a used one may go."""

    holder: Holder
    goes: bool
    reason: Reason
    why: str
    method: Registered | None = None
    unknown: tuple[str, ...] = ()
    until: datetime | None = None

    @property
    def deletion(self) -> Deletion:
        return Deletion(person=self.holder.person, held=self.holder.held, reason=self.reason, why=self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the owners, by user id."""

    methods: Mapping[str, tuple[Registered, ...]] = field(default_factory=dict)
    failures: Mapping[str, GraphError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Whose passes were looked at, and what is to become of each; by `wants`, with what was seen before."""

    chosen: Chosen
    listing: Listing
    verdicts: tuple[Verdict, ...]
    wants: Wants

    @property
    def deletions(self) -> tuple[Deletion, ...]:
        return tuple(one.deletion for one in self.verdicts if one.goes)

    @property
    def waiting(self) -> tuple[datetime, ...]:
        """From when on used passes may go whose owners may be registering now."""
        return tuple(one.until for one in self.verdicts if one.until is not None)

    @property
    def may_go(self) -> frozenset[str]:
        """The ids of passes that go now, or may go after a wait."""
        return frozenset(one.holder.held.id for one in self.verdicts if one.goes or one.until is not None)


async def survey(
    gateway: Gateway, wish: Wish, pins: Mapping[Address, str], wants: Wants, folder: Path
) -> Survey:
    """Looks at everybody's pass, and notes in `folder` which were seen used, if wanted. Raises WorkspaceError
    if that cannot be kept, and what `choose` and `list_passes` raise."""
    now = now_of(gateway)
    chosen = await choose(gateway, wish, pins, now)
    listing = await list_passes(gateway, chosen)
    used = [one for one in listing.holders if wants.used and one.held.reason == "OneTimeUsed"]
    look = first_seen if wants.notes else seen_by_now
    wants = replace(wants, seen=look(folder, gateway.tenant_id, used, now_of(gateway)))
    known = await read_known(gateway, listing.holders)
    verdicts = tuple(judge(holder, known, wants, now) for holder in listing.holders)
    return Survey(chosen=chosen, listing=listing, verdicts=verdicts, wants=wants)


def judge(holder: Holder, known: Known, wants: Wants, now: datetime) -> Verdict:
    """One pass. What was asked for besides does not go either where methods are not known."""
    user, held = holder.person.id, holder.held
    found = evidence(known.methods.get(user, ()), held.created)
    unread = known.failures.get(user)

    def verdict(goes: bool, reason: Reason, why: str) -> Verdict:
        return Verdict(
            holder=holder, goes=goes, reason=reason, why=why, method=found.method, unknown=found.unknown
        )

    if found.verdict == "registered" and found.method is not None:
        return verdict(True, "registered", f"registered {found.method.phrase} after the pass was made")
    if unread is not None:
        return verdict(False, "unread-methods", f"its owner's methods could not be read: {unread}")
    if found.verdict == "unknown":
        return verdict(False, *_leaving(found))
    if wants.expired and is_expired(held, now):
        return verdict(True, "expired", "it has expired")
    if wants.used and held.reason == "OneTimeUsed":
        seen = wants.seen.get(held.id, now)
        if (until := registering_until(held, seen)) > now:  # deleting it could end their session
            return replace(verdict(False, "undated-use", _registering(until)), until=until)
        return verdict(True, "used", _used(held, seen, now))
    return verdict(False, *_leaving(found))


def is_expired(held: Pass, now: datetime) -> bool:
    """Graph says so; a used pass that is over as well goes on being called used."""
    return held.reason == "Expired" or (not held.is_usable and now >= held.end)


def _registering(until: datetime) -> str:
    return (
        "it was for one time and is used, but Graph does not say since when, and for ten minutes its owner "
        f"may be registering with it: it goes from {moment(until)} on, by a sweep with --used from this "
        "folder, or by this one with --wait"
    )


def _used(held: Pass, seen: datetime, now: datetime) -> str:
    if now >= held.end:
        return "it was for one time, is used, and is over"
    return f"it was for one time, and was seen used at {moment(seen)}"


def _leaving(found: Evidence) -> tuple[Reason, str]:
    match found.verdict:
        case "unknown":
            types = ", ".join(found.unknown)
            return "unknown-method", f"its owner has a method of a type that tapctl does not know: {types}"
        case "older":
            return "older-method", "its owner's permanent methods are all older than the pass"
        case "undated":
            return "undated-method", "its owner has a permanent method, but no date says that it is newer"
        case _:
            return "no-method", "its owner has no permanent passwordless method yet"


async def read_known(gateway: Gateway, holders: Sequence[Holder]) -> Known:
    """Methods in one request for twenty, Authenticators likewise."""
    read = await read_methods(gateway, (one.person.id for one in holders))
    held = await decided(gateway, read, _made(holders))
    return Known(methods=held.found, failures=held.failures)


def _made(holders: Sequence[Holder]) -> dict[str, datetime]:
    return {one.person.id: one.held.created for one in holders if one.held.created is not None}


async def recheck_owners(
    gateway: Gateway, deletions: Sequence[Deletion], passes: Holdings[Pass], wants: Wants, now: datetime
) -> dict[str, Objection]:
    """Why passes must stay after all: what they rest on has changed since it was read, or cannot be read."""
    holders = [
        Holder(person=one.person, held=held)
        for one in deletions
        for held in passes.found.get(one.person.id, ())
        if held.id == one.held.id
    ]
    known = await read_known(gateway, holders)
    fresh = [judge(holder, known, wants, now) for holder in holders]
    return {one.holder.person.id: _objection(one) for one in fresh if not one.goes}


def _objection(one: Verdict) -> Objection:
    return ("failed", one.why) if one.reason == "unread-methods" else ("left", f"not any more: {one.why}")
