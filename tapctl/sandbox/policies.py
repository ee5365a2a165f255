"""Conditional Access policies, and the items deleted from them and from named locations."""

from __future__ import annotations

from functools import partial

from tapctl.sandbox import audit, tenant
from tapctl.sandbox.call import NO_CONTENT, Answer, Call, Route, route
from tapctl.sandbox.fill import conceal_newer_members, fill_policy, order_flags_of
from tapctl.sandbox.locations import render_location
from tapctl.sandbox.newer import is_learned_word, learned
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.rules import Circumstances, check_policy, check_policy_shape
from tapctl.sandbox.strengths import find_strength, render_strength
from tapctl.sandbox.tenant import LOCATIONS, POLICIES
from tapctl.sandbox.values import JsonObject, bad_request, new_id, not_found

DELETED = {
    "policies": "identity/conditionalAccess/deletedItems/policies",
    "namedLocations": "identity/conditionalAccess/deletedItems/namedLocations",
}
LIVE = {"policies": POLICIES, "namedLocations": LOCATIONS}
ALIAS = "policies/conditionalAccessPolicies"
LISTING = Listing(context="conditionalAccess/policies")
LIST_OPTIONS = "filter select top skip count orderby"


def list_policies(call: Call) -> Answer:
    return answer_list(call, (render(call, item) for item in call.seen(POLICIES).values()), LISTING)


def get_policy(call: Call) -> Answer:
    return answer_one(call, render(call, _find(call)), LISTING)


def create_policy(call: Call) -> Answer:
    body = order_flags_of(check_policy_shape(call.body, is_new=True, learned=learned(call.store)))
    check_policy(body, None, fill_policy(body), _around(call))
    if len(call.store.objects(POLICIES)) >= call.settings.policies:
        raise bad_request(f"The tenant has {call.settings.policies} Conditional Access policies, its limit.")
    made = _stored({**body, "id": new_id(), "createdDateTime": call.now()})
    call.put(POLICIES, made)
    _record(call, "Add", made, None, made)
    return Answer(status=201, body=answer_one(call, render(call, made), LISTING).body)


def update_policy(call: Call) -> Answer:
    """Top-level properties left out keep their values; a block that is sent replaces the stored one, or is
    merged into it: which of the two is documented nowhere."""
    before = _find(call, in_truth=True)
    body = order_flags_of(check_policy_shape(call.body, is_new=False, learned=learned(call.store)))
    written = _merged(before, body) if call.settings.merges_blocks else {**before, **body}
    after = fill_policy({**written, "modifiedDateTime": call.now()})
    check_policy(body, before, after, _around(call))
    after = _stored(after)
    call.put(POLICIES, after)
    _record(call, "Update", after, before, after)
    return NO_CONTENT


def _merged(before: JsonObject, sent: JsonObject) -> JsonObject:
    """Objects member by member; everything else, a null and a list too, as it is sent."""
    merged = dict(before)
    for name, value in sent.items():
        held = before.get(name)
        if isinstance(held, dict) and isinstance(value, dict) and _are_alike(held, value):
            merged[name] = _merged(held, value)
        else:
            merged[name] = value
    return merged


def _are_alike(one: JsonObject, other: JsonObject) -> bool:
    """What becomes of another type keeps nothing."""
    return one.get("@odata.type") == other.get("@odata.type")


def delete_policy(call: Call) -> Answer:
    before = _find(call, in_truth=True)
    call.remove(POLICIES, before["id"])
    call.put(DELETED["policies"], {**before, "deletedDateTime": call.now()})
    _record(call, "Delete", before, before, None)
    return NO_CONTENT


def render(call: Call, policy: JsonObject) -> JsonObject:
    """As GET answers it: filled in, with the strength expanded."""
    shown = fill_policy(policy)
    grant = shown["grantControls"]
    if isinstance(grant, dict):
        shown["grantControls"] = _with_strength(call, grant, policy["id"])
    return shown if call.wants_newer_members else dict(conceal_newer_members(shown))


