"""Authentication strengths: which combinations of methods a policy may ask for."""

from __future__ import annotations

from collections.abc import Mapping

from tapctl.sandbox import audit, tenant
from tapctl.sandbox.call import NO_CONTENT, Answer, Call, Route, route
from tapctl.sandbox.check import MismatchError, check_body, order_flags, type_named
from tapctl.sandbox.fill import conceal_newer_members
from tapctl.sandbox.newer import is_learned_combination, learned
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.rules import NOT_LICENSED, controls_of
from tapctl.sandbox.store import Store
from tapctl.sandbox.strength_facts import BUILT_IN, COMBINATIONS, MULTIFACTOR_SETS
from tapctl.sandbox.tenant import POLICIES, STRENGTHS
from tapctl.sandbox.values import Json, JsonObject, bad_request, forbidden, new_id, not_found

ALIAS = "identity/conditionalAccess/authenticationStrength/policies"
LISTING = Listing(context=STRENGTHS)
CONFIGURABLE = {
    "fido2CombinationConfiguration": {"fido2"},
    "x509CertificateCombinationConfiguration": {"x509CertificateSingleFactor", "x509CertificateMultiFactor"},
}


def all_strengths(strengths: Mapping[str, JsonObject]) -> Mapping[str, JsonObject]:
    """Built-in ones first; what the tenant's data says about a built-in one wins."""
    return {**BUILT_IN, **strengths}


def find_strength(store: Store, identifier: str) -> JsonObject | None:
    return all_strengths(store.objects(STRENGTHS)).get(str(identifier).lower())


def render_strength(call: Call, strength: JsonObject) -> JsonObject:
    place = f"{STRENGTHS}('{strength['id']}')/combinationConfigurations"
    return {
        "description": None,
        **strength,
        "combinationConfigurations@odata.context": f"{call.base}/$metadata#{place}",
        "combinationConfigurations": strength.get("combinationConfigurations", []),
    }


def list_strengths(call: Call) -> Answer:
    found = all_strengths(call.seen(STRENGTHS)).values()
    return answer_list(call, (_shown(call, item) for item in found), LISTING)


def get_strength(call: Call) -> Answer:
    found = all_strengths(call.seen(STRENGTHS)).get(call.key().lower())
    if found is None:
        raise _absent(call)
    return answer_one(call, _shown(call, found), LISTING)


def create_strength(call: Call) -> Answer:
    _check_licence(call)
    body = _checked(call, call.body)
    if not body.get("displayName") or not body.get("allowedCombinations"):
        raise bad_request("An authentication strength needs displayName and allowedCombinations.")
    custom = [item for item in call.store.objects(STRENGTHS).values() if item.get("policyType") != "builtIn"]
    if len(custom) >= call.settings.strengths:
        raise bad_request(f"The tenant has {call.settings.strengths} custom strengths, its limit.")
    made = _stored(call, {"description": None, **body, "id": new_id(), "createdDateTime": call.now()})
    call.put(STRENGTHS, made)
    _record(call, "Policy Create", made, None, made)
    return Answer(status=201, body=answer_one(call, _shown(call, made), LISTING).body)


def update_strength(call: Call) -> Answer:
    before = _custom(call)
    body = _checked(call, call.body)
    if not body.keys() <= {"@odata.type", "displayName", "description"}:
        raise bad_request(
            "Only displayName and description can be updated; combinations have their own action."
        )
    after = {**before, **_without_type(body), "modifiedDateTime": call.now()}
    call.put(STRENGTHS, after)
    _record(call, "Policy Update", after, before, after)
    return NO_CONTENT


def update_combinations(call: Call) -> Answer:
    before = _custom(call)
    body = call.object()
    if body.keys() != {"allowedCombinations"}:
        raise bad_request("The action takes allowedCombinations and nothing else.")
    wanted = _checked(call, body)["allowedCombinations"]
    if not wanted:
        raise bad_request("An authentication strength needs at least one combination.")
    after = _stored(call, {**before, "allowedCombinations": wanted}, before)
    call.put(STRENGTHS, after)
    _record(call, "Policy Update", after, before, after)
    result = {
        "additionalInformation": None,
        "conditionalAccessReferences": [policy["id"] for policy in _users_of(call, after["id"])],
        "currentCombinations": after["allowedCombinations"],
        "previousCombinations": before["allowedCombinations"],
    }
    return Answer(body=call.context("microsoft.graph.updateAllowedCombinationsResult") | result)


