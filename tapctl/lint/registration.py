"""REG001 to REG013: what guards the registration of security info, and whom it keeps out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from tapctl.evaluate.applications import app_key
from tapctl.evaluate.dated import HELLO
from tapctl.evaluate.strengths import PASSES, PHISHING_RESISTANT
from tapctl.lint.context import Context
from tapctl.lint.emergency import emergency_accounts, is_emergency_group
from tapctl.lint.example import ALL_RESOURCES, BLOCK, REGISTER, configuration, document, policy, stream, tap
from tapctl.lint.guests import GUESTS, external_guests
from tapctl.lint.item import Hit, Item
from tapctl.lint.policy import DEVICE_CONTROLS, MODERN, Policy
from tapctl.lint.policy import REGISTER as ACTION
from tapctl.lint.rule import rule
from tapctl.model import Severity

_STRENGTH: Final = "{operator: OR, authenticationStrength: Bootstrap}"
_RESISTANT: Final = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
_WALL: Final = "locations: {includeLocations: [All], excludeLocations: [AllTrusted]}"
_NEW_HIRES: Final = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
_SETTLED: Final = "{includeUsers: [All], excludeGroups: [Break glass, New hires]}"
_NO_GUESTS: Final = (
    "{includeUsers: [All], excludeGuestsOrExternalUsers: {guestOrExternalUserTypes: "
    "[b2bCollaborationGuest, b2bCollaborationMember, b2bDirectConnectUser, otherExternalUser], "
    "externalTenants: {membershipKind: all}}}"
)
_PASSKEY: Final = frozenset({"fido2"})
_CERTIFICATE: Final = "x509CertificateMultiFactor"
_FEDERATED: Final = frozenset({"federatedMultiFactor", "federatedSingleFactor"})
_CREDENTIALS: Final = app_key("Azure Credential Configuration Endpoint Service")
_LESS_CREDENTIALS: Final = (
    "{includeApplications: [All], excludeApplications: [ea890292-c8c8-4433-b5ea-b09d0668e1a6]}"
)
_SOURCE: Final = "https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-security-info-registration"
_HOW: Final = (
    "https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-how-it-works"
)


def _bootstrap(*combinations: str) -> str:
    listed = ", ".join(combinations)
    return document("AuthenticationStrength", "Bootstrap", f"{{allowedCombinations: [{listed}]}}")


def guards(context: Context) -> list[Policy]:
    """The enforced policies on registering security info."""
    return [found for found in context.enforced if ACTION in found.actions]


def persona(context: Context) -> tuple[Item | None, frozenset[str] | None]:
    """The pass configuration and the groups it is for: those who register with a pass. None is everybody."""
    item, scope = (
        context.one("TemporaryAccessPassPolicy"),
        context.methods.scope("temporaryAccessPassOneTime"),
    )
    if item is None or scope is None or not scope.is_enabled:
        return None, None
    return item, None if scope.everybody else scope.include - scope.exclude


def covers(context: Context, found: Policy, group: str | None) -> bool:
    """Whether a policy is about everybody in a group; None is everybody there is."""
    if group is None:
        return found.includes_everyone
    around = context.groups.around(group)
    if found.users("excludeGroups") & around:
        return False
    return found.includes_everyone or bool(found.users("includeGroups") & around)


def takes_pass(context: Context, found: Policy) -> bool:
    """Whether a pass is among what a policy's strength accepts."""
    return any(modes & PASSES for modes in context.combinations(found) or ())


def is_given(context: Context, modes: frozenset[str], group: str) -> bool:
    """Whether members, or of no group everybody, may hold them without having registered any: an
    administrator or a partner set them up. Certificates are off unless turned on."""
    scope = context.methods.scope(_CERTIFICATE)
    around = context.groups.around(group)
    if scope is None or not scope.is_enabled or around & scope.exclude:
        return bool(modes & _FEDERATED)
    is_on = scope.everybody or bool(around & scope.include)
    return bool(modes & _FEDERATED) or (is_on and _CERTIFICATE in modes)


def given_to(context: Context, found: Policy) -> bool:
    """Whether anybody whom a policy is about may hold what its strength accepts without having registered
    any. Of one for everybody, those are asked whom certificates are for."""
    scope = context.methods.scope(_CERTIFICATE)
    some = scope.include if scope is not None and found.includes_everyone else frozenset()
    groups = found.users("includeGroups") | some or {""}
    combinations = context.combinations(found) or ()
    return any(is_given(context, modes, group) for modes in combinations for group in groups)


