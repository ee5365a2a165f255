"""What policies refer to and tapctl never writes: users, roles, applications, terms of use."""

from __future__ import annotations

from tapctl.kind import Lookup
from tapctl.kinds._roles import ROLES

APPLICATIONS = {
    # First-party ids are the same in every tenant:
    # https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
    "Office 365 Exchange Online": "00000002-0000-0ff1-ce00-000000000000",
    "Office 365 SharePoint Online": "00000003-0000-0ff1-ce00-000000000000",
    "Exchange Online": "00000002-0000-0ff1-ce00-000000000000",
    "SharePoint Online": "00000003-0000-0ff1-ce00-000000000000",
    "Microsoft Graph": "00000003-0000-0000-c000-000000000000",
    "Windows Azure Active Directory": "00000002-0000-0000-c000-000000000000",
    "Windows Azure Service Management API": "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "Microsoft Teams Services": "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
    "Microsoft Intune": "0000000a-0000-0000-c000-000000000000",
    "Microsoft Intune Enrollment": "d4ebce55-015a-49b5-a083-c84d1797ae8c",
    "Device Registration Service": "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9",
    "Azure Credential Configuration Endpoint Service": "ea890292-c8c8-4433-b5ea-b09d0668e1a6",
    "My Signins": "19db86c3-b2b9-44cc-b339-36da233a3be2",
    "My Apps": "2793995e-0a7d-40d7-bd35-6968ba142197",
    "My Profile": "8c59ead7-d703-4a27-9e55-c96a0054c8d2",
}

USER = Lookup(
    kind="User",
    path="users",
    by="filter",
    key="userPrincipalName",
    select=("id", "userPrincipalName"),
    types=("user",),
    permission="User.ReadBasic.All",
)
SERVICE_PRINCIPAL = Lookup(
    kind="ServicePrincipal",
    path="servicePrincipals",
    by="filter",
    types=("servicePrincipal",),
    permission="Application.Read.All",
)
APPLICATION = Lookup(
    kind="Application",
    path="servicePrincipals",
    by="filter",
    id="appId",
    select=("id", "appId", "displayName"),
    well_known=APPLICATIONS,
    permission="Application.Read.All",
)
# Policies hold template ids, not the ids of activated roles:
# https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-users-groups
ROLE = Lookup(
    kind="Role",
    path="directoryRoleTemplates",
    by="list",
    otherwise=ROLES,
    permission="RoleManagement.Read.Directory",
)
TERMS_OF_USE = Lookup(
    kind="TermsOfUse",
    path="identityGovernance/termsOfUse/agreements",
    by="list",
    permission="Agreement.Read.All",
    delegated_only=True,
)
LOOKED_UP = (USER, SERVICE_PRINCIPAL, APPLICATION, ROLE, TERMS_OF_USE)
