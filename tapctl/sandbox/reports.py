"""Reports that are computed from what people registered, and the sign-in log."""

from __future__ import annotations

from collections.abc import Collection

from tapctl.sandbox import tenant
from tapctl.sandbox.audit import SIGN_INS
from tapctl.sandbox.call import Answer, Call, Route, route
from tapctl.sandbox.membership import active_roles, members_of
from tapctl.sandbox.passes import methods_collection
from tapctl.sandbox.query import Listing, answer_list, answer_one
from tapctl.sandbox.values import JsonObject, forbidden, missing_resource

DETAILS = "reports/authenticationMethods/userRegistrationDetails"
LISTING = Listing(context=DETAILS)
# Type of a registered method → its name in the report.
NAMES = {
    "fido2": "passKeyDeviceBound",
    "windowsHelloForBusiness": "windowsHelloForBusiness",
    "platformCredential": "macOsSecureEnclaveKey",
    "microsoftAuthenticator": "microsoftAuthenticatorPush",
    "softwareOath": "softwareOneTimePasscode",
    "phone": "mobilePhone",
    "email": "email",
    "temporaryAccessPass": "temporaryAccessPass",
}
NO_SECOND_FACTOR = ("email", "temporaryAccessPass")
PASSWORDLESS = {
    "passKeyDeviceBound",
    "windowsHelloForBusiness",
    "macOsSecureEnclaveKey",
    "microsoftAuthenticatorPasswordless",
}
NOT_PREMIUM = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"


def list_details(call: Call) -> Answer:
    """Disabled accounts are missing from the report."""
    _check_licence(call)
    admins = _admins(call)
    users = [user for user in call.seen("users").values() if user.get("accountEnabled", True)]
    return answer_list(call, [_details(call, user, admins) for user in users], LISTING)


def get_details(call: Call) -> Answer:
    _check_licence(call)
    user = call.seen("users").get(call.key().lower())
    if user is None or not user.get("accountEnabled", True):
        raise missing_resource(call.key())
    return answer_one(call, _details(call, user, _admins(call)), LISTING)


def _details(call: Call, user: JsonObject, admins: Collection[str]) -> JsonObject:
    registered = _registered(call, user)
    second = [name for name in registered if name not in NO_SECOND_FACTOR]
    passwordless = bool(PASSWORDLESS & set(registered))
    return {
        "id": user["id"],
        "userPrincipalName": user.get("userPrincipalName", ""),
        "userDisplayName": user.get("displayName", ""),
        "userType": str(user.get("userType") or "Member").lower(),
        "isAdmin": user["id"].lower() in admins,
        "isSsprRegistered": bool(registered),
        "isSsprEnabled": True,
        "isSsprCapable": bool(registered),
        "isMfaRegistered": bool(second),
        "isMfaCapable": bool(second),
        "isPasswordlessCapable": passwordless,
        "methodsRegistered": registered,
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": [],
        "userPreferredMethodForSecondaryAuthentication": "push" if second else "none",
        "lastUpdatedDateTime": call.now(),
    }


def _registered(call: Call, user: JsonObject) -> list[str]:
    """Authenticator counts as passwordless once a device is behind it."""
    names: dict[str, None] = {}
    for item in call.seen(methods_collection(user["id"])).values():
        kind = item["@odata.type"].removeprefix("#microsoft.graph.").removesuffix("AuthenticationMethod")
        if kind in NAMES:
            names[NAMES[kind]] = None
        if kind == "microsoftAuthenticator" and item.get("device"):
            names["microsoftAuthenticatorPasswordless"] = None
    return list(names)


def _admins(call: Call) -> Collection[str]:
    return {member.lower() for role in active_roles(call).values() for member in members_of(role)}


def _check_licence(call: Call) -> None:
    if not tenant.is_licensed(call.store):
        raise forbidden("Neither tenant is B2C or tenant doesn't have premium license", NOT_PREMIUM)


def list_sign_ins(call: Call) -> Answer:
    _check_licence(call)
    newest_first = reversed(list(call.store.objects(SIGN_INS).values()))
    return answer_list(call, newest_first, Listing(context=SIGN_INS))


def get_sign_in(call: Call) -> Answer:
    _check_licence(call)
    found = call.store.get(SIGN_INS, call.key())
    if found is None:
        raise missing_resource(call.key())
    return answer_one(call, found, Listing(context=SIGN_INS))


ROUTES: tuple[Route, ...] = (
    route("GET", DETAILS, list_details, "filter orderby top select"),
    route("GET", f"{DETAILS}/{{id}}", get_details),
    route("GET", SIGN_INS, list_sign_ins, "filter top orderby"),
    route("GET", f"{SIGN_INS}/{{id}}", get_sign_in),
)
