"""The rules that the evaluator follows, each with how far it can be trusted and where it is written.

`documented`: Microsoft's text says so. `reported`: true for somebody in the field, promised by nobody.
`inferred`: our reading of what the documents leave open; `strict` turns what rests on it into unknown.
Pages are named by their last segment under https://learn.microsoft.com/entra/identity/, or by Graph's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tapctl.evaluate.decision import Grade


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of evaluation: `says` is a sentence, `source` the page or report behind it."""

    grade: Grade
    source: str
    says: str


def _documented(source: str, says: str) -> Rule:
    return Rule("documented", source, says)


def _reported(source: str, says: str) -> Rule:
    return Rule("reported", source, says)


def _inferred(source: str, says: str) -> Rule:
    return Rule("inferred", source, says)


_USERS: Final = "concept-conditional-access-users-groups"
_APPS: Final = "concept-conditional-access-cloud-apps"
_CONDITIONS: Final = "concept-conditional-access-conditions"
_GRANT: Final = "concept-conditional-access-grant"
_STRENGTH: Final = "concept-authentication-strength-how-it-works"
_REGISTRATION: Final = "concept-registration-mfa-sspr-combined"
_TAP: Final = "howto-authentication-temporary-access-pass"
_B2B: Final = "external-id/authentication-conditional-access"
_SCOPES: Final = "concept-enforcement-resource-exclusions"

