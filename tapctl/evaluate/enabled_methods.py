"""For whom the authentication methods are enabled, as far as their configurations are known."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from tapctl.canonical import at
from tapctl.evaluate.facts import Facts, Scope
from tapctl.model import Json, JsonObject

PASSES: Final = ("temporaryAccessPassOneTime", "temporaryAccessPassMultiUse")
CONFIGURATIONS: Final[Mapping[str, str]] = {
    "fido2": "Fido2Policy",
    "microsoftAuthenticatorPush": "MicrosoftAuthenticatorPolicy",
    "deviceBasedPush": "MicrosoftAuthenticatorPolicy",
    "softwareOath": "SoftwareOathPolicy",
    "sms": "SmsPolicy",
    "voice": "VoicePolicy",
    "email": "EmailPolicy",
    "qrCodePin": "QRCodePinPolicy",
    "x509CertificateSingleFactor": "X509CertificatePolicy",
    "x509CertificateMultiFactor": "X509CertificatePolicy",
    "temporaryAccessPassOneTime": "TemporaryAccessPassPolicy",
    "temporaryAccessPassMultiUse": "TemporaryAccessPassPolicy",
}
"""Method → the kind that enables it. Windows Hello and federation have no configuration of their own."""

_AUTHENTICATOR: Final[Mapping[str, str]] = {
    "microsoftAuthenticatorPush": "push",
    "deviceBasedPush": "deviceBasedPush",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """The configurations by kind. Of a kind that is not among them, `facts` say what the tenant has."""

    items: Mapping[str, JsonObject]
    facts: Facts = field(default_factory=Facts)

    def scope(self, mode: str) -> Scope | None:
        """For whom a method is on; None where nobody said."""
        spec = self.items.get(CONFIGURATIONS.get(mode, ""))
        if spec is None:
            return self._read(mode)
        include, exclude = _targets(spec, "includeTargets", mode), _targets(spec, "excludeTargets", mode)
        return Scope(
            is_enabled=spec.get("state") == "enabled",
            everybody="all_users" in include,
            include=include - {"all_users"},
            exclude=exclude,
        )

    def _read(self, mode: str) -> Scope | None:
        """What facts say: of methods that they do not list, that nobody has them."""
        if self.facts.methods is None:
            return None
        scope = self.facts.methods.get(mode, Scope(is_enabled=False))
        return scope if scope.is_known else None

    def is_off(self, mode: str) -> bool:
        """Whether nobody can use a method, for sure: it is off, has no one to be on for, or is the other
        kind of pass."""
        if mode == "temporaryAccessPassMultiUse" and self.passes_are_once is True:
            return True
        scope = self.scope(mode)
        return scope is not None and not (
            scope.is_enabled and (scope.everybody or scope.include - scope.exclude)
        )

    def is_off_for(self, mode: str, around: Set[str] | None) -> bool:
        """The same of members of a group, by all the groups around it; None is everybody."""
        scope = self.scope(mode)
        if scope is None or around is None or self.is_off(mode):
            return self.is_off(mode)
        return bool(around & scope.exclude) or not (scope.everybody or around & scope.include)

    @property
    def passes_are_once(self) -> bool | None:
        """Whether passes are one-time; None where no configuration is known."""
        spec = self.items.get("TemporaryAccessPassPolicy")
        if spec is not None:
            return spec.get("isUsableOnce") is True
        return None if self.facts.pass_policy is None else self.facts.pass_policy.is_usable_once


def _targets(spec: JsonObject, side: str, mode: str) -> frozenset[str]:
    found = spec.get(side)
    targets = found if isinstance(found, list) else []
    return frozenset(str(at(target, "id")) for target in targets if _is_for(target, mode))


def _is_for(target: Json, mode: str) -> bool:
    """The Authenticator's targets may say which of its two ways they are for."""
    said = at(target, "authenticationMode") or "any"
    return mode not in _AUTHENTICATOR or said in ("any", _AUTHENTICATOR[mode])
