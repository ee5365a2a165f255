"""CA034 to CA036: session controls that Entra ignores, or that people cannot live with."""

from __future__ import annotations

from collections.abc import Iterator

from tapctl.lint.context import Context
from tapctl.lint.example import policy
from tapctl.lint.item import Hit
from tapctl.lint.policy import RISKS, Policy
from tapctl.lint.rule import rule
from tapctl.model import Severity

_NEVER = "{persistentBrowser: {isEnabled: true, mode: never}}"
_EVERY_TIME = "{signInFrequency: {isEnabled: true, frequencyInterval: everyTime}}"
_SOME_APP = "{includeApplications: [Office 365 Exchange Online]}"
_SESSION = "https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-session"


@rule(
    id="CA034",
    name="ca-persistent-browser",
    severity="error",
    what="A persistent browser session is set for less than all resources.",
    why="One session serves every tab: Entra takes the control only where the policy is for all resources.",
    fix="Include All resources, or leave the control to another policy.",
    source=_SESSION,
    good=policy(session=_NEVER),
    bad=policy(applications=_SOME_APP, session=_NEVER),
)
def persistent_browser(context: Context) -> Iterator[Hit]:
    """Whether Entra takes it where some resources are excluded is not documented: that is a warning."""
    for found in context.policies:
        excluded = sorted(found.applications("exclude"))
        if found.session("persistentBrowser", "isEnabled") is not True:
            continue
        if not found.includes_all_resources or excluded:
            but = f"leaves out {', '.join(excluded)}" if excluded else "is not for all resources"
            message = f"{found.name} sets a persistent browser session, and {but}"
            severity: Severity | None = "warning" if found.includes_all_resources else None
            yield found.hit(message, "sessionControls", "persistentBrowser", severity=severity)


@rule(
    id="CA035",
    name="ca-cae-disable",
    severity="error",
    what="Continuous access evaluation is turned off by a policy that Entra does not heed.",
    why="It can be turned off only for all resources and without conditions; otherwise it stays on.",
    fix="Take the conditions away and include All resources, or leave continuous access evaluation on.",
    source=_SESSION,
    good="newer: [sessionControls.continuousAccessEvaluation]\n"
    + policy(session="{continuousAccessEvaluation: {mode: disabled}}"),
    bad="newer: [sessionControls.continuousAccessEvaluation]\n"
    + policy(applications=_SOME_APP, session="{continuousAccessEvaluation: {mode: disabled}}"),
)
def evaluation_disabled(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        is_off = found.session("continuousAccessEvaluation", "mode") == "disabled"
        if is_off and (found.narrowing or not found.includes_all_resources):
            message = f"{found.name} turns continuous access evaluation off, which Entra does not heed here"
            yield found.hit(message, "sessionControls", "continuousAccessEvaluation")


@rule(
    id="CA036",
    name="ca-sif-every-time",
    severity="warning",
    what="People sign in again every time, everywhere, or with a pass that works once.",
    why="Prompts that never end are approved without looking, and a one-time pass cannot answer the second.",
    fix="Ask every time only for what is sensitive, or when there is a risk; give new hires a few hours.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-session-lifetime",
    good=policy(session="{signInFrequency: {isEnabled: true, type: hours, value: 8}}"),
    bad=policy(session=_EVERY_TIME),
)
def every_time(context: Context) -> Iterator[Hit]:
    for found in context.on:
        if found.session("signInFrequency", "frequencyInterval") != "everyTime":
            continue
        if found.session("signInFrequency", "isEnabled") is not True or _has_risk(found):
            continue  # for risky sign-ins Microsoft recommends it
        if said := _trouble(context, found):
            yield found.hit(f"{found.name} {said}", "sessionControls", "signInFrequency", "frequencyInterval")


def _has_risk(found: Policy) -> bool:
    return any(found.condition(name) for name in RISKS)


def _trouble(context: Context, found: Policy) -> str:
    if found.includes_all_resources:
        return "asks at every single sign-in to everything"
    return "asks every time those whose pass works once" if _reaches_one_time(context, found) else ""


def _reaches_one_time(context: Context, found: Policy) -> bool:
    scope = context.methods.scope("temporaryAccessPassOneTime")
    if scope is None or not context.methods.passes_are_once:
        return False
    return scope.everybody or bool(found.users("includeGroups") & (scope.include - scope.exclude))
