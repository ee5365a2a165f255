"""The authentication methods policy, and one configuration for each method."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tapctl.sandbox import audit
from tapctl.sandbox.call import NO_CONTENT, Answer, Call, Route, route
from tapctl.sandbox.check import MismatchError, check_body, type_named
from tapctl.sandbox.method_defaults import CONFIGURATIONS, EVERYONE, POLICY, UNUSED_TARGET
from tapctl.sandbox.newer import learned
from tapctl.sandbox.query import Listing, answer_one
from tapctl.sandbox.store import Store
from tapctl.sandbox.tenant import DEVICE_REGISTRATION, SECURITY_DEFAULTS, SECURITY_DEFAULTS_ID, known_ids
from tapctl.sandbox.values import JsonObject, bad_request, new_id, not_found

METHODS_POLICY = "policies/authenticationMethodsPolicy"
METHODS = f"{METHODS_POLICY}/authenticationMethodConfigurations"
ENTITY = Listing(context="authenticationMethodConfigurations")
EXTERNAL = "externalAuthenticationMethodConfiguration"
DEVICES_AS_THEY_CAME: JsonObject = {
    "id": "deviceRegistrationPolicy",
    "displayName": "Device Registration Policy",
    "description": "Who may register and join devices, and how many.",
    "userDeviceQuota": 50,
    "multiFactorAuthConfiguration": "notRequired",
}
"""With its defaults; who may join is left out.
https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy?view=graph-rest-1.0"""
SECURITY_DEFAULTS_OFF: JsonObject = {
    "id": SECURITY_DEFAULTS_ID,
    "displayName": "Security Defaults",
    "description": "Basic protection for organisations without policies of their own.",
    "isEnabled": False,
}


def find_policy(store: Store) -> JsonObject:
    return {**POLICY, **(store.get(METHODS_POLICY, POLICY["id"]) or {})}


def configurations(objects: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
    """By lower-case id; a method that the tenant's data leaves out is as it came."""
    filled = {name: {**default, **objects.get(name, {})} for name, default in CONFIGURATIONS.items()}
    return {**filled, **{name: item for name, item in objects.items() if name not in filled}}


def find_configuration(store: Store, identifier: str) -> JsonObject | None:
    return configurations(store.objects(METHODS)).get(identifier.lower())


def get_policy(call: Call) -> Answer:
    return Answer(body=call.context("authenticationMethodsPolicy") | _whole_policy(call))


def _whole_policy(call: Call) -> JsonObject:
    shown = [_shown(call, item) for item in configurations(call.seen(METHODS)).values()]
    stored = call.seen(METHODS_POLICY).get(POLICY["id"].lower(), {})
    return {
        **POLICY,
        **stored,
        "authenticationMethodConfigurations@odata.context": f"{call.base}/$metadata#{METHODS}",
        "authenticationMethodConfigurations": shown,
    }


def update_policy(call: Call) -> Answer:
    body = _checked(call, "authenticationMethodsPolicy")
    before = find_policy(call.store)
    _check_targets(call, before, body)
    given = {name: value for name, value in body.items() if name != "@odata.type"}
    after = {**before, **given, "lastModifiedDateTime": call.now()}
    call.put(METHODS_POLICY, after)
    _record(call, "Update", after, before, after)
    return get_policy(call)


def list_configurations(call: Call) -> Answer:
    shown = [_shown(call, item) for item in configurations(call.seen(METHODS)).values()]
    return Answer(body=call.context(METHODS) | {"value": shown})


def get_configuration(call: Call) -> Answer:
    return answer_one(call, _shown(call, _find(call, call.seen(METHODS))), ENTITY)


def update_configuration(call: Call) -> Answer:
    """Properties left out keep their values; a list or a block that is sent replaces the stored one."""
    before = _find(call, call.store.objects(METHODS))
    shape = type_named(before)
    if type_named(call.object()) != shape:
        raise bad_request(f"The body has to carry '@odata.type': '#microsoft.graph.{shape}'.")
    body = _checked(call, shape)
    if str(body.get("id", before["id"])).lower() != before["id"].lower():
        raise bad_request("The id in the body is not the one in the address.")
    _check_targets(call, before, body)
    after = {**before, **body, "id": before["id"]}
    _check_lifetimes(after)
    call.put(METHODS, after)
    _record(call, "Update", find_policy(call.store), before, after)
    return NO_CONTENT


def create_configuration(call: Call) -> Answer:
    """Only external methods can be added; the others are there from the start."""
    if type_named(call.object()) != EXTERNAL:
        raise bad_request("Only an externalAuthenticationMethodConfiguration can be created.")
    body = _checked(call, EXTERNAL)
    missing = [name for name in ("appId", "displayName", "openIdConnectSetting") if not body.get(name)]
    if missing:
        raise bad_request(f"An external method needs {', '.join(missing)}.")
    _check_targets(call, {}, body)
    empty: JsonObject = {"state": "disabled", "includeTargets": [], "excludeTargets": []}
    made = {**empty, **body, "id": new_id()}
    call.put(METHODS, made)
    _record(call, "Update", find_policy(call.store), None, made)
    return Answer(status=201, body=answer_one(call, _shown(call, made), ENTITY).body)


