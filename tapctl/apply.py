"""Stages of steps → requests, sent and read back → Outcomes.

Before the first write of a kind one fresh list shows whether anything moved since the plan. After each
stage one list a kind, polled, shows whether everything reads back as written. A failure skips what
depends on it, and nothing that would stop less than before happens after something meant to stop more
has failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tapctl.canonical import canonical, expand, to_wire, unknown, with_values
from tapctl.diff import field_changes
from tapctl.errors import AnswerLost, GraphError, NotFound
from tapctl.graph.odata import in_filters
from tapctl.kind import Kind, Request, Write
from tapctl.kinds import kinds
from tapctl.match import Matched, Pair
from tapctl.model import Address, Change, Json, JsonObject, Outcome, Path, Plan
from tapctl.observe.objects import list_objects
from tapctl.observe.wanted import links_to_read
from tapctl.order import Step
from tapctl.record import FORMAT, Record
from tapctl.schema import Field

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of every pending change, in the plan's order."""

    outcomes: tuple[Outcome, ...]
    was_interrupted: bool = False


@dataclass(slots=True, kw_only=True)
class Run:
    """One apply under way. `patience` is how long a write may take to read back, in seconds; `waiting` is
    told how many changes do not yet, and how long that may still take."""

    gateway: Gateway
    plan: Plan
    matched: Matched
    record: Record
    patience: float = 120.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    watch: Callable[[Step], None] = lambda _: None
    waiting: Callable[[int, float], None] = lambda changes, seconds: None
    pairs: dict[Address, Pair] = field(init=False)
    ids: dict[Address, str] = field(init=False)
    done: dict[Address, JsonObject] = field(default_factory=dict)
    failed: dict[Address, str] = field(default_factory=dict)
    skipped: dict[Address, str] = field(default_factory=dict)
    begun: set[Address] = field(default_factory=set)
    written: set[Address] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    tightening: set[Address] = field(default_factory=set)
    covering: set[Address] = field(default_factory=set)

    def __post_init__(self) -> None:
        ours = (pair for pair in self.matched.pairs if pair.desired is not None or pair.is_owned)
        self.pairs = {pair.address: pair for pair in ours}
        self.ids = {address: pair.id for address, pair in self.pairs.items() if pair.id is not None}


async def apply(run: Run, stages: Sequence[Sequence[Step]]) -> Result:
    """Carry the stages out. Errors of Graph become outcomes; Ctrl-C ends the run with an account of it."""
    _begin(run)
    last = {step.address: step for stage in stages for step in stage}
    run.tightening = {step.address for stage in stages for step in stage if step.tightens}
    run.covering = {address for address in last if address.kind in ("Group", "ConditionalAccessPolicy")}
    interrupted = False
    try:
        for stage in stages:
            await _stage(run, stage, last)
        await _read_back(run, [step for address, step in last.items() if address in run.done])
    except asyncio.CancelledError:
        interrupted = True
        _account_for_interruption(run)
    outcomes = tuple(_outcome(run, change) for change in run.plan.pending)
    for outcome in outcomes:
        run.record.write("outcome", address=str(outcome.address), status=outcome.status, why=outcome.why)
    run.record.write("end", interrupted=interrupted)
    return Result(outcomes=outcomes, was_interrupted=interrupted)


def _begin(run: Run) -> None:
    plan = run.plan
    run.record.write(
        "begin",
        format=FORMAT,
        environment=plan.environment,
        tenant=plan.tenant_id,
        sandbox=plan.is_sandbox,
        by=run.gateway.caller.name,
        checksum=plan.checksum,
        fingerprint=plan.fingerprint,
    )
    for change in plan.pending:
        run.record.write(
            "change",
            address=str(change.address),
            action=change.action,
            id=change.id,
            observed=run.pairs[change.address].observed,
            before=change.before,
            after=change.after,
        )


def _outcome(run: Run, change: Change) -> Outcome:
    address, object_id = change.address, run.ids.get(change.address)
    if (why := run.failed.get(address)) is not None:
        return Outcome(address=address, action=change.action, status="failed", why=why, id=object_id)
    if (why := run.skipped.get(address)) is not None:
        return Outcome(address=address, action=change.action, status="skipped", why=why, id=object_id)
    if address not in run.done:
        return Outcome(address=address, action=change.action, status="skipped", why="the plan has no order")
    return Outcome(address=address, action=change.action, status="applied", id=object_id)


