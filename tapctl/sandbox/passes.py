"""A person's authentication methods, and the Temporary Access Pass among them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from tapctl.sandbox import audit
from tapctl.sandbox.call import NO_CONTENT, Answer, Call, Route, route
from tapctl.sandbox.check import MismatchError, check_body
from tapctl.sandbox.directory import find_user
from tapctl.sandbox.method_defaults import CONFIGURATIONS
from tapctl.sandbox.methods import find_configuration
from tapctl.sandbox.store import Store
from tapctl.sandbox.targets import targets_of
from tapctl.sandbox.values import JsonObject, bad_request, forbidden, moment_of, new_id, not_found, timestamp

PASS = "temporaryAccessPassAuthenticationMethod"  # noqa: S105 - the name of a type
PASSWORD: JsonObject = {  # everybody has one, always under this id
    "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
    "id": "28c10230-6103-485e-b985-444c60001490",
    "password": None,
    "createdDateTime": None,
}
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!@#$%&*+-="
# What the address calls a kind of method → its type.
KINDS = {
    kind.lower(): f"#microsoft.graph.{kind.removesuffix('Methods')}AuthenticationMethod"
    for kind in (
        "emailMethods",
        "fido2Methods",
        "microsoftAuthenticatorMethods",
        "passwordMethods",
        "phoneMethods",
        "platformCredentialMethods",
        "softwareOathMethods",
        "temporaryAccessPassMethods",
        "windowsHelloForBusinessMethods",
    )
} | {"externalauthenticationmethods": "#microsoft.graph.externalAuthenticationMethod"}
UNCHANGEABLE = ("#microsoft.graph.passwordAuthenticationMethod",)
PASS_TYPE = f"#microsoft.graph.{PASS}"
# What only the sandbox knows of a pass: no answer and no dump holds it.
CODE_HASH = "sandboxCodeHash"
# That a start in the past is refused is documented, by how much it may be past is not.
_SLACK = timedelta(minutes=1)
EXPANDED = "device"  # a property that only $expand on a single method brings
# resultReason, as the service writes it: https://learn.microsoft.com/entra/architecture/
# security-operations-privileged-accounts (checked 2026-11); the words for a deletion were seen in logs.
PASS_MADE = "Admin registered temporary access pass method for user"  # noqa: S105  # an activity's name
PASS_DELETED = "Admin deleted temporary access pass method for user"  # noqa: S105  # an activity's name


def methods_collection(user_id: str) -> str:
    return f"users/{user_id.lower()}/authentication/methods"


def list_methods(call: Call) -> Answer:
    """All of them, or those of the kind that the address names."""
    user = find_user(call)
    shown = [item for item in _methods(call, user) if _is_wanted(call, item)]
    place = f"users('{user['id']}')/authentication/{call.keys.get('kind', 'methods')}"
    return Answer(body=call.context(place) | {"value": [_shown(call, item) for item in shown]})


def get_method(call: Call) -> Answer:
    user, found = find_user(call), _find(call)
    place = f"users('{user['id']}')/authentication/{call.keys.get('kind', 'methods')}/$entity"
    return Answer(body=call.context(place) | _shown(call, found))


def delete_method(call: Call) -> Answer:
    user, found = find_user(call), _find(call)
    if found["@odata.type"] in UNCHANGEABLE:
        raise bad_request("A password method cannot be deleted.", "badRequest")
    call.remove(methods_collection(user["id"]), found["id"])
    is_pass = found["@odata.type"] == PASS_TYPE
    _record(call, "Admin deleted security info", user, PASS_DELETED if is_pass else None)
    return NO_CONTENT


def create_pass(call: Call) -> Answer:
    """The only answer with the code, which nothing keeps. An earlier pass of the person is replaced."""
    user = find_user(call)
    body = _checked(call)
    policy = _policy(call)
    _check_allowed(call, user, body, policy)
    code = "".join(secrets.choice(ALPHABET) for _ in range(policy["defaultLength"]))
    made = _new_pass(call, body, policy) | {CODE_HASH: _hashed(code, secrets.token_hex(16))}
    for old in list(call.store.objects(methods_collection(user["id"])).values()):
        if old["@odata.type"] == made["@odata.type"]:
            call.remove(methods_collection(user["id"]), old["id"])
    call.put(methods_collection(user["id"]), made)
    _record(call, "Admin registered security info", user, PASS_MADE)
    place = f"users('{user['id']}')/authentication/temporaryAccessPassMethods/$entity"
    return Answer(
        status=201, body=call.context(place) | _usability(call, made, user) | {"temporaryAccessPass": code}
    )


def is_code(item: JsonObject, code: str) -> bool:
    """Whether this is the code of a pass; one that was loaded without its hash has none that works."""
    kept = str(item.get(CODE_HASH) or "")
    return bool(kept) and hmac.compare_digest(_hashed(code, kept.partition("$")[0]), kept)


def _hashed(code: str, salt: str) -> str:
    """4 MB and some 10 ms for each guess: enough for codes that live for days and open a pretend tenant."""
    found = hashlib.scrypt(code.encode("utf-8", "surrogatepass"), salt=salt.encode(), n=2**12, r=8, p=1)
    return f"{salt}${found.hex()}"


def _policy(call: Call) -> JsonObject:
    """What is null in the tenant's settings is as it came."""
    found = find_configuration(call.store, "TemporaryAccessPass") or {}
    given = {name: value for name, value in found.items() if value is not None}
    return {**CONFIGURATIONS["temporaryaccesspass"], **given}


def _checked(call: Call) -> JsonObject:
    try:
        return check_body(call.object(), PASS)
    except MismatchError as error:
        raise bad_request(f"Invalid Temporary Access Pass: {error}", "badRequest") from error


