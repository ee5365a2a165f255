"""CA030 to CA032 and CA053: whether what a strength asks for can be shown by those it is asked of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tapctl.canonical import at
from tapctl.evaluate.scene import EXTERNAL_TYPES
from tapctl.evaluate.strengths import EXTERNAL, PASSES, STRONG
from tapctl.lint.context import Context
from tapctl.lint.example import document, policy, stream
from tapctl.lint.guests import external_guests, is_for_any_tenant
from tapctl.lint.item import Hit, Item
from tapctl.lint.policy import Policy
from tapctl.lint.registration import covers
from tapctl.lint.rule import rule
from tapctl.text.words import counted

_STRENGTH: Final = "{operator: OR, authenticationStrength: Ours}"
_SINGLE: Final = frozenset(
    {"password", "sms", "x509CertificateSingleFactor", "federatedSingleFactor", "qrCodePin", "email"}
)
_TELEPHONE: Final = frozenset({"sms", "voice"})
_NEVER_OF_GUESTS: Final = PASSES | {"federatedMultiFactor", "federatedSingleFactor", "qrCodePin", "email"}
"""What is neither accepted from a guest's home nor can be registered here."""
_FACTS: Final = "facts: {{groups: {{Break glass: []}}, users: {{eve@example.com: {{registered: [{}]}}}}}}\n"
_EXTERNAL_TENANTS: Final = "externalTenants: {membershipKind: all}"
_GUESTS: Final = (
    "{includeGuestsOrExternalUsers: {guestOrExternalUserTypes: [b2bCollaborationGuest], "
    f"{_EXTERNAL_TENANTS}}}, excludeGroups: [Break glass]}}"
)


def _ours(*combinations: str) -> str:
    return document("AuthenticationStrength", "Ours", f"{{allowedCombinations: [{', '.join(combinations)}]}}")


@rule(
    id="CA030",
    name="ca-eam-strength",
    severity="error",
    what="A strength is asked of people whose only second factor is an external method.",
    why="External methods satisfy the mfa control, and no strength: these people cannot get in.",
    fix="Ask them for mfa, or have them register a method of Entra's own first.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths",
    good=stream(
        policy(grant=_STRENGTH),
        _ours("fido2"),
        _FACTS.format("password, externalMfa, fido2"),
    ),
    bad=stream(
        policy(grant=_STRENGTH),
        _ours("fido2"),
        _FACTS.format("password, externalMfa"),
    ),
)
def external_method(context: Context) -> Iterator[Hit]:
    """By what people hold where that is known, and by whom the external methods are for."""
    for found in context.enforced:
        stuck = [
            user
            for user, person in context.people.reached(found)
            if person.registered is not None and person.registered & STRONG == {EXTERNAL}
        ]
        if found.strength and stuck:
            who = counted(len(stuck), "person", "people")
            message = f"{found.name} asks for a strength of {who} with an external method only"
            yield found.hit(message, "grantControls", "authenticationStrength")
        elif found.strength:
            yield from _of_external_methods(context, found)


def _of_external_methods(context: Context, found: Policy) -> Iterator[Hit]:
    """An error where an external method is all that is enabled for people; where others are, and nobody knows
    what people hold, a note."""
    for item in context.of("ExternalAuthenticationMethod"):
        name = item.address.name
        groups = _users_of(context, item, found)
        alone = [group for group in groups if _is_alone(context, found, group)]
        asked = f"{found.name} asks for a strength, which {name} does not satisfy, of"
        if alone:
            message = f"{asked} {_people(alone)}, and nothing that it takes is enabled for them"
            yield found.hit(message, "grantControls", "authenticationStrength")
        elif groups and not context.has("registered"):
            message = f"{asked} {_people(groups)}, who may have nothing else"
            yield found.hit(message, "grantControls", "authenticationStrength", severity="note")


def _users_of(context: Context, item: Item, found: Policy) -> list[str | None]:
    """The groups that an external method is on for and that a policy is about; None is everybody."""
    if item.at("state") != "enabled":
        return []
    included, excluded = (_targets(item, side) for side in ("includeTargets", "excludeTargets"))
    if "all_users" not in included:
        named = [group for group in sorted(included) if covers(context, found, group)]
    elif found.includes_everyone:
        return [None]
    else:
        named = sorted(found.users("includeGroups"))
    return [group for group in named if not context.groups.around(group) & excluded]