def _account_for_interruption(run: Run) -> None:
    for change in run.plan.pending:
        address = change.address
        if address in run.failed or address in run.skipped:
            continue
        if address in run.written and address not in run.done:
            run.failed[address] = "written, but interrupted before it was read back: plan again to see it"
        elif address in run.begun and address not in run.done:
            run.failed[address] = "interrupted while it was being written: plan again to see what happened"
        elif address not in run.done:
            run.skipped[address] = "interrupted before its turn"


async def _stage(run: Run, stage: Sequence[Step], last: Mapping[Address, Step]) -> None:
    await _check_nothing_moved(run, stage)
    written: list[Step] = []
    for step in stage:
        if (why := _hindrance(run, step)) is not None:
            run.skipped.setdefault(step.address, why)
        elif step.address not in run.failed and await _write(run, step):
            written.append(step)
    await _read_back(run, written)
    for step in written:
        if step.address not in run.failed and last[step.address] is step:
            run.done[step.address] = step.after


def _hindrance(run: Run, step: Step) -> str | None:
    """Why a step must not be taken, if something went wrong before."""
    if step.address in run.skipped:
        return run.skipped[step.address]
    unmet = sorted(need for need in step.needs if need in run.failed or need in run.skipped)
    if unmet:
        return f"it depends on {', '.join(map(str, unmet))}, which was not applied"
    if step.weakens and (left := _missing(run, run.tightening)):
        return f"{left} was not applied, and this would let more through without it"
    if step.uncovers and (left := _missing(run, run.covering)):
        return f"{left} was not applied, and may count on what this holds"
    return None


def _missing(run: Run, wanted: Set[Address]) -> Address | None:
    """The first of these that was meant to be applied by now and is not."""
    return min((run.failed.keys() | run.skipped.keys()) & wanted, default=None)


async def _check_nothing_moved(run: Run, stage: Sequence[Step]) -> None:
    """One fresh reading of each kind, right before its first write."""
    new = sorted({step.address.kind for step in stage} - run.fresh)
    run.fresh.update(new)
    for name in new:
        changes = [change for change in run.plan.pending if change.address.kind == name]
        new_names = [
            run.pairs[change.address].display_name
            for change in changes
            if change.id is None or change.former_name
        ]
        try:
            observed = await _read(run, kinds()[name], [change.address for change in changes])
            named = await _by_name(run.gateway, kinds()[name], new_names)
        except GraphError as error:
            run.failed |= {change.address: str(error) for change in changes}
            continue
        taken = {str(item.get(kinds()[name].key)) for item in (*observed.values(), *named)}
        for change in changes:
            own_name = run.pairs[change.address].display_name
            if own_name in new_names and own_name in taken:
                said = "an object of this name has appeared since the plan was made: plan again"
                run.failed[change.address] = said
            elif change.id is not None:
                _check_one(run, change.address, observed.get(change.id.lower()))


async def _by_name(gateway: Gateway, kind: Kind, names: Sequence[str]) -> list[JsonObject]:
    """The objects of a kind that have one of these names, where the whole collection is not read."""
    if kind.is_listed or kind.singleton:
        return []
    asked = [{"$filter": text, "$select": "id,displayName"} for text in in_filters("displayName", names)]
    pages = await asyncio.gather(*(gateway.list(kind.path, params) for params in asked))
    return [item for page in pages for item in page]


def _check_one(run: Run, address: Address, found: JsonObject | None) -> None:
    pair = run.pairs[address]
    again = "plan again"
    if found is None:
        run.failed[address] = f"it has disappeared since the plan was made: {again}"
    elif (_spec(run, pair, found), _extra(pair, found)) != (
        _known(pair, pair.before or {}),
        dict(pair.extra),
    ):
        run.failed[address] = f"somebody changed it since the plan was made: {again}"


async def _read(run: Run, kind: Kind, addresses: Iterable[Address]) -> dict[str, JsonObject]:
    """The objects of a kind by id: one list, or one request each where Graph offers no list of a few."""
    if kind.singleton:
        return {kind.path.rsplit("/", 1)[-1].lower(): await run.gateway.get(kind.path)}
    if kind.is_listed:
        found = await list_objects(run.gateway, kind)
        return {str(item["id"]).lower(): item for item in found}
    known = [address for address in addresses if address in run.ids]
    groups = await asyncio.gather(*(_group(run, kind, address) for address in known))
    return {str(item["id"]).lower(): item for item in groups if item is not None}