def _check_allowed(call: Call, user: JsonObject, body: JsonObject, policy: JsonObject) -> None:
    if user["id"].lower() == call.actor.id.lower():
        raise forbidden("A Temporary Access Pass cannot be created for oneself.", "accessDenied")
    if "#EXT#" in user.get("userPrincipalName", ""):
        raise _invalid("Temporary Access Pass cannot be added to an external guest user")
    if policy["state"] != "enabled":
        raise _invalid("Temporary Access Pass is not enabled by the authentication methods policy.")
    low, high = policy["minimumLifetimeInMinutes"], policy["maximumLifetimeInMinutes"]
    if not low <= _lifetime(body, policy) <= high:
        raise _invalid(f"Invalid LifetimeInMinutes specified. The valid range between {low} and {high}.")
    if policy["isUsableOnce"] and body.get("isUsableOnce") is False:
        raise _invalid("The policy only allows passes that can be used once.")
    if (start := body.get("startDateTime")) and moment_of(start) < call.store.clock() - _SLACK:
        raise _invalid("Invalid StartDateTime specified. It must not be in the past.")


def _invalid(message: str) -> Exception:
    refusal = bad_request(message, "badRequest")
    refusal.inner["message"] = message
    return refusal


def _lifetime(body: JsonObject, policy: JsonObject) -> int:
    wanted = body.get("lifetimeInMinutes")
    return int(policy["defaultLifetimeInMinutes"] if wanted is None else wanted)


def _new_pass(call: Call, body: JsonObject, policy: JsonObject) -> JsonObject:
    start = body.get("startDateTime")
    begins = moment_of(start) if start else call.store.clock()
    once = body.get("isUsableOnce")
    return {
        "@odata.type": f"#microsoft.graph.{PASS}",
        "id": new_id(),
        "temporaryAccessPass": None,
        "createdDateTime": call.now(),
        "startDateTime": timestamp(begins),
        "lifetimeInMinutes": _lifetime(body, policy),
        "isUsableOnce": bool(policy["isUsableOnce"] if once is None else once),
    }


def _methods(call: Call, user: JsonObject) -> list[JsonObject]:
    return [PASSWORD, *call.seen(methods_collection(user["id"])).values()]


def _is_wanted(call: Call, item: JsonObject) -> bool:
    kind = call.keys.get("kind", "methods").lower()
    return kind == "methods" or item["@odata.type"] == KINDS[kind]


def find_pass(store: Store, user_id: str) -> JsonObject | None:
    """The one pass of a person, whatever has become of it."""
    held = store.objects(methods_collection(user_id)).values()
    return next((item for item in held if item["@odata.type"] == PASS_TYPE), None)


def _find(call: Call) -> JsonObject:
    for item in _methods(call, find_user(call)):
        if _is_wanted(call, item) and item["id"].lower() == call.key("method").lower():
            return item
    raise not_found("The requested authentication method was not found.", "resourceNotFound")


def _shown(call: Call, item: JsonObject) -> JsonObject:
    """As a list has it, or a single answer to which nothing was expanded."""
    if item["@odata.type"] == PASS_TYPE:
        return _usability(call, item, find_user(call))
    is_expanded = "method" in call.keys and EXPANDED in call.options.get("$expand", "")
    return item if is_expanded else {name: value for name, value in item.items() if name != EXPANDED}


def _usability(call: Call, item: JsonObject, user: JsonObject) -> JsonObject:
    reason = usability_reason(call, item, user)
    usable = {"isUsable": reason == "EnabledByPolicy", "methodUsabilityReason": reason}
    shown = {name: value for name, value in item.items() if name != CODE_HASH}
    return {**shown, "temporaryAccessPass": None, **usable}


def usability_reason(call: Call, item: JsonObject, user: JsonObject) -> str:
    start = moment_of(item.get("startDateTime") or item["createdDateTime"])
    now = call.store.clock()
    if item.get("methodUsabilityReason") == "OneTimeUsed":
        return "OneTimeUsed"
    if now < start:
        return "NotYetValid"
    if now >= start + timedelta(minutes=item["lifetimeInMinutes"]):
        return "Expired"
    return "DisabledByPolicy" if policy_objection(call, item, user) else "EnabledByPolicy"


def policy_objection(call: Call, item: JsonObject, user: JsonObject) -> str:
    """What the policy has against this pass now; empty if nothing. Scope counts when a pass is used."""
    policy = _policy(call)
    if policy["state"] != "enabled":
        return "the pass policy is turned off"
    if policy["isUsableOnce"] and not item["isUsableOnce"]:
        return "the pass can be used many times, and the policy by now allows one-time passes only"
    return "" if targets_of(call, policy, user) else "the person is not in the scope of the pass policy"


def _record(call: Call, activity: str, user: JsonObject, reason: str | None) -> None:
    audit.record(call, audit.PEOPLE, activity, target=user, target_type="User", reason=reason)


KIND = f"(?P<kind>{'|'.join(KINDS)})"
ROUTES: tuple[Route, ...] = tuple(
    entry
    for person in ("users/{id}", "me")
    for entry in (
        route("POST", f"{person}/authentication/temporaryAccessPassMethods", create_pass),
        route("GET", f"{person}/authentication/methods", list_methods),
        route("GET", f"{person}/authentication/methods/{{method}}", get_method),
        route("GET", f"{person}/authentication/{KIND}", list_methods),
        route("GET", f"{person}/authentication/{KIND}/{{method}}", get_method, "expand"),
        route("DELETE", f"{person}/authentication/{KIND}/{{method}}", delete_method),
    )
)
