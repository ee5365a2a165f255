"""Canonical specs of method configurations → for whom each authentication mode is enabled.

Which configuration enables which of Graph's authenticationMethodModes (checked 2026-11):
https://learn.microsoft.com/entra/identity/authentication/concept-authentication-methods-manage
https://learn.microsoft.com/graph/api/resources/authenticationmethodspolicies-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Final

from tapctl.canonical import at
from tapctl.evaluate.facts import EVERYBODY, NOT_KNOWN, Mode, PassPolicy, Scope
from tapctl.facts.specs import respelled
from tapctl.kinds import kinds
from tapctl.model import Json, JsonObject
from tapctl.shapes import as_objects

TAP: Final = "TemporaryAccessPassPolicy"
EXTERNAL: Final = "ExternalAuthenticationMethod"

UNGOVERNED: Final[tuple[Mode, ...]] = (
    "password",
    "windowsHelloForBusiness",
    "federatedSingleFactor",
    "federatedMultiFactor",
)
"""What no configuration turns on or off: whoever has it can use it."""
NOT_IN_GRAPH: Final[tuple[Mode, ...]] = ("hardwareOath",)
"""Configured in beta only, so that v1.0 never says for whom it is enabled."""
_PLAIN: Final[Mapping[str, Mode]] = {
    "Fido2Policy": "fido2",
    "SmsPolicy": "sms",
    "VoicePolicy": "voice",
    "EmailPolicy": "email",
    "QRCodePinPolicy": "qrCodePin",
}
_CERTIFICATES: Final = ("x509CertificateSingleFactor", "x509CertificateMultiFactor")
_APP: Final = "MicrosoftAuthenticatorPolicy"
_BY_APP_MODE: Final[Mapping[Mode, tuple[str, ...]]] = {
    "microsoftAuthenticatorPush": ("any", "push"),
    "deviceBasedPush": ("any", "deviceBasedPush"),
}


def methods_of(
    configurations: Mapping[str, JsonObject], external: Iterable[JsonObject], *, are_all_external: bool
) -> dict[Mode, Scope]:
    """Every mode with its scope; NOT_KNOWN where its configuration is not given.

    `configurations` are singletons by the names of their kinds, `external` the external methods, of which
    the tenant may have more unless `are_all_external`.
    """
    plain = {mode: _scope(kind, configurations.get(kind)) for kind, mode in _PLAIN.items()}
    return {
        **dict.fromkeys(UNGOVERNED, EVERYBODY),
        **dict.fromkeys(NOT_IN_GRAPH, NOT_KNOWN),
        **plain,
        **_app(configurations.get(_APP)),
        **_passes(configurations.get(TAP)),
        **_certificates(configurations.get("X509CertificatePolicy")),
        "softwareOath": _codes(configurations),
        "externalMfa": _external(external, are_all=are_all_external),
    }


def pass_policy_of(spec: JsonObject | None) -> PassPolicy | None:
    """The tenant's pass policy; None where nobody declared or read it, or where its targets are strange."""
    if spec is None or not (scope := _scope(TAP, spec)).is_known:
        return None
    usual = PassPolicy(scope=NOT_KNOWN, is_usable_once=False)
    return PassPolicy(
        scope=scope,
        is_usable_once=spec.get("isUsableOnce") is True,
        minimum=_number(spec, "minimumLifetimeInMinutes", usual.minimum),
        maximum=_number(spec, "maximumLifetimeInMinutes", usual.maximum),
        default=_number(spec, "defaultLifetimeInMinutes", usual.default),
        length=_number(spec, "defaultLength", usual.length),
    )


def _number(spec: JsonObject, name: str, usual: int) -> int:
    value = spec.get(name)
    return value if isinstance(value, int) else usual


