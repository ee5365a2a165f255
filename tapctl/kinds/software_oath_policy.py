"""SoftwareOathPolicy: who may type codes of an authenticator app of any maker."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration, weak

KIND = method_configuration(
    "SoftwareOathPolicy",
    "SoftwareOath",
    "softwareOathAuthenticationMethodConfiguration",
    effect=weak(),
)
