"""Rules of the catalogue that nothing declared or observed can decide, or that another rule decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """What the rule would find, and why it is not checked."""

    name: str
    what: str
    reason: str


_ISSUED: Final = "Passes are not declared in the folder: it is about a single pass, when it is issued."
_FORCED: Final = "Graph v1.0 does not say whom the registration campaigns of SSPR and ID Protection force."
_FEDERATED: Final = "How a domain is federated is not read."

OUT_OF_REACH: Final[Mapping[str, OutOfReach]] = {
    "BG006": OutOfReach(
        "bg-no-alert",
        "Nobody is alerted when a break-glass account signs in.",
        "Nothing that tapctl reads says whether anybody is alerted.",
    ),
    "BG007": OutOfReach(
        "bg-lattice",
        "There is a sign-in in which every break-glass account is stopped.",
        "CA001 says it of each account: whom no policy reaches, no policy stops. BG003 and BG004 are about "
        "the MFA that Microsoft asks for.",
    ),
    "CA005": OutOfReach(
        "ca-dangling",
        "A policy refers to something that the tenant does not have.",
        "A plan says it: a name found nowhere is an error, and an id of nothing (id-of-nothing).",
    ),
    "CA033": OutOfReach(
        "ca-strength-builtin-edit",
        "A strength that Microsoft made would be changed.",
        "`validate` itself refuses a document for a built-in strength (built-in-strength).",
    ),
    "CA047": OutOfReach(
        "ca-per-user-mfa",
        "Per-user MFA is on for people whom a policy asks for MFA.",
        "Microsoft documents users' authentication/requirements, which say it, for Graph's beta only.",
    ),
    "CA054": OutOfReach(
        "ca-protected-action",
        "Changing policies asks for a context that a break-glass account cannot satisfy.",
        "Which context protects which action is not read: Microsoft documents the resourceActions of "
        "roleManagement/directory, which say it, for Graph's beta only.",
    ),
    "CA056": OutOfReach(
        "ca-mfa-required-by-idp",
        "ID Protection's own risk policies are still on.",
        "Graph has no resource for ID Protection's own risk policies, which ended on 2026-10-01.",
    ),
    "CA057": OutOfReach(
        "ca-group-count",
        "Somebody is in more than 2048 groups.",
        "Only groups that documents refer to or that hold a role are read, and not how many a person is in.",
    ),
    "DL004": OutOfReach(
        "landing-only-in-wizard-that-cannot",
        "All that new hires shall end on cannot be registered in the wizard they are forced into.",
        _FORCED,
    ),
    "DL009": OutOfReach(
        "one-time-too-short",
        "Registering takes longer than a pass that works once allows.",
        "How long a step takes is not declared; `tapctl test` refuses what a pass no longer opens.",
    ),
    "DL010": OutOfReach(
        "window-vs-hire-date",
        "The time of a pass and the first working hours do not meet.",
        _ISSUED,
    ),
    "DL014": OutOfReach(
        "oobe-wall-2026",
        "Setting up Windows Hello at home runs into a wall around registration.",
        "REG006 says it, from the day on which the change is complete.",
    ),
    "DL015": OutOfReach(
        "federated-detour",
        "A pass is accepted, and setting up Windows Hello then leads to the federated identity provider.",
        _FEDERATED,
    ),
    "DL018": OutOfReach(
        "app-protection-vs-authenticator",
        "App protection is asked for everywhere, and passkeys cannot be registered in the Authenticator.",
        "REG010 says it.",
    ),
    "DL021": OutOfReach(
        "rollback-closed",
        "After an apply nobody could reach the tenant to take it back.",
        "CA048 says it of everybody who is known to administer Conditional Access.",
    ),
    "DL026": OutOfReach(
        "external-method-dead-end",
        "People whose second factor is an external method meet a strength, and can register nothing else.",
        "CA030 says it of everybody whose methods are known, and of groups that have nothing else enabled.",
    ),
    "DL027": OutOfReach(
        "everytime-and-one-time",
        "Something that is signed in to twice with a pass asks for a sign-in every time.",
        "CA036 says it.",
    ),
    "TAP004": OutOfReach(
        "tap-number-bounds",
        "A pass has not 8 to 48 characters, or a lifetime is not between 10 and 43200 minutes.",
        "The schema's own ranges: `validate` refuses such a length or lifetime.",
    ),
    "TAP014": OutOfReach(
        "tap-one-time-two-sign-ins",
        "A day one needs two sign-ins with a pass that works once.",
        "Journeys are sign-in tests: `tapctl test` refuses a second sign-in with a one-time pass, unless the "
        "step before says `effect: {passUsed: false}`.",
    ),
    "TAP017": OutOfReach(
        "tap-start-no-offset",
        "The start of a pass says no offset from UTC.",
        _ISSUED,
    ),
    "TAP018": OutOfReach(
        "tap-start-past",
        "A pass is to start in the past.",
        _ISSUED,
    ),
    "TAP019": OutOfReach(
        "tap-lifetime-outside-policy",
        "The lifetime of a pass is outside of what the pass policy allows.",
        _ISSUED,
    ),
    "TAP020": OutOfReach(
        "tap-window-misses-day-one",
        "A pass has ended, or has not begun, when the new hire's first day begins.",
        _ISSUED,
    ),
    "TAP021": OutOfReach(
        "tap-lifetime-request-kind",
        "A pass for many uses is asked for where the policy allows one.",
        _ISSUED,
    ),
    "TAP022": OutOfReach(
        "tap-external-guest",
        "A pass is meant for a guest from another organisation.",
        _ISSUED,
    ),
    "TAP023": OutOfReach(
        "tap-replaces-live",
        "A new pass would replace one that still works.",
        _ISSUED,
    ),
    "TAP024": OutOfReach(
        "tap-secret-at-rest",
        "Something that looks like a passcode stands in a repository, a log or an artefact.",
        "tapctl writes no passcode anywhere; what else is in a repository, a secret scanner finds.",
    ),
    "TAP025": OutOfReach(
        "tap-issuer-app-tier0",
        "An application that nobody lists can make passes for everybody.",
        "Which applications hold which permission is not read.",
    ),
    "TAP026": OutOfReach(
        "tap-issuer-cannot",
        "Whoever is to issue a pass may not do so for this person.",
        _ISSUED,
    ),
    "TAP027": OutOfReach(
        "tap-federated-enforce",
        "The new hire's domain sends MFA to a federated identity provider, where a pass is worth nothing.",
        _FEDERATED,
    ),
    "TAP029": OutOfReach(
        "tap-hybrid-device",
        "A pass is to open a machine that is hybrid joined, or joined already.",
        "Which machines people sign in on is not declared.",
    ),
    "TAP030": OutOfReach(
        "tap-forced-interrupt",
        "New hires are forced to register in a wizard that does not offer what they shall end on.",
        _FORCED,
    ),
    "TAP031": OutOfReach(
        "tap-nps",
        "New hires sign in through the NPS extension or AD FS, where no pass works.",
        "Graph does not know who signs in through the NPS extension or AD FS.",
    ),
}
"""By rule id."""


@cache
def by_name() -> Mapping[str, tuple[str, OutOfReach]]:
    """Each with its id, by everything it may be called: id and name, in lower case."""
    named = {rule.name: (id_, rule) for id_, rule in OUT_OF_REACH.items()}
    return named | {id_.lower(): (id_, rule) for id_, rule in OUT_OF_REACH.items()}
