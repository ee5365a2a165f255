"""What people hold: their passes and their registered methods, read for twenty people in a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Generic, TypeVar

from tapctl.errors import GraphError, NotFound, NotPermitted, Refused
from tapctl.graph.batch import Read, list_each, read_each
from tapctl.graph.gateway import Gateway, Objects
from tapctl.graph.odata import path_segment
from tapctl.model import JsonObject
from tapctl.passes.graph import Pass, answering, pass_of, passes_path
from tapctl.passes.methods import Registered, evidence, method_of, undecided_newer
from tapctl.passes.people import Person, users_named

T = TypeVar("T")
# Of people whom one thing is true of, so many are named.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings(Generic[T]):
    """By user id: what was found, and why nothing could be read; `gone` are not in the tenant (any more)."""

    found: Mapping[str, tuple[T, ...]]
    failures: Mapping[str, GraphError]
    gone: frozenset[str] = frozenset()


def methods_path(user_id: str) -> str:
    """Everything that somebody has registered, of all types."""
    return f"users/{path_segment(user_id)}/authentication/methods"


def phone_path(user_id: str, method_id: str) -> str:
    """One Authenticator: only asked for alone does Graph say whether it signs in without a password."""
    authentication = f"users/{path_segment(user_id)}/authentication"
    return f"{authentication}/microsoftAuthenticatorMethods/{path_segment(method_id)}"


async def read_passes(gateway: Gateway, users: Iterable[str]) -> Holdings[Pass]:
    """One pass each at most."""
    return await _read(gateway, users, passes_path, pass_of)


async def look_at_passes(gateway: Gateway, users: Iterable[str]) -> dict[str, Pass | GraphError | None]:
    """The same for whoever decides person by person: what each holds, or why that is not known."""
    found = await _answers(gateway, users, passes_path, pass_of)
    return {user: _only(held) for user, held in found.items()}


def _only(held: tuple[Pass, ...] | GraphError) -> Pass | GraphError | None:
    return held if isinstance(held, GraphError) else next(iter(held), None)


async def read_methods(gateway: Gateway, users: Iterable[str]) -> Holdings[Registered]:
    """Authenticators are undecided; `decided` asks further."""
    return await _read(gateway, users, methods_path, method_of)


async def _read(
    gateway: Gateway, users: Iterable[str], path: Callable[[str], str], parse: Callable[[JsonObject], T]
) -> Holdings[T]:
    answers = await _answers(gateway, users, path, parse)
    failures = {user: held for user, held in answers.items() if isinstance(held, GraphError)}
    found = {user: held for user, held in answers.items() if not isinstance(held, GraphError)}
    return await _without_gone(gateway, Holdings(found=found, failures=failures))


async def _without_gone(gateway: Gateway, held: Holdings[T]) -> Holdings[T]:
    """A 404 says that somebody is gone, or that the server has no such path: then they are still there."""
    missing = {user: error for user, error in held.failures.items() if isinstance(error, NotFound)}
    try:
        there = await users_named(gateway, [*missing], "id,userPrincipalName")
    except GraphError:
        return held
    pathless = {user: _pathless(missing[user]) for user in there}
    return replace(
        held, failures={**held.failures, **pathless}, gone=frozenset(missing.keys() - there.keys())
    )


def _pathless(error: GraphError) -> GraphError:
    advice = "the person is there: see that graphEndpoint is a server that speaks Graph v1.0"
    return GraphError(
        request=error.request,
        status=error.status,
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        advice=advice,
    )


async def _answers(
    gateway: Gateway, users: Iterable[str], path: Callable[[str], str], parse: Callable[[JsonObject], T]
) -> dict[str, tuple[T, ...] | GraphError]:
    wanted = [*dict.fromkeys(users)]
    answers = await list_each(gateway, [Read(path=path(user)) for user in wanted])
    return {
        user: _understood(answer, path(user), parse) for user, answer in zip(wanted, answers, strict=True)
    }


def _understood(
    answer: Objects | GraphError, path: str, parse: Callable[[JsonObject], T]
) -> tuple[T, ...] | GraphError:
    if isinstance(answer, GraphError):
        return answer
    try:
        return tuple(parse(item) for item in answer)
    except GraphError as error:
        return answering(error, path)


def check_permitted(people: Sequence[Person], held: Holdings[T], what: str) -> None:
    """One person may be out of reach; if all are, it is the permission. Raises Refused, and names them."""
    refused = [error for error in held.failures.values() if isinstance(error, NotPermitted)]
    if not refused or held.found or len(refused) < len(held.failures):
        return
    named = [person.name for person in people if person.id in held.failures]
    others = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    raise Refused(
        f"{what} of {', '.join(named[:_NAMED])}{others} may not be read\n  {refused[0]}"
    ) from refused[0]


async def decided(
    gateway: Gateway, methods: Holdings[Registered], since: Mapping[str, datetime]
) -> Holdings[Registered]:
    """The same methods, where those Authenticators have been asked about that would be evidence newer than
    a user's time in `since`. One that does not answer is its owner's failure, unless they have evidence."""
    asked = [
        (user, phone)
        for user, held in methods.found.items()
        for phone in undecided_newer(held, since.get(user))
    ]
    reads = [Read(path=phone_path(user, phone.id), params={"$expand": "device"}) for user, phone in asked]
    answers = await read_each(gateway, reads)
    permanent = {
        (user, phone.id)
        for (user, phone), answer in zip(asked, answers, strict=True)
        if not isinstance(answer, GraphError) and _has_device(answer)
    }
    found = {
        user: tuple(
            replace(one, standing="permanent") if (user, one.id) in permanent else one for one in held
        )
        for user, held in methods.found.items()
    }
    unread = {
        user: answer
        for (user, _), answer in zip(asked, answers, strict=True)
        if isinstance(answer, GraphError) and evidence(found[user], since.get(user)).verdict != "registered"
    }
    return replace(methods, found=found, failures={**methods.failures, **unread})


def _has_device(answer: JsonObject) -> bool:
    """Microsoft's sample wraps the one object in `value`."""
    inner = answer.get("value")
    return bool((inner if isinstance(inner, dict) else answer).get("device"))