async def _group(run: Run, kind: Kind, address: Address) -> JsonObject | None:
    """A group with the links its document owns; None if it is not there."""
    object_id, desired = run.ids[address], run.pairs[address].desired
    select = ",".join(kind.lookup.select) if kind.lookup else "id"
    try:
        group = await run.gateway.get(kind.object_path(object_id), {"$select": select})
        for link in links_to_read(desired) if desired is not None else ():
            entries = await run.gateway.list(f"{kind.object_path(object_id)}/{link}")
            group = {**group, link: [str(entry["id"]) for entry in entries]}
    except NotFound:
        return None
    return group


def _spec(run: Run, pair: Pair, observed: JsonObject) -> JsonObject:
    """An observed object in the form in which it is compared with what was written."""
    kind = pair.kind
    expanded = expand(kind.field, kind.from_graph(observed))
    spec = kind.normalise(canonical(kind.field, expanded, run.matched.directory.of_graph))
    newer = pair.desired.newer if pair.desired else {}
    named = {path: value for path, value in unknown(kind.field, expanded) if path in newer}
    return _known(pair, with_values(spec, named))


def _known(pair: Pair, spec: JsonObject) -> JsonObject:
    return {key: value for key, value in spec.items() if key not in pair.left_as_is}


def _extra(pair: Pair, observed: JsonObject) -> dict[Path, Json]:
    newer = pair.desired.newer if pair.desired else {}
    expanded = expand(pair.kind.field, pair.kind.from_graph(observed))
    ours = {("id",), ("displayName",)}
    return {
        path: value
        for path, value in unknown(pair.kind.field, expanded)
        if path not in newer and path not in ours
    }


async def _write(run: Run, step: Step) -> bool:
    """Send a step's requests; False if one of them failed."""
    run.begun.add(step.address)
    run.written.discard(step.address)
    run.watch(step)
    kind = kinds()[step.address.kind]
    try:
        if step.action == "create" and run.pairs[step.address].restores and step.address not in run.ids:
            step = await _restored(run, step)
        for request in kind.requests(kind, _as_write(run, step)):
            await _send(run, step, request)
    except GraphError as error:
        run.failed[step.address] = str(error)
        return False
    run.written.add(step.address)
    return True


async def _restored(run: Run, step: Step) -> Step:
    """Bring a deleted object back with its id; the step then leads from what it is to what it should be.

    Whether Graph restores a policy's state is not documented, so that is said again in any case.
    """
    pair = run.pairs[step.address]
    object_id, deleted = str(pair.restores), pair.kind.deleted_items
    path = f"{deleted.path if deleted else ''}/{object_id}/restore"
    run.record.write("request", address=str(step.address), phase=step.phase, method="POST", path=path)
    with suppress(AnswerLost):  # whether it was carried out, reading shows
        await run.gateway.send("POST", path)
    _bind(run, step.address, object_id, "restored")
    spent, wait = 0.0, _FIRST_WAIT
    while (found := (await _read(run, pair.kind, [step.address])).get(object_id.lower())) is None:
        if spent >= run.patience:
            raise NotFound(
                request=f"POST {path}", status=0, message="it was restored, and does not read back"
            )
        await run.sleep(wait)
        spent, wait = spent + wait, min(wait * 2, _LONGEST_WAIT)
    before = {key: value for key, value in _spec(run, pair, found).items() if key != "state"}
    renamed = found.get(pair.kind.key) != pair.display_name
    return replace(step, action="update", before=before, renamed=renamed)


def _as_write(run: Run, step: Step) -> Write:
    pair, directory = run.pairs[step.address], run.matched.directory

    def wire(spot: Field, value: Json) -> Json:
        return to_wire(spot, value, directory.as_id)

    return Write(
        action=step.action,
        address=step.address,
        id=run.ids.get(step.address, ""),
        before=step.before,
        after=step.after,
        renamed=step.renamed,
        display_name=pair.display_name,
        wire=wire,
        reference_url=lambda object_id: f"{run.gateway.base_url}/v1.0/directoryObjects/{object_id}",
        observed=pair.observed or {},
        extra=pair.extra,
    )


async def _send(run: Run, step: Step, request: Request) -> None:
    path = request.path.replace("{id}", run.ids.get(step.address, ""))
    creates = step.action == "create" and step.address not in run.ids
    run.record.write("request", address=str(step.address), phase=step.phase, method=request.method, path=path)
    try:
        answer = await _patiently(run, request, path)
    except AnswerLost:
        if creates and not await _was_created(run, step):
            raise
        return  # whether anything else was carried out, reading back shows
    except NotFound:
        if request.method != "DELETE":
            raise
        return  # somebody, or Graph itself, was faster
    if creates and kinds()[step.address.kind].key == "id":
        _bind(run, step.address, step.address.name)
    elif creates and answer is not None:
        _bind(run, step.address, str(answer["id"]))
    if request.settle and request.body is not None:
        await _settle(run, path, request.body)


