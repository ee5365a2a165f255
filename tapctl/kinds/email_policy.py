"""EmailPolicy: who may receive one-time codes by e-mail."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration, weak

KIND = method_configuration(
    "EmailPolicy",
    "Email",
    "emailAuthenticationMethodConfiguration",
    effect=weak("allowExternalIdToUseEmailOtp"),
)
