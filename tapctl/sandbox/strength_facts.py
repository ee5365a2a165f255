"""The built-in authentication strengths, and which combinations of methods there are. Pure data."""

from __future__ import annotations

from collections.abc import Mapping

from tapctl.sandbox.check import order_flags
from tapctl.sandbox.values import Json, JsonObject

PHISHING_RESISTANT = ("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor")
PASSWORDLESS = (*PHISHING_RESISTANT, "deviceBasedPush")
MULTIFACTOR = (
    *PASSWORDLESS,
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "password,microsoftAuthenticatorPush",
    "password,softwareOath",
    "password,hardwareOath",
    "password,x509CertificateSingleFactor",
    "password,x509CertificateMultiFactor",
    "password,sms",
    "password,voice",
    "federatedMultiFactor",
    "microsoftAuthenticatorPush,federatedSingleFactor",
    "softwareOath,federatedSingleFactor",
    "hardwareOath,federatedSingleFactor",
    "sms,federatedSingleFactor",
    "voice,federatedSingleFactor",
)
SINGLE_FACTOR = (
    "password",
    "sms",
    "x509CertificateSingleFactor",
    "federatedSingleFactor",
    "email",
    "qrCodePin",
)
COMBINATIONS = frozenset(order_flags(each, "methodModes") for each in (*MULTIFACTOR, *SINGLE_FACTOR))
MULTIFACTOR_SETS = frozenset(order_flags(each, "methodModes") for each in MULTIFACTOR)


def _built_in(number: int, name: str, description: str, combinations: tuple[str, ...]) -> JsonObject:
    return {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "createdDateTime": "2021-12-01T00:00:00Z",
        "modifiedDateTime": "2021-12-01T00:00:00Z",
        "displayName": name,
        "description": description,
        "policyType": "builtIn",
        "requirementsSatisfied": "mfa",
        "allowedCombinations": list(combinations),
    }


BUILT_IN: Mapping[str, Json] = {
    strength["id"]: strength
    for strength in (
        _built_in(2, "Multifactor authentication", "Any way to prove more than one factor", MULTIFACTOR),
        _built_in(3, "Passwordless MFA", "Strong methods that need no password", PASSWORDLESS),
        _built_in(4, "Phishing-resistant MFA", "Strong methods that cannot be phished", PHISHING_RESISTANT),
    )
}
