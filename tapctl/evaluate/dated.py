"""What changed, or changes, on a date: one table. Every decision that used an entry says so.

An entry is off before `begins`, on from `complete`, and in between it depends on the tenant: unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from tapctl.evaluate.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One dated change of Entra's behaviour, with the page or message that announces it."""

    id: str
    begins: date
    complete: date
    says: str
    source: str


APPROVED_APP: Final = Switch(
    id="approved-app-retired",
    begins=date(2026, 3, 1),
    complete=date(2026, 4, 1),
    says="the approved app control is no longer enforced",
    source="https://learn.microsoft.com/entra/identity/conditional-access/migrate-approved-client-app",
)
BASELINE_SCOPES: Final = Switch(
    id="baseline-scopes-enforced",
    begins=date(2026, 6, 15),
    complete=date(2026, 8, 1),
    says="requests for low-privilege scopes only are held to policies with excluded resources",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-enforcement-resource-exclusions",
)
HELLO: Final = Switch(
    id="hello-under-registration",
    begins=date(2026, 7, 6),
    complete=date(2026, 7, 13),
    says="setting up Windows Hello or Platform SSO counts as registering security info",
    source="message centre MC1326253",
)
PORTALS: Final = Switch(
    id="mandatory-mfa-portals",
    begins=date(2024, 10, 15),
    complete=date(2025, 3, 1),
    says="MFA is mandatory at the Azure, Entra, Intune and Microsoft 365 admin portals",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication",
)
TOOLS: Final = Switch(
    id="mandatory-mfa-tools",
    begins=date(2025, 10, 1),
    complete=date(2026, 7, 1),
    says="MFA is mandatory for changes through Azure's command lines and app",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication",
)
SWITCHES: Final = (APPROVED_APP, BASELINE_SCOPES, HELLO, PORTALS, TOOLS)


def is_on(switch: Switch, as_of: date) -> Truth:
    """Whether the change is in force on that day; None while it rolls out."""
    if as_of < switch.begins:
        return False
    return True if as_of >= switch.complete else None
