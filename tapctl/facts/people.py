"""Graph's users and registration report → the evaluator's persons. Pure.

https://learn.microsoft.com/graph/api/resources/userregistrationdetails (checked 2026-11): the report has no
published list of its words, so one that is not known here leaves unknown what the person has registered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from tapctl.evaluate.facts import Mode, Pass, UserType
from tapctl.model import JsonObject

_TAP: Final = "temporaryAccessPass"
MODES: Final[Mapping[str, tuple[Mode, ...]]] = {
    "mobilePhone": ("sms", "voice"),
    "alternateMobilePhone": ("voice",),
    "officePhone": ("voice",),
    "email": ("email",),
    "microsoftAuthenticatorPush": ("microsoftAuthenticatorPush",),
    "microsoftAuthenticatorPasswordless": ("deviceBasedPush",),
    "softwareOneTimePasscode": ("softwareOath",),
    "hardwareOneTimePasscode": ("hardwareOath",),
    "fido2": ("fido2",),
    "fido2SecurityKey": ("fido2",),
    "passKeyDeviceBound": ("fido2",),
    "passKeyDeviceBoundAuthenticator": ("fido2",),
    "passKeyDeviceBoundWindowsHello": ("fido2",),
    "passKeySynced": ("fido2",),
    "windowsHelloForBusiness": ("windowsHelloForBusiness",),
    "macOsSecureEnclaveKey": ("windowsHelloForBusiness",),  # a platform credential counts as Hello
    "externalAuthMethod": ("externalMfa",),
    _TAP: (),  # whether it can still be used is another question
    "securityQuestion": (),
    "qrCode": ("qrCodePin",),
    "sms": ("sms",),
}
"""What each word of the report lets a person prove."""
UNLISTED: Final[frozenset[Mode]] = frozenset({"x509CertificateSingleFactor", "x509CertificateMultiFactor"})
"""What the report never mentions: a certificate is nothing that Entra stores."""


def registered(words: Iterable[str] | None) -> frozenset[Mode] | None:
    """The modes of a member, who always has a password too; None where a word or everything is unknown."""
    if words is None:
        return None
    found = [MODES.get(word) for word in words]
    if None in found:
        return None
    return frozenset({"password"}).union(*(modes for modes in found if modes is not None))


def strange(words: Iterable[str]) -> frozenset[str]:
    """The words that MODES does not have."""
    return frozenset(words) - MODES.keys()


def pass_in(words: Iterable[str] | None) -> Literal["none"] | None:
    """Whether the report rules a pass out. It says of none whether it can be used, nor of what kind it is."""
    return None if words is None or _TAP in words else "none"


def pass_of(passes: Sequence[JsonObject]) -> Pass | Literal["none"]:
    """What a person's list of passes says: there is one at most
    (https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethod)."""
    if not passes:
        return "none"
    found, lifetime = passes[0], passes[0].get("lifetimeInMinutes")
    return Pass(
        is_usable_once=found.get("isUsableOnce") is True,
        start=str(found.get("startDateTime") or ""),
        lifetime_minutes=lifetime if isinstance(lifetime, int) else None,
        is_used=found.get("methodUsabilityReason") == "OneTimeUsed",
    )


def type_of(user: JsonObject) -> UserType | None:
    """What kind of user policies take somebody for; None where Graph did not show it.

    Guests who were invited sign in at home: their names hold #EXT#, or their creationType says Invitation
    (https://learn.microsoft.com/entra/external-id/user-properties).
    """
    kind = str(user.get("userType") or "").lower()
    comes_from_outside = "#ext#" in str(user.get("userPrincipalName")).lower() or (
        user.get("creationType") == "Invitation"
    )
    match kind:
        case "member":
            return "b2bCollaborationMember" if comes_from_outside else "member"
        case "guest":
            return "b2bCollaborationGuest" if comes_from_outside else "internalGuest"
        case _:
            return None
