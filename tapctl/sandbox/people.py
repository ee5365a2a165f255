"""What people do in the sandbox, as far as passes go: sign in with one and register a method."""

from __future__ import annotations

from tapctl.sandbox import audit
from tapctl.sandbox.call import Actor, Call, reader
from tapctl.sandbox.directory import find_by_name
from tapctl.sandbox.passes import PASS, methods_collection, usability_reason
from tapctl.sandbox.store import Store
from tapctl.sandbox.values import JsonObject, new_id

# Method → what the directory keeps of a new one.
REGISTRABLE: dict[str, JsonObject] = {
    "fido2": {
        "displayName": "Passkey",
        "model": "Security key",
        "aaGuid": "cb69481e-8ff7-4039-93ec-0a2729a154a8",
        "attestationCertificates": [],
        "attestationLevel": "attested",
        "passkeyType": "deviceBound",
    },
    "windowsHelloForBusiness": {"displayName": "New laptop", "keyStrength": "normal"},
    "platformCredential": {"displayName": "New laptop", "keyStrength": "normal", "platform": "macOS"},
    "microsoftAuthenticator": {
        "displayName": "New phone",
        "deviceTag": "SoftwareTokenActivated",
        "phoneAppVersion": "6.8.15",
    },
}
ACCEPTED = {"errorCode": 0, "failureReason": None, "additionalDetails": None}
WRONG_CREDENTIAL = 50126


def sign_in(store: Store, name: str, *, register: str | None = None) -> JsonObject:
    """Somebody uses their pass, and then registers a method if asked to; returns the sign-in log's entry.

    Raises KeyError if nobody has that name, ValueError if no such method can be registered.
    """
    if register is not None and register not in REGISTRABLE:
        raise ValueError(f"{register} is not one of {', '.join(REGISTRABLE)}")
    with store.transaction():
        call = reader(store)
        user = find_by_name(call, name)
        if user is None:
            raise KeyError(name)
        failure = _use_pass(call, user)
        if failure is None and register:
            _register(call, user, register)
        entry = _entry(call, user, failure)
        store.put(audit.SIGN_INS, entry)
    return entry


def _use_pass(call: Call, user: JsonObject) -> str | None:
    """Why the pass does not open the door, or None."""
    held = methods_collection(user["id"])
    passes = [m for m in call.store.objects(held).values() if m["@odata.type"] == f"#microsoft.graph.{PASS}"]
    if not passes:
        return "NoTemporaryAccessPass"
    reason = usability_reason(call, passes[0], user)
    if reason != "EnabledByPolicy":
        return reason
    if passes[0].get("isUsableOnce"):
        call.put(held, {**passes[0], "methodUsabilityReason": "OneTimeUsed"})
    return None


def _register(call: Call, user: JsonObject, method: str) -> None:
    made = {
        "@odata.type": f"#microsoft.graph.{method}AuthenticationMethod",
        "id": new_id(),
        "createdDateTime": call.now(),
        **REGISTRABLE[method],
    }
    call.put(methods_collection(user["id"]), made)
    themselves = reader(call.store, Actor(id=user["id"], name=user.get("userPrincipalName", "")))
    activity = "User registered security info"
    audit.record(themselves, audit.PEOPLE, activity, target=user, target_type="User")


def _entry(call: Call, user: JsonObject, failure: str | None) -> JsonObject:
    refused = {"errorCode": WRONG_CREDENTIAL, "failureReason": failure, "additionalDetails": None}
    return {
        "id": new_id(),
        "createdDateTime": call.now(),
        "userDisplayName": user.get("displayName"),
        "userPrincipalName": user.get("userPrincipalName"),
        "userId": user["id"],
        "appDisplayName": "My Signins",
        "clientAppUsed": "Browser",
        "conditionalAccessStatus": "notApplied",
        "appliedConditionalAccessPolicies": [],
        "isInteractive": True,
        "status": refused if failure else ACCEPTED,
    }
