"""VoicePolicy: who may answer a phone call as a second factor."""

from __future__ import annotations

from tapctl.kinds._authentication_method import method_configuration, weak

KIND = method_configuration(
    "VoicePolicy",
    "Voice",
    "voiceAuthenticationMethodConfiguration",
    effect=weak("isOfficePhoneAllowed"),
)
