"""MicrosoftAuthenticatorPolicy: who may approve sign-ins in the app, how, and what a prompt shows."""

from __future__ import annotations

from tapctl.canonical import at
from tapctl.kind import Strange
from tapctl.kinds._authentication_method import method_configuration
from tapctl.model import Json, JsonObject

# What Graph holds where a feature excludes nobody (microsoftauthenticatorauthenticationmethodconfiguration).
_NOBODY = "00000000-0000-0000-0000-000000000000"


def _normalise(spec: JsonObject, strange: Strange) -> JsonObject:
    """Excluding Graph's group of zeros is excluding nobody."""
    settings = spec.get("featureSettings")
    if not isinstance(settings, dict):
        return spec
    return {**spec, "featureSettings": {name: _excluding(feature) for name, feature in settings.items()}}


def _excluding(feature: Json) -> Json:
    if not isinstance(feature, dict) or at(feature, "excludeTarget", "id") not in (f"id:{_NOBODY}", _NOBODY):
        return feature
    return {key: value for key, value in feature.items() if key != "excludeTarget"}


def _to_graph(body: JsonObject) -> JsonObject:
    """Left out, an exclusion may be kept as it was: say that it is nobody."""
    settings = body.get("featureSettings")
    if not isinstance(settings, dict):
        return body
    nobody: JsonObject = {"excludeTarget": {"id": _NOBODY, "targetType": "group"}}
    completed: JsonObject = {
        name: {**nobody, **feature} if isinstance(feature, dict) else feature
        for name, feature in settings.items()
    }
    return {**body, "featureSettings": completed}


KIND = method_configuration(
    "MicrosoftAuthenticatorPolicy",
    "MicrosoftAuthenticator",
    "microsoftAuthenticatorAuthenticationMethodConfiguration",
    normalise=_normalise,
    to_graph=_to_graph,
)
