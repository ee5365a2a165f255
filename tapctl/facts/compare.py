"""One sign-in, asked twice about the tenant's live policies: of its own What-If, and of our evaluator.

Only which policies apply is compared: What-If knows nothing of strengths, passes and registered methods. A
fact that nobody gave is unknown here and "does not apply" there; such a difference is expected, and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from tapctl.canonical import at
from tapctl.errors import GraphError, NotFound, UsageError
from tapctl.evaluate.applications import app_key, needed
from tapctl.evaluate.decision import Applied
from tapctl.evaluate.evaluator import decide
from tapctl.evaluate.facts import Facts, Person
from tapctl.evaluate.rulebook import rulebook
from tapctl.evaluate.situation import SignIn
from tapctl.evaluate.truth import Truth
from tapctl.facts.people import type_of
from tapctl.facts.places import placed, read_places
from tapctl.facts.what_if import PATH, body_of
from tapctl.graph.odata import path_segment
from tapctl.model import JsonObject

if TYPE_CHECKING:
    from tapctl.graph.gateway import Gateway, Objects

Finding: TypeAlias = Literal["same", "expected", "differs"]

_USER: Final = "id,userPrincipalName,userType,accountEnabled,creationType"
_NOT_SET: Final = ("", "notSet")
_RESULTS: Final[Mapping[str, Truth]] = {"applied": True, "notApplied": False, "unknown": None}
_NOT_ENABLED: Final = "policyNotEnabled"
_ALIKE: Final = (
    frozenset({"application", "userActions", "authenticationContext"}),
    frozenset({"users", "workloadIdentities"}),
)
"""Reasons that say the same: whether they go by the policy's or by the sign-in's target is not documented."""
_TOO_LITTLE: Final = "notEnoughInformation"
_ALWAYS: Final = (
    "What-If says which live policies apply, and nothing about strengths, methods or passes, or about "
    "applications that others need"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One live policy. `here` is whether we say that it applies, `there` what the tenant says.

    `reasons_*` are conditionalAccessWhatIfReasons; for an unknown, the conditions whose facts are missing.
    """

    policy: str
    id: str
    state: str
    here: Truth
    there: bool
    reasons_here: tuple[str, ...]
    reasons_there: tuple[str, ...]
    finding: Finding
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`only_here` are policies of the folder that are not live under their name, about which nobody can be
    asked; `limits` say in words what the comparison does not cover; `request` is what was sent."""

    policies: tuple[Compared, ...]
    only_here: tuple[str, ...]
    limits: tuple[str, ...]
    request: JsonObject

    @property
    def differences(self) -> tuple[Compared, ...]:
        """The policies about which the two disagree for no known reason."""
        return tuple(item for item in self.policies if item.finding == "differs")


async def compare(
    gateway: Gateway, policies: Mapping[str, JsonObject], facts: Facts, sign_in: SignIn
) -> Comparison:
    """Ask both. `policies` are the folder's, by name; `facts` what is known besides people and places, which
    are read anew; `sign_in.user` is a userPrincipalName or an id of the tenant, or `sp:` and the id of a
    service principal.

    Raises UsageError for what What-If cannot be asked about, NotPermitted (Policy.Read.ConditionalAccess) and
    other GraphErrors.
    """
    limits = [_ALWAYS]
    person, object_id = await _who(gateway, facts, sign_in, limits)
    places = await read_places(gateway, limits)
    asked = placed(_unnamed(sign_in, person, object_id), places, limits)
    body, left_out = body_of(replace(asked, user=sign_in.user), person, object_id)
    if left_out:
        limits.append(f"not given, and so not sent: {', '.join(left_out)}")
    if asked.country == "":
        limits.append("What-If takes no unknown country, and so none was sent")
    live = _answered(await gateway.post_read(PATH, body))
    limited = _limited(asked)
    own = _own(live, replace(facts, groups={}, users={}, locations=places.by_id), asked)
    return Comparison(
        policies=tuple(_compared(item, own[str(item["id"])], limited) for item in live),
        only_here=tuple(sorted(policies.keys() - {str(item.get("displayName")) for item in live})),
        limits=tuple(limits),
        request=body,
    )


# The person and the place


async def _who(gateway: Gateway, facts: Facts, sign_in: SignIn, limits: list[str]) -> tuple[Person, str]:
    """The person as the tenant knows it now, and its id."""
    if sign_in.user.startswith("mi:"):
        raise UsageError("What-If cannot be asked about a managed identity")
    if sign_in.user.startswith("sp:"):
        return Person(), sign_in.user.removeprefix("sp:")
    given = sign_in.person or facts.users.get(sign_in.user) or Person()
    user, held = await _found(gateway, sign_in.user), None
    object_id = str(user["id"]).lower()
    try:
        held = await gateway.list(f"users/{object_id}/transitiveMemberOf")
    except GraphError as error:
        limits.append(f"the person's groups and roles were not read: {error}")
    if sign_in.person is not None and sign_in.person.groups:
        limits.append("the groups and roles are those that the person has in the tenant, not those given")
    kind = type_of(user) or given.type
    return _person(replace(given, type=kind), held), object_id


async def _found(gateway: Gateway, user: str) -> JsonObject:
    name = user.removeprefix("id:")
    try:
        return await gateway.get(f"users/{path_segment(name)}", {"$select": _USER})
    except NotFound as error:
        said = f'the tenant has no user "{name}", and What-If can be asked about nobody else'
        raise UsageError(said) from error


def _person(given: Person, held: Objects | None) -> Person:
    """Groups and roles by their ids; nobody knows them where they were not read."""
    if held is None:
        return replace(given, groups=frozenset(), groups_are_complete=False, roles=None, is_enabled=True)
    groups = frozenset(
        str(item["id"]) for item in held if item.get("@odata.type") == "#microsoft.graph.group"
    )
    roles = frozenset(str(item["roleTemplateId"]) for item in held if item.get("roleTemplateId"))
    return replace(given, groups=groups, groups_are_complete=True, roles=roles, is_enabled=True)


def _unnamed(sign_in: SignIn, person: Person, object_id: str) -> SignIn:
    """The same sign-in in ids, as live policies hold them; what was proved decides no policy's matching."""
    is_workload = sign_in.user.startswith("sp:")
    return replace(
        sign_in,
        user=sign_in.user if is_workload else object_id,
        person=None if is_workload else person,
        auth=frozenset(),
    )


