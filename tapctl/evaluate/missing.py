"""What an unknown lacks: conditions, demands and overlays that nobody could answer → the facts they ask for.

Facts are named as a situation's JSON names them (schemas/Situation.schema.json), those of the user with
`user.` before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tapctl.evaluate.audience import may_be_named
from tapctl.evaluate.controls import has_strong_method, is_strength, strength_named
from tapctl.evaluate.match import Check
from tapctl.evaluate.policy import Policy, UserClause
from tapctl.evaluate.scene import Scene

_SAID: Final[Mapping[str, str]] = {
    "client_app": "clientApp",
    "context": "authContext",
    "insider_risk": "insiderRisk",
    "service_principal_risk": "servicePrincipalRisk",
    "sign_in_risk": "signInRisk",
    "user_risk": "userRisk",
}
_WORDS: Final = frozenset({"platform", "flow", *_SAID} - {"context"})
"""Facts that are one word of Graph's."""
TARGETS: Final = frozenset({"apps", "action", "context"})
"""What a sign-in always says."""
_OF_CONTROLS: Final[Mapping[str, str]] = {
    "approvedApplication": "approvedApp",
    "compliantApplication": "appProtection",
    "compliantDevice": "device",
    "domainJoinedDevice": "device",
}

_PROVED: Final = frozenset({"mfa", "passwordChange"})
"""What is met, besides a strength, by what has been proved."""


def of_condition(policy: Policy, check: Check, scene: Scene) -> Iterator[str]:
    """The facts that a condition lacks; none where a word of the policy's is what nobody knows."""
    if check.fact in TARGETS:
        if scene.sign_in.scopes is not None and scene.sign_in.client_kind is None:
            yield "clientKind"
        return
    if check.fact != "user" or policy.is_for_workloads:
        is_given = check.fact in _WORDS and getattr(scene.sign_in, check.fact) is not None
        yield from () if is_given else (_SAID.get(check.fact, check.fact),)
        return
    for clause in (policy.include, policy.exclude):
        yield from _of_users(clause, scene)


def _of_users(clause: UserClause, scene: Scene) -> Iterator[str]:
    person = scene.person
    if may_be_named(clause, scene):
        yield "user"
    if scene.in_any_group(clause.groups) is None:
        yield "user.groups"
    if clause.roles and scene.roles is None:
        yield "user.roles"
    if clause.all_guests or clause.guests:
        if person.type is None:
            yield "user.type"
        elif not person.home_tenant and clause.guests and clause.guests.tenants is not None:
            yield "user.homeTenant"


def of_control(key: str, scene: Scene) -> Iterator[str]:
    """The facts that a demand lacks; none where no fact would tell."""
    is_given = {
        "approvedApplication": scene.sign_in.approved_app is not None,
        "compliantApplication": scene.sign_in.app_protection is not None,
    }
    if key not in _OF_CONTROLS:
        yield from _of_methods(key, scene)
    elif not is_given.get(key):
        yield _OF_CONTROLS[key]


def lacks_methods(key: str, scene: Scene) -> bool:
    """Whether nobody knows for whom a method is enabled that would answer this."""
    methods = scene.facts.methods or {}
    strength = strength_named(key.partition(":")[2], scene) if is_strength(key) else None
    accepted = frozenset().union(*strength.combinations) if strength is not None else methods.keys()
    return (strength is not None or key == "mfa") and any(
        not scope.is_known for mode, scope in methods.items() if mode in accepted
    )


def _of_methods(key: str, scene: Scene) -> Iterator[str]:
    if not scene.is_proof_known and (is_strength(key) or key in _PROVED):
        yield "auth"
    strength = strength_named(key.partition(":")[2], scene) if is_strength(key) else None
    if is_strength(key) and strength is None:
        yield "strengths"
        return
    if scene.is_external and scene.sign_in.trusts_home_mfa:
        if scene.sign_in.home_mfa is None:
            yield "homeMfa"
        return
    if has_strong_method(scene) is None:
        yield "user.registered"
    if scene.pass_mode is None:
        yield "user.pass" if scene.pass_state is None else scene.pass_state.lacks
    if scene.facts.methods is None:
        yield "enabledMethods"
    if strength is not None and strength.fido2_aaguids and scene.sign_in.fido2_aaguid is None:
        yield "fido2Aaguid"
