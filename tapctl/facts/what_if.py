"""One sign-in → the body of Graph's What-If request, and which of its conditions nobody gave. Pure.

https://learn.microsoft.com/graph/api/conditionalaccessroot-evaluate (v1.0, checked 2026-11)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tapctl.errors import UsageError
from tapctl.evaluate.applications import SUITES, app_key
from tapctl.evaluate.facts import Person
from tapctl.evaluate.situation import JOIN, REGISTER, Attribute, SignIn
from tapctl.model import Json, JsonObject
from tapctl.reference import GUID

PATH: Final = "identity/conditionalAccess/evaluate"
_TYPE: Final = "#microsoft.graph."
_ACTIONS: Final = {REGISTER: "registerSecurityInformation", JOIN: "registerOrJoinDevices"}
_WORDS: Final = {
    "devicePlatform": "platform",
    "clientAppType": "client_app",
    "signInRiskLevel": "sign_in_risk",
    "userRiskLevel": "user_risk",
    "servicePrincipalRiskLevel": "service_principal_risk",
    "insiderRiskLevel": "insider_risk",
    "country": "country",
    "ipAddress": "ip",
}
_ONLY_OF_WORKLOADS: Final = ("servicePrincipalRiskLevel",)
_OF_WORKLOADS: Final = ("servicePrincipalRiskLevel", "country", "ipAddress")
_DEVICE: Final = {"deviceOwnership": "ownership"}
"""What device filters and What-If call differently."""


def body_of(sign_in: SignIn, person: Person, object_id: str) -> tuple[JsonObject, tuple[str, ...]]:
    """The request, and the conditions that it leaves out because nobody gave them.

    Raises UsageError for a sign-in that What-If cannot be asked about.
    """
    is_workload = sign_in.user.startswith("sp:")
    words = {name: getattr(sign_in, attribute) for name, attribute in _WORDS.items()}
    conditions: JsonObject = {name: str(value) for name, value in words.items() if value not in (None, "")}
    if sign_in.flow is not None:
        conditions["authenticationFlow"] = {"transferMethod": sign_in.flow}
    if sign_in.device is not None:
        conditions["deviceInfo"] = dict(_device(sign_in.device.attributes))
    given = conditions.keys() | {name for name, value in words.items() if value == ""}
    asked = _OF_WORKLOADS if is_workload else (*_WORDS, "authenticationFlow", "deviceInfo")
    left_out = tuple(
        name for name in asked if name not in given and (is_workload or name not in _ONLY_OF_WORKLOADS)
    )
    body: JsonObject = {
        "signInIdentity": _identity(person, object_id, is_workload=is_workload),
        "signInContext": _context(sign_in),
        "signInConditions": conditions,
        "appliedPoliciesOnly": False,
    }
    return body, left_out


def _identity(person: Person, object_id: str, *, is_workload: bool) -> JsonObject:
    if is_workload:
        return {"@odata.type": f"{_TYPE}servicePrincipalSignIn", "servicePrincipalId": object_id}
    identity: JsonObject = {"@odata.type": f"{_TYPE}userSignIn", "userId": object_id}
    if person.type not in (None, "member"):
        identity["externalUserType"] = person.type
    if person.home_tenant:
        identity["externalTenantId"] = person.home_tenant
    return identity


def _context(sign_in: SignIn) -> JsonObject:
    if sign_in.action:
        action = _ACTIONS.get(sign_in.action.lower())
        if action is None:
            raise UsageError(f'What-If does not know the user action "{sign_in.action}"')
        return {"@odata.type": f"{_TYPE}userActionContext", "userAction": action}
    if sign_in.context:
        return {"@odata.type": f"{_TYPE}authContext", "authenticationContextValue": sign_in.context}
    return {"@odata.type": f"{_TYPE}applicationContext", "includeApplications": [*_apps(sign_in.apps)]}


def _apps(apps: Iterable[str]) -> Iterator[Json]:
    for text in apps:
        key = app_key(text)
        if not GUID.fullmatch(key):
            raise UsageError(
                f'What-If takes the ids of single applications, and not "{text}": {_instead(key)}'
            )
        yield key


def _instead(key: str) -> str:
    """What to compare with instead of a suite, or of a name that no tenant shares."""
    names = SUITES.get(key)
    if names is None:
        return "give its appId"
    return f"compare with one of its applications, such as {next(iter(names.values()))}"


def _device(attributes: Mapping[str, Attribute]) -> Iterator[tuple[str, Json]]:
    for name, value in attributes.items():
        if value is not None:
            said: Json = [*value] if isinstance(value, tuple) else value
            yield _DEVICE.get(name, name), said