# The answers


def _answered(answer: JsonObject) -> list[JsonObject]:
    """Raises GraphError for an answer that is not what Microsoft documents."""
    value = answer.get("value")
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(items) < len(value) or any(not _is_result(item) for item in items):
        raise GraphError(
            request=f"POST {PATH}", status=200, message="the answer is no list of What-If results"
        )
    return items


_ANSWER: Final = ("policyApplies", "analysisReasons")
"""What a whatIfAnalysisResult holds besides the policy."""


def _is_result(item: JsonObject) -> bool:
    return isinstance(item.get("id"), str) and isinstance(item.get("policyApplies"), bool)


def _own(live: Iterable[JsonObject], facts: Facts, sign_in: SignIn) -> dict[str, Applied]:
    """Our answer for each live policy by id. What is only reported is matched as if it were enforced, as
    What-If does: the third example of its page has such policies on a user action. What they ask for is left
    out: it decides nothing of whether they apply."""
    specs = {
        str(item["id"]): {
            **{name: value for name, value in item.items() if name not in _ANSWER},
            "state": "disabled" if item.get("state") == "disabled" else "enabled",
            "grantControls": None,
        }
        for item in live
    }
    return {found.policy: found for found in decide(rulebook(specs, facts), sign_in).policies}


@dataclass(frozen=True, slots=True)
class _Limited:
    """Where the two can differ for a reason that is known: `needs_others`, the applications need others;
    `unsent`, the reasons whose facts were not sent, be it that nobody gave them or that What-If takes none
    such; `partly`, those of which something was not."""

    needs_others: bool
    unsent: frozenset[str]
    partly: frozenset[str]
    has_address: bool


