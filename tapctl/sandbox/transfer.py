"""The whole tenant in and out of one JSON object: Graph collection paths, and what GET answers for each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from tapctl.sandbox import seed
from tapctl.sandbox.call import Call, reader
from tapctl.sandbox.groups import DEFAULTS
from tapctl.sandbox.locations import render_location
from tapctl.sandbox.membership import GROUPS
from tapctl.sandbox.methods import (
    METHODS,
    METHODS_POLICY,
    SECURITY_DEFAULTS_OFF,
    configurations,
    find_policy,
)
from tapctl.sandbox.newer import LEARNED, known, remember
from tapctl.sandbox.passes import CODE_HASH
from tapctl.sandbox.policies import DELETED, render
from tapctl.sandbox.service import ROUTES, SIGNED_IN
from tapctl.sandbox.store import Store
from tapctl.sandbox.strengths import all_strengths
from tapctl.sandbox.tenant import (
    DEVICE_REGISTRATION,
    LOCATIONS,
    POLICIES,
    SECURITY_DEFAULTS,
    SECURITY_DEFAULTS_ID,
    SKUS,
    STRENGTHS,
)
from tapctl.sandbox.values import Json, JsonObject, derived_id

NESTED = "authenticationMethodConfigurations"
RESTRICTIONS = "combinationConfigurations"
SINGLETONS: Mapping[str, str] = {
    SECURITY_DEFAULTS: SECURITY_DEFAULTS_ID,
    DEVICE_REGISTRATION: "deviceRegistrationPolicy",
    SIGNED_IN: "",
}
SECRETS = frozenset({"temporaryAccessPass"})  # shown once by the service, and kept nowhere
SERVED_UNDER_ANOTHER_NAME = {
    "policies/conditionalAccessPolicies": POLICIES,
    "identity/conditionalAccess/authenticationStrength/policies": STRENGTHS,
}
_READS = tuple(entry for entry in ROUTES if entry.method == "GET")
_NAMES = [entry.pattern.pattern.replace("\\.", ".") for entry in _READS if "(?P" not in entry.pattern.pattern]


def load(store: Store, tenant: Mapping[str, Json]) -> None:
    """Replace everything that the store holds.

    A tenant is always somebody's, and licensed unless its `subscribedSkus` say otherwise (`[]`: not at all).
    Raises ValueError, and changes nothing, for what is no tenant, with everything that is wrong.
    """
    _check(tenant)
    with store.transaction():
        taught = known(store)
        store.clear()
        if not tenant.get("organization"):
            _load_collection(store, "organization", seed.tenant()["organization"])
        if SKUS not in tenant:
            _load_collection(store, SKUS, seed.tenant()[SKUS])
        for collection, value in tenant.items():
            _load_collection(store, SERVED_UNDER_ANOTHER_NAME.get(collection, collection), value)
        remember(store, taught)


def reset(store: Store) -> None:
    """Back to the seeded company, with the same ids every time."""
    with store.transaction():
        store.clear()
        load(store, seed.tenant())


def dump(store: Store) -> JsonObject:
    call = reader(store)
    found: JsonObject = {
        path: _dump_collection(call, path) for path in store.collections() if path not in (METHODS, LEARNED)
    }
    found[STRENGTHS] = _dump_strengths(store)
    found[METHODS_POLICY] = {
        **find_policy(store),
        NESTED: list(configurations(store.objects(METHODS)).values()),
    }
    found[SECURITY_DEFAULTS] = store.get(SECURITY_DEFAULTS, SECURITY_DEFAULTS_ID) or SECURITY_DEFAULTS_OFF
    return {path: found[path] for path in sorted(found)}


def unserved(tenant: Mapping[str, Json]) -> list[str]:
    """The collections that are kept and dumped again, but that no request reaches."""
    return [path for path in tenant if not _is_served(path)]


def _is_served(path: str) -> bool:
    """Letter case counts in a file's keys, for two spellings would be two collections."""
    is_other_name = path in SERVED_UNDER_ANOTHER_NAME
    return is_other_name or any(re.fullmatch(entry.pattern.pattern, path) for entry in _READS)


