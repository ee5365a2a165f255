"""What the tenant has right before and right after writing, compared with the plan."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tapctl.apply.run import Run
from tapctl.canonical import settled
from tapctl.diff import field_changes
from tapctl.errors import GraphError, NotFound
from tapctl.graph.odata import in_filters
from tapctl.kind import BUILT_IN, Kind
from tapctl.kinds import kinds
from tapctl.match import Pair, observed_spec
from tapctl.model import Address, Json, JsonObject, Path
from tapctl.observe.objects import list_objects
from tapctl.observe.wanted import links_to_read
from tapctl.order.steps import Step

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

_KEPT: Final = (
    "; if planning again finds it there, the service keeps what is left out: take it out in the portal"
)


async def check_nothing_moved(run: Run, stage: Sequence[Step]) -> None:
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
            observed = await read(run, kinds()[name], [change.address for change in changes])
            named = await having_names(run.gateway, kinds()[name], new_names)
        except GraphError as error:
            run.failed |= {change.address: str(error) for change in changes}
            continue
        pinned = {
            run.matched.directory.id_of(pin) for pin in run.matched.directory.pinned if pin.kind == name
        }
        others = (
            item
            for item in (*observed.values(), *named)
            if str(item["id"]).lower() not in pinned and kinds()[name].service_managed(item) != BUILT_IN
        )
        taken = {str(item.get(kinds()[name].key)) for item in others}
        for change in changes:
            own_name = run.pairs[change.address].display_name
            if own_name in new_names and own_name in taken:
                said = "an object of this name has appeared since the plan was made: plan again"
                run.failed[change.address] = said
            elif change.id is not None:
                _check_one(run, change.address, observed.get(change.id.lower()))


def _check_one(run: Run, address: Address, found: JsonObject | None) -> None:
    pair = run.pairs[address]
    again = "plan again"
    if found is None:
        run.failed[address] = f"it has disappeared since the plan was made: {again}"
        return
    spec, extra = _observed(run, pair, found)
    planned = (_known(pair, pair.before or {}), _settled(pair.extra))
    if (_known(pair, spec), _settled(extra)) != planned:
        run.failed[address] = f"somebody changed it since the plan was made: {again}"


async def read_back(run: Run, steps: Sequence[Step]) -> None:
    """One list a kind for all steps, polled until it shows what was written or patience ends."""
    waiting = list(steps)
    waits = run.begin_waiting()
    while waiting:
        waiting = [step for step in waiting if step.address not in run.failed]
        different = await _differences(run, waiting)
        waiting = [step for step in waiting if step.address in different]
        if waiting:
            run.waiting(len(waiting), waits.left)
        if waiting and not await waits.again():
            for step in waiting:
                run.done.pop(step.address, None)
                run.failed[step.address] = _unread(run.unanswered.get(step.address), different[step.address])
            return


def _unread(unanswered: str | None, difference: str) -> str:
    if unanswered is None:
        return f"written, but it does not read back: {difference}"
    return f"perhaps not written, for it does not read back: {difference}; {unanswered}"


async def _differences(run: Run, steps: Sequence[Step]) -> dict[Address, str]:
    found: dict[Address, str] = {}
    for name in sorted({step.address.kind for step in steps}):
        mine = [step for step in steps if step.address.kind == name]
        try:
            observed = await read(run, kinds()[name], [step.address for step in mine])
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
    changes = field_changes(spec_now(run, pair, observed), _known(pair, step.after))
    said = "; ".join(f"{change.path} is {change.before!r}, not {change.after!r}" for change in changes)
    is_kept = bool(changes) and all(change.after is None for change in changes)
    return f"{said}{_KEPT}" if is_kept else said


async def having_names(gateway: Gateway, kind: Kind, names: Sequence[str]) -> list[JsonObject]:
    """The objects of a kind that have one of these names, where the whole collection is not read."""
    if kind.is_listed or kind.singleton:
        return []
    asked = [{"$filter": text, "$select": "id,displayName"} for text in in_filters("displayName", names)]
    pages = await asyncio.gather(*(gateway.list(kind.path, params) for params in asked))
    return [item for page in pages for item in page]


async def read(run: Run, kind: Kind, addresses: Iterable[Address]) -> dict[str, JsonObject]:
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


def spec_now(run: Run, pair: Pair, observed: JsonObject) -> JsonObject:
    """An observed object in the form in which it is compared with what was written."""
    return _known(pair, _observed(run, pair, observed)[0])


def _observed(run: Run, pair: Pair, observed: JsonObject) -> tuple[JsonObject, Mapping[Path, Json]]:
    newer = pair.desired.newer if pair.desired else {}
    return observed_spec(pair.kind, observed, newer, run.matched.directory)


def _known(pair: Pair, spec: JsonObject) -> JsonObject:
    return {key: value for key, value in spec.items() if key not in pair.left_as_is}


def _settled(extra: Mapping[Path, Json]) -> dict[Path, Json]:
    return {path: settled(value) for path, value in extra.items()}
