"""A checked workspace → harmless GETs, one for each place that its commands read, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from tapctl.checked import Checked
from tapctl.doctor.check import Check
from tapctl.errors import GraphError, NotPermitted, Throttled
from tapctl.graph.permissions import permission_for
from tapctl.kinds import kinds
from tapctl.model import JsonObject
from tapctl.needed import Purpose, found_by_name
from tapctl.observe.wanted import kinds_to_consult, kinds_to_read

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway

POLICIES: Final = "identity/conditionalAccess/policies"
METHODS: Final = "policies/authenticationMethodsPolicy"
DEFAULTS: Final = "policies/identitySecurityDefaultsEnforcementPolicy"
LICENCES: Final = "subscribedSkus"
AUDITS: Final = "auditLogs/directoryAudits"
_ONE: Final[Mapping[str, str]] = {"$top": "1", "$select": "id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One request that changes nothing and asks for as little as Graph lets it; `what` says for whom.
    `is_object`: the answer is one object, and not a collection."""

    path: str
    what: str
    params: Mapping[str, str] = field(default_factory=dict)
    is_optional: bool = False
    is_object: bool = False


Answers: TypeAlias = Mapping[str, JsonObject | GraphError]
"""By path: the first page or the object, or why not."""


def probes(checked: Checked, purpose: Purpose) -> tuple[Probe, ...]:
    """One a path."""
    wanted = _for_passes() if purpose == "passes" else _for_plans(checked, purpose)
    found: dict[str, Probe] = {}
    for probe in wanted:
        found.setdefault(probe.path, probe)
    return tuple(found.values())


def _for_plans(checked: Checked, purpose: Purpose) -> Iterator[Probe]:
    observed = kinds_to_read(checked.workspace, checked.desired)
    for kind in observed:
        if kind.is_listed or kind.singleton:
            is_object = bool(kind.inside) or kind.singleton
            yield Probe(path=kind.inside or kind.path, what=kind.name, is_object=is_object)
    for kind in kinds_to_consult(checked.workspace, checked.desired):
        yield Probe(path=kind.path, what=kind.name, is_optional=True)
    for lookup in found_by_name(checked):
        params = _ONE if lookup.by == "filter" else {}
        yield Probe(path=lookup.path, what=f"{lookup.kind} by name", params=params)
    if any(kind.path == POLICIES for kind in observed):
        yield Probe(path=DEFAULTS, what="security defaults", is_object=True)
        yield Probe(path=METHODS, what="authentication methods", is_optional=True, is_object=True)
        yield Probe(path=LICENCES, what="licences", is_optional=True)
    if purpose == "plan":
        yield Probe(path=AUDITS, what="who caused drift", params={"$top": "1"}, is_optional=True)
        yield from _deleted(checked)


def _deleted(checked: Checked) -> Iterator[Probe]:
    """What drift reads of declared objects that are gone, and of break-glass groups."""
    wanted = {item.address.kind for item in checked.desired}
    wanted |= {"Group"} if checked.workspace.settings.break_glass.groups else set()
    for name in sorted(wanted):
        if place := kinds()[name].deleted_items:
            params = _ONE if name == "Group" else {}
            yield Probe(path=place.listed, what=f"deleted {name}", params=params, is_optional=True)


def _for_passes() -> Iterator[Probe]:
    yield Probe(path=METHODS, what="TemporaryAccessPassPolicy", is_object=True)
    yield Probe(path="users", what="people by name", params=_ONE)
    yield Probe(path="groups", what="people by group", params=_ONE)
    yield Probe(path=POLICIES, what="ConditionalAccessPolicy", is_optional=True)
    yield Probe(path=AUDITS, what="who issued a pass", params={"$top": "1"}, is_optional=True)


async def ask(gateway: Gateway, wanted: Sequence[Probe]) -> Answers:
    """All of them, whatever becomes of each."""
    answers = await asyncio.gather(*(_asked(gateway, probe) for probe in wanted))
    return {probe.path: answer for probe, answer in zip(wanted, answers, strict=True)}


async def _asked(gateway: Gateway, probe: Probe) -> JsonObject | GraphError:
    """The first page of a collection, or the object: what is neither is as good as no answer."""
    try:
        if not probe.is_object:
            async with aclosing(gateway.pages(probe.path, probe.params)) as pages:
                return {"value": [*await anext(pages)]}
        found = await gateway.get(probe.path, probe.params)
    except GraphError as error:
        return error
    return found if isinstance(found.get("id"), str) else _no_object(probe.path)


def _no_object(path: str) -> GraphError:
    return GraphError(
        request=f"GET {path}",
        status=200,
        message="the answer has no id",
        advice="the answer is not what Microsoft documents: is graphEndpoint a server that speaks Graph?",
    )


def reading_checks(wanted: Sequence[Probe], answers: Answers, server: str) -> tuple[Check, ...]:
    """A server that never answered is said once."""
    silent = [answer for answer in answers.values() if isinstance(answer, GraphError) and not answer.status]
    if wanted and len(silent) == len(wanted):
        message = f"{server} does not answer: {silent[0].message}"
        return (Check(area="reading", name=server, status="failed", message=message, todo=silent[0].advice),)
    return tuple(_checked(probe, answers[probe.path]) for probe in wanted)


def _checked(probe: Probe, answer: JsonObject | GraphError) -> Check:
    name = f"GET /{probe.path}"
    if not isinstance(answer, GraphError):
        return Check(area="reading", name=name, status="ok", message=f"answers: {probe.what}")
    said = " ".join(filter(None, (str(answer.status or "no answer"), answer.code, answer.message)))
    todo = answer.advice
    if isinstance(answer, NotPermitted) and not todo:
        todo = str(permission_for("GET", probe.path) or "")
    is_unclear = probe.is_optional or isinstance(answer, Throttled)
    return Check(
        area="reading",
        name=name,
        status="warning" if is_unclear else "failed",
        message=f"{probe.what} cannot be read: {said}",
        todo=todo,
    )