async def _patiently(run: Run, request: Request, path: str) -> JsonObject | None:
    """Send. What this run created a moment ago may be unknown elsewhere in Graph: 404 then means wait."""
    spent, wait = 0.0, _FIRST_WAIT
    named = f"{path} {request.body}"
    while True:
        try:
            return await run.gateway.send(request.method, path, request.body)
        except NotFound:
            is_new = any(object_id in named for object_id in run.created)
            if request.method == "DELETE" or not is_new or spent >= run.patience:
                raise
        run.waiting(1, run.patience - spent)
        await run.sleep(wait)
        spent, wait = spent + wait, min(wait * 2, _LONGEST_WAIT)


def _bind(run: Run, address: Address, object_id: str, event: str = "created") -> None:
    """From here on the name has an id."""
    run.ids[address] = object_id
    run.created.add(object_id)
    run.record.write(event, address=str(address), id=object_id)
    directory = run.matched.directory.with_id(address, object_id.lower())
    run.matched = Matched(pairs=run.matched.pairs, directory=directory, findings=run.matched.findings)


async def _was_created(run: Run, step: Step) -> bool:
    """After a lost answer: look before doing anything else. A create is never repeated."""
    kind = kinds()[step.address.kind]
    spent, wait = 0.0, _FIRST_WAIT
    while spent < run.patience:
        listed = await run.gateway.list(kind.path) if kind.is_listed else []
        own_name = run.pairs[step.address].display_name
        listed += await _by_name(run.gateway, kind, [own_name])
        found = [item for item in listed if item.get(kind.key) == own_name]
        if len(found) == 1:
            _bind(run, step.address, str(found[0]["id"]))
            return True
        await run.sleep(wait)
        spent, wait = spent + wait, min(wait * 2, _LONGEST_WAIT)
    return False


async def _settle(run: Run, path: str, body: JsonObject) -> None:
    """Wait until the switches that were written read back; if they never do, the next request says so."""
    spent, wait = 0.0, _FIRST_WAIT
    switches = {key: value for key, value in body.items() if isinstance(value, bool)}
    while spent < run.patience:
        observed = await run.gateway.get(path)
        if switches.items() <= observed.items():
            return
        await run.sleep(wait)
        spent, wait = spent + wait, min(wait * 2, _LONGEST_WAIT)


async def _read_back(run: Run, steps: Sequence[Step]) -> None:
    """One list a kind for all steps, polled until it shows what was written or patience ends."""
    waiting = list(steps)
    spent, wait = 0.0, _FIRST_WAIT
    while waiting:
        waiting = [step for step in waiting if step.address not in run.failed]
        different = await _differences(run, waiting)
        waiting = [step for step in waiting if step.address in different]
        if waiting and spent >= run.patience:
            for step in waiting:
                run.done.pop(step.address, None)
                run.failed[step.address] = f"written, but it does not read back: {different[step.address]}"
            return
        if waiting:
            run.waiting(len(waiting), run.patience - spent)
            await run.sleep(wait)
            spent, wait = spent + wait, min(wait * 2, _LONGEST_WAIT)


async def _differences(run: Run, steps: Sequence[Step]) -> dict[Address, str]:
    found: dict[Address, str] = {}
    for name in sorted({step.address.kind for step in steps}):
        mine = [step for step in steps if step.address.kind == name]
        try:
            observed = await _read(run, kinds()[name], [step.address for step in mine])
        except GraphError as error:
            found |= {step.address: str(error) for step in mine}
            continue
        for step in mine:
            if why := _difference(run, step, observed.get(run.ids.get(step.address, "").lower())):
                found[step.address] = why
    return found


def _difference(run: Run, step: Step, observed: JsonObject | None) -> str:
    if step.action == "delete":
        return "" if observed is None else "it is still there"
    if observed is None:
        return "it is not there"
    pair = run.pairs[step.address]
    name = observed.get(pair.kind.key)
    if not pair.kind.singleton and name is not None and name != pair.display_name:
        return f"its name is still {name!r}"
    changes = field_changes(_spec(run, pair, observed), _known(pair, step.after))
    return "; ".join(f"{change.path} is {change.before!r}, not {change.after!r}" for change in changes)
