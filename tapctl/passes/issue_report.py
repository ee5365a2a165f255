"""A run, or what stopped it → a Sheet for people, or JSON as schemas/pass-issue-output.schema.json promises.

Whoever may be many is written one by one; a sheet shows the first thousand of each sort.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, Literal, TypeAlias

from tapctl.model import Finding, Json, JsonObject
from tapctl.passes.checks import UNKNOWN_USER
from tapctl.passes.issuing.runs import going_on
from tapctl.passes.issuing.worklist import STATES, Entry, State, Worklist
from tapctl.passes.written import moment
from tapctl.render.json import VERSION, headline
from tapctl.report import Headline
from tapctl.report.sheet import Item, Section, Sheet, Tone, said
from tapctl.text.escape import json_safe
from tapctl.text.times import Zones, length, shown, window

Status: TypeAlias = Literal["checked", "refused", "issued", "incomplete", "interrupted"]

_MOST: Final = 1000
_TITLES: Final[dict[State, tuple[str, Tone]]] = {
    "delivered": ("Handed over", "good"),
    "ready": ("May have a pass", "plain"),
    "refused": ("May not have a pass", "bad"),
    "failed": ("No pass handed over", "bad"),
    "lost": ("The answer was lost", "bad"),
    "made": ("Made, but not handed over", "bad"),
    "begun": ("Asked for, and not known what became of it", "bad"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything there is to tell. `words` are those that let brakes go; `run` and `record` name the journal
    of a run that began; `refusal` says why nothing was done, `stopped` why it ended early; `is_recorded`:
    whether the journal has its end."""

    status: Status
    headline: Headline
    worklist: Worklist
    findings: tuple[Finding, ...] = ()
    zones: Zones = field(default_factory=Zones)
    words: frozenset[str] = frozenset()
    requests: int = 0
    delivery: str = ""
    reason: str = ""
    run: str = ""
    record: str = ""
    refusal: str = ""
    stopped: str = ""
    problems: tuple[str, ...] = ()
    is_recorded: bool = True


def sheet_of(account: Account) -> Sheet:
    sections = tuple(filter(None, (_section(account, state) for state in _TITLES)))
    return Sheet(
        title="Passes",
        headline=account.headline,
        facts=tuple(_facts(account)),
        sections=sections,
        problems=tuple(_problems(account)),
        notes=tuple(
            _words(_taken(item, account)) for item in account.findings if not _is_problem(item, account)
        ),
        summary=tuple(_summary(account)),
    )


def _facts(account: Account) -> Iterator[str]:
    if account.reason:
        yield f"why: {account.reason}"
    if account.record:
        yield f"record: {account.record}"


def _section(account: Account, state: State) -> Section | None:
    count = account.worklist.count(state)
    if not count:
        return None
    title, tone = _title(account, state), _TITLES[state][1]
    found = islice(account.worklist.entries(state), _MOST)
    items = [Item(name=_name(entry), lines=tuple(_lines(entry, account)), tone=tone) for entry in found]
    if count > _MOST:
        items.append(Item(name=f"and {count - _MOST} more: --format json has them all"))
    return Section(title=f"{title} ({count})", items=tuple(items))


def _title(account: Account, state: State) -> str:
    if state == "ready" and account.run:
        return "Not begun"
    if state == "ready" and any(_is_problem(item, account) for item in account.findings):
        return "Kept from a pass by the problems below alone"
    return _TITLES[state][0]


def _name(entry: Entry) -> str:
    shown_name = entry.recipient.name or "a row that cannot be read"
    return f"{shown_name} ({entry.recipient.display_name})" if entry.recipient.display_name else shown_name


def _lines(entry: Entry, account: Account) -> Iterator[str]:
    """What a person holds now, and what was found about them."""
    zones = Zones(here=account.zones.here, there=entry.recipient.zone)
    if entry.why:
        yield from said(entry.why)
    is_there = entry.state in ("made", "delivered")
    if is_there and entry.made_start is not None and entry.made_end is not None:
        yield f"{_times(entry)}, {window(entry.made_start, entry.made_end, zones)}"
    elif entry.state == "ready":
        start = shown(entry.start, zones) if entry.start else "when it is made"
        yield f"{_times(entry)}, {length(entry.lifetime)}, from {start}"
    if entry.state == "delivered" and entry.target:
        yield (
            f"the passcode is in {entry.target}"
            if entry.target.startswith("/")
            else f"given to {entry.target}"
        )
    if entry.state == "made":
        yield "they hold a pass whose passcode nobody has: continuing the run looks first, and replaces it"
    if entry.state in ("lost", "begun"):
        yield "continuing the run looks first, and makes a pass that replaces what nobody has"
    if entry.state in ("lost", "failed", "refused"):
        yield from _left_with(entry)
    yield from _replaced(entry)
    if entry.state == "refused" and entry.begun is not None and not _is_nobody(entry):
        environment = account.headline.environment
        yield (
            "a pass was asked for, and nobody has its passcode: "
            f"tapctl pass revoke -e {environment} {entry.recipient.name} takes it back"
        )
    for item in entry.findings:
        yield from said(_words(_taken(item, account)))


def _is_nobody(entry: Entry) -> bool:
    """Whoever is not in the tenant holds no pass to take back."""
    return any(item.rule == UNKNOWN_USER for item in entry.findings)


