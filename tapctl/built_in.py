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
