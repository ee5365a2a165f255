"""Who holds which directory role, now or on demand, and who may join which group: only read here.

$expand brings the principal along. Groups are asked about one by one, or for one principal.
https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments,
rbacapplication-list-roleeligibilityscheduleinstances and
privilegedaccessgroup-list-eligibilityschedules (checked 2026-11)
"""

from __future__ import annotations

import re
from functools import partial

from tapctl.sandbox.call import Answer, Call, Route, route
from tapctl.sandbox.membership import ASSIGNMENTS, find_object
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.values import JsonObject, bad_request, missing_resource

SCHEDULES = "roleManagement/directory/roleEligibilitySchedules"
INSTANCES = "roleManagement/directory/roleEligibilityScheduleInstances"
GROUPS_ON_DEMAND = tuple(
    f"identityGovernance/privilegedAccess/group/{name}"
    for name in ("eligibilitySchedules", "eligibilityScheduleInstances")
)
_SCOPE = re.compile(r"\b(groupId|principalId)\s+eq\s", re.IGNORECASE)


def _list(path: str, call: Call) -> Answer:
    found = [_shown(call, item) for item in call.seen(path).values()]
    return answer_list(call, found, Listing(context=path))


def _list_scoped(path: str, call: Call) -> Answer:
    if not _SCOPE.search(call.options.get("$filter", "")):
        raise bad_request("The required filter on groupId or principalId is missing.", "MissingParameters")
    return _list(path, call)


def _get(path: str, call: Call) -> Answer:
    found = call.seen(path).get(call.key().lower())
    if found is None:
        raise missing_resource(call.key())
    return answer_one(call, _shown(call, found), Listing(context=path))


def _shown(call: Call, item: JsonObject) -> JsonObject:
    match call.options.get("$expand"):
        case None:
            return item
        case "principal":
            return {**item, "principal": find_object(call, str(item.get("principalId")))}
        case other:
            raise bad_request(f"Could not find a property named '{other}' to expand.")


ROUTES: tuple[Route, ...] = tuple(
    entry
    for path in (ASSIGNMENTS, SCHEDULES, INSTANCES, *GROUPS_ON_DEMAND)
    for entry in (
        route(
            "GET",
            path,
            partial(_list_scoped if path in GROUPS_ON_DEMAND else _list, path),
            "filter select top expand",
        ),
        route("GET", f"{path}/{{id}}", partial(_get, path), "select expand"),
    )
)