def but_for_certificates(context: Context, found: Policy) -> str:
    """What is to be added where a strength takes certificates, and nobody says that they are on."""
    is_asked = any(_CERTIFICATE in modes for modes in context.combinations(found) or ())
    is_unsaid = is_asked and context.methods.scope(_CERTIFICATE) is None
    return "; certificates, which it takes, are off unless a tenant turns them on" if is_unsaid else ""


@rule(
    id="REG001",
    name="registration-unguarded",
    severity="error",
    elsewhere="warning",
    absence=True,
    what="Nothing guards the registration of security info for those who get passes.",
    why="Whoever knows the first password enrols a phone of their own as the new hire.",
    fix="Add a policy on urn:user:registersecurityinfo for them, with a strength that holds the pass.",
    source=_SOURCE,
    good=stream(tap(), policy(users=_NEW_HIRES, applications=REGISTER, grant=_STRENGTH)),
    bad=stream(tap(), policy(users=_NEW_HIRES)),
)
def unguarded(context: Context) -> Iterator[Hit]:
    """One hit for all groups: a pass that is for somebody else tomorrow is not a new hole. While nobody gets
    passes, or it is not known who does, a guard is one whomever it is about."""
    item, groups = persona(context)
    asking = [found for found in guards(context) if found.demands]
    always = [found for found in asking if _is_always_there(found)]
    asked = sorted(groups) if groups is not None else [None]
    alone = [group for group in asked if not any(covers(context, found, group) for found in always)]
    if not alone or (item is None and always):
        return
    who = f"members of {', '.join(map(str, alone))}" if groups is not None else _people_but(always)
    message = f"no enforced policy guards how {who} register security info"
    partly = [found.name for found in asking if any(covers(context, found, group) for group in alone)]
    if partly:
        message += f"; {', '.join(sorted(partly))} only under conditions"
    if item is not None:
        yield item.hit(message, "includeTargets")
    elif context.policies:
        yield context.at_settings(message)


def _is_always_there(found: Policy) -> bool:
    """Whether a policy guards against a stranger who has the password: at no risk that anybody sees, on any
    device, in a place of their own."""
    included = found.condition("locations", "includeLocations")
    return (
        set(found.narrowing) <= {"clientAppTypes", "locations"}
        and (found.has_any_client or found.clients >= MODERN)
        and (not included or "All" in included)
    )


def _people_but(guarding: list[Policy]) -> str:
    """Everybody for whom nothing is a guard: all but those whom some policy is about."""
    groups = sorted({group for found in guarding for group in found.users("includeGroups")})
    sides = ("includeUsers", "includeRoles")
    others = {name for found in guarding for side in sides for name in found.users(side)}
    others |= {kind for found in guarding for kind in found.guests("include")}
    spared = [*([f"members of {', '.join(groups)}"] if groups else []), *sorted(others)]
    return f"people other than {', '.join(spared)}" if spared else "people"


