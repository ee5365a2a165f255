"""The pretend tenant's What-If, held against Microsoft's pages about it."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_tools import (
    BREAK_GLASS,
    CA_01,
    COUNTRIES,
    HEADQUARTERS,
    INGRID,
    MIA,
    NEW_HIRES,
    POLICIES,
    Client,
)

from tapctl.sandbox.device_rules import matches

PATH = "identity/conditionalAccess/evaluate"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
TIMESHEETS = "39000000-0000-4000-8000-000000000001"
PIPELINE = "30000000-0000-4000-8000-000000000010"
GUEST = "10000000-0000-4000-8000-000000000801"
ROLE = "62e90394-69f5-4237-9190-012177145e10"
TYPE = "#microsoft.graph."
REGISTER = {"@odata.type": f"{TYPE}userActionContext", "userAction": "registerSecurityInformation"}
JOIN = {"@odata.type": f"{TYPE}userActionContext", "userAction": "registerOrJoinDevices"}
CONTEXT = {"@odata.type": f"{TYPE}authContext", "authenticationContextValue": "c1"}
TO_EXCHANGE = {"@odata.type": f"{TYPE}applicationContext", "includeApplications": [EXCHANGE]}


def user(identifier: str = MIA, **more: Any) -> dict[str, Any]:
    return {"@odata.type": f"{TYPE}userSignIn", "userId": identifier, **more}


def workload(identifier: str = PIPELINE) -> dict[str, Any]:
    return {"@odata.type": f"{TYPE}servicePrincipalSignIn", "servicePrincipalId": identifier}


def body(identity: Any = None, context: Any = None, **conditions: Any) -> dict[str, Any]:
    return {
        "signInIdentity": identity or user(),
        "signInContext": context or TO_EXCHANGE,
        "signInConditions": conditions,
    }


def reasons(
    conditions: dict[str, Any], asked: dict[str, Any] | None = None, state: str = "enabled"
) -> tuple[bool, str]:
    """Whether a policy with these conditions applies, and why not."""
    everybody = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}
    policy = {
        "id": "p",
        "displayName": "P",
        "state": state,
        "conditions": {"clientAppTypes": ["all"], **everybody, **conditions},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    client = Client()
    for identifier in [*client.store.objects(POLICIES)]:
        client.store.remove(POLICIES, identifier)
    client.store.put(POLICIES, policy)
    (found,) = client.send("POST", PATH, asked or body()).json()["value"]
    return found["policyApplies"], found["analysisReasons"]


def test_the_answer_holds_whole_policies_with_what_became_of_them() -> None:
    answer = Client().send("POST", PATH, body(user(INGRID)))

    found = {item["id"]: item for item in answer.json()["value"]}
    assert answer.status_code == 200
    assert answer.json()["@odata.context"].endswith("#Collection(microsoft.graph.whatIfAnalysisResult)")
    assert (found[CA_01]["policyApplies"], found[CA_01]["analysisReasons"]) == (True, "notSet")
    assert found[CA_01]["conditions"]["users"]["includeRoles"]


def test_only_those_that_apply_are_answered_on_request() -> None:
    answer = Client().send("POST", PATH, body(user(INGRID)) | {"appliedPoliciesOnly": True})

    assert [item["id"] for item in answer.json()["value"]] == [CA_01]


def test_policies_for_all_resources_reach_the_registration_but_not_the_join() -> None:
    """The third example of the page has the first; nothing says the second."""
    assert reasons({}, body(context=REGISTER)) == (True, "notSet")
    assert reasons({}, body(context=JOIN)) == (False, "userActions")
    one = {"applications": {"includeApplications": [EXCHANGE]}}
    assert reasons(one, body(context=REGISTER)) == (False, "userActions")


@pytest.mark.parametrize(
    ("applications", "context", "expected"),
    [
        ({"includeUserActions": ["urn:user:registersecurityinfo"]}, REGISTER, "notSet"),
        ({"includeUserActions": ["urn:user:registerdevice"]}, JOIN, "notSet"),
        ({"includeUserActions": ["urn:user:registerdevice"]}, TO_EXCHANGE, "application"),
        ({"includeAuthenticationContextClassReferences": ["c1"]}, CONTEXT, "notSet"),
        ({"includeApplications": ["All"]}, CONTEXT, "authenticationContext"),
        ({"includeApplications": ["Office365"]}, TO_EXCHANGE, "notSet"),
        ({"includeApplications": ["All"], "excludeApplications": [EXCHANGE]}, TO_EXCHANGE, "application"),
        ({"includeApplications": [TIMESHEETS]}, TO_EXCHANGE, "application"),
        ({"applicationFilter": {"mode": "include", "rule": "x"}}, TO_EXCHANGE, "notEnoughInformation"),
    ],
)
def test_targets(applications: dict[str, Any], context: dict[str, Any], expected: str) -> None:
    assert reasons({"applications": applications}, body(context=context))[1] == expected


GUESTS = {"guestOrExternalUserTypes": "b2bCollaborationGuest,internalGuest"}
FROM_T1 = {**GUESTS, "externalTenants": {"membershipKind": "enumerated", "members": ["T1"]}}


@pytest.mark.parametrize(
    ("users", "identity", "applies"),
    [
        ({"includeGroups": [NEW_HIRES]}, user(), True),
        ({"includeGroups": [NEW_HIRES], "excludeUsers": [MIA]}, user(), False),
        ({"includeUsers": ["All"], "excludeGroups": [BREAK_GLASS]}, user(), True),
        ({"includeRoles": [ROLE]}, user(INGRID), True),
        ({"includeRoles": [ROLE]}, user(), False),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, user(GUEST), True),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, user(), False),
        ({"includeGuestsOrExternalUsers": GUESTS}, user(GUEST), True),
        ({"includeGuestsOrExternalUsers": GUESTS}, user(externalUserType="serviceProvider"), False),
        ({"includeGuestsOrExternalUsers": FROM_T1}, user(GUEST, externalTenantId="T1"), True),
        ({"includeGuestsOrExternalUsers": FROM_T1}, user(GUEST, externalTenantId="T2"), False),
        ({"includeUsers": ["All"]}, workload(), False),
    ],
)
def test_users(users: dict[str, Any], identity: dict[str, Any], *, applies: bool) -> None:
    assert reasons({"users": users}, body(identity)) == (applies, "notSet" if applies else "users")


@pytest.mark.parametrize(
    ("clients", "identity", "reason"),
    [
        ({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}, workload(), "notSet"),
        ({"includeServicePrincipals": [PIPELINE]}, workload(), "notSet"),
        (
            {"includeServicePrincipals": [PIPELINE], "excludeServicePrincipals": [PIPELINE]},
            workload(),
            "workloadIdentities",
        ),
        ({"includeServicePrincipals": [PIPELINE]}, user(), "workloadIdentities"),
    ],
)
def test_workloads(clients: dict[str, Any], identity: dict[str, Any], reason: str) -> None:
    conditions = {"clientApplications": clients, "users": {"includeUsers": ["None"]}}

    assert reasons(conditions, body(identity))[1] == reason


INSIDE, OUTSIDE = {"ipAddress": "203.0.113.9"}, {"ipAddress": "198.51.100.9", "country": "SE"}
UNMARKED = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
RULE = {"deviceFilter": {"mode": "include", "rule": 'device.trustType -eq "ServerAD"'}}
NOT_RULE = {"deviceFilter": {"mode": "exclude", "rule": 'device.trustType -eq "ServerAD"'}}


@pytest.mark.parametrize(
    ("conditions", "given", "reason"),
    [
        ({"clientAppTypes": ["browser"]}, {"clientAppType": "browser"}, "notSet"),
        ({"clientAppTypes": ["browser"]}, {"clientAppType": "other"}, "clientApps"),
        ({"clientAppTypes": ["browser"]}, {}, "clientApps"),
        ({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}}, {}, "notSet"),
        ({"platforms": {"includePlatforms": ["iOS"]}}, {"devicePlatform": "android"}, "devicePlatform"),
        (
            {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}},
            {"devicePlatform": "iOS"},
            "devicePlatform",
        ),
        ({"signInRiskLevels": ["high"]}, {}, "signInRisk"),
        ({"signInRiskLevels": ["high"]}, {"signInRiskLevel": "high"}, "notSet"),
        ({"userRiskLevels": ["high"]}, {"userRiskLevel": "low"}, "userRisk"),
        ({"insiderRiskLevels": "minor,elevated"}, {"insiderRiskLevel": "elevated"}, "notSet"),
        ({"insiderRiskLevels": "minor,elevated"}, {}, "insiderRisk"),
        ({"servicePrincipalRiskLevels": ["high"]}, {}, "notEnoughInformation"),
        ({"servicePrincipalRiskLevels": ["high"]}, {"servicePrincipalRiskLevel": "low"}, "invalidCondition"),
        ({"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, {}, "authenticationFlow"),
        (
            {"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}},
            {"authenticationFlow": {"transferMethod": "deviceCodeFlow"}},
            "notSet",
        ),
        ({"locations": {"includeLocations": ["All"]}}, {}, "notSet"),
        ({"locations": UNMARKED}, {}, "notEnoughInformation"),
        ({"locations": UNMARKED}, INSIDE, "location"),
        ({"locations": UNMARKED}, OUTSIDE, "notSet"),
        ({"locations": UNMARKED}, {"ipAddress": "::ffff:203.0.113.9"}, "location"),
        ({"locations": UNMARKED}, {"ipAddress": "2001:db8:ffff::9"}, "notSet"),
        ({"locations": {"includeLocations": [HEADQUARTERS]}}, INSIDE, "notSet"),
        ({"locations": {"includeLocations": [HEADQUARTERS]}}, {"country": "SE"}, "location"),
        ({"locations": {"includeLocations": [COUNTRIES]}}, {"country": "NO"}, "notSet"),
        ({"locations": {"includeLocations": [COUNTRIES]}}, INSIDE, "location"),
        ({"locations": {"includeLocations": ["gone"]}}, OUTSIDE, "location"),
        ({"devices": RULE}, {}, "notEnoughInformation"),
        ({"devices": RULE}, {"deviceInfo": {"trustType": "ServerAD"}}, "notSet"),
        ({"devices": RULE}, {"deviceInfo": {}}, "devices"),
        ({"devices": NOT_RULE}, {"deviceInfo": {"trustType": "ServerAD"}}, "devices"),
        ({"devices": {"deviceFilter": {"rule": "device.x -is y"}}}, {"deviceInfo": {}}, "invalidCondition"),
    ],
)
def test_conditions(conditions: dict[str, Any], given: dict[str, Any], reason: str) -> None:
    assert reasons(conditions, body(**given))[1] == reason


def test_every_reason_is_named() -> None:
    conditions = {"users": {"includeUsers": ["None"]}, "signInRiskLevels": ["high"]}

    assert reasons(conditions, state="disabled")[1] == "policyNotEnabled,users,signInRisk"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"signInIdentity": None}, "signInIdentity is required"),
        ({"signInContext": []}, "signInContext is required"),
        ({"signInIdentity": user("nobody")}, "does not exist"),
        ({"signInIdentity": {"@odata.type": "#x", "userId": MIA}}, "Invalid type"),
        ({"signInContext": {"includeApplications": ["Office365"]}}, "Invalid application id: Office365"),
        ({"signInContext": {"userAction": "dance"}}, "Invalid userAction: dance"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], says: str) -> None:
    answer = Client().send("POST", PATH, {**body(), **changed})

    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


DEVICE = {
    "trustType": "AzureAD",
    "isCompliant": True,
    "ownership": "Company",
    "physicalIds": ["[ZTDId]:1", "x"],
}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('device.trustType -eq "azuread"', True),
        ('device.deviceOwnership -ne "Company"', False),
        ("device.isCompliant -eq True", True),
        ('device.model -startsWith "Surface"', False),
        ('device.model -notStartsWith "Surface"', True),
        ('device.trustType -in ["ServerAD", "AzureAD"]', True),
        ('device.trustType -notIn ["ServerAD"]', True),
        ('device.physicalIds -contains "x"', True),
        ('device.physicalIds -contains "ZTDId"', False),
        ('device.trustType -endsWith "AD" -and -not (device.isCompliant -eq False)', True),
        (
            'device.trustType -eq "x" -or device.trustType -contains "zure" and device.isCompliant -eq False',
            False,
        ),
    ],
)
def test_device_rules(rule: str, *, expected: bool) -> None:
    assert matches(rule, DEVICE) is expected


@pytest.mark.parametrize("rule", ["", "device.x -eq", '(device.x -eq "y"', 'device.x -eq "y" )', "a -is b"])
def test_device_rules_that_make_no_sense(rule: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        matches(rule, DEVICE)
