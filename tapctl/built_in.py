"""What is the same in every tenant: built-in strengths, roles that matter, first-party applications. Data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MFA, PASSWORDLESS, RESISTANT = "Multifactor authentication", "Passwordless MFA", "Phishing-resistant MFA"

# https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths (checked 2026-11)
_RESISTANT = ("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor")
_PASSWORDLESS = (*_RESISTANT, "deviceBasedPush")
_SECONDS = ("microsoftAuthenticatorPush", "softwareOath", "hardwareOath", "sms", "voice")
_MFA = (
    *_PASSWORDLESS,
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "federatedMultiFactor",
    *(f"password,{second}" for second in _SECONDS),
    *(f"federatedSingleFactor,{second}" for second in _SECONDS),
    "password,x509CertificateSingleFactor",
    "password,x509CertificateMultiFactor",
)


def _combinations(texts: tuple[str, ...]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(text.split(",")) for text in texts)


BUILT_IN_STRENGTHS: Final[Mapping[str, frozenset[frozenset[str]]]] = {
    MFA: _combinations(_MFA),
    PASSWORDLESS: _combinations(_PASSWORDLESS),
    RESISTANT: _combinations(_RESISTANT),
}

# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
SYNCHRONISE: Final = ("Directory Synchronization Accounts", "d29b2b05-8046-44ba-8758-1e26182fcf32")
"""The role of the accounts that synchronise a directory, by name and template id."""
WATCHED: Final = frozenset(
    {
        SYNCHRONISE[1],
        "62e90394-69f5-4237-9190-012177145e10",  # Global Administrator
        "e8611ab8-c189-46e8-94e1-60213ab1f814",  # Privileged Role Administrator
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",  # Privileged Authentication Administrator
        "c4e39bd9-1100-46d3-8c65-fb160da0071f",  # Authentication Administrator
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",  # Conditional Access Administrator
        "194ae4cb-b126-40b2-bd5b-6091b380977d",  # Security Administrator
        "0526716b-113d-4c15-b2c8-68e3c22b9f80",  # Authentication Policy Administrator
    }
)
"""The template ids of the roles whose holders lint asks about."""