def _check(tenant: Mapping[str, Json]) -> None:
    wrong: list[str] = []
    for collection, value in tenant.items():
        is_single = collection in SINGLETONS or collection == METHODS_POLICY
        items = [value] if is_single else value
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            kind = "an object" if is_single else "an array of objects"
            wrong.append(f"{collection}: {kind} is expected, as GET answers it")
        elif not _is_served(collection) and (meant := _meant(collection)):
            wrong.append(f"{collection}: there is no such collection; is {meant} meant?")
    if wrong:
        raise ValueError("; ".join(wrong))


def _meant(path: str) -> str | None:
    """The served path that somebody mistyped, by its whole or by its last segment."""
    plain = path.strip("/").removeprefix("v1.0/").removeprefix("beta/").lower()
    known = {name.lower(): name for name in _NAMES}
    last = {name.rpartition("/")[2].lower(): name for name in _NAMES}
    for names, wanted in ((known, plain), (last, plain if "/" not in plain else "")):
        if close := difflib.get_close_matches(wanted, names, n=1, cutoff=0.85):
            return names[close[0]]
    return None


def _load_collection(store: Store, collection: str, value: Json) -> None:
    if collection == METHODS_POLICY:
        links = ("@odata.context", f"{NESTED}@odata.context", NESTED)
        kept = {name: item for name, item in value.items() if name not in links}
        store.put(METHODS_POLICY, {**kept, "id": find_policy(store)["id"]})
        _load_collection(store, METHODS, value.get(NESTED) or [])
        return
    for index, item in enumerate([value] if isinstance(value, dict) else value):
        fallback = SINGLETONS.get(collection) or derived_id(collection, str(index))
        kept = {name: value for name, value in item.items() if name != "@odata.context"}
        if collection == STRENGTHS and kept.get(RESTRICTIONS):
            kept[RESTRICTIONS] = _identified(kept[RESTRICTIONS], str(index))
        store.put(collection, {"id": fallback, **kept, **dict.fromkeys(SECRETS & kept.keys())})


def _identified(restrictions: Json, strength: str) -> Json:
    """Each has an id of its own, as Graph gives it one."""
    return [
        {"id": derived_id(RESTRICTIONS, f"{strength}/{number}"), **item}
        for number, item in enumerate(restrictions)
    ]


def _dump_collection(call: Call, path: str) -> Json:
    items = list(call.store.objects(path).values())
    if path in SINGLETONS:
        return items[0]
    return [_rendered(call, path, item) for item in items]


def _rendered(call: Call, path: str, item: JsonObject) -> JsonObject:
    if path in (POLICIES, DELETED["policies"]):
        return _without_strength_links(render(call, item))
    if path in (LOCATIONS, DELETED["namedLocations"]):
        return render_location(item)
    if CODE_HASH in item:
        return {name: value for name, value in item.items() if name != CODE_HASH}
    return {**DEFAULTS, **item} if path == GROUPS else item


def _without_strength_links(policy: JsonObject) -> JsonObject:
    grant = policy["grantControls"]
    if not isinstance(grant, dict):
        return policy
    strength = grant["authenticationStrength"]
    name = "combinationConfigurations@odata.context"
    kept = {k: v for k, v in strength.items() if k != name} if isinstance(strength, dict) else strength
    shown = {key: value for key, value in grant.items() if key != "authenticationStrength@odata.context"}
    return {**policy, "grantControls": {**shown, "authenticationStrength": kept}}


def _dump_strengths(store: Store) -> list[JsonObject]:
    found = all_strengths(store.objects(STRENGTHS)).values()
    return [{"combinationConfigurations": [], **item} for item in found]


def tenant_id(store: Store) -> str:
    """The tenant that it says it is; empty if its content names none."""
    return next((str(item["id"]) for item in store.objects("organization").values()), "")
