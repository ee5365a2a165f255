"""Everybody who is to get a pass, checked before anybody gets one → a worklist. Writes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence, Set
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from tapctl.model import Finding, Place, Workspace
from tapctl.passes.applicants import FEW, Applicants
from tapctl.passes.checks import Applicant, Rules, blocking, check, general
from tapctl.passes.delivery import Recipient
from tapctl.passes.doors import Doors
from tapctl.passes.issuing.worklist import Entry, Worklist
from tapctl.passes.people import nearest_names
from tapctl.passes.roster import Entry as RosterEntry
from tapctl.passes.roster import Wanted
from tapctl.passes.roster.row import Mistaken
from tapctl.passes.rules import read_rules
from tapctl.text.times import Zones

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

# People who are looked up together.
CHUNK: Final = 1000
# What a run that is continued looks at before each step.
_LOOKED_AT_LATER: Final = ("holds-pass", "place")

Objection = Callable[[Recipient], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is checked against: the words that were said, the time, and the place for passcodes."""

    words: frozenset[str] = frozenset()
    zones: Zones = field(default_factory=Zones)
    now: datetime
    objection: Objection = lambda recipient: ""
    doors: Doors = field(default_factory=Doors)
    checked: Callable[[int], None] = lambda count: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`findings` are for everybody; each entry of the worklist has its own."""

    worklist: Worklist
    rules: Rules
    findings: tuple[Finding, ...]


async def examine(
    gateway: Gateway, workspace: Workspace, source: AsyncIterator[RosterEntry], setting: Setting
) -> Examined:
    """Raises GraphError where something that decides cannot be read."""
    rules = await _rules(gateway, workspace, setting)
    worklist = Worklist()
    applicants = Applicants(gateway=gateway, rules=rules)
    number = 0
    with ExitStack() as unless_examined, closing(applicants):
        unless_examined.callback(worklist.close)
        async for chunk in _chunks(source):
            are_few = number == 0 and len(chunk) <= FEW
            entries = await _checked(chunk, applicants, rules, setting, are_few=are_few)
            for item, entry in zip(chunk, entries, strict=True):
                _add(worklist, replace(entry, number=number), _place(item))
                number += 1
            setting.checked(number)
        unless_examined.pop_all()
    return Examined(worklist=worklist, rules=rules, findings=(*general(rules), *setting.doors.general))


async def _rules(gateway: Gateway, workspace: Workspace, setting: Setting) -> Rules:
    return replace(await read_rules(gateway, workspace), policy_groups=setting.doors.groups)


async def _chunks(source: AsyncIterator[RosterEntry]) -> AsyncIterator[list[RosterEntry]]:
    some: list[RosterEntry] = []
    async for entry in source:
        some.append(entry)
        if len(some) == CHUNK:
            yield some
            some = []
    if some:
        yield some


async def _checked(
    chunk: Sequence[RosterEntry], applicants: Applicants, rules: Rules, setting: Setting, *, are_few: bool
) -> list[Entry]:
    wishes = [item for item in chunk if isinstance(item, Wanted)]
    people = await applicants.find([wish.user for wish in wishes], are_few=are_few)
    guesses = await nearest_names(
        applicants.gateway, [wish.user for wish in wishes if wish.user not in people]
    )

    def entry(item: RosterEntry) -> Entry:
        if not isinstance(item, Wanted):
            return _mistake(item)
        person = people.get(item.user)
        ahead = applicants.gateway.ahead
        found = _findings(item, person, rules, setting, guesses.get(item.user, ""), ahead=ahead)
        return _entry(item, person, rules, found, setting.words)

    return [entry(item) for item in chunk]


def _findings(
    wish: Wanted,
    person: Applicant | None,
    rules: Rules,
    setting: Setting,
    guess: str = "",
    *,
    ahead: timedelta = timedelta(),
) -> list[Finding]:
    found = check(wish, person, rules, setting.now, setting.zones, guess, ahead=ahead)
    said = setting.objection(_recipient(person, wish)) if person else ""
    if said:
        help_ = "choose another place for the passcodes, or take that away"
        found.append(Finding(rule="place", severity="error", message=said, help=help_, place=wish.place))
    if person and not blocking(found, setting.words):
        shut = setting.doors.findings(person, rules, is_usable_once=wish.is_usable_once)
        found += [replace(item, place=wish.place) for item in shut]
    return found


def _recipient(person: Applicant, wish: Wanted) -> Recipient:
    return Recipient(id=person.id, name=person.name, display_name=person.display_name, zone=wish.zone)


def _entry(
    wish: Wanted, person: Applicant | None, rules: Rules, findings: Sequence[Finding], words: Set[str]
) -> Entry:
    return Entry(
        number=0,
        recipient=_recipient(person, wish) if person else Recipient(id="", name=wish.user),
        start=wish.start,
        lifetime=rules.policy.default if wish.lifetime is None else wish.lifetime,
        is_usable_once=wish.is_usable_once,
        held=person.holds.id if person and person.holds else "",
        state="refused" if blocking(findings, words) else "ready",
        findings=tuple(findings),
    )


def _mistake(row: Mistaken) -> Entry:
    """A row that could not be read is nobody, whoever it names."""
    return Entry(
        number=0,
        recipient=Recipient(id="", name=row.user),
        lifetime=0,
        is_usable_once=True,
        state="refused",
        findings=row.findings,
    )


def _place(item: RosterEntry) -> Place | None:
    return item.place if isinstance(item, Wanted) else None


def _add(worklist: Worklist, entry: Entry, place: Place | None) -> None:
    if worklist.add(entry):
        return
    twice = Finding(
        rule="twice",
        severity="error",
        message="is there more than once: the second pass would destroy the first",
        help="leave one of the two out",
        place=place,
    )
    nobody = replace(entry.recipient, id="")
    worklist.add(replace(entry, recipient=nobody, state="refused", findings=(*entry.findings, twice)))


async def examine_again(
    gateway: Gateway, workspace: Workspace, worklist: Worklist, setting: Setting
) -> Examined:
    """Those of an interrupted run who still wait. What they hold and whether their file is there is looked
    at before each step, so it is nothing to object to here; a start that is past by now is at once."""
    rules = await _rules(gateway, workspace, setting)
    applicants = Applicants(gateway=gateway, rules=rules)
    are_few = worklist.count() - worklist.count("delivered") <= FEW
    to_do = worklist.to_do()
    with closing(applicants):
        while chunk := list(islice(to_do, CHUNK)):
            people = await applicants.find([entry.recipient.id for entry in chunk], are_few=are_few)
            for entry in chunk:
                wish = _wish_now(entry, setting.now)
                found = _findings(wish, people.get(wish.user), rules, setting)
                kept = [item for item in found if item.rule not in _LOOKED_AT_LATER]
                if blocking(kept, setting.words):
                    worklist.refuse(entry.number, kept)
    return Examined(worklist=worklist, rules=rules, findings=(*general(rules), *setting.doors.general))


def _wish_now(entry: Entry, now: datetime) -> Wanted:
    wish = entry.wish
    return replace(wish, start=None) if wish.start is not None and wish.start <= now else wish