def _with_strength(call: Call, grant: JsonObject, identifier: str) -> JsonObject:
    place = (
        f"identity/conditionalAccess/policies('{identifier}')/grantControls/authenticationStrength/$entity"
    )
    named = grant["authenticationStrength"]
    found = find_strength(call.store, named["id"]) if isinstance(named, dict) and "id" in named else None
    expanded = render_strength(call, found) if found else named
    context = f"{call.base}/$metadata#{place}"
    return {**grant, "authenticationStrength@odata.context": context, "authenticationStrength": expanded}


def _stored(policy: JsonObject) -> JsonObject:
    return {key: value for key, value in fill_policy(policy).items() if key != "@odata.type"}


def _find(call: Call, *, in_truth: bool = False) -> JsonObject:
    """Readers see their replica; writes meet the policy as it is."""
    objects = call.store.objects(POLICIES) if in_truth else call.seen(POLICIES)
    found = objects.get(call.key().lower())
    if found is None:
        raise not_found(f"{call.key()} does not exist in the directory.")
    return found


def _around(call: Call) -> Circumstances:
    return Circumstances(
        known=partial(tenant.known_ids, call.store),
        is_word=partial(is_learned_word, call.store),
        is_licensed=tenant.is_licensed(call.store),
        has_security_defaults=tenant.has_security_defaults(call.store),
    )


def _record(
    call: Call, verb: str, target: JsonObject, before: JsonObject | None, after: JsonObject | None
) -> None:
    activity = f"{verb} Conditional Access policy"
    name = "ConditionalAccessPolicy"
    audit.record(call, audit.POLICIES, activity, target=target, name=name, before=before, after=after)


def list_deleted(call: Call) -> Answer:
    kind = _deleted_kind(call)
    items = call.seen(DELETED[kind]).values()
    return answer_list(call, (_render_deleted(call, kind, item) for item in items), _deleted_listing(kind))


def get_deleted(call: Call) -> Answer:
    kind = _deleted_kind(call)
    return answer_one(call, _render_deleted(call, kind, _find_deleted(call)), _deleted_listing(kind))


def restore(call: Call) -> Answer:
    """The item comes back with its id and its content."""
    kind, found = _deleted_kind(call), _find_deleted(call)
    revived = {**found, "deletedDateTime": None}
    call.remove(DELETED[kind], found["id"])
    call.put(LIVE[kind], revived)
    noun = "Conditional Access policy" if kind == "policies" else "named location"
    audit.record(call, audit.POLICIES, f"Restore {noun}", target=revived)
    return answer_one(call, _render_deleted(call, kind, revived), _deleted_listing(kind))


def purge(call: Call) -> Answer:
    found = _find_deleted(call)
    call.remove(DELETED[_deleted_kind(call)], found["id"])
    return NO_CONTENT


def _deleted_kind(call: Call) -> str:
    return "policies" if call.key("kind").lower() == "policies" else "namedLocations"


def _deleted_listing(kind: str) -> Listing:
    return Listing(context=DELETED[kind])


def _find_deleted(call: Call) -> JsonObject:
    found = call.store.get(DELETED[_deleted_kind(call)], call.key())
    if found is None:
        raise not_found(f"{call.key()} is not among the deleted items.")
    return found


def _render_deleted(call: Call, kind: str, item: JsonObject) -> JsonObject:
    return render(call, item) if kind == "policies" else render_location(item)


DELETED_PATH = "identity/conditionalAccess/deletedItems/(?P<kind>policies|namedLocations)"
ROUTES: tuple[Route, ...] = (
    *(
        entry
        for path in (POLICIES, ALIAS)
        for entry in (
            route("GET", path, list_policies, LIST_OPTIONS),
            route("POST", path, create_policy),
            route("GET", f"{path}/{{id}}", get_policy, "select"),
            route("PATCH", f"{path}/{{id}}", update_policy),
            route("DELETE", f"{path}/{{id}}", delete_policy),
        )
    ),
    route("GET", DELETED_PATH, list_deleted, LIST_OPTIONS),
    route("GET", f"{DELETED_PATH}/{{id}}", get_deleted, "select"),
    route("POST", f"{DELETED_PATH}/{{id}}/restore", restore),
    route("DELETE", f"{DELETED_PATH}/{{id}}", purge),
)
