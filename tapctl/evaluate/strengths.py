"""Authentication strengths: the built-in ones, and what a session has to prove (checked 2026-11-25).

https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tapctl.evaluate.facts import Mode, Strength

EXTERNAL: Final = "externalMfa"
"""An external authentication method: it satisfies the `mfa` control and no strength."""
PASSES: Final = frozenset({"temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"})

_PHISHING_RESISTANT: Final = ("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor")
_SECOND: Final = ("microsoftAuthenticatorPush", "softwareOath", "hardwareOath", "sms", "voice")
_MULTIFACTOR: Final = (
    *_PHISHING_RESISTANT,
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    *(f"password,{mode}" for mode in (*_SECOND, "x509CertificateSingleFactor", "x509CertificateMultiFactor")),
    "federatedMultiFactor",
    *(f"federatedSingleFactor,{mode}" for mode in _SECOND),
)


def strength_of(combinations: Iterable[str], fido2_aaguids: Iterable[str] = ()) -> Strength:
    """A strength from combinations as Graph writes them: modes joined by commas."""
    return Strength(
        combinations=frozenset(
            frozenset(mode.strip() for mode in text.split(",") if mode.strip()) for text in combinations
        ),
        fido2_aaguids=frozenset(text.lower() for text in fido2_aaguids),
    )


MULTIFACTOR: Final = strength_of(_MULTIFACTOR)
PASSWORDLESS: Final = strength_of((*_PHISHING_RESISTANT, "deviceBasedPush"))
PHISHING_RESISTANT: Final = strength_of(_PHISHING_RESISTANT)
MFA_CONTROL: Final = strength_of((*_MULTIFACTOR, f"password,{EXTERNAL}", f"federatedSingleFactor,{EXTERNAL}"))
"""What the `mfa` control accepts: the MFA strength, and external methods."""

BUILT_IN: Final[Mapping[str, Strength]] = {
    "00000000-0000-0000-0000-000000000002": MULTIFACTOR,
    "00000000-0000-0000-0000-000000000003": PASSWORDLESS,
    "00000000-0000-0000-0000-000000000004": PHISHING_RESISTANT,
    "multifactor authentication": MULTIFACTOR,
    "passwordless mfa": PASSWORDLESS,
    "phishing-resistant mfa": PHISHING_RESISTANT,
}
"""By id, and by display name in lower case."""

STRONG: Final[frozenset[Mode]] = frozenset(
    mode
    for combination in MFA_CONTROL.combinations
    for mode in combination
    if mode not in {"password", "federatedSingleFactor", *PASSES}
)
"""What counts as a strong method once it is registered: everything that can be part of a second factor."""

IN_WIZARD: Final = frozenset({"microsoftAuthenticatorPush", "softwareOath", "sms", "voice"})
"""What the registration wizard offers to anybody."""
IN_WIZARD_AFTER_STRONG: Final = frozenset({"fido2"})
"""What it offers, where a strength asks for it, after a strong sign-in (no longer than five minutes ago)."""
FOR_GUESTS: Final = frozenset({"sms", "voice", "microsoftAuthenticatorPush", "softwareOath"})
"""What a guest can register here.
https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-external-users"""
DEVICE_BOUND: Final[frozenset[Mode]] = frozenset({"windowsHelloForBusiness", "fido2"})
"""What a strength may not rest on where a device is registered or joined.
https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-device-registration"""
GOVERNED: Final = frozenset(
    {
        "fido2",
        "microsoftAuthenticatorPush",
        "deviceBasedPush",
        "softwareOath",
        "hardwareOath",
        "sms",
        "voice",
        "x509CertificateSingleFactor",
        "x509CertificateMultiFactor",
        "qrCodePin",
        "email",
        EXTERNAL,
        *PASSES,
    }
)
"""Modes that the authentication methods policy turns on and off; the others it does not know."""
LEGACY_POLICY: Final = frozenset(
    {"microsoftAuthenticatorPush", "softwareOath", "hardwareOath", "sms", "voice", "email"}
)
"""Modes that the legacy MFA and SSPR policies may also enable, until the migration is complete."""


def proves(strength: Strength, proof: frozenset[Mode]) -> bool:
    """Whether a session that proved these modes holds one of the combinations, key models aside."""
    return any(combination <= proof for combination in strength.combinations)
