"""QRCodePinPolicy: who may sign in with a printed code and a PIN."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration, weak

KIND = method_configuration(
    "QRCodePinPolicy",
    "QRCodePin",
    "qrCodePinAuthenticationMethodConfiguration",
    effect=weak(),
)