def delete_strength(call: Call) -> Answer:
    before = _custom(call)
    users = _users_of(call, before["id"])
    if users:
        raise bad_request(
            f"The strength is used by a Conditional Access policy: {users[0].get('displayName')}."
        )
    call.remove(STRENGTHS, before["id"])
    _record(call, "Policy Delete", before, before, None)
    return NO_CONTENT


def usage(call: Call) -> Answer:
    """Policies that need the MFA claim from this strength, and those that do not."""
    found = find_strength(call.store, call.key())
    if found is None:
        raise _absent(call)
    side = "mfa" if found.get("requirementsSatisfied") == "mfa" else "none"
    users: JsonObject = {"mfa": [], "none": [], side: _users_of(call, found["id"])}
    return Answer(body=call.context("microsoft.graph.authenticationStrengthUsage") | users)


def list_configurations(call: Call) -> Answer:
    found = find_strength(call.store, call.key())
    if found is None:
        raise _absent(call)
    return answer_list(call, _held(found), _configurations(call))


def get_configuration(call: Call) -> Answer:
    return answer_one(call, _configuration(call), _configurations(call))


def create_configuration(call: Call) -> Answer:
    before = _custom(call)
    made = {**_checked_configuration(call, call.body, before, is_new=True), "id": new_id()}
    _put_configurations(call, before, [*_held(before), made], "Create")
    return Answer(status=201, body=answer_one(call, made, _configurations(call)).body)


def update_configuration(call: Call) -> Answer:
    strength, before = _custom(call), _configuration(call)
    after = {**before, **_checked_configuration(call, call.body, strength, is_new=False)}
    if after["@odata.type"] != before["@odata.type"]:
        raise bad_request("The type of a combination configuration cannot be changed.")
    others = _held(strength)
    _put_configurations(call, strength, [after if item == before else item for item in others], "Update")
    return NO_CONTENT


def delete_configuration(call: Call) -> Answer:
    strength, found = _custom(call), _configuration(call)
    left = [item for item in _held(strength) if item != found]
    _put_configurations(call, strength, left, "Delete")
    return NO_CONTENT


def _put_configurations(call: Call, before: JsonObject, items: list[JsonObject], verb: str) -> None:
    after = {**before, "combinationConfigurations": items, "modifiedDateTime": call.now()}
    call.put(STRENGTHS, after)
    _record(call, f"Combination Configuration {verb}", after, before, after)


def _configuration(call: Call) -> JsonObject:
    strength = find_strength(call.store, call.key()) or {}
    for item in _held(strength):
        if item["id"] == call.key("configuration"):
            return dict(item)
    raise not_found(f"There is no combination configuration '{call.key('configuration')}'.")


def _held(strength: JsonObject) -> list[JsonObject]:
    """The configurations of a strength; a loaded tenant may have said null."""
    return strength.get("combinationConfigurations") or []


def _configurations(call: Call) -> Listing:
    return Listing(context=f"{STRENGTHS}('{call.key()}')/combinationConfigurations")


def _checked_configuration(call: Call, body: Json, strength: JsonObject, *, is_new: bool) -> JsonObject:
    try:
        checked = check_body(body, "authenticationCombinationConfiguration", learned(call.store))
    except MismatchError as error:
        raise bad_request(f"Invalid combination configuration: {error}") from error
    applies = set(checked.get("appliesToCombinations", []))
    allowed = CONFIGURABLE[type_named(checked)] & set(strength["allowedCombinations"])
    if is_new and not applies:
        raise bad_request("A combination configuration needs appliesToCombinations.")
    if not applies <= allowed:
        raise bad_request(f"The configuration cannot apply to {', '.join(sorted(applies - allowed))} here.")
    return checked