RULES: Final[Mapping[str, Rule]] = {
    # What a policy reaches
    "policy-state": _documented(
        "concept-conditional-access-policies", "Only policies that are on or report-only are evaluated."
    ),
    "users": _documented(_USERS, "Who is included and not excluded is in scope; an exclusion always wins."),
    "guest-types": _documented(_USERS, "Guests are told apart by type and home tenant."),
    "workload-identities": _documented(
        "workload-identity",
        "Policies for users never reach a service principal, and policies for service principals reach "
        "those of the tenant itself only, and no managed identity.",
    ),
    "resources": _documented(_APPS, "A policy looks at the resource that is asked for; an exclusion wins."),
    "service-dependencies": _documented(
        "conditional-access/service-dependencies",
        "Before somebody gets into Teams, Forms and others, the policies of the applications that these "
        "need have to be met as well (early-bound).",
    ),
    "office-365": _documented(
        "reference-office-365-application-contents",
        "Office365 is a list of applications that Microsoft keeps.",
    ),
    "suite-by-list": _inferred(
        "reference-office-365-application-contents",
        "An application whose id is not on the list we keep is taken to be outside Microsoft's suites.",
    ),
    "application-filter": _documented(
        "concept-filter-for-applications",
        "An application filter looks at attributes that no fact tells here.",
    ),
    "user-actions": _documented(_APPS, "A policy for a user action applies to that action only."),
    "authentication-contexts": _documented(
        _APPS, "A policy for an authentication context applies when the application asks for that context."
    ),
    "all-resources-reach-registration": _documented(
        "conditionalaccessroot-evaluate, third example",
        "Policies for all resources also apply when somebody registers security info.",
    ),
    "one-app-does-not-reach-registration": _inferred(
        "conditionalaccessroot-evaluate, third example",
        "Policies for single applications do not apply when somebody registers security info.",
    ),
    "all-resources-and-join": _inferred(
        _APPS, "Policies for all resources do not apply when a device is registered or joined."
    ),
    "all-resources-and-contexts": _inferred(
        _APPS, "Policies for all resources do not apply to a request for an authentication context alone."
    ),
    "ordinary-scopes": _inferred(
        _SCOPES, "A request whose scopes are not given asks for more than the low-privilege ones."
    ),
    "baseline-scopes": _documented(
        _SCOPES,
        "A request for low-privilege scopes only is treated apart by policies for all resources with "
        "exclusions: first let through, later held to Windows Azure Active Directory.",
    ),
    "hello-provisioning": _reported(
        "message centre MC1326253",
        "Setting up Windows Hello or Platform SSO counts as registering security info from July 2026.",
    ),
    "client-apps": _documented(_CONDITIONS, "The kind of client has to be listed."),
    "platforms": _documented(_CONDITIONS, "The platform has to be included and not excluded."),
    "locations": _documented(
        "concept-assignment-network", "The address or country has to be included and not excluded."
    ),
    "risk-levels": _documented(_CONDITIONS, "Risk levels are a list, not a threshold."),
    "authentication-flows": _documented(
        "concept-authentication-flows", "The way of signing in has to be listed."
    ),
    "device-filter": _documented(
        "concept-condition-filters-for-devices",
        "A filter is evaluated on the device's attributes; an unregistered device has none.",
    ),
    "unknown-condition": _inferred(
        "signInConditions", "A condition newer than this evaluator can be met or not: nobody knows here."
    ),
    "times": _inferred(
        "conditionalAccessWhatIfReasons",
        "Times in a policy are passed over: Graph has a reason of that name, and no such condition.",
    ),
    "report-only-and-actions": _documented(
        "concept-conditional-access-report-only", "Report-only is not evaluated for user actions."
    ),
    # What a policy demands
    "block": _documented("concept-conditional-access-policies", "A policy that blocks ends the evaluation."),
    "controls": _documented(_GRANT, "All of a policy's controls, or one of them, as its operator says."),
    "mfa": _documented(_GRANT, "Any multifactor combination, either kind of pass included, meets it."),
    "strength": _documented(_STRENGTH, "One of the strength's combinations has to be proved in the session."),
    "strength-configuration": _documented(
        "concept-authentication-strength-advanced-options",
        "A key of a model that the strength does not list does not count.",
    ),
    "step-up": _documented(
        _STRENGTH,
        "What is enabled, registered and at hand can be asked for now; Hello cannot, after another start.",
    ),
    "nothing-registered": _documented(
        _STRENGTH, "Who has registered nothing that satisfies the demand is sent to registration."
    ),
    "not-enrolable": _documented(
        _REGISTRATION,
        "The registration wizard offers the Authenticator, one-time codes and phones; a passkey only after a "
        "strong sign-in; never Hello, certificates or a pass.",
    ),
    "passkey-needs-second-factor": _inferred(
        _STRENGTH,
        "Who has no second factor to show is not offered a passkey: it takes a strong sign-in no longer than "
        "five minutes ago, and registering another method on the way does not count as one.",
    ),
    "second-factor-on-the-way": _inferred(
        _REGISTRATION,
        "Who is sent to registration can show there what they have registered, where a policy asks for it.",
    ),
    "same-credential": _inferred(
        _STRENGTH, "Who is sent to registration after a password is not asked for a pass there."
    ),
    "register-by-recursion": _documented(
        "policy-all-users-security-info-registration",
        "Registration is open if the same sign-in, asked for the registration action, would be let through.",
    ),
    "risky-cannot-enrol": _documented(
        "id-protection/howto-identity-protection-configure-mfa-policy",
        "A risky sign-in cannot register a method (error 53004).",
    ),
    "risky-cannot-enrol-another": _inferred(
        "id-protection/howto-identity-protection-configure-mfa-policy",
        "Nor can it register another one, for somebody who has a method already.",
    ),
    "guest-home-pass": _inferred(
        "howto-authentication-temporary-access-pass",
        "A pass of the home tenant that counted as MFA there counts as MFA here, where that is trusted.",
    ),
    "guest-at-risk": _documented(
        _B2B, "A guest who has registered nothing here cannot answer to a policy about risk."
    ),
    "join-takes-mfa-only": _documented(
        _APPS,
        "Only MFA and strengths can be asked for where a device is registered or joined.",
    ),
    "join-takes-no-device-bound": _documented(
        "policy-all-users-device-registration",
        "Strengths that need Windows Hello or a device-bound passkey are not supported where a device is "
        "registered or joined.",
    ),
    "proof-up-strengths": _documented(
        _STRENGTH,
        "While somebody registers a first method, strengths on the registration action replace those of "
        "policies for all resources that are not about the sign-in's risk.",
    ),
    "proof-up-without-strength": _inferred(
        _REGISTRATION,
        "While the first method is registered, neither a policy for all resources nor anything outside "
        "Conditional Access asks for MFA or a strength.",
    ),
    "proof-up-or": _inferred(
        _STRENGTH,
        "Where a policy asks for one of several controls, a strength that is set aside counts as met.",
    ),
    "proof-up-ends": _reported(
        "techcommunity thread 4528814",
        "Once a strong method is registered, registering another one asks for what policies demand.",
    ),
    "proof-up-ends-with-any": _inferred(
        "techcommunity thread 4528814",
        "So it does where what is registered can meet none of the strengths that are asked for.",
    ),
    "interrupted-registration": _inferred(
        _STRENGTH,
        "Who is sent to registration by a demand is not asked for it there, whatever else is registered.",
    ),
    "compliant-device": _documented(_GRANT, "The device has to be marked as compliant."),
    "enrolment-is-exempt": _documented(_GRANT, "Enrolling a device does not need a compliant device."),
    "hybrid-device": _documented(_GRANT, "The device has to be hybrid joined."),
    "device-code-has-no-device": _documented(
        "concept-authentication-flows", "Device code flow can never prove a device."
    ),
    "legacy-cannot-prompt": _documented(
        _CONDITIONS, "Legacy clients can neither be prompted nor send device state."
    ),
    "approved-app-retired": _documented(
        "migrate-approved-client-app", "Since March 2026 the approved app control counts as not selected."
    ),
    "app-protection": _documented(_GRANT, "The application has to be under an app protection policy."),
    "terms-of-use": _documented(_GRANT, "The terms have to be accepted."),
    "password-change": _documented(
        _GRANT, "Only who is registered for MFA, and knows the old password, can change it."
    ),
    "risk-remediation": _inferred(_GRANT, "Entra steers it; who is registered for MFA can remediate."),
    "custom-factor": _inferred("controls", "A custom control is answered by another service."),
    "unknown-control": _inferred("grantControls", "A control newer than this evaluator: nobody knows here."),
    # Guests
    "guest-trust": _documented(_B2B, "The home tenant's MFA and devices count where they are trusted."),
    "guest-enrols-here": _documented(_B2B, "Without trust a collaboration guest registers a method here."),
    "guest-cannot": _documented(
        _B2B, "Guests cannot change a password, prove app protection, or, over a shared channel, register."
    ),
    "guest-methods": _documented(
        "concept-authentication-strength-external-users",
        "Guests cannot hold a pass or register a passkey here.",
    ),
    "guest-without-tenant": _documented(
        "concept-authentication-strength-external-users",
        "Strengths work only for users from Entra tenants; others can meet MFA alone.",
    ),
    # Demands outside Conditional Access
    "mandatory-mfa": _documented(
        "concept-mandatory-multifactor-authentication",
        "Microsoft asks everybody for MFA at its admin portals and tools; nothing excludes anybody.",
    ),
    "per-user-mfa": _documented("howto-mfa-userstates", "Per-user MFA asks at every sign-in."),
    "per-user-mfa-unread": _inferred(
        "howto-mfa-userstates",
        "Graph tells in beta only whether per-user MFA is on for somebody: it is taken to be off.",
    ),
    "security-defaults": _documented(
        "fundamentals/security-defaults", "Security defaults block legacy clients and ask for MFA."
    ),
    "security-defaults-unsaid": _inferred(
        "fundamentals/security-defaults",
        "Where no policy is enforced and nobody was asked whether security defaults are on, they are taken "
        "to be off.",
    ),
    "device-settings": _documented(
        _APPS, "The device settings may ask for MFA where a device is registered or joined."
    ),
    "device-settings-unsaid": _inferred(
        "deviceregistrationpolicy",
        "Where a situation does not say whether the device settings ask for MFA (joinNeedsMfa), they are "
        "taken not to, as in a tenant where nobody has set them.",
    ),
    "hello-needs-mfa": _documented(
        "hello-for-business/how-it-works-provisioning",
        "Setting up Hello needs MFA no older than ten minutes.",
    ),
    # The first factor
    "pass-state": _documented(_TAP, "A pass works within its time, its uses and its policy's scope."),
    "pass-for-guests": _documented(_TAP, "External guests cannot hold a pass here."),
    "account-disabled": _documented(
        "concept-conditional-access-policies", "A disabled account cannot sign in."
    ),
    # Sessions
    "session": _inferred(
        "concept-conditional-access-session", "Session controls add up; of two, the stricter holds."
    ),
}
