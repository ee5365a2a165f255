"""CA016 to CA024: doors that stay open, and filters that let the wrong device through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tapctl.canonical import at
from tapctl.evaluate.applications import app_key
from tapctl.evaluate.device_filter import FilterError, Node, comparisons, matches, parse
from tapctl.evaluate.situation import UNREGISTERED
from tapctl.lint.context import Context
from tapctl.lint.emergency import is_emergency_group
from tapctl.lint.example import BLOCK, policy
from tapctl.lint.item import Hit
from tapctl.lint.left_out import Baseline, Somebody
from tapctl.lint.policy import DEVICE_CONTROLS, LEGACY, MODERN, Policy
from tapctl.lint.rule import rule

_LEGACY_BLOCK: Final = policy("No legacy", clients="[exchangeActiveSync, other]", grant=BLOCK)
_FLOWS: Final = "authenticationFlows: {{transferMethods: [{}]}}"
_FLOW_PAGE: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/concept-authentication-flows"
)
_FILTER_PAGE: Final = (
    "https://learn.microsoft.com/entra/identity/conditional-access/concept-condition-filters-for-devices"
)
_PATH: Final = ("conditions", "devices", "deviceFilter", "rule")
_ENROLMENT: Final = frozenset(map(app_key, ("Microsoft Intune", "Microsoft Intune Enrollment")))
_EDITABLE: Final = frozenset(
    {"displayName", "manufacturer", "model", "operatingSystem", "operatingSystemVersion"}
)
"""Attributes that a user, or an administrator of the machine, can set."""


def _filter(mode: str, text: str) -> str:
    return f"devices: {{deviceFilter: {{mode: {mode}, rule: '{text}'}}}}"


@rule(
    id="CA016",
    name="ca-legacy-open",
    severity="error",
    elsewhere="warning",
    absence=True,
    what="No enforced policy blocks legacy clients for everybody.",
    why="Legacy protocols know passwords only: what else is asked is asked in vain, or not at all.",
    fix="Block exchangeActiveSync and other for All users and All resources, without the emergency accounts.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/policy-block-legacy-authentication",
    good=_LEGACY_BLOCK,
    bad=policy(),
)
def legacy_open(context: Context) -> Iterator[Hit]:
    """A demand is no block. A group that some policy is about is of those who work here; one that is only
    left out is a named exception (CA008). Where no emergency account is declared, any may be theirs."""
    blocks = [found for found in context.enforced if found.blocks and _is_general(found, "clientAppTypes")]
    stopped = frozenset[str]().union(*map(_legacy_of, blocks))
    if context.policies and not stopped >= LEGACY:
        missing = ", ".join(sorted(LEGACY - stopped))
        message = f"no enforced policy blocks legacy clients ({missing}) for everybody{_but_a_wall(context)}"
        yield context.at_settings(message)
    working = frozenset[str]().union(*(found.users("includeGroups") for found in context.enforced))
    for found in blocks if context.settings.break_glass else ():
        for group in sorted(found.users("excludeGroups") & working):
            if not is_emergency_group(context, group) and not _is_stopped(context, group, _legacy_of(found)):
                message = f"{found.name} leaves legacy clients open to members of {group}"
                yield found.hit(message, "conditions", "users", "excludeGroups", value=group)


def _legacy_of(found: Policy) -> frozenset[str]:
    """The legacy clients among those a policy is about."""
    return LEGACY if found.has_any_client else found.clients & LEGACY


def _is_stopped(context: Context, group: str, clients: frozenset[str]) -> bool:
    """Whether some policy blocks those clients for everybody in a group, always."""
    return any(
        found.blocks
        and found.includes_all_resources
        and set(found.narrowing) <= {"clientAppTypes"}
        and _legacy_of(found) >= clients
        and Baseline.of(found).takes(Somebody(groups=context.groups.around(group)))
        for found in context.enforced
    )


def _is_general(found: Policy, *but: str) -> bool:
    """Whether it is for everybody and everything, those conditions aside."""
    return (
        found.includes_everyone
        and found.includes_all_resources
        and not found.applications("exclude")
        and set(found.narrowing) <= set(but)
        and not found.blocks_everybody
    )


def _but_a_wall(context: Context) -> str:
    """What stops everything is taken back (CA002), and then this is open."""
    walls = sorted(found.name for found in context.enforced if found.blocks_everybody)
    return f", but {', '.join(walls)}, which blocks everything" if walls else ""


@rule(
    id="CA017",
    name="ca-device-code-open",
    severity="warning",
    absence=True,
    what="No enforced policy blocks device code flow for everybody.",
    why="A stranger starts the sign-in, the victim finishes it: the usual phishing of sessions.",
    fix="Block transferMethods: [deviceCodeFlow] for All, and exclude those who need it by name.",
    source=_FLOW_PAGE,
    good=policy(conditions=_FLOWS.format("deviceCodeFlow"), grant=BLOCK),
    bad=policy(),
)
def device_code_open(context: Context) -> Iterator[Hit]:
    yield from _flow_open(context, "deviceCodeFlow", "device code flow")


@rule(
    id="CA018",
    name="ca-transfer-open",
    severity="warning",
    absence=True,
    what="No enforced policy blocks authentication transfer for everybody.",
    why="A session moves to another device by a code that can be shown to anybody.",
    fix="Block transferMethods: [authenticationTransfer] for All.",
    source=_FLOW_PAGE,
    good=policy(conditions=_FLOWS.format("authenticationTransfer"), grant=BLOCK),
    bad=policy(),
)
def transfer_open(context: Context) -> Iterator[Hit]:
    yield from _flow_open(context, "authenticationTransfer", "authentication transfer")


def _flow_open(context: Context, flow: str, words: str) -> Iterator[Hit]:
    if context.policies and not any(_blocks_flow(found, flow) for found in context.enforced):
        yield context.at_settings(f"no enforced policy blocks {words} for everybody{_but_a_wall(context)}")


def _blocks_flow(found: Policy, flow: str) -> bool:
    """Legacy clients know no such flows: a policy need not be about them."""
    flows = found.condition("authenticationFlows", "transferMethods")
    return (
        found.blocks
        and _is_general(found, "authenticationFlows", "clientAppTypes")
        and (found.has_any_client or found.clients >= MODERN)
        and ("authenticationFlows" not in found.narrowing or flow in flows)
    )


@rule(
    id="CA020",
    name="ca-managed-autoenable",
    severity="error",
    what="A policy of Microsoft's is still in report-only.",
    why="It turns itself on, 45 days after it appeared or later, whether anybody has looked or not.",
    fix="Decide: set its state to enabled or disabled.",
    source="https://learn.microsoft.com/entra/identity/conditional-access/managed-policies",
    good=policy("'Microsoft-managed: Block legacy authentication'", state="disabled"),
    bad=policy("'Microsoft-managed: Block legacy authentication'", state="enabledForReportingButNotEnforced"),
)
def managed_autoenable(context: Context) -> Iterator[Hit]:
    for found in context.policies:
        if found.item.managed_by and found.is_report_only:
            yield found.hit(f"{found.name} is Microsoft's, and turns itself on one day", "state")


@rule(
    id="CA021",
    name="ca-resource-exclusion",
    severity="warning",
    what="A policy for all resources leaves some out.",
    why="Such policies let requests for low-privilege scopes through until mid-2026, and hold them up now.",
    fix="Exclude no resource, or test every excluded application's first calls (openid, User.Read).",
    source="https://learn.microsoft.com/entra/identity/conditional-access/concept-enforcement-resource-exclusions",
    good=policy(),
    bad=policy(applications="{includeApplications: [All], excludeApplications: [Office365]}"),
)
def resource_exclusion(context: Context) -> Iterator[Hit]:
    """Session controls do not keep anybody out, and enrolling a device needs no such device already."""
    for found in context.on:
        apps = sorted(found.applications("exclude"))
        if found.includes_all_resources and found.demands and apps and not _is_for_enrolment(found):
            message = f"{found.name} is for all resources but {', '.join(apps)}"
            yield found.hit(message, "conditions", "applications", "excludeApplications")


def _is_for_enrolment(found: Policy) -> bool:
    """Whether it asks for a managed device, and leaves out nothing but the way to one."""
    apps = {app_key(name) for name in found.applications("exclude")}
    return set(found.demands) <= DEVICE_CONTROLS and apps <= _ENROLMENT


@rule(
    id="CA022",
    name="ca-filter-null",
    severity="error",
    what="A device that nobody knows slips through a device filter.",
    why="An unregistered device has no attributes: positive comparisons fail, negative ones pass.",
    fix="For a block, exclude by a positive comparison; for a demand, exclude by one as well.",
    source=_FILTER_PAGE,
    good=policy(conditions=_filter("exclude", "device.isCompliant -eq True"), grant=BLOCK),
    bad=policy(conditions=_filter("include", 'device.operatingSystem -eq "Linux"'), grant=BLOCK),
)
def filter_null(context: Context) -> Iterator[Hit]:
    """A demand that includes certain devices is about them, and is left alone."""
    for found in context.on:
        mode, node = _device_filter(found)
        if node is None or not (found.blocks or (found.grants and mode == "exclude")):
            continue
        if (matches(node, UNREGISTERED) is True) == (mode == "exclude"):
            what = "block" if found.blocks else "demand"
            yield found.hit(f"an unregistered device escapes the {what} of {found.name}", *_PATH)


@rule(
    id="CA023",
    name="ca-filter-editable",
    severity="warning",
    what="A device filter rests on what the owner of a device can change.",
    why="A name or model is what the machine says of itself: whoever administers it can say anything.",
    fix="Compare what Entra or Intune decides: isCompliant, trustType, deviceOwnership.",
    source=_FILTER_PAGE,
    good=policy(conditions=_filter("exclude", "device.isCompliant -eq True")),
    bad=policy(conditions=_filter("exclude", 'device.displayName -startsWith "KIOSK"')),
)
def filter_editable(context: Context) -> Iterator[Hit]:
    for found in context.on:
        _, node = _device_filter(found)
        names = {item.attribute for item in comparisons(node)} if node is not None else set()
        if names and names <= _EDITABLE:
            yield found.hit(
                f"{found.name} trusts {', '.join(sorted(names))}, which the owner can change", *_PATH
            )


@rule(
    id="CA024",
    name="ca-filter-extattr",
    severity="warning",
    what="A device filter compares extension attributes of devices that may not show any.",
    why="They are seen on managed, compliant or hybrid-joined devices only: on others they are null.",
    fix="Join a comparison of isCompliant or trustType by -and, so that it is clear which devices are meant.",
    source=_FILTER_PAGE,
    good=policy(
        conditions=_filter("exclude", 'device.extensionAttribute1 -eq "SAW" -and device.isCompliant -eq True')
    ),
    bad=policy(conditions=_filter("exclude", 'device.extensionAttribute1 -eq "SAW"')),
)
def filter_extension(context: Context) -> Iterator[Hit]:
    for found in context.on:
        _, node = _device_filter(found)
        names = {item.attribute for item in comparisons(node)} if node is not None else set()
        extensions = sorted(name for name in names if name.startswith("extensionAttribute"))
        if extensions and not names & {"isCompliant", "trustType"}:
            message = f"{found.name} compares {', '.join(extensions)}, which unmanaged devices do not show"
            yield found.hit(message, *_PATH)


def _device_filter(found: Policy) -> tuple[str, Node | None]:
    """The mode, and the rule as a tree; no tree where there is no rule, or none that can be read (CA025)."""
    asked = at(found.spec, "conditions", "devices", "deviceFilter")
    text = asked.get("rule") if isinstance(asked, dict) else None
    try:
        node = parse(text) if isinstance(text, str) else None
    except FilterError:
        node = None
    return str(asked.get("mode")).lower() if isinstance(asked, dict) else "", node