@rule(
    id="REG002",
    name="registration-report-only",
    severity="warning",
    what="A policy on a user action only reports.",
    why="Report-only does not evaluate user actions: nothing is reported, and nothing is proved.",
    fix="Enable it, first for a small group.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-report-only",
    good=policy(applications=REGISTER),
    bad=policy(applications=REGISTER, state="enabledForReportingButNotEnforced"),
)
def report_only(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        if found.actions and found.is_report_only:
            yield found.hit(f"{found.name} is on a user action, which report-only does not evaluate", "state")


@rule(
    id="REG003",
    name="registration-no-tap",
    severity="error",
    what="The strength on registration holds no pass, and nothing else that somebody new can show.",
    why="Nobody who has registered nothing yet can ever register the first method.",
    fix="Add temporaryAccessPassOneTime to the strength.",
    source=_SOURCE,
    good=stream(
        policy(applications=REGISTER, grant=_STRENGTH), _bootstrap("fido2", "temporaryAccessPassOneTime")
    ),
    bad=stream(policy(applications=REGISTER, grant=_STRENGTH), _bootstrap("fido2")),
)
def no_pass(context: Context) -> Iterator[Hit]:
    for found in guards(context):
        combinations = context.combinations(found)
        if not combinations or (found.operator == "OR" and len(found.demands) > 1):
            continue
        if not takes_pass(context, found) and not given_to(context, found):
            message = f"{found.strength} holds nothing that somebody who has registered nothing can show"
            doubt = but_for_certificates(context, found)
            severity: Severity | None = "warning" if doubt else None
            yield found.hit(message + doubt, "grantControls", "authenticationStrength", severity=severity)


@rule(
    id="REG004",
    name="registration-wrong-tap-kind",
    severity="error",
    what="The strength on registration holds the other kind of pass than the tenant issues.",
    why="One-time and multi-use passes are two methods, and neither satisfies the other.",
    fix="List the kind that the pass configuration issues, or both.",
    source="https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy",
    good=stream(
        tap(), policy(applications=REGISTER, grant=_STRENGTH), _bootstrap("temporaryAccessPassOneTime")
    ),
    bad=stream(
        tap(), policy(applications=REGISTER, grant=_STRENGTH), _bootstrap("temporaryAccessPassMultiUse")
    ),
)
def wrong_kind(context: Context) -> Iterator[Hit]:
    once = context.methods.passes_are_once
    for found in guards(context) if once is not None else ():
        held = frozenset(mode for modes in context.combinations(found) or () for mode in modes) & PASSES
        issued = "temporaryAccessPassOneTime" if once else "temporaryAccessPassMultiUse"
        if held and issued not in held:
            message = f"{found.strength} takes {', '.join(held)}, and the tenant issues {issued}"
            yield found.hit(message, "grantControls", "authenticationStrength")


@rule(
    id="REG005",
    name="registration-location-only",
    severity="warning",
    what="Only a place guards the registration of security info.",
    why="A pass cannot get through a block, so remote hires are stuck; and anybody in the office is free.",
    fix="Exclude the new hires from the wall, and ask them for a strength that holds the pass.",
    source=_SOURCE,
    good=stream(
        policy("Wall", users=_SETTLED, applications=REGISTER, conditions=_WALL, grant=BLOCK),
        policy("Pass", users=_NEW_HIRES, applications=REGISTER, grant=_STRENGTH),
        _bootstrap("temporaryAccessPassOneTime"),
    ),
    bad=policy("Wall", applications=REGISTER, conditions=_WALL, grant=BLOCK),
)
def location_only(context: Context) -> Iterator[Hit]:
    found_guards = guards(context)
    if any(found.grants for found in found_guards):
        return
    for found in found_guards:
        if found.blocks and not found.has_any_place:
            yield found.hit(
                f"{found.name} is all that guards registration, and asks for nothing",
                "conditions",
                "locations",
            )


@rule(
    id="REG006",
    name="registration-block-hits-oobe",
    severity="error",
    what="A block on registration reaches those who set up Windows Hello or Platform SSO at home.",
    why="Since July 2026 both count as registering security info: a new machine is stopped on day one.",
    fix="Exclude the new hires from the wall, and ask them for a strength that holds the pass.",
    source="message centre MC1326253",
    good=stream(tap(), policy(users=_SETTLED, applications=REGISTER, conditions=_WALL, grant=BLOCK)),
    bad=stream(tap(), policy(applications=REGISTER, conditions=_WALL, grant=BLOCK)),
)
def block_hits_setup(context: Context) -> Iterator[Hit]:
    if context.as_of < date(HELLO.complete.year, HELLO.complete.month, HELLO.complete.day):
        return
    _, groups = persona(context)
    for found in guards(context):
        reached = [group for group in groups or () if covers(context, found, group)]
        is_wall = found.blocks and not found.has_any_place
        if is_wall and (reached or (groups is None and found.includes_everyone)):
            yield found.hit(
                f"{found.name} stops the set-up of new machines elsewhere", "conditions", "locations"
            )


@rule(
    id="REG007",
    name="registration-managed-device",
    severity="warning",
    what="Registration asks for a managed device.",
    why="Somebody new registers before there is one: it closes the way for remote hires with a pass.",
    fix="Ask for a strength that holds the pass as well (OR), and know what that weakens (CA011).",
    source=_SOURCE,
    good=stream(policy(applications=REGISTER, grant=_STRENGTH), _bootstrap("temporaryAccessPassOneTime")),
    bad=policy(applications=REGISTER, grant="{operator: OR, builtInControls: [compliantDevice]}"),
)
def managed_device(context: Context) -> Iterator[Hit]:
    for found in context.on:
        if ACTION not in found.actions or not found.controls & DEVICE_CONTROLS:
            continue
        has_way_out = found.operator == "OR" and (takes_pass(context, found) or "mfa" in found.controls)
        if not has_way_out:
            yield found.hit(f"{found.name} lets nobody register on a machine of their own", "grantControls")


@rule(
    id="REG008",
    name="registration-guests-tap",
    severity="error",
    what="Guests are asked for a pass when they register.",
    why="An external user cannot hold a pass in this tenant.",
    fix="Exclude guests and external users from the policy, and ask them for mfa in another.",
    source="https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass",
    good=stream(
        policy(users=_NO_GUESTS, applications=REGISTER, grant=_STRENGTH),
        _bootstrap("temporaryAccessPassOneTime"),
    ),
    bad=stream(policy(applications=REGISTER, grant=_STRENGTH), _bootstrap("temporaryAccessPassOneTime")),
)
def guests_with_pass(context: Context) -> Iterator[Hit]:
    for found in guards(context):
        combinations = context.combinations(found)
        if combinations and all(modes & PASSES for modes in combinations) and external_guests(found):
            message = f"{found.name} asks guests for a pass, which none of them can have"
            yield found.hit(message, "conditions", "users")


@rule(
    id="REG009",
    name="registration-guest-mfa",
    severity="warning",
    what="Guests are asked for MFA when they register a method.",
    why="Guests without an account at Entra cannot prove any, and some kinds of them are blocked.",
    fix="Exclude guests and external users from the policy.",
    source=_SOURCE,
    good=policy(users=_NO_GUESTS, applications=REGISTER),
    bad=policy(applications=REGISTER),
)
def guest_mfa(context: Context) -> Iterator[Hit]:
    for found in guards(context):
        if "mfa" in found.controls and external_guests(found):
            yield found.hit(f"{found.name} asks guests for MFA before they have any", "conditions", "users")


@rule(
    id="REG010",
    name="registration-app-protection",
    severity="error",
    what="Protected applications are asked for everywhere, the one that enrols passkeys included.",
    why="A passkey in the Authenticator cannot be enrolled: that service is not under app protection.",
    fix="Exclude ea890292-c8c8-4433-b5ea-b09d0668e1a6 (Azure Credential Configuration Endpoint Service).",
    source="https://learn.microsoft.com/entra/identity/authentication/how-to-support-authenticator-passkey",
    good=policy(
        applications=_LESS_CREDENTIALS,
        grant="{operator: OR, builtInControls: [compliantApplication]}",
    ),
    bad=policy(grant="{operator: OR, builtInControls: [compliantApplication]}"),
)
def app_protection(context: Context) -> Iterator[Hit]:
    apps = {"approvedApplication", "compliantApplication"}
    for found in context.on:
        has_way_out = found.operator == "OR" and bool(set(found.demands) - apps)
        spared = {app_key(app) for app in found.applications("exclude")}
        if (
            found.controls & apps
            and found.includes_all_resources
            and not has_way_out
            and _CREDENTIALS not in spared
        ):
            message = f"{found.name} keeps passkeys from being enrolled in the Authenticator"
            yield found.hit(message, "conditions", "applications")


@rule(
    id="REG011",
    name="registration-pr-loop",
    severity="error",
    needs=("passkeys",),
    what="Phones are asked for a phishing-resistant method before they can get one.",
    why="Enrolling a passkey in the Authenticator asks for the passkey: the enrolment loops.",
    fix="Guard registration by mfa, or by a strength that holds the pass, for the same people.",
    source="https://learn.microsoft.com/entra/identity/authentication/how-to-support-authenticator-passkey",
    good=stream(
        configuration("Fido2Policy", is_on=True),
        policy("Work", grant=_RESISTANT),
        policy("Register", applications=REGISTER, grant=_STRENGTH),
        _bootstrap("fido2", "temporaryAccessPassOneTime"),
    ),
    bad=stream(configuration("Fido2Policy", is_on=True), policy("Work", grant=_RESISTANT)),
)
def resistant_loop(context: Context) -> Iterator[Hit]:
    ways_in = [found for found in guards(context) if _takes_usable_pass(context, found)]
    for found in context.enforced:
        combinations = context.combinations(found)
        if not combinations or not found.includes_all_resources or context.methods.is_off("fido2"):
            continue
        if not combinations <= PHISHING_RESISTANT.combinations or _PASSKEY not in combinations:
            continue
        if not _reaches_phones(found):
            continue
        if not _is_about_staff(context, found):
            continue
        if not any(_is_for_as_many(context, way, found) for way in ways_in):
            message = f"{found.name} leaves phones no way to enrol the passkey it asks for"
            yield found.hit(message, "grantControls", "authenticationStrength")


def _is_about_staff(context: Context, found: Policy) -> bool:
    """Whether anybody may come to it without a method: guests register none of these here (DL016), and the
    emergency accounts have theirs."""
    users = {name.casefold() for name in found.users("includeUsers") - {GUESTS, "None"}}
    groups = found.users("includeGroups")
    return (
        bool(users - emergency_accounts(context))
        or bool(found.users("includeRoles"))
        or not all(is_emergency_group(context, group) for group in groups)
    )


def _takes_usable_pass(context: Context, found: Policy) -> bool:
    """Whether a kind of pass that the tenant may issue is among what a strength, or plain mfa, accepts."""
    passes = {mode for modes in context.combinations(found) or () for mode in modes & PASSES}
    passes |= PASSES if "mfa" in found.controls else set()
    return any(not context.methods.is_off(mode) for mode in passes)


def _reaches_phones(found: Policy) -> bool:
    listed = found.condition("platforms", "includePlatforms")
    spared = found.condition("platforms", "excludePlatforms")
    return (not listed or bool(listed & {"all", "iOS", "android"})) and not spared >= {"iOS", "android"}


def _is_for_as_many(context: Context, way: Policy, found: Policy) -> bool:
    if found.includes_everyone:
        return way.includes_everyone
    has_roles = way.includes_everyone or found.users("includeRoles") <= way.users("includeRoles")
    return has_roles and all(covers(context, way, group) for group in found.users("includeGroups"))


@rule(
    id="REG012",
    name="registration-two-strengths",
    severity="error",
    what="Two strengths on registration have nothing in common.",
    why="Every strength on the action is required: one method cannot satisfy both, and nobody new has two.",
    fix="Give both the same method, or exclude one policy's people from the other.",
    source=_HOW,
    good=stream(
        policy("A", applications=REGISTER, grant=_STRENGTH),
        policy("B", users=_NEW_HIRES, applications=REGISTER, grant=_STRENGTH),
        _bootstrap("temporaryAccessPassOneTime"),
    ),
    bad=stream(
        policy("A", applications=REGISTER, grant=_STRENGTH),
        policy("B", users=_NEW_HIRES, applications=REGISTER, grant=_RESISTANT),
        _bootstrap("temporaryAccessPassOneTime"),
    ),
)
def two_strengths(context: Context) -> Iterator[Hit]:
    found_guards = sorted(guards(context), key=lambda found: found.name)
    for number, found in enumerate(found_guards):
        for other in found_guards[:number]:
            ours, theirs = context.combinations(found), context.combinations(other)
            if ours and theirs and not ours & theirs and _meet(context, found, other):
                message = f"{found.strength} and {other.strength} ({other.name}) have no method in common"
                yield found.hit(message, "grantControls", "authenticationStrength")


def _meet(context: Context, one: Policy, other: Policy) -> bool:
    """Whether somebody may be in scope of both."""
    if one.includes_everyone and other.includes_everyone:
        return True
    narrow, wide = (one, other) if other.includes_everyone else (other, one)
    return any(covers(context, wide, group) for group in narrow.users("includeGroups"))


@rule(
    id="REG013",
    name="registration-override-misread",
    severity="note",
    what="The strength on registration is the only demand that it replaces there.",
    why="Devices, places and terms that policies for all resources ask for hold while people register, too.",
    fix="Nothing, if registering on a managed device is what is meant; else exclude those who are new.",
    source=_HOW,
    good=stream(
        policy("Work", grant=_RESISTANT),
        policy("Register", applications=REGISTER, grant=_STRENGTH),
        _bootstrap("temporaryAccessPassOneTime"),
    ),
    bad=stream(
        policy(
            "Work", applications=ALL_RESOURCES, grant="{operator: AND, builtInControls: [compliantDevice]}"
        ),
        policy("Register", applications=REGISTER, grant=_STRENGTH),
        _bootstrap("temporaryAccessPassOneTime"),
    ),
)
def override_misread(context: Context) -> Iterator[Hit]:
    ways_in = [found for found in guards(context) if takes_pass(context, found)]
    for found in context.enforced if ways_in else ():
        others = [name for name in found.demands if name not in ("mfa", "authenticationStrength", "block")]
        is_choice = found.operator == "OR" and len(found.demands) > len(others)
        if not found.includes_all_resources or not others or is_choice or found.narrowing:
            continue
        if any(_meet(context, found, way) for way in ways_in):
            message = f"{found.name} asks for {', '.join(others)} while people register, pass or no pass"
            yield found.hit(message, "grantControls")
