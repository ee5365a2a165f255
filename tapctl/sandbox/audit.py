"""The directory's audit log: one record for every change, in Graph's words for it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tapctl.sandbox.call import Answer, Call, Route, route
from tapctl.sandbox.clock import moved_note
from tapctl.sandbox.query import Listing, answer_list
from tapctl.sandbox.values import JsonObject, new_id, not_found

AUDITS = "auditLogs/directoryAudits"
SIGN_INS = "auditLogs/signIns"
# property → operators, for the properties whose notes in the documentation allow filtering.
FILTERABLE: Mapping[str, str] = {
    "activityDateTime": "eq ge le gt lt",
    "activityDisplayName": "eq startswith",
    "category": "eq",
    "correlationId": "eq",
    "loggedByService": "eq",
    "result": "eq",
    "initiatedBy/user/id": "eq",
    "initiatedBy/user/displayName": "eq",
    "initiatedBy/user/userPrincipalName": "eq startswith",
    "initiatedBy/app/appId": "eq",
    "initiatedBy/app/displayName": "eq",
    "targetResources": "any",
    "targetResources/id": "eq",
    "targetResources/displayName": "eq startswith",
}
POLICIES = ("Conditional Access", "Policy")
METHODS = ("Authentication Methods", "ApplicationManagement")
PEOPLE = ("Authentication Methods", "UserManagement")
DEVICES = ("Device Registration Service", "UserManagement")
GROUPS = ("Core Directory", "GroupManagement")


def record(
    call: Call,
    source: tuple[str, str],
    activity: str,
    *,
    target: JsonObject,
    target_type: str = "Policy",
    name: str = "",
    before: JsonObject | None = None,
    after: JsonObject | None = None,
    result: str = "success",
    reason: str | None = None,
) -> None:
    """`before` and `after` become JSON text under the property `name`, as the service writes them."""
    service, category = source
    note = moved_note(call.store.clock)
    entry = {
        "id": f"{service.replace(' ', '')}_{new_id()}",
        "category": category,
        "correlationId": call.headers.get("client-request-id", new_id()),
        "result": result,
        "resultReason": reason,
        "activityDisplayName": activity,
        "activityDateTime": call.now(),
        "loggedByService": service,
        "operationType": _operation(activity),
        "initiatedBy": _initiator(call),
        "targetResources": [_target(target, target_type, name, before, after)],
        "additionalDetails": [{"key": "Clock", "value": note}] if note else [],
    }
    call.store.put(AUDITS, entry)


def _operation(activity: str) -> str:
    return next((word for word in ("Add", "Delete", "Create") if word in activity), "Update")


def _initiator(call: Call) -> JsonObject:
    actor = call.actor
    if actor.is_app:
        app = {
            "appId": actor.id,
            "displayName": actor.name,
            "servicePrincipalId": None,
            "servicePrincipalName": None,
        }
        return {"user": None, "app": app}
    user = call.store.get("users", actor.id) or {}
    named = {"id": actor.id, "displayName": user.get("displayName"), "ipAddress": "127.0.0.1"}
    return {"app": None, "user": {**named, "userPrincipalName": user.get("userPrincipalName", actor.name)}}


def _target(
    target: JsonObject, target_type: str, name: str, before: JsonObject | None, after: JsonObject | None
) -> JsonObject:
    modified = {"displayName": name, "oldValue": _text(before), "newValue": _text(after)}
    return {
        "id": target["id"],
        "displayName": target.get("displayName"),
        "type": target_type,
        "userPrincipalName": target.get("userPrincipalName"),
        "groupType": "unknownFutureValue" if target_type == "Group" else None,
        "modifiedProperties": [modified] if name else [],
    }


def _text(value: JsonObject | None) -> str | None:
    return None if value is None else json.dumps(value)


def list_audits(call: Call) -> Answer:
    newest_first = reversed(list(call.store.objects(AUDITS).values()))
    return answer_list(call, newest_first, Listing(context=AUDITS, resource="", filterable=FILTERABLE))


def get_audit(call: Call) -> Answer:
    found = call.store.get(AUDITS, call.key())
    if found is None:
        raise not_found(f"There is no audit record '{call.key()}'.")
    return Answer(body=call.context(f"{AUDITS}/$entity") | found)


ROUTES: tuple[Route, ...] = (
    route("GET", AUDITS, list_audits, "filter top orderby"),
    route("GET", f"{AUDITS}/{{id}}", get_audit),
)
