"""What the service fills in: a Conditional Access policy as it is stored, and as it is read back. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tapctl.sandbox.check import order_flags
from tapctl.sandbox.rules import controls_of
from tapctl.sandbox.values import Json, JsonObject

# Answers carry keys that v1.0's schema does not know, always null; sending one back is a schema mismatch.
CONDITIONS: Mapping[str, Json] = {
    "userRiskLevels": [],
    "signInRiskLevels": [],
    "clientAppTypes": ["all"],
    "servicePrincipalRiskLevels": [],
    "insiderRiskLevels": None,
    "platforms": None,
    "locations": None,
    "times": None,
    "deviceStates": None,
    "devices": None,
    "clients": None,
    "clientApplications": None,
    "authenticationFlows": None,
    "applications": {},
    "users": {},
}
USERS: Mapping[str, Json] = {
    "includeUsers": [],
    "excludeUsers": [],
    "includeGroups": [],
    "excludeGroups": [],
    "includeRoles": [],
    "excludeRoles": [],
    "includeGuestsOrExternalUsers": None,
    "excludeGuestsOrExternalUsers": None,
}
APPLICATIONS: Mapping[str, Json] = {
    "includeApplications": [],
    "excludeApplications": [],
    "includeUserActions": [],
    "includeAuthenticationContextClassReferences": [],
    "applicationFilter": None,
    "networkAccess": None,
    "globalSecureAccess": None,
}
BLOCKS: Mapping[str, Mapping[str, Json]] = {
    "users": USERS,
    "applications": APPLICATIONS,
    "platforms": {"includePlatforms": [], "excludePlatforms": []},
    "locations": {"includeLocations": [], "excludeLocations": []},
    "clientApplications": {
        "includeServicePrincipals": [],
        "excludeServicePrincipals": [],
        "servicePrincipalFilter": None,
    },
}
GRANT: Mapping[str, Json] = {
    "operator": "OR",
    "builtInControls": [],
    "customAuthenticationFactors": [],
    "termsOfUse": [],
    "authenticationStrength": None,
}
SESSION: Mapping[str, Json] = {
    "disableResilienceDefaults": None,
    "applicationEnforcedRestrictions": None,
    "cloudAppSecurity": None,
    "signInFrequency": None,
    "persistentBrowser": None,
    "continuousAccessEvaluation": None,
    "secureSignInSession": None,
    "networkAccessSecurity": None,
    "globalSecureAccessFilteringProfile": None,
}
FREQUENCY: Mapping[str, Json] = {
    "value": None,
    "type": None,
    "authenticationType": "primaryAndSecondaryAuthentication",
    "frequencyInterval": "timeBased",
}
POLICY: Mapping[str, Json] = {
    "templateId": None,
    "createdDateTime": None,
    "modifiedDateTime": None,
    "deletedDateTime": None,
    "partialEnablementStrategy": None,
    "conditions": {},
    "sessionControls": None,
    "grantControls": None,
}
# Flags inside conditions: the block they are in, their property and the flags it holds.
FLAGS_WITHIN = (
    ("users/includeGuestsOrExternalUsers", "guestOrExternalUserTypes", "guestTypes"),
    ("users/excludeGuestsOrExternalUsers", "guestOrExternalUserTypes", "guestTypes"),
    ("authenticationFlows", "transferMethods", "transferMethods"),
)
# Members that came after unknownFutureValue, by the property they appear in.
NEWER_MEMBERS: Mapping[str, str] = {
    "builtInControls": "riskRemediation",
    "includePlatforms": "linux",
    "excludePlatforms": "linux",
    "allowedCombinations": "qrCodePin",
}


def fill_policy(policy: JsonObject) -> JsonObject:
    """With every property that an answer has; what is there already stays as it is."""
    filled = {**POLICY, **policy}
    if isinstance(filled.get("conditions"), dict):
        filled["conditions"] = _fill_conditions(filled["conditions"])
    if isinstance(filled["grantControls"], dict):
        filled["grantControls"] = _fill_grant(filled["grantControls"])
    if isinstance(filled["sessionControls"], dict):
        filled["sessionControls"] = _fill_session(filled["sessionControls"])
    return filled


def _fill_conditions(conditions: JsonObject) -> JsonObject:
    filled = {**CONDITIONS, **conditions}
    for name, defaults in BLOCKS.items():
        if isinstance(filled[name], dict):
            filled[name] = {**defaults, **filled[name]}
    people = filled["users"] or {}
    if isinstance(conditions.get("clientApplications"), dict) and not any(people.values()):
        filled["users"] = {**USERS, **people, "includeUsers": ["None"]}
    return filled


def _fill_grant(grant: JsonObject) -> JsonObject:
    """Of one control the operator is OR; what v1.0 does not have may be another control."""
    filled = {**GRANT, **grant}
    is_one = len(controls_of(grant)) == 1 and not any(grant[name] for name in grant.keys() - GRANT.keys())
    if filled["operator"] is None or (is_one and filled["operator"] == "AND"):
        filled["operator"] = "OR"
    return filled


def _fill_session(session: JsonObject) -> JsonObject:
    filled = {**SESSION, **session}
    frequency = filled["signInFrequency"]
    if isinstance(frequency, dict):
        given = {name: value for name, value in frequency.items() if value is not None}
        filled["signInFrequency"] = {**FREQUENCY, **given}
    return filled


def order_flags_of(body: JsonObject) -> JsonObject:
    """A checked body with its flags in the order of the service's answers."""
    if "conditions" not in body:
        return body
    conditions = _ordered(body["conditions"], "insiderRiskLevels", "insiderRisk")
    for block, name, flags in FLAGS_WITHIN:
        conditions = _ordered_within(conditions, block, name, flags)
    return {**body, "conditions": conditions}


def _ordered_within(conditions: JsonObject, path: str, name: str, flags: str) -> JsonObject:
    head, _, rest = path.partition("/")
    block = conditions.get(head)
    if not block:
        return conditions
    return {
        **conditions,
        head: _ordered_within(block, rest, name, flags) if rest else _ordered(block, name, flags),
    }


def _ordered(block: JsonObject, name: str, flags: str) -> JsonObject:
    return {**block, name: order_flags(block[name], flags)} if block.get(name) else block


def conceal_newer_members(value: Json, name: str = "") -> Json:
    """As readers see it who did not ask for members newer than unknownFutureValue."""
    if isinstance(value, dict):
        return {key: conceal_newer_members(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [conceal_newer_members(item, name) for item in value]
    newer = NEWER_MEMBERS.get(name)
    if newer and isinstance(value, str) and newer in value.split(","):
        return "unknownFutureValue"
    return value
