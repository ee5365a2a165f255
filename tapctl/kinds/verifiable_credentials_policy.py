"""VerifiableCredentialsPolicy: who may prove who they are with a Verified ID credential."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration

KIND = method_configuration(
    "VerifiableCredentialsPolicy",
    "VerifiableCredentials",
    "verifiableCredentialsAuthenticationMethodConfiguration",
)