def _checked(call: Call, body: Json) -> JsonObject:
    try:
        checked = check_body(body, "authenticationStrengthPolicy", learned(call.store))
    except MismatchError as error:
        raise bad_request(f"Invalid authentication strength: {error}") from error
    if "allowedCombinations" in checked:
        checked["allowedCombinations"] = _combinations(call, checked["allowedCombinations"])
    return checked


def _combinations(call: Call, wanted: list[str]) -> list[str]:
    found = []
    for each in wanted:
        ordered = order_flags(each, "methodModes")
        is_known = ordered in COMBINATIONS or is_learned_combination(call.store, ordered)
        if not is_known or len(ordered.split(",")) != len(each.split(",")):
            raise bad_request(f"'{each}' is not a combination of authentication methods.")
        found.append(ordered)
    if len(set(found)) != len(found):
        raise bad_request("allowedCombinations holds a combination twice.")
    return found


def _stored(call: Call, strength: JsonObject, before: JsonObject | None = None) -> JsonObject:
    """A strength as it is kept. What it had `before`, in a loaded tenant, nobody asks for."""
    combinations = set(strength["allowedCombinations"])
    given, had = _held(strength), _held(before or {})
    return {
        **_without_type(strength),
        "policyType": "custom",
        "requirementsSatisfied": "mfa" if combinations <= MULTIFACTOR_SETS else "none",
        "modifiedDateTime": call.now(),
        "combinationConfigurations": [
            item
            if "id" in item
            else {
                **(item if item in had else _checked_configuration(call, item, strength, is_new=True)),
                "id": new_id(),
            }
            for item in given
        ],
    }


def _shown(call: Call, strength: JsonObject) -> JsonObject:
    shown = render_strength(call, strength)
    return shown if call.wants_newer_members else dict(conceal_newer_members(shown))


def _without_type(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if name != "@odata.type"}


def _custom(call: Call) -> JsonObject:
    """The strength to change; what ships with the service cannot be."""
    _check_licence(call)
    found = find_strength(call.store, call.key())
    if found is None:
        raise _absent(call)
    if found.get("policyType") == "builtIn":
        raise bad_request("A built-in authentication strength cannot be changed.")
    return found


def _check_licence(call: Call) -> None:
    if not tenant.is_licensed(call.store):
        raise forbidden(NOT_LICENSED)


def _absent(call: Call) -> Exception:
    return not_found(f"There is no authentication strength '{call.key()}'.")


def _users_of(call: Call, identifier: str) -> list[JsonObject]:
    policies = call.store.objects(POLICIES).values()
    return [policy for policy in policies if _asks_for(policy.get("grantControls") or {}, identifier)]


def _asks_for(grant: JsonObject, identifier: str) -> bool:
    named = [control.get("id") for control in controls_of(grant) if isinstance(control, dict)]
    return identifier in named


def _record(
    call: Call, what: str, target: JsonObject, before: JsonObject | None, after: JsonObject | None
) -> None:
    activity = f"Authentication Strength {what}"
    name = "AuthenticationStrengthPolicy"
    audit.record(call, audit.METHODS, activity, target=target, name=name, before=before, after=after)


ROUTES: tuple[Route, ...] = tuple(
    entry
    for path in (STRENGTHS, ALIAS)
    for entry in (
        route("GET", path, list_strengths, "filter select top skip count orderby expand"),
        route("POST", path, create_strength),
        route("GET", f"{path}/{{id}}", get_strength, "select"),
        route("PATCH", f"{path}/{{id}}", update_strength),
        route("DELETE", f"{path}/{{id}}", delete_strength),
        route("POST", f"{path}/{{id}}/updateAllowedCombinations", update_combinations),
        route("GET", rf"{path}/{{id}}/usage(?:\(\))?", usage),
        route("GET", f"{path}/{{id}}/combinationConfigurations", list_configurations),
        route("POST", f"{path}/{{id}}/combinationConfigurations", create_configuration),
        route("GET", f"{path}/{{id}}/combinationConfigurations/{{configuration}}", get_configuration),
        route("PATCH", f"{path}/{{id}}/combinationConfigurations/{{configuration}}", update_configuration),
        route("DELETE", f"{path}/{{id}}/combinationConfigurations/{{configuration}}", delete_configuration),
    )
)
