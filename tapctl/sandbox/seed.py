"""The seeded company: Nordwind, whose sign-in rules are believable and not quite right. Ids never change."""

from __future__ import annotations

from collections.abc import Iterable

from tapctl.sandbox.method_defaults import CONFIGURATIONS, POLICY
from tapctl.sandbox.roles import TEMPLATES
from tapctl.sandbox.values import Json, JsonObject

DOMAIN = "nordwind.example"
TENANT = "70000000-0000-4000-8000-000000000001"
FOUNDED = "2023-03-01T08:00:00Z"
HIRED = "2026-10-01T08:00:00Z"

# Ids by kind: 1… people, 2… groups, 3… applications, 4… policies, 5… locations, 6… role assignments.
STAFF = (
    ("ingrid.solberg", "Ingrid Solberg", "Identity engineer", "IT"),
    ("tomasz.wozniak", "Tomasz Wozniak", "Systems administrator", "IT"),
    ("karin.holm", "Karin Holm", "Managing director", "Management"),
    ("peter.brandt", "Peter Brandt", "Head of sales", "Sales"),
    ("aisha.rahman", "Aisha Rahman", "Account manager", "Sales"),
    ("lukas.novak", "Lukas Novak", "Account manager", "Sales"),
    ("marie.dubois", "Marie Dubois", "Head of finance", "Finance"),
    ("henrik.dahl", "Henrik Dahl", "Accountant", "Finance"),
    ("sofia.rossi", "Sofia Rossi", "People partner", "People"),
    ("jonas.weber", "Jonas Weber", "Service desk agent", "IT"),
    ("elena.popescu", "Elena Popescu", "Product designer", "Product"),
    ("david.okafor", "David Okafor", "Software engineer", "Product"),
    ("freya.lind", "Freya Lind", "Software engineer", "Product"),
    ("omar.haddad", "Omar Haddad", "Warehouse lead", "Operations"),
)
NEW_HIRES = (
    ("mia.larsen", "Mia Larsen", "Account manager", "Sales"),
    ("yusuf.demir", "Yusuf Demir", "Software engineer", "Product"),
    ("chloe.martin", "Chloe Martin", "Accountant", "Finance"),
)
APPLICATIONS = (
    ("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"),
    ("Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000"),
    ("Microsoft Teams Services", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe"),
    ("Windows Azure Service Management API", "797f4846-ba00-4fd7-ba43-dac1f8f63013"),
    ("Windows Azure Active Directory", "00000002-0000-0000-c000-000000000000"),
    ("Microsoft Graph", "00000003-0000-0000-c000-000000000000"),
    ("Microsoft Intune Enrollment", "d4ebce55-015a-49b5-a083-c84d1797ae8c"),
    ("Microsoft Intune", "0000000a-0000-0000-c000-000000000000"),
    ("Nordwind Timesheets", "39000000-0000-4000-8000-000000000001"),
    ("Nordwind deployment pipeline", "39000000-0000-4000-8000-000000000002"),
)
ROLES = (
    ("Global Administrator", "ingrid.solberg"),
    ("Conditional Access Administrator", "tomasz.wozniak"),
    ("Authentication Policy Administrator", "tomasz.wozniak"),
    ("Global Administrator", "emergency-1"),
    ("Global Administrator", "emergency-2"),
    ("Authentication Administrator", "IT administrators"),
)


def numbered(kind: int, number: int) -> str:
    return f"{kind}0000000-0000-4000-8000-{number:012}"


ADMINISTRATORS = ("ingrid.solberg", "tomasz.wozniak")
EMERGENCY = ("emergency-1", "emergency-2")
PEOPLE = {
    **{name: numbered(1, 1 + index) for index, (name, *_) in enumerate(STAFF)},
    **{name: numbered(1, 101 + index) for index, (name, *_) in enumerate(NEW_HIRES)},
    **{name: numbered(1, 901 + index) for index, name in enumerate(EMERGENCY)},
}
GUEST = numbered(1, 801)
GROUPS = {
    name: numbered(2, number)
    for number, name in enumerate(
        ("Break glass", "New hires", "Lost device", "All staff", "IT administrators"), 1
    )
}
BREAK_GLASS = GROUPS["Break glass"]


def tenant() -> JsonObject:
    users = _users()
    return {
        "organization": [_organization()],
        "subscribedSkus": [_licence()],
        "users": users,
        "me": users[0],
        "groups": _groups(),
        "servicePrincipals": [_application(*row, index) for index, row in enumerate(APPLICATIONS, 1)],
        "roleManagement/directory/roleAssignments": [_assignment(*row, i) for i, row in enumerate(ROLES, 1)],
        "identity/conditionalAccess/policies": _policies(),
        "identity/conditionalAccess/namedLocations": _locations(),
        "policies/authenticationMethodsPolicy": _methods_policy(),
        **dict(_registered_methods()),
    }


def _users() -> list[JsonObject]:
    staff = [_user(*row, FOUNDED) for row in STAFF]
    hires = [_user(*row, HIRED) for row in NEW_HIRES]
    emergency = [_user(name, f"Emergency access {name[-1]}", None, None, FOUNDED) for name in EMERGENCY]
    guest = _user("anna.kovacs_partner.example#EXT#", "Anna Kovacs", "Consultant", None, FOUNDED)
    return [*staff, *hires, *emergency, {**guest, "userType": "Guest", "mail": "anna.kovacs@partner.example"}]


def _user(name: str, shown: str, title: str | None, department: str | None, hired: str) -> JsonObject:
    given, _, family = shown.partition(" ")
    return {
        "id": PEOPLE.get(name, GUEST),
        "businessPhones": [],
        "displayName": shown,
        "givenName": given,
        "jobTitle": title,
        "mail": f"{name}@{DOMAIN}" if title else None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": family,
        "userPrincipalName": f"{name}@{DOMAIN}",
        "accountEnabled": True,
        "createdDateTime": hired,
        "department": department,
        "employeeHireDate": hired,
        "lastPasswordChangeDateTime": hired,
        "userType": "Member",
    }


def _groups() -> list[JsonObject]:
    everyone = [PEOPLE[name] for name, *_ in (*STAFF, *NEW_HIRES)]
    rule = '(user.userType -eq "Member") and (user.department -ne null)'
    dynamic = {
        "groupTypes": ["DynamicMembership"],
        "membershipRule": rule,
        "membershipRuleProcessingState": "On",
    }
    return [
        _group("Break glass", "Accounts for emergencies, kept out of every rule", _ids(EMERGENCY)),
        _group("New hires", "People in their first days", _ids(name for name, *_ in NEW_HIRES)),
        _group("Lost device", "People who wait for a replacement", []),
        _group("All staff", "Everybody with a department", everyone) | dynamic,
        _group("IT administrators", "People who run the tenant", _ids(ADMINISTRATORS))
        | {"isAssignableToRole": True, "owners": _ids(ADMINISTRATORS[:1])},
    ]


def _ids(names: Iterable[str]) -> list[str]:
    return [PEOPLE[name] for name in names]


def _group(name: str, description: str, members: list[str]) -> JsonObject:
    return {
        "id": GROUPS[name],
        "createdDateTime": FOUNDED,
        "description": description,
        "displayName": name,
        "groupTypes": [],
        "mailEnabled": False,
        "mailNickname": name.lower().replace(" ", "-"),
        "renewedDateTime": FOUNDED,
        "securityEnabled": True,
        "members": members,
    }


def _application(name: str, app_id: str, number: int) -> JsonObject:
    return {
        "id": numbered(3, number),
        "accountEnabled": True,
        "appId": app_id,
        "appDisplayName": name,
        "displayName": name,
        "servicePrincipalNames": [app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg" if name.startswith("Nordwind") else "AzureADMultipleOrgs",
        "tags": [],
    }


def _assignment(role: str, holder: str, number: int) -> JsonObject:
    template = next(identifier for identifier, name in TEMPLATES.items() if name == role)
    return {
        "id": numbered(6, number),
        "principalId": PEOPLE.get(holder) or GROUPS[holder],
        "directoryScopeId": "/",
        "roleDefinitionId": template,
    }


def _organization() -> JsonObject:
    domains = [
        {"name": DOMAIN, "type": "Managed", "isDefault": True, "isInitial": False, "capabilities": "Email"}
    ]
    return {
        "id": TENANT,
        "displayName": "Nordwind (sandbox)",
        "countryLetterCode": "NO",
        "createdDateTime": FOUNDED,
        "tenantType": "AAD",
        "verifiedDomains": domains,
    }


def _licence() -> JsonObject:
    plans = (
        ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d"),
        ("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998"),
        ("INTUNE_A", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5"),
    )
    return {
        "id": f"{TENANT}_b05e124f-c7cc-45a0-a6aa-8cf78c946968",
        "accountId": TENANT,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": 19,
        "prepaidUnits": {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0},
        "skuId": "b05e124f-c7cc-45a0-a6aa-8cf78c946968",
        "skuPartNumber": "EMSPREMIUM",
        "servicePlans": [
            {
                "servicePlanId": identifier,
                "servicePlanName": name,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            }
            for name, identifier in plans
        ],
    }


def _policies() -> list[JsonObject]:
    administrators = [identifier for identifier, name in TEMPLATES.items() if name in dict(ROLES)]
    return [
        _policy(
            1,
            "CA-01 Require MFA for administrators",
            {"includeRoles": administrators},
            {"includeApplications": ["All"]},
            ["mfa"],
        ),
        _policy(
            2,
            "NH-10 Draft",
            {"includeGroups": [GROUPS["New hires"], GROUPS["Lost device"]]},
            {"includeUserActions": ["urn:user:registersecurityinfo"]},
            ["mfa", "compliantDevice"],
        ),
        _policy(
            3,
            "NH-30 Devices are joined with a second factor",
            {"includeUsers": ["All"]},
            {"includeUserActions": ["urn:user:registerdevice"]},
            ["mfa"],
        ),
    ]


def _policy(
    number: int, name: str, users: JsonObject, applications: JsonObject, controls: list[str]
) -> JsonObject:
    return {
        "id": numbered(4, number),
        "displayName": name,
        "createdDateTime": "2024-02-12T09:30:00Z",
        "modifiedDateTime": "2025-06-03T14:05:21.8412077Z",
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": {**users, "excludeGroups": [BREAK_GLASS]},
            "applications": applications,
        },
        "grantControls": {"operator": "OR", "builtInControls": controls},
    }


def _locations() -> list[JsonObject]:
    return [
        {
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "id": numbered(5, 1),
            "displayName": "Headquarters",
            "createdDateTime": FOUNDED,
            "modifiedDateTime": FOUNDED,
            "isTrusted": True,
            "ipRanges": [
                {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"},
                {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8:4e57::/48"},
            ],
        },
        {
            "@odata.type": "#microsoft.graph.countryNamedLocation",
            "id": numbered(5, 2),
            "displayName": "Countries we hire in",
            "createdDateTime": FOUNDED,
            "modifiedDateTime": FOUNDED,
            "countriesAndRegions": ["DE", "DK", "FR", "NO", "PL"],
            "includeUnknownCountriesAndRegions": False,
            "countryLookupMethod": "clientIpAddress",
        },
    ]


def _methods_policy() -> JsonObject:
    changed: JsonObject = {
        "temporaryaccesspass": {"state": "enabled", "maximumLifetimeInMinutes": 1440, "isUsableOnce": False},
        "fido2": {"state": "enabled"},
        "microsoftauthenticator": {"state": "enabled"},
        "sms": {"state": "enabled"},
    }
    configurations = [item | changed.get(name, {}) for name, item in CONFIGURATIONS.items()]
    return {**POLICY, "authenticationMethodConfigurations": configurations}


def _registered_methods() -> Iterable[tuple[str, Json]]:
    """Staff have an Authenticator, administrators a security key, new hires nothing yet."""
    for name, shown, *_ in STAFF:
        app = {
            "@odata.type": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod",
            "id": numbered(9, int(PEOPLE[name][-4:])),
            "displayName": f"{shown.split()[0]}'s phone",
            "deviceTag": "SoftwareTokenActivated",
            "phoneAppVersion": "6.8.15",
            "createdDateTime": FOUNDED,
        }
        keys = [_security_key(name)] if name in ADMINISTRATORS else []
        yield f"users/{PEOPLE[name]}/authentication/methods", [app, *keys]
    for name in EMERGENCY:
        yield f"users/{PEOPLE[name]}/authentication/methods", [_security_key(name)]


def _security_key(name: str) -> JsonObject:
    return {
        "@odata.type": "#microsoft.graph.fido2AuthenticationMethod",
        "id": numbered(8, int(PEOPLE[name][-4:])),
        "displayName": "Security key",
        "createdDateTime": FOUNDED,
        "aaGuid": "cb69481e-8ff7-4039-93ec-0a2729a154a8",
        "model": "Security key",
        "attestationCertificates": [],
        "attestationLevel": "attested",
        "passkeyType": "deviceBound",
    }
