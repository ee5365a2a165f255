"""Fido2Policy: who may use passkeys, and which."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration

KIND = method_configuration(
    "Fido2Policy",
    "Fido2",
    "fido2AuthenticationMethodConfiguration",
)
