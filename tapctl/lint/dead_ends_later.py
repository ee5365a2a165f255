"""DL007 and on: ways that end later: a lost key, a risky sign-in, the day after, guests, emergencies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from tapctl.evaluate.dated import BASELINE_SCOPES
from tapctl.evaluate.decision import Decision
from tapctl.evaluate.facts import Pass, Person
from tapctl.evaluate.strengths import FOR_GUESTS
from tapctl.lint.context import Context
from tapctl.lint.day_one import Cell, at_decision, cells, deciding, named, once
from tapctl.lint.example import BLOCK, configuration, policy, stream, strength, tap
from tapctl.lint.item import Hit
from tapctl.lint.policy import REGISTER as REGISTERING
from tapctl.lint.policy import Policy
from tapctl.lint.registration import is_given
from tapctl.lint.rule import rule
from tapctl.lint.what_if import LANDING, ONE_TIME, WORK

_CERTIFICATE: Final = "x509CertificateMultiFactor"
_PORTALS: Final = {"apps": ("MicrosoftAdminPortals",)}
_FIRST_CALLS: Final = {"scopes": ("openid", "profile", "User.Read"), "client_kind": "public"}
_RISKS: Final = ("high", "medium", "low")
_SHUT: Final = ("block", "unsatisfiable")
_ISSUERS: Final = frozenset(
    {
        "Global Administrator",
        "id:62e90394-69f5-4237-9190-012177145e10",
        "Privileged Authentication Administrator",
        "id:7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Authentication Administrator",
        "id:c4e39bd9-1100-46d3-8c65-fb160da0071f",
    }
)
"""Roles that may issue a pass, by name and by template id
(https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference)."""
_NEW_HIRES: Final = "{includeGroups: [New hires], excludeGroups: [Break glass]}"
_OTHERS: Final = "{includeUsers: [All], excludeGroups: [Break glass, New hires]}"
_RESISTANT: Final = "{operator: OR, authenticationStrength: Phishing-resistant MFA}"
_OURS: Final = "{operator: OR, authenticationStrength: Ours}"
_BOOTSTRAP: Final = "{operator: OR, authenticationStrength: Bootstrap}"
_GLASS: Final = (
    "settings: {breakGlass: {accounts: [one@example.onmicrosoft.com, two@example.onmicrosoft.com]}}\n"
)
_HOW: Final = (
    "https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-how-it-works"
)
_TAP: Final = (
    "https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass"
)


def _returning(cell: Cell, mode: str) -> Person:
    """Somebody whose method is registered and not at hand, with a new pass."""
    return Person(
        groups=cell.groups,
        registered=frozenset({"password", mode}),
        reachable=frozenset({"password"}),
        held_pass=Pass(is_usable_once=cell.kind == ONE_TIME),
    )


@rule(
    id="DL007",
    name="recovery-demands-the-lost-thing",
    severity="note",
    what="Who has lost a key, with the key still registered, cannot register a new one with a pass.",
    why="The pass replaces what all resources ask for only while nothing strong is registered.",
    fix="Delete the lost method first and issue the pass second; write that into the runbook.",
    source=_HOW,
    good=stream(tap(), policy()),
    bad=stream(tap(), policy(grant=_RESISTANT)),
)
def lost_key(context: Context) -> Iterator[Hit]:
    return once(
        _after_firstconfiguration(context, "who lost a method cannot register another while it is listed")
    )


@rule(
    id="DL008",
    name="second-device-after-first-method",
    severity="warning",
    what="A pass that may be used again does not open registration once a first method is there.",
    why="The phone, registered after the laptop, is asked for the laptop's method, which it cannot show.",
    fix="Register the phone first, or let a strength for phones hold the pass on all resources.",
    source="https://learn.microsoft.com/entra/identity/authentication/how-to-support-authenticator-passkey",
    good=stream(tap(isUsableOnce="false"), policy()),
    bad=stream(tap(isUsableOnce="false"), policy(grant=_RESISTANT)),
)
def second_device(context: Context) -> Iterator[Hit]:
    if context.methods.passes_are_once is False:
        said = "the pass registers no second device once the first one has a method"
        yield from once(_after_firstconfiguration(context, said, platform="iOS"))


def _after_firstconfiguration(context: Context, said: str, **situation: str) -> Iterator[Hit]:
    for cell in cells(context):
        if cell.shut(action=REGISTERING) is not None:
            continue
        for mode in cell.methods[:1]:
            decision = cell.what_if.shut_at_home(
                _returning(cell, mode), {cell.kind}, action=REGISTERING, **situation
            )
            if decision is not None:
                yield at_decision(context, decision, f"{named(decision.by)}: {said}", cell.item)


@rule(
    id="DL011",
    name="risk-and-unregistered",
    severity="warning",
    what="A risky sign-in with a pass is asked for what a newcomer does not have.",
    why="A risky sign-in cannot register anything (53004): there is nothing to answer with.",
    fix="Let the strength hold the pass, or exclude these people and block their risky sign-ins.",
    source="https://learn.microsoft.com/entra/id-protection/howto-identity-protection-remediate-unblock",
    good=stream(tap(), policy(conditions="signInRiskLevels: [high]")),
    bad=stream(tap(), policy(conditions="signInRiskLevels: [high]", grant=_RESISTANT)),
)
def risky_newcomer(context: Context) -> Iterator[Hit]:
    def is_meant(found: Policy) -> bool:
        return bool(found.condition("signInRiskLevels"))

    return once(_risky(context, "sign_in_risk", is_meant))


@rule(
    id="DL012",
    name="user-risk-and-pass-only",
    severity="warning",
    what="Somebody at risk who signs in with a pass is asked for a new password.",
    why="It takes the old password, or MFA that is registered: a newcomer has neither.",
    fix="Exclude the people who get passes, and block them while they are at risk.",
    source=_TAP,
    good=stream(tap(), policy(conditions="userRiskLevels: [high]", grant=BLOCK)),
    bad=stream(
        tap(),
        policy(
            conditions="userRiskLevels: [high]",
            grant="{operator: AND, builtInControls: [mfa, passwordChange]}",
        ),
    ),
)
def risky_account(context: Context) -> Iterator[Hit]:
    def is_meant(found: Policy) -> bool:
        return "passwordChange" in found.controls

    return once(_risky(context, "user_risk", is_meant))


def _risky(context: Context, risk: str, is_meant: Callable[[Policy], bool]) -> Iterator[Hit]:
    """What the pass opens without risk, and cannot answer with it. A block is meant."""
    for cell in cells(context):
        if cell.shut(**WORK) is not None:
            continue
        for level in _RISKS:
            decision = cell.shut(**WORK, **{risk: level})
            if decision is None or decision.verdict != "unsatisfiable":
                continue
            for found in filter(is_meant, deciding(context, decision)):
                yield found.hit(f"{found.name} cannot be met by {cell.people} with a pass at {level} risk")


@rule(
    id="DL016",
    name="guest-on-tap-island",
    severity="warning",
    what="Guests are asked for a strength that none of them can meet here.",
    why="Without trust in the home tenant's MFA they have to register here: never a pass, passkey or Hello.",
    fix="Exclude guests and ask them for mfa, or trust the MFA of their home tenants.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strength-external-users",
    good=policy(),
    bad=policy(grant=_RESISTANT),
)
def guests(context: Context) -> Iterator[Hit]:
    return once(_guests(context))


def _guests(context: Context) -> Iterator[Hit]:
    ask = context.what_if
    guest = replace(ask.person(*sorted(FOR_GUESTS)), type="b2bCollaborationGuest", home_tenant="a partner's")
    decision = ask.shut_everywhere(guest, {"password"}, **WORK)
    for found in deciding(context, decision) if decision is not None else ():
        combinations = context.combinations(found)
        if combinations and not any(modes - {"password"} <= FOR_GUESTS for modes in combinations):
            yield found.hit(
                f"{found.name} asks guests for a strength that they cannot meet here", "grantControls"
            )


@rule(
    id="DL019",
    name="baseline-scope-cut-off",
    severity="warning",
    what="Applications that a policy leaves out lose their first calls, now that baseline scopes count.",
    why="openid, profile and User.Read alone are held to the policy, whichever application is excluded.",
    fix="Exclude Windows Azure Active Directory as well, or see that the demand can be met there.",
    source=BASELINE_SCOPES.source,
    good=policy(applications="{includeApplications: [All], excludeApplications: [Office365]}"),
    bad=policy(applications="{includeApplications: [All], excludeApplications: [Office365]}", grant=BLOCK),
)
def first_calls(context: Context) -> Iterator[Hit]:
    """Asked of somebody who has everything: what shuts them out shuts everybody out."""
    ask = context.what_if
    settled = ask.person(*LANDING)
    auth = {"password", "microsoftAuthenticatorPush"}
    earlier = BASELINE_SCOPES.begins - timedelta(days=1)
    for found in context.enforced if context.as_of >= BASELINE_SCOPES.complete else ():
        if not found.includes_all_resources:
            continue
        lost = [
            app
            for app in sorted(found.applications("exclude"))
            if (now := ask.shut_at_home(settled, auth, apps=(app,), **_FIRST_CALLS))
            and found.name in now.by
            and ask.shut_at_home(settled, auth, apps=(app,), as_of=earlier, **_FIRST_CALLS) is None
        ]
        if lost:
            message = f"{found.name} stops the first calls of {', '.join(lost)}, which it leaves out"
            yield found.hit(message, "conditions", "applications", "excludeApplications")


@rule(
    id="DL020",
    name="break-glass-paper-key",
    severity="error",
    needs=("registered",),
    what="An emergency account cannot get into the admin portals with what it has registered.",
    why="MFA is mandatory there for everybody: a key that is off, or that no strength takes, is paper.",
    fix="Register a key that is enabled for the account and that its own policy accepts.",
    source="https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication",
    good=stream(
        _GLASS, "facts: {users: {one@example.onmicrosoft.com: {registered: [password, fido2], roles: []}}}\n"
    ),
    bad=stream(
        _GLASS,
        "facts: {users: {one@example.onmicrosoft.com: {registered: [password, fido2], roles: []}}}\n",
        policy("Keys", users="{includeUsers: [one@example.onmicrosoft.com]}", grant=_OURS),
        strength("Ours", "x509CertificateMultiFactor"),
    ),
)
def paper_key(context: Context) -> Iterator[Hit]:
    for index, account in enumerate(context.settings.break_glass.accounts):
        decision = _shut_out(context, account)
        if decision is not None:
            said = named(decision.by) or "mandatory MFA"
            message = f"{account} does not get into the admin portals: {said}"
            yield context.at_settings(message, "breakGlass", "accounts", str(index))


def _shut_out(context: Context, user: str) -> Decision | None:
    """The decision, if nothing that somebody of the facts has registered opens the admin portals."""
    named_so = [name for name in context.facts.users if name.casefold() == user.casefold()]
    registered = context.facts.users[named_so[0]].registered if named_so else None
    if registered is None:
        return None
    starts: list[set[str]] = [{mode} for mode in LANDING[:4] if mode in registered] or [{"password"}]
    found = [context.what_if.ask_of(named_so[0], auth, **_PORTALS) for auth in starts]
    return found[0] if all(decision.verdict in _SHUT for decision in found) else None


@rule(
    id="DL022",
    name="mutual-wait-between-admin-and-hire",
    severity="error",
    needs=("registered", "roles"),
    what="Nobody who may issue passes can get in without one.",
    why="Each waits for another to issue a pass, and only the emergency accounts are left.",
    fix="See that two people who may issue passes hold a method that opens the admin portals.",
    source=_TAP,
    good=stream(
        "facts: {groups: {Break glass: []}, users: {ada@example.com: {registered: [password, fido2], "
        "roles: [Authentication Administrator]}}}\n",
        policy(grant=_RESISTANT),
    ),
    bad=stream(
        "facts: {groups: {Break glass: []}, users: {ada@example.com: "
        "{registered: [password], roles: [Authentication Administrator]}}}\n",
        policy(grant=_RESISTANT),
    ),
)
def everybody_waits(context: Context) -> Iterator[Hit]:
    emergency = {name.casefold() for name in context.settings.break_glass.accounts}
    issuers = [
        name
        for name, person in sorted(context.facts.users.items())
        if (person.roles or frozenset()) & _ISSUERS and name.casefold() not in emergency
    ]
    shut = [decision for name in issuers if (decision := _shut_out(context, name)) is not None]
    if issuers and len(shut) == len(issuers):
        found = deciding(context, shut[0])
        message = f"none of the {len(issuers)} who may issue passes gets into the admin portals"
        yield found[0].hit(message) if found else context.at_settings(message)


@rule(
    id="DL023",
    name="exclusion-swap",
    severity="error",
    what="People on their first day are left out of the usual policies, and nothing takes their place.",
    why="The group ends with no demand at all: it fails open, and a password alone is enough.",
    fix="Enforce the group's own policy before excluding it from the others.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/plan-conditional-access",
    good=stream(tap(), policy("Others", users=_OTHERS), policy("New hires", users=_NEW_HIRES)),
    bad=stream(
        tap(),
        policy("Others", users=_OTHERS),
        policy("New hires", users=_NEW_HIRES, state="enabledForReportingButNotEnforced"),
    ),
)
def exclusion_swap(context: Context) -> Iterator[Hit]:
    ask = context.what_if
    for cell in cells(context):
        usual = [found for found in context.enforced if _leaves_out(found, cell)]
        if not usual or ask.ask(ask.person(groups=cell.groups), {"password"}, **WORK).verdict != "allow":
            continue
        if ask.ask(ask.person(), {"password"}, **WORK).verdict != "allow":
            message = f"{usual[0].name} leaves out {cell.people}, and a password alone lets them in"
            yield usual[0].hit(message, "conditions", "users", "excludeGroups")


def _leaves_out(found: Policy, cell: Cell) -> bool:
    is_usual = found.includes_everyone and found.includes_all_resources and found.grants
    return is_usual and bool(found.users("excludeGroups") & cell.groups)


@rule(
    id="DL024",
    name="graduation-gap",
    severity="error",
    what="What people register on their first days does not open anything once they leave the group.",
    why="On the day after, they meet a demand that nothing of theirs satisfies.",
    fix="Let the first days end on a method that the usual policies accept.",
    source=_HOW,
    good=stream(tap(), policy("Others", users=_OTHERS), policy("New hires", users=_NEW_HIRES)),
    bad=stream(
        tap(),
        configuration("Fido2Policy", is_on=False),
        configuration("X509CertificatePolicy", is_on=False),
        policy("Others", users=_OTHERS, grant=_OURS),
        strength("Ours", "fido2", "x509CertificateMultiFactor"),
        policy("New hires", users=_NEW_HIRES),
    ),
)
def graduation_gap(context: Context) -> Iterator[Hit]:
    """Certificates are made by nobody who registers: they count where they are known to be on for people."""
    ask = context.what_if
    for cell in cells(context):
        methods = (mode for mode in cell.methods if mode != _CERTIFICATE or _has(context, mode, cell))
        landing = [mode for mode in methods if ask.stuck(cell.landed(mode), **WORK) is None]
        found = [ask.stuck(ask.person(mode), **WORK) for mode in landing] if cell.name else []
        if found and all(found) and (decision := found[0]) is not None:
            message = f"{named(decision.by)} keeps out {cell.people} once they leave the group"
            yield at_decision(context, decision, message, cell.item)


def _has(context: Context, mode: str, cell: Cell) -> bool:
    return is_given(context, frozenset({mode}), cell.name)
