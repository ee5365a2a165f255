"""What people can register in the sandbox: the methods, who may have which, and what is kept of a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tapctl.sandbox import audit
from tapctl.sandbox.call import Actor, Call, reader
from tapctl.sandbox.methods import find_configuration
from tapctl.sandbox.passes import methods_collection
from tapctl.sandbox.store import Store
from tapctl.sandbox.targets import targets_of
from tapctl.sandbox.values import JsonObject, new_id

SECURITY_INFO = "User registered security info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`type` is Graph's, `configuration` governs it (none: a device brings it along), `kept` is a new one.

    `reason` is what "User registered security info" says of it, `device` what the device registration
    service records. Words that Microsoft does not publish were seen in logs (checked 2026-11).
    """

    type: str
    configuration: str = ""
    modes: frozenset[str] = frozenset()  # of Authenticator's targets; empty: any
    kept: JsonObject = field(default_factory=dict)
    reason: str = ""
    device: str = ""


METHODS: dict[str, Method] = {
    "fido2": Method(
        type="fido2",
        configuration="Fido2",
        kept={
            "displayName": "Passkey",
            "model": "Security key",
            "aaGuid": "cb69481e-8ff7-4039-93ec-0a2729a154a8",
            "attestationCertificates": [],
            "attestationLevel": "attested",
            "passkeyType": "deviceBound",
        },
        reason="User registered Fido2 Authentication Method",
        device="Add FIDO2 security key",
    ),
    "windowsHelloForBusiness": Method(
        type="windowsHelloForBusiness",
        kept={"displayName": "New laptop", "keyStrength": "normal"},
        device="Add Windows Hello for Business credential",
    ),
    "platformCredential": Method(
        type="platformCredential",
        kept={"displayName": "New laptop", "keyStrength": "normal", "platform": "macOS"},
        device="Add platform credential",
    ),
    "microsoftAuthenticator": Method(
        type="microsoftAuthenticator",
        configuration="MicrosoftAuthenticator",
        kept={
            "displayName": "New phone",
            "deviceTag": "SoftwareTokenActivated",
            "phoneAppVersion": "6.8.15",
        },
        reason="User registered Authenticator App with Notification and Code",
    ),
    "phoneSignIn": Method(
        type="microsoftAuthenticator",
        configuration="MicrosoftAuthenticator",
        modes=frozenset({"any", "deviceBasedPush"}),
        kept={
            "displayName": "New phone",
            "deviceTag": "SoftwareTokenActivated",
            "phoneAppVersion": "6.8.15",
            "device": {"displayName": "New phone", "operatingSystem": "iOS", "trustType": "Workplace"},
        },
        reason="User registered Authenticator App with Notification and Code",
        device="Add passwordless phone sign-in credential",
    ),
    "softwareOath": Method(
        type="softwareOath",
        configuration="SoftwareOath",
        kept={"secretKey": None},
        reason="User registered Authenticator App with Code",
    ),
    "phone": Method(
        type="phone",
        configuration="Sms",
        kept={"phoneNumber": "+47 900 00 000", "phoneType": "mobile", "smsSignInState": "notConfigured"},
        reason="User registered Mobile Phone SMS",
    ),
}


def offered(store: Store, user: JsonObject) -> list[str]:
    """The methods that somebody may register now."""
    call = reader(store)
    return [name for name, method in METHODS.items() if _may_have(call, method, user)]


def _may_have(call: Call, method: Method, user: JsonObject) -> bool:
    if not method.configuration:
        return True
    found = find_configuration(call.store, method.configuration) or {}
    if found.get("state") != "enabled" or found.get("isSelfServiceRegistrationAllowed") is False:
        return False
    modes = [target.get("authenticationMode", "any") for target in targets_of(call, found, user)]
    return any(not method.modes or mode in method.modes for mode in modes)


def add_method(store: Store, user: JsonObject, name: str) -> JsonObject:
    """Somebody registers a method that they may have; the records are in their own name."""
    call, method = _themselves(store, user), METHODS[name]
    made = {
        "@odata.type": f"#microsoft.graph.{method.type}AuthenticationMethod",
        "id": new_id(),
        "createdDateTime": call.now(),
        **method.kept,
    }
    if "device" in made:
        made["device"] = {"id": new_id(), **made["device"]}
    call.put(methods_collection(user["id"]), made)
    for source, activity, reason in _records(method):
        audit.record(call, source, activity, target=user, target_type="User", reason=reason)
    return made


def refuse_method(store: Store, user: JsonObject, why: str) -> None:
    """Somebody tried to register a method and could not."""
    call = _themselves(store, user)
    audit.record(
        call, audit.PEOPLE, SECURITY_INFO, target=user, target_type="User", result="failure", reason=why
    )


def _records(method: Method) -> Iterator[tuple[tuple[str, str], str, str | None]]:
    if method.device:
        yield audit.DEVICES, method.device, None
    if method.reason:
        yield audit.PEOPLE, SECURITY_INFO, method.reason


def _themselves(store: Store, user: JsonObject) -> Call:
    return reader(store, Actor(id=user["id"], name=user.get("userPrincipalName", "")))
