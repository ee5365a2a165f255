"""SmsPolicy: who may use text messages, and whether in place of a password."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration, weak

KIND = method_configuration(
    "SmsPolicy",
    "Sms",
    "smsAuthenticationMethodConfiguration",
    effect=weak(),
)
