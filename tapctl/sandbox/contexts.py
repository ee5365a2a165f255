"""Authentication contexts c1 to c99. There is no create: an update of an unused id makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tapctl.sandbox import audit
from tapctl.sandbox.call import NO_CONTENT, Answer, Call, Route, route
from tapctl.sandbox.check import MismatchError, check_body
from tapctl.sandbox.locations import policies_referring_to
from tapctl.sandbox.newer import learned
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.tenant import CONTEXTS
from tapctl.sandbox.values import JsonObject, bad_request, forbidden, not_found

CONTEXT_ID = re.compile(r"c([1-9]|[1-9]\d)")
LISTING = Listing(context="conditionalAccess/authenticationContextClassReferences")


def list_contexts(call: Call) -> Answer:
    return answer_list(call, call.seen(CONTEXTS).values(), LISTING)


def get_context(call: Call) -> Answer:
    return answer_one(call, _found(call, call.seen(CONTEXTS)), LISTING)


def _found(call: Call, contexts: Mapping[str, JsonObject]) -> JsonObject:
    found = contexts.get(call.key().lower())
    if found is None:
        raise not_found(f"There is no authentication context '{call.key()}'.")
    return found


def put_context(call: Call) -> Answer:
    """An update that creates what is not there yet."""
    identifier = call.key().lower()
    if not CONTEXT_ID.fullmatch(identifier):
        raise bad_request(f"'{call.key()}' is not one of c1 to c99.")
    try:
        body = check_body(call.object(), "authenticationContextClassReference", learned(call.store))
    except MismatchError as error:
        raise bad_request(f"Invalid authentication context: {error}") from error
    if str(body.get("id", identifier)).lower() != identifier:
        raise bad_request("The id in the body is not the one in the address.")
    before = call.store.get(CONTEXTS, identifier)
    empty = {"displayName": None, "description": None, "isAvailable": False}
    given = {name: value for name, value in body.items() if name != "@odata.type"}
    after = {**(before or empty), **given, "id": identifier}
    call.put(CONTEXTS, after)
    _record_context(call, "Update" if before else "Add", after, before, after)
    return NO_CONTENT


def delete_context(call: Call) -> Answer:
    before = _found(call, call.store.objects(CONTEXTS))
    if before.get("isAvailable"):
        raise forbidden("A published authentication context cannot be deleted.")
    users = policies_referring_to(call, "authentication context", before["id"])
    if users:
        raise bad_request(f"The authentication context is used by a Conditional Access policy: {users[0]}.")
    call.remove(CONTEXTS, before["id"])
    _record_context(call, "Delete", before, before, None)
    return NO_CONTENT


def _record_context(
    call: Call, verb: str, target: JsonObject, before: JsonObject | None, after: JsonObject | None
) -> None:
    name = "AuthenticationContextClassReference"
    activity = f"{verb} {name}"
    audit.record(call, audit.POLICIES, activity, target=target, name=name, before=before, after=after)


ROUTES: tuple[Route, ...] = (
    route("GET", CONTEXTS, list_contexts, "filter"),
    route("GET", f"{CONTEXTS}/{{id}}", get_context),
    route("PATCH", f"{CONTEXTS}/{{id}}", put_context),
    route("DELETE", f"{CONTEXTS}/{{id}}", delete_context),
)
