"""Fido2Policy: who may use passkeys, and which."""

from __future__ import annotations

from collections.abc import Iterable

from tapctl.canonical import at, texts
from tapctl.kinds._authentication_method import method_configuration
from tapctl.kinds._verdicts import doubtful
from tapctl.model import JsonObject, Resource, Verdict


def _rules(resource: Resource, spec: JsonObject) -> Iterable[Verdict]:
    """A synced passkey cannot prove its make (schemas/Fido2Policy)."""
    profiles = spec.get("passkeyProfiles")
    for number, profile in enumerate(profiles if isinstance(profiles, list) else ()):
        is_asked = at(profile, "attestationEnforcement") == "registrationOnly"
        if is_asked and texts(profile, "passkeyTypes") == ("synced",):
            yield doubtful(
                ("passkeyProfiles", number, "attestationEnforcement"),
                "attestationEnforcement is registrationOnly for synced passkeys, which cannot attest",
                "Nobody could register one: write disabled, or admit deviceBound passkeys.",
                rule="profile-admits-nothing",
            )


KIND = method_configuration(
    "Fido2Policy",
    "Fido2",
    "fido2AuthenticationMethodConfiguration",
    rules=_rules,
)
