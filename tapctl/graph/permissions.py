"""The least permission for a path and a method, to name it in a 403.

From https://learn.microsoft.com/graph/permissions-reference (checked 2026-11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CA_WRITE = "Policy.Read.All and Policy.ReadWrite.ConditionalAccess"
CA_ADMINISTRATOR = "Conditional Access Administrator"
METHODS_ADMINISTRATOR = "Authentication Administrator (Privileged Authentication Administrator for admins)"
METHODS_READER = "Global Reader or Authentication Administrator"
STRENGTH_WRITE = "Policy.ReadWrite.ConditionalAccess or Policy.ReadWrite.AuthenticationMethod"
AGREEMENTS = "Agreement.Read.All (a person only, not an application)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Permission names, and the directory role that a person needs besides (empty: none)."""

    permission: str
    role: str = ""

    def __str__(self) -> str:
        text = f"this needs the Microsoft Graph permission {self.permission}, with admin consent"
        return f"{text}; a person also needs the role {self.role}" if self.role else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    path: str
    read: str
    write: str = ""
    create: str = ""
    delete: str = ""
    role: str = ""
    read_role: str = ""

    def needed(self, method: str) -> Needed:
        if method == "GET" or not self.write:
            return Needed(permission=self.read, role=self.read_role)
        special = {"POST": self.create, "DELETE": self.delete}.get(method, "")
        return Needed(permission=special or self.write, role=self.role)


# The first row whose path begins the request's path counts; * is one segment.
_TABLE = (
    _Row(
        path="users/*/authentication/temporaryAccessPassMethods",
        read="UserAuthMethod-TAP.Read.All",
        write="UserAuthMethod-TAP.ReadWrite.All",
        role=METHODS_ADMINISTRATOR,
        read_role=METHODS_READER,
    ),
    _Row(
        path="users/*/authentication",
        read="UserAuthenticationMethod.Read.All",
        write="UserAuthenticationMethod.ReadWrite.All",
        role=METHODS_ADMINISTRATOR,
        read_role=METHODS_READER,
    ),
    _Row(
        path="policies/authenticationMethodsPolicy",
        read="Policy.Read.AuthenticationMethod",
        write="Policy.ReadWrite.AuthenticationMethod",
        role="Authentication Policy Administrator",
    ),
    _Row(path="identity/conditionalAccess/evaluate", read="Policy.Read.ConditionalAccess"),
    _Row(
        path="identity/conditionalAccess/authenticationStrength",
        read="Policy.Read.AuthenticationMethod",
        write=STRENGTH_WRITE,
        role=CA_ADMINISTRATOR,
    ),
    _Row(
        path="policies/authenticationStrengthPolicies",
        read="Policy.Read.AuthenticationMethod",
        write=STRENGTH_WRITE,
        role=CA_ADMINISTRATOR,
    ),
    _Row(
        path="identity/conditionalAccess/authenticationContextClassReferences",
        read="AuthenticationContext.Read.All",
        write="AuthenticationContext.ReadWrite.All",
        role=CA_ADMINISTRATOR,
    ),
    _Row(
        path="identity/conditionalAccess/policies",
        read="Policy.Read.All",
        # All three together; Policy.ReadWrite.ConditionalAccess alone is a known issue of Microsoft's.
        write="Policy.Read.All, Policy.ReadWrite.ConditionalAccess and Application.Read.All",
        delete=CA_WRITE,
        role=CA_ADMINISTRATOR,
    ),
    _Row(
        path="identity/conditionalAccess",
        read="Policy.Read.All",
        write=CA_WRITE,
        role=CA_ADMINISTRATOR,
    ),
    _Row(path="policies/deviceRegistrationPolicy", read="Policy.Read.DeviceConfiguration"),
    _Row(path="policies", read="Policy.Read.All"),
    _Row(
        path="groups/*/members",
        read="GroupMember.Read.All",
        write="GroupMember.ReadWrite.All",
        role="Groups Administrator",
    ),
    _Row(
        path="groups/*/transitiveMembers",
        read="GroupMember.Read.All",
    ),
    _Row(
        path="groups",
        read="Group.ReadBasic.All (or Group.Read.All)",
        write="Group.ReadWrite.All",
        create="Group.Create (an application) or Group.ReadWrite.All (a person)",
        role="Groups Administrator",
    ),
    _Row(path="users/*/memberOf", read="GroupMember.Read.All and User.Read.All"),
    _Row(path="users/*/transitiveMemberOf", read="GroupMember.Read.All and User.Read.All"),
    _Row(path="users", read="User.ReadBasic.All"),
    _Row(path="me", read="User.Read"),
    _Row(path="organization", read="Organization.Read.All"),
    _Row(
        path="directory/deletedItems/microsoft.graph.group",
        read="Group.Read.All",
    ),
    _Row(  # only groups are brought back
        path="directory/deletedItems",
        read="User.Read.All (an account) or Group.Read.All (a group)",
        write="Group.ReadWrite.All",
        role="Groups Administrator",
    ),
    _Row(path="directoryRole", read="RoleManagement.Read.Directory"),
    _Row(
        path="roleManagement/directory/roleEligibilityScheduleInstances",
        read="RoleEligibilitySchedule.Read.Directory",
    ),
    _Row(path="roleManagement", read="RoleManagement.Read.Directory"),
    _Row(path="servicePrincipals", read="Application.Read.All"),
    _Row(path="applications", read="Application.Read.All"),
    _Row(path="directoryObjects", read="Directory.Read.All"),
    _Row(path="subscribedSkus", read="LicenseAssignment.Read.All"),
    _Row(path="auditLogs", read="AuditLog.Read.All", read_role="Reports Reader"),
    _Row(path="reports", read="AuditLog.Read.All", read_role="Reports Reader"),
    _Row(path="agreements", read=AGREEMENTS),
    _Row(path="identityGovernance/termsOfUse", read=AGREEMENTS),
    _Row(
        path="identityGovernance/privilegedAccess/group",
        read="PrivilegedEligibilitySchedule.Read.AzureADGroup",
        read_role="Global Reader",
    ),
    _Row(path="admin/configurationManagement", read="ConfigurationMonitoring.Read.All"),
)


def permission_for(method: str, path: str) -> Needed | None:
    """What Microsoft lists as least for this request; None for a path that tapctl has no row for."""
    for row in _TABLE:
        pattern = re.escape(row.path).replace(r"\*", "[^/]+")
        if re.match(pattern, path.strip("/"), re.IGNORECASE):
            return row.needed(method)
    return None