def _targets(item: Item, side: str) -> frozenset[str]:
    targets = item.at(side)
    return (
        frozenset(str(at(target, "id")) for target in targets) if isinstance(targets, list) else frozenset()
    )


def _is_alone(context: Context, found: Policy, group: str | None) -> bool:
    """Whether each way to satisfy the strength takes what is off for the group, for certain."""
    methods, around = context.methods, context.groups.around(group) if group is not None else None
    combinations = context.combinations(found)
    return bool(combinations) and all(
        any(methods.is_off_for(mode, around) for mode in modes) for modes in combinations or ()
    )


def _people(groups: Sequence[str | None]) -> str:
    return "people" if None in groups else f"members of {', '.join(map(str, groups))}"


@rule(
    id="CA031",
    name="ca-strength-weak",
    severity="warning",
    what="A custom strength accepts a single factor, or a text message or call.",
    why="It calls itself a strength: a factor that is alone, or that goes over the telephone, is none.",
    fix="Take the combination out, or ask for mfa where it is meant to count.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths",
    good=_ours("fido2", "'password,microsoftAuthenticatorPush'"),
    bad=_ours("fido2", "'password,sms'"),
)
def weak_strength(context: Context) -> Iterator[Hit]:
    for item in context.of("AuthenticationStrength"):
        for text in sorted(item.texts("allowedCombinations")):
            modes = frozenset(text.split(","))
            if modes & _TELEPHONE or (len(modes) == 1 and modes <= _SINGLE):
                kind = "goes over the telephone" if modes & _TELEPHONE else "is a single factor"
                message = f"{item.address.name} accepts {text}, which {kind}"
                yield item.hit(message, "allowedCombinations", value=text)


@rule(
    id="CA032",
    name="ca-strength-unreachable",
    severity="error",
    needs=("accepted",),
    what="No combination of a strength that a policy asks for is enabled for anybody.",
    why="Whoever the policy reaches is stopped, and can register nothing that would help.",
    fix="Enable one of the methods, or ask for a strength that holds one that is enabled.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-how-it-works",
    good=stream(
        policy(grant=_STRENGTH),
        _ours("fido2"),
        document("Fido2Policy", "", "{state: enabled, includeTargets: [all_users]}"),
    ),
    bad=stream(
        policy(grant=_STRENGTH),
        _ours("fido2"),
        document("Fido2Policy", "", "{state: disabled, includeTargets: [all_users]}"),
    ),
)
def unreachable_strength(context: Context) -> Iterator[Hit]:
    for found in context.on:
        combinations = context.combinations(found)
        if combinations and all(
            any(context.methods.is_off(mode) for mode in modes) for modes in combinations
        ):
            message = f"nothing that {found.strength} accepts is enabled for anybody"
            yield found.hit(message, "grantControls", "authenticationStrength")


@rule(
    id="CA053",
    name="ca-guest-strength",
    severity="warning",
    what="Guests are asked for a strength that they can satisfy neither at home nor here.",
    why="A guest holds no pass here and registers only phones and codes: the policy is a block by detour.",
    fix="Ask guests for mfa, or for a strength with methods that count when they come from the home tenant.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-external-users",
    good=stream(
        policy(
            users=_GUESTS.replace("all", "enumerated, members: [11111111-2222-4333-8444-555555555555]"),
            grant=_STRENGTH,
        ),
        _ours("fido2", "temporaryAccessPassOneTime"),
    ),
    bad=stream(policy(users=_GUESTS, grant=_STRENGTH), _ours("temporaryAccessPassOneTime")),
)
def guest_strength(context: Context) -> Iterator[Hit]:
    """A note where some of them satisfy it, and those of no Entra tenant do not."""
    path = ("grantControls", "authenticationStrength")
    for found in context.on:
        combinations, kinds = context.combinations(found), external_guests(found)
        if not combinations or not (kinds or _known_guests(context, found)):
            continue
        asked = f"{found.name} asks guests for {found.strength}, which"
        if all(modes & _NEVER_OF_GUESTS for modes in combinations):
            yield found.hit(f"{asked} no guest can satisfy", *path)
        elif is_for_any_tenant(found, kinds):
            yield found.hit(
                f"{asked} those without an account at Entra cannot satisfy", *path, severity="note"
            )


def _known_guests(context: Context, found: Policy) -> bool:
    """Whether somebody from another organisation is known to be among those it is about."""
    return any(person.type in EXTERNAL_TYPES for _, person in context.people.reached(found))