def _scope(
    kind: str, spec: JsonObject | None, counts: Callable[[JsonObject], bool] = lambda target: True
) -> Scope:
    """The groups of a configuration's targets, of those that `counts` says yes to."""
    if spec is None or spec.get("state") not in ("enabled", "disabled"):
        return NOT_KNOWN
    if spec["state"] == "disabled":
        return Scope(is_enabled=False)
    includes = [target for target in _targets(spec, "includeTargets") if counts(target)]
    excludes = _targets(spec, "excludeTargets")
    if any(target.get("targetType", "group") != "group" for target in (*includes, *excludes)):
        return NOT_KNOWN  # old tenants may hold single users, and newer ones what is not known here
    named = {str(target.get("id")) for target in includes}
    return Scope(
        everybody="all_users" in named,
        include=frozenset(_group(kind, text) for text in named - {"all_users"}),
        exclude=frozenset(_group(kind, str(target.get("id"))) for target in excludes),
    )


def _targets(spec: JsonObject, side: str) -> list[JsonObject]:
    return as_objects(spec.get(side))


def _group(kind: str, text: str) -> str:
    items = kinds()[kind].field.properties["includeTargets"].items
    assert items is not None  # noqa: S101  # for mypy: every method's targets are a list of objects
    return respelled("Group", items.properties["id"], text)


def _app(spec: JsonObject | None) -> dict[Mode, Scope]:
    """Each target says whether the app approves after a password (push), without one, or both."""

    def allowed(modes: tuple[str, ...]) -> Callable[[JsonObject], bool]:
        return lambda target: target.get("authenticationMode", "any") in modes

    return {mode: _scope(_APP, spec, allowed(modes)) for mode, modes in _BY_APP_MODE.items()}


def _passes(spec: JsonObject | None) -> dict[Mode, Scope]:
    """A policy of one-time passes also refuses multi-use passes that are out already
    (https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass)."""
    scope = _scope(TAP, spec)
    only_once = spec is not None and spec.get("isUsableOnce") is True
    return {
        "temporaryAccessPassOneTime": scope,
        "temporaryAccessPassMultiUse": Scope(is_enabled=False) if only_once else scope,
    }


def _certificates(spec: JsonObject | None) -> dict[Mode, Scope]:
    """What a certificate counts as: in general, and by rules for some issuers or policies."""
    scope = _scope("X509CertificatePolicy", spec)
    used = {
        at(said, name)
        for said, name in (
            (at(spec, "authenticationModeConfiguration"), "x509CertificateAuthenticationDefaultMode"),
            *((rule, "x509CertificateAuthenticationMode") for rule in _rules(spec)),
        )
    } - {None}
    if not scope.is_enabled or not used:
        return dict.fromkeys(_CERTIFICATES, NOT_KNOWN if scope.is_enabled else scope)
    return {mode: scope if mode in used else Scope(is_enabled=False) for mode in _CERTIFICATES}


def _rules(spec: JsonObject | None) -> list[Json]:
    rules = at(spec, "authenticationModeConfiguration", "rules")
    return rules if isinstance(rules, list) else []


def _codes(configurations: Mapping[str, JsonObject]) -> Scope:
    """Codes come from any app, or, where its own configuration says so, from Microsoft Authenticator."""
    app = configurations.get(_APP)
    any_app = _scope("SoftwareOathPolicy", configurations.get("SoftwareOathPolicy"))
    says = at(app, "isSoftwareOathEnabled")
    if says is False or at(app, "state") == "disabled":
        return any_app
    return either(any_app, _scope(_APP, app) if says is True else NOT_KNOWN)


def _external(specs: Iterable[JsonObject], *, are_all: bool) -> Scope:
    none_else = Scope(is_enabled=False) if are_all else NOT_KNOWN
    return reduce(either, (_scope(EXTERNAL, spec) for spec in specs), none_else)


def either(one: Scope, other: Scope) -> Scope:
    """Enabled by one or the other; NOT_KNOWN where no single scope says that."""
    if not one.is_enabled and one.is_known:
        return other
    if not other.is_enabled and other.is_known:
        return one
    if EVERYBODY in (one, other):
        return EVERYBODY
    if not one.is_known or not other.is_known or one.exclude != other.exclude:
        return NOT_KNOWN
    return Scope(
        everybody=one.everybody or other.everybody,
        include=one.include | other.include,
        exclude=one.exclude,
    )


def groups_in(methods: Mapping[Mode, Scope]) -> frozenset[str]:
    """Every group that a scope names."""
    return frozenset(name for scope in methods.values() for name in scope.include | scope.exclude)
