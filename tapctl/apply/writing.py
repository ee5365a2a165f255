"""A step → its requests, sent; a create whose answer was lost is looked for and never repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from tapctl.apply.reading import having_names, read, spec_now
from tapctl.apply.run import Run
from tapctl.canonical import spelled, spellings, to_wire
from tapctl.errors import AnswerLost, GraphError, NotFound
from tapctl.kind import Request, Write
from tapctl.kinds import kinds
from tapctl.model import Json, JsonObject
from tapctl.order.steps import Step
from tapctl.schema import Field


async def write(run: Run, step: Step) -> bool:
    """Send a step's requests; False if one of them failed."""
    run.begin(step)
    kind = kinds()[step.address.kind]
    try:
        if step.action == "create" and run.pairs[step.address].restores and step.address not in run.ids:
            step = await _restored(run, step)
        for request in kind.requests(kind, _as_write(run, step)):
            await _send(run, step, request)
    except GraphError as error:
        run.failed[step.address] = str(error)
        run.result(step, "refused" if {*run.answers} <= {"refused"} else "unknown")
        return False
    run.result(step, "done" if {*run.answers} <= {"done"} else "unknown")
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
    with suppress(AnswerLost), _answering(run, "POST"):  # whether it was carried out, reading shows
        await run.gateway.send("POST", path)
    run.bind(step.address, object_id, "restored")
    waits = run.begin_waiting()
    while (found := (await read(run, pair.kind, [step.address])).get(object_id.lower())) is None:
        if not await waits.again():
            raise NotFound(
                request=f"POST {path}", status=0, message="it was restored, and does not read back"
            )
    before = {key: value for key, value in spec_now(run, pair, found).items() if key != "state"}
    renamed = found.get(pair.kind.key) != pair.display_name
    return replace(step, action="update", before=before, renamed=renamed)


def _as_write(run: Run, step: Step) -> Write:
    pair, directory = run.pairs[step.address], run.matched.directory

    root, declared = pair.kind.field, pair.desired.resource.spec if pair.desired else {}
    said = spellings(root, declared)
    held = said | spellings(root, pair.observed)

    def wire(spot: Field, value: Json) -> Json:
        return to_wire(spot, spelled(spot, value, held, said), directory.as_id)

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
        with _answering(run, request.method):
            answer = await _patiently(run, request, path)
    except AnswerLost as error:
        if creates and not await _was_created(run, step):
            raise
        run.unanswered[step.address] = str(error).splitlines()[0]
        return  # whether anything else was carried out, reading back shows
    except NotFound:
        if request.method != "DELETE":
            raise
        return  # somebody, or Graph itself, was faster
    if creates and kinds()[step.address.kind].key == "id":
        run.bind(step.address, step.address.name)
    elif creates and answer is not None:
        run.bind(step.address, str(answer["id"]))
    if request.settle and request.body is not None:
        await _settle(run, path, request.body)


@contextmanager
def _answering(run: Run, method: str) -> Iterator[None]:
    """Note what Graph said to one request. What a DELETE did not find, others may have deleted."""
    try:
        yield
    except GraphError as error:
        is_refused = not error.may_be_done and not (method == "DELETE" and isinstance(error, NotFound))
        run.answers.append("refused" if is_refused else "unknown")
        raise
    run.answers.append("done")


async def _patiently(run: Run, request: Request, path: str) -> JsonObject | None:
    """Send. What this run created a moment ago may be unknown elsewhere in Graph: 404 then means wait."""
    waits = run.begin_waiting()
    said = f"{path} {request.body}"
    while True:
        try:
            return await run.gateway.send(request.method, path, request.body)
        except NotFound:
            is_new = any(object_id in said for object_id in run.created)
            if request.method == "DELETE" or not is_new:
                raise
            run.waiting(1, waits.left)
            if not await waits.again():
                raise


async def _was_created(run: Run, step: Step) -> bool:
    """After a lost answer: look before doing anything else. A create is never repeated."""
    kind = kinds()[step.address.kind]
    waits = run.begin_waiting()
    while True:
        listed = await run.gateway.list(kind.path) if kind.is_listed else []
        own_name = run.pairs[step.address].display_name
        listed += await having_names(run.gateway, kind, [own_name])
        others = {object_id.lower() for object_id in run.ids.values()}
        found = [
            item
            for item in listed
            if item.get(kind.key) == own_name and str(item["id"]).lower() not in others
        ]
        if len(found) == 1:
            run.bind(step.address, str(found[0]["id"]))
            return True
        if not await waits.again():
            return False


async def _settle(run: Run, path: str, body: JsonObject) -> None:
    """Wait until the switches that were written read back; if they never do, the next request says so."""
    waits = run.begin_waiting()
    switches = {key: value for key, value in body.items() if isinstance(value, bool)}
    while not switches.items() <= (await run.gateway.get(path)).items():
        if not await waits.again():
            return