def delete_configuration(call: Call) -> Answer:
    """An external method goes; any other goes back to how it came."""
    before = _find(call, call.store.objects(METHODS))
    if before["id"].lower() in CONFIGURATIONS:
        call.put(METHODS, CONFIGURATIONS[before["id"].lower()])
    else:
        call.remove(METHODS, before["id"])
    _record(call, "Reset", find_policy(call.store), before, find_configuration(call.store, before["id"]))
    return NO_CONTENT


def _shown(call: Call, item: JsonObject) -> JsonObject:
    place = f"{METHODS}('{item['id']}')/{type_named(item)}/includeTargets"
    return {
        **{name: value for name, value in item.items() if name != "includeTargets"},
        "includeTargets@odata.context": f"{call.base}/$metadata#{place}",
        "includeTargets": item.get("includeTargets", []),
    }


def _find(call: Call, objects: Mapping[str, JsonObject]) -> JsonObject:
    found = configurations(objects).get(call.key().lower())
    if found is None:
        raise not_found(f"There is no authentication method configuration '{call.key()}'.")
    return found


def _checked(call: Call, shape: str) -> JsonObject:
    try:
        return check_body(call.body, shape, learned(call.store))
    except MismatchError as error:
        raise bad_request(f"Invalid {shape}: {error}") from error


def _check_lifetimes(after: JsonObject) -> None:
    names = ("minimumLifetimeInMinutes", "defaultLifetimeInMinutes", "maximumLifetimeInMinutes")
    minutes = [after[name] for name in names if after.get(name) is not None]
    if minutes != sorted(minutes):
        raise bad_request("The default lifetime of a pass has to lie between its minimum and its maximum.")


def _check_targets(call: Call, before: JsonObject, body: JsonObject) -> None:
    """Groups that were targeted already are left alone, whether or not they are still there."""
    held = set(_targets(before))
    for kind, identifier in _targets(body):
        is_word = identifier in (EVERYONE["id"], UNUSED_TARGET)
        is_held = is_word or (kind, identifier) in held
        if not is_held and identifier.lower() not in known_ids(call.store, kind):
            raise bad_request(f"Invalid target: there is no {kind} '{identifier}'.")


def _targets(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if "targetType" in value and "id" in value and value["targetType"] in ("group", "user"):
            yield value["targetType"], value["id"]
        for item in value.values():
            yield from _targets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _targets(item)


def _record(
    call: Call, verb: str, target: JsonObject, before: JsonObject | None, after: JsonObject | None
) -> None:
    """Since April 2026 the record holds only what changed."""
    activity = f"Authentication Methods Policy {verb}"
    old, new = _difference(before or {}, after or {}), _difference(after or {}, before or {})
    name = "AuthenticationMethodsPolicy"
    audit.record(call, audit.METHODS, activity, target=target, name=name, before=old, after=new)


def _difference(one: JsonObject, other: JsonObject) -> JsonObject:
    kept = ("id", "@odata.type")
    changed = {name for name in one if json.dumps(one[name]) != json.dumps(other.get(name))}
    return {name: value for name, value in one.items() if name in changed or name in kept}


def get_security_defaults(call: Call) -> Answer:
    return Answer(body=call.context(SECURITY_DEFAULTS) | _security_defaults(call))


def update_security_defaults(call: Call) -> Answer:
    body = _checked(call, "identitySecurityDefaultsEnforcementPolicy")
    before = _security_defaults(call)
    after = {**before, "isEnabled": body.get("isEnabled", before["isEnabled"])}
    call.put(SECURITY_DEFAULTS, after)
    activity, name = "Update security defaults", "SecurityDefaults"
    audit.record(call, audit.POLICIES, activity, target=after, name=name, before=before, after=after)
    return NO_CONTENT


def _security_defaults(call: Call) -> JsonObject:
    return {**SECURITY_DEFAULTS_OFF, **call.seen(SECURITY_DEFAULTS).get(SECURITY_DEFAULTS_ID, {})}


def get_device_registration(call: Call) -> Answer:
    stored = call.seen(DEVICE_REGISTRATION).get(DEVICES_AS_THEY_CAME["id"].lower(), {})
    return Answer(body=call.context(DEVICE_REGISTRATION) | DEVICES_AS_THEY_CAME | stored)


ROUTES: tuple[Route, ...] = (
    route("GET", DEVICE_REGISTRATION, get_device_registration),
    route("GET", METHODS_POLICY, get_policy),
    route("PATCH", METHODS_POLICY, update_policy),
    route("GET", METHODS, list_configurations),
    route("POST", METHODS, create_configuration),
    route("GET", f"{METHODS}/{{id}}", get_configuration),
    route("PATCH", f"{METHODS}/{{id}}", update_configuration),
    route("DELETE", f"{METHODS}/{{id}}", delete_configuration),
    route("GET", SECURITY_DEFAULTS, get_security_defaults),
    route("PATCH", SECURITY_DEFAULTS, update_security_defaults),
)