def _limited(sign_in: SignIn) -> _Limited:
    ungiven = {reason for reason, fact in _FACTS.items() if getattr(sign_in, fact) is None}
    place = (sign_in.ip, sign_in.country)
    unsent = {*ungiven, _PLACE} if sign_in.country == "" or not any(place) else ungiven
    return _Limited(
        needs_others=bool(needed(map(app_key, sign_in.apps))),
        unsent=frozenset({*unsent, _TOO_LITTLE} if unsent else ()),
        partly=frozenset(ungiven if all(place) else {*ungiven, _PLACE}),
        has_address=bool(sign_in.ip),
    )


_PLACE: Final = "location"
_MFA_SERVICE: Final = (
    "AllTrusted means the MFA service's trusted addresses too, which Graph does not list: the address may be "
    "among them"
)


_FACTS: Final[Mapping[str, str]] = {
    "authenticationFlow": "flow",
    "clientApps": "client_app",
    "devicePlatform": "platform",
    "devices": "device",
    "insiderRisk": "insider_risk",
    "servicePrincipalRisk": "service_principal_risk",
    "signInRisk": "sign_in_risk",
    "userRisk": "user_risk",
}
"""A reason, and the fact of a sign-in that it is about."""


def _compared(item: JsonObject, own: Applied, limited: _Limited) -> Compared:
    there = item["policyApplies"] is True
    reasons = tuple(
        text
        for part in str(item.get("analysisReasons") or "").split(",")
        if (text := part.strip()) not in _NOT_SET
    )
    here = _RESULTS.get(own.result, False)
    reasons_here = own.reasons if own.result != "notEnabled" else (_NOT_ENABLED,)
    finding, why = _judged(
        here, there=there, reasons_here=reasons_here, reasons_there=reasons, limited=limited
    )
    if here is None and limited.has_address and _PLACE in reasons_here and _means_all_trusted(item):
        why += f"; {_MFA_SERVICE}"
    return Compared(
        policy=str(item.get("displayName")),
        id=str(item["id"]),
        state=str(item.get("state")),
        here=here,
        there=there,
        reasons_here=reasons_here,
        reasons_there=reasons,
        finding=finding,
        why=why,
    )


def _means_all_trusted(policy: JsonObject) -> bool:
    sides = (at(policy, "conditions", "locations", f"{side}Locations") for side in ("include", "exclude"))
    return any("AllTrusted" in side for side in sides if isinstance(side, list))


def _judged(
    here: Truth,
    *,
    there: bool,
    reasons_here: tuple[str, ...],
    reasons_there: tuple[str, ...],
    limited: _Limited,
) -> tuple[Finding, str]:
    if here is None:
        missing = ", ".join(reasons_here)
        if there:
            return "expected", f"the tenant knows what nobody told us: {missing}"
        return (
            "expected",
            f"a missing fact ({missing}) is taken for 'does not apply' there, and is unknown here",
        )
    more = _meant(reasons_there) - _meant(reasons_here)
    of_others = more & _meant({"application"}) if limited.needs_others else set[str]()
    missing = ", ".join(sorted(more - of_others))
    if here and not there and more and more <= of_others | limited.unsent:
        if not missing:
            return "expected", _NEEDS_OTHERS
        return "expected", f"what was not sent ({missing}) is taken for 'does not apply' there"
    if here is not there:
        return "differs", "one of the two is wrong, or knows a rule that the other does not"
    if here or _TOO_LITTLE in reasons_there or not more:
        return "same", ""
    if more <= of_others | limited.partly:
        return (
            "expected",
            f"a missing fact ({missing}) is one more reason there" if missing else _NEEDS_OTHERS,
        )
    return "differs", "both say that it does not apply, for different reasons"


_NEEDS_OTHERS: Final = "an application that is asked for needs one of the policy's: What-If ignores that"


def _meant(reasons: Iterable[str]) -> set[str]:
    alike = {name: min(names) for names in _ALIKE for name in names}
    return {alike.get(name, name) for name in reasons}
