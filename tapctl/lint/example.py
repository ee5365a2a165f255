"""Short ways to write the documents of rules' examples."""

from __future__ import annotations

EVERYONE = "{includeUsers: [All], excludeGroups: [Break glass]}"
ALL_RESOURCES = "{includeApplications: [All]}"
MFA = "{operator: OR, builtInControls: [mfa]}"
BLOCK = "{operator: OR, builtInControls: [block]}"
REGISTER = '{includeUserActions: ["urn:user:registersecurityinfo"]}'
JOIN = '{includeUserActions: ["urn:user:registerdevice"]}'


def policy(
    name: str = "A policy",
    *,
    state: str = "enabled",
    users: str = EVERYONE,
    applications: str = ALL_RESOURCES,
    clients: str = "[all]",
    conditions: str = "",
    grant: str = MFA,
    session: str = "",
    lint: str = "",
) -> str:
    """A Conditional Access policy's document; `conditions` are more lines of its conditions."""
    more = "".join(f"    {line}\n" for line in conditions.splitlines())
    return (
        f"kind: ConditionalAccessPolicy\nname: {name}\n{f'lint: {lint}' + chr(10) if lint else ''}spec:\n"
        f"  state: {state}\n  conditions:\n    users: {users}\n    applications: {applications}\n"
        f"    clientAppTypes: {clients}\n{more}"
        f"{f'  grantControls: {grant}' + chr(10) if grant else ''}"
        f"{f'  sessionControls: {session}' + chr(10) if session else ''}"
    )


def tap(**changes: str) -> str:
    """A pass configuration's document."""
    usual = {"state": "enabled", "isUsableOnce": "true", "includeTargets": "[New hires]"}
    lines = "".join(f"  {key}: {value}\n" for key, value in (usual | changes).items() if value)
    return f"kind: TemporaryAccessPassPolicy\nspec:\n{lines}"


def document(kind: str, name: str, spec: str) -> str:
    """Any document, its spec in flow style."""
    return f"kind: {kind}\n{f'name: {name}' + chr(10) if name else ''}spec: {spec}\n"


def configuration(kind: str, *, is_on: bool) -> str:
    """A method's configuration, for everybody."""
    return document(kind, "", f"{{state: {'enabled' if is_on else 'disabled'}, includeTargets: [all_users]}}")


def strength(name: str, *combinations: str) -> str:
    """A strength of the tenant's own."""
    return document("AuthenticationStrength", name, f"{{allowedCombinations: [{', '.join(combinations)}]}}")


def stream(*documents: str) -> str:
    """Several documents in one file."""
    return "---\n".join(documents)
