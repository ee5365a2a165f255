"""Passes that are to go, and what became of them → sheets for people, JSON documents for programs
(schemas/pass-revoke-output.schema.json and schemas/pass-sweep-output.schema.json)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tapctl.model import JsonObject
from tapctl.passes.deleting import Deletion, Outcome, Status
from tapctl.passes.list import Holder, Listing
from tapctl.passes.list_report import gone_notes
from tapctl.passes.sweep import Verdict
from tapctl.passes.who import Chosen
from tapctl.passes.written import (
    failure_json,
    maker_json,
    maker_words,
    method_json,
    moment,
    pass_json,
    pass_words,
    person_json,
)
from tapctl.report import Headline
from tapctl.report.sheet import Item, Section, Sheet, Tone, said
from tapctl.text.times import Clocks
from tapctl.text.words import counted

End: TypeAlias = Literal["shown", "nothing-to-do", "refused", "done", "incomplete", "interrupted"]
_STATUSES: Final[tuple[Status, ...]] = ("deleted", "gone", "left", "failed")
_TONES: Final[dict[Status, Tone]] = {"deleted": "good", "gone": "plain", "left": "care", "failed": "bad"}
_DOUBTS: Final = ("unknown-method", "undated-method", "unread-methods")


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What a command found and did: `verdicts` of a sweep, `deletions` of whatever is to go, `outcomes` as
    far as it went; `refusal` says why it did not begin, `stopped` why it ended early, `record` where the
    account is kept."""

    listing: Listing
    chosen: Chosen
    deletions: tuple[Deletion, ...]
    verdicts: tuple[Verdict, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()
    end: End = "shown"
    refusal: str = ""
    stopped: str = ""
    record: str = ""

    @property
    def has_failures(self) -> bool:
        """Whether something could not be read, or not be deleted."""
        unread = any(one.reason == "unread-methods" for one in self.verdicts)
        return bool(self.listing.failures) or unread or any(one.status == "failed" for one in self.outcomes)

    @property
    def left(self) -> tuple[Verdict, ...]:
        """What was never to go."""
        return tuple(one for one in self.verdicts if not one.goes)

    @property
    def doubts(self) -> tuple[Verdict, ...]:
        """What a person has to decide about: no later run will know more of it by itself."""
        return tuple(one for one in self.left if one.reason in _DOUBTS)


def end_of(going: Going, *, was_interrupted: bool) -> End:
    """How it ended, by its outcomes."""
    if was_interrupted:
        return "interrupted"
    return "incomplete" if going.stopped or going.has_failures else "done"


def plan_sheet(title: str, going: Going, clocks: Clocks, headline: Headline) -> Sheet:
    """What is to go, and why; what stays. Before anything is done."""
    people = counted(going.listing.looked_at, "person", "people")
    makers = {one.person.id: one for one in going.listing.holders}
    later = [one for one in going.left if one.until is not None]
    rest = [one for one in going.left if one.until is None and one not in going.doubts]
    going_items = tuple(_going_item(one, makers.get(one.person.id), clocks) for one in going.deletions)
    return Sheet(
        title=title,
        headline=headline,
        facts=(f"Looked at {people}: {', '.join(going.chosen.basis)}",),
        sections=(
            Section(title=f"To be deleted ({len(going_items)})", items=going_items),
            Section(
                title=f"Left, and worth a look ({len(going.doubts)})", items=_left_items(going.doubts, clocks)
            ),
            Section(title=f"Left for now ({len(later)})", items=_left_items(later, clocks)),
            Section(title=f"Left ({len(rest)})", items=_left_items(rest, clocks)),
        ),
        problems=_problems(going),
        notes=(*going.notes, *gone_notes(going.listing)),
        summary=(_counted(going, later),),
    )


def _counted(going: Going, later: Sequence[Verdict]) -> str:
    parts = [
        f"{counted(len(going.deletions), 'pass', 'passes')} to be deleted, {len(going.left)} left",
        *([f"{len(going.doubts)} worth a look"] if going.doubts else []),
        *([f"{len(later)} only for now"] if later else []),
    ]
    return ", ".join(parts)


def _going_item(one: Deletion, holder: Holder | None, clocks: Clocks) -> Item:
    made = maker_words(holder.made if holder is not None else None)
    times = pass_words(one.held, clocks.of(one.person.name, one.person.id))
    return Item(name=one.person.name, lines=(*said(one.why), *times, made), tone="care")


def _left_items(verdicts: Iterable[Verdict], clocks: Clocks) -> tuple[Item, ...]:
    return tuple(
        Item(
            name=person.name,
            lines=(*said(one.why), *pass_words(one.holder.held, clocks.of(person.name, person.id))),
        )
        for one in verdicts
        for person in (one.holder.person,)
    )


def _problems(going: Going) -> tuple[str, ...]:
    return tuple(f"{person.name}: {error}" for person, error in going.listing.failures)


def account_sheet(title: str, going: Going, headline: Headline, requests: int) -> Sheet:
    """What became of it."""
    items = tuple(
        Item(
            name=f"{one.status}: {one.deletion.person.name}",
            lines=said(one.why),
            tone=_TONES[one.status],
        )
        for one in going.outcomes
    )
    missing = len(going.deletions) - len(going.outcomes)
    reached = (f"{counted(missing, 'pass', 'passes')} not accounted for: run it again",) if missing else ()
    record = (f"Record: {going.record}",) if going.record else ()
    return Sheet(
        title=title,
        headline=headline,
        sections=(Section(title="Outcomes", items=items),),
        problems=(f"stopped: {going.stopped}",) if going.stopped else (),
        summary=(f"{_counted_outcomes(going.outcomes)} ({counted(requests, 'request')})", *reached, *record),
    )


def _counted_outcomes(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(one.status for one in outcomes)
    words = {"deleted": "deleted", "gone": "gone already", "left": "left", "failed": "failed"}
    return (
        ", ".join(f"{counts[status]} {words[status]}" for status in _STATUSES if counts[status])
        or "nothing done"
    )


def going_json(going: Going) -> JsonObject:
    """What comes after the common start: the same for revoke and sweep."""
    makers = {one.person.id: one.made for one in going.listing.holders}
    outcomes = {one.deletion.person.id: one for one in going.outcomes}
    methods = {one.holder.person.id: one.method for one in going.verdicts}
    counts = Counter(one.status for one in going.outcomes)

    def deletion_json(one: Deletion) -> JsonObject:
        outcome, method = outcomes.get(one.person.id), methods.get(one.person.id)
        return {
            "user": person_json(one.person),
            **pass_json(one.held),
            "issuedBy": maker_json(makers.get(one.person.id)),
            "reason": one.reason,
            "why": one.why,
            "method": method_json(method) if method is not None else None,
            "outcome": outcome.status if outcome is not None else None,
            "outcomeWhy": (outcome.why or None) if outcome is not None else None,
        }

    return {
        "basis": [*going.chosen.basis],
        "status": going.end,
        "refusal": going.refusal or None,
        "stopped": going.stopped or None,
        "summary": {
            "people": going.listing.looked_at,
            "passes": len(going.listing.holders),
            "toDelete": len(going.deletions),
            **{status: counts[status] for status in _STATUSES},
            "left": len(going.left) + counts["left"],
            "worthALook": len(going.doubts),
        },
        "deletions": [deletion_json(one) for one in going.deletions],
        "left": [_left_json(one) for one in going.left],
        "failures": [failure_json(person, error) for person, error in going.listing.failures],
        "gone": [person_json(person) for person in going.listing.gone],
        "notes": [*going.notes],
        "record": going.record or None,
    }


def _left_json(one: Verdict) -> JsonObject:
    return {
        "user": person_json(one.holder.person),
        **pass_json(one.holder.held),
        "reason": one.reason,
        "why": one.why,
        "goesFrom": moment(one.until),
        "worthALook": one.reason in _DOUBTS,
        "unknownMethodTypes": [*one.unknown],
    }