def _left_with(entry: Entry) -> Iterator[str]:
    if entry.pass_id:
        yield f"they still hold {entry.pass_id}, made by this run, and its passcode is lost"
        if entry.is_likely:
            yield "it is known by its time, start and lifetime: a colleague's just like it looks the same"


def _gone(entry: Entry) -> list[str]:
    """Passes of this run that were replaced before anybody had their passcode."""
    return [pass_id for pass_id in entry.replaced if pass_id != entry.pass_id]


def _replaced(entry: Entry) -> Iterator[str]:
    if entry.ended:
        yield f"replaces what this run did not make, and that is void: {', '.join(entry.ended)}"
    ids = ", ".join(_gone(entry))
    if ids and entry.is_likely:
        yield f"replaces what a lost answer had made, by its time, start and lifetime: {ids}"
        yield "if a colleague made a pass just like it in those minutes, that is void"
    elif ids:
        yield f"replaces a pass of this run whose passcode nobody has: {ids}"


def _times(entry: Entry) -> str:
    return "one-time" if entry.is_usable_once else "multi-use"


def _words(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    return f"{place}{finding.message}" + (f"\n  → {finding.help}" if finding.help else "")


def _taken(finding: Finding, account: Account) -> Finding:
    """A brake that was let go needs no advice any more."""
    return replace(finding, help=f"{finding.flag} was said") if finding.flag in account.words else finding


def _is_problem(finding: Finding, account: Account) -> bool:
    return finding.severity in ("error", "brake") and finding.flag not in account.words


def _problems(account: Account) -> Iterator[str]:
    yield from (_words(item) for item in account.findings if _is_problem(item, account))
    yield from account.problems
    if account.refusal:
        yield account.refusal
    if account.stopped:
        yield f"stopped: {account.stopped}"
    if account.run and account.worklist.left:
        yield f"{account.worklist.left} left: {going_on(account.run)} with the same --to-{account.delivery}"
    elif not account.is_recorded:
        yield f"the record does not say that nobody is left: {going_on(account.run)} notes it"
    if account.run and (doubtful := account.worklist.doubtful()):
        yield _in_doubt(doubtful, account)


def _in_doubt(doubtful: list[Entry], account: Account) -> str:
    """Whose passcodes may become void, and what tells."""
    names = ", ".join(_name(entry) for entry in doubtful[:_MOST])
    until = max(entry.doubt for entry in doubtful if entry.doubt is not None)
    return (
        f"{len(doubtful)} to be looked at again, since a lost request may come late: {names}\n"
        f"  from {shown(until, account.zones)} on: {going_on(account.run)} with --to-{account.delivery}"
    )


def _summary(account: Account) -> Iterator[str]:
    parts = [
        f"{count} {_title(account, state)[0].lower()}{_title(account, state)[1:]}"
        for state in _TITLES
        if (count := account.worklist.count(state))
    ]
    yield f"{', '.join(parts) or 'nobody'} · {account.requests} requests"
    if account.status == "checked":
        yield "Nothing was created (--dry-run)."


def json_of(account: Account) -> Iterator[str]:
    """The document in pieces, so that nobody has to hold it."""
    document: JsonObject = {
        "version": VERSION,
        "command": "pass issue",
        **headline(account.headline),
        "caller": account.headline.caller or None,
        "requests": account.requests,
        "status": account.status,
        "delivery": account.delivery or None,
        "reason": account.reason or None,
        "run": account.run or None,
        "record": account.record or None,
        "refusal": account.refusal or None,
        "stopped": account.stopped or None,
        "problems": [*account.problems],
        "findings": [_finding_json(_taken(item, account)) for item in account.findings],
        "summary": {state: account.worklist.count(state) for state in STATES},
    }
    yield _indented(document).removesuffix("\n}") + ',\n  "people": ['
    yield from _listed(account)
    yield "]\n}\n"


def _listed(account: Account) -> Iterator[str]:
    between = "\n"
    for entry in account.worklist.entries():
        yield between + "    " + _indented(_person_json(entry, account)).replace("\n", "\n    ")
        between = ",\n"
    if between != "\n":
        yield "\n  "


def _indented(value: Json) -> str:
    return json_safe(json.dumps(value, ensure_ascii=False, indent=2))


def _person_json(entry: Entry, account: Account) -> JsonObject:
    zone = entry.recipient.zone
    return {
        "user": entry.recipient.name or None,
        "userId": entry.recipient.id or None,
        "displayName": entry.recipient.display_name or None,
        "state": entry.state,
        "why": entry.why or None,
        "passId": entry.pass_id or None,
        "replaced": [*_gone(entry)],
        "replacedOfOthers": [*entry.ended],
        "replacedByLikeness": entry.is_likely,
        "startDateTime": moment(entry.made_start or entry.start),
        "endDateTime": moment(entry.made_end),
        "lifetimeInMinutes": entry.lifetime,
        "isUsableOnce": entry.is_usable_once,
        "timeZone": zone.key if zone else None,
        "target": entry.target or None,
        "doubtUntil": moment(entry.doubt) if entry.state == "delivered" else None,
        "findings": [_finding_json(_taken(item, account)) for item in entry.findings],
    }


def _finding_json(finding: Finding) -> JsonObject:
    place = finding.place
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help or None,
        "flag": finding.flag or None,
        "place": {"file": place.file, "line": place.line, "column": place.column} if place else None,
    }
