"""What drift finds, worst first, and the one way to say it. Pure."""

from __future__ import annotations

from typing import Final

from tapctl.model import Address, Finding, Place, Severity

RULES: Final[dict[str, tuple[Severity, str]]] = {
    "drift-break-glass-lost": ("error", "a break-glass account or group is no longer in the tenant"),
    "drift-break-glass-exposed": ("error", "a policy of the tenant reaches a break-glass account"),
    "drift-break-glass-disabled": ("error", "a break-glass account is disabled"),
    "drift-break-glass-left": ("error", "a break-glass account is not in the group that policies exclude"),
    "drift-break-glass-joined": ("error", "somebody else is in the group that policies exclude"),
    "drift-security-defaults": (
        "error",
        "security defaults are on beside policies that are enforced, or should be",
    ),
    "drift-not-enforced": ("error", "what the documents enforce is not enforced in the tenant"),
    "drift-named-deleted": ("error", "an account or group that documents name was deleted in the tenant"),
    "drift-blocks": ("error", "an enforced policy of the tenant blocks where the documents ask"),
    "drift-undeclared-spares": (
        "error",
        "a location that no document declares has come or changed, and enforced policies exclude it",
    ),
    "drift-undeclared-blocks": (
        "error",
        "a policy that no document declares blocks, and has come or changed or stops everybody",
    ),
    "drift-undeclared-ended": (
        "error",
        "a policy that no document declares was enforced lately, and is off or gone",
    ),
    "drift-method-gone": ("warning", "enforced policies can be met in fewer ways than the documents say"),
    "drift-weaker": ("warning", "the tenant lets through what the documents stop"),
    "drift-undeclared-weaker": (
        "warning",
        "an enforced policy that no document declares excludes more than it did",
    ),
    "drift-more-spared": ("warning", "a group that enforced policies exclude has members it should not have"),
    "drift-enforced": ("warning", "a policy is enforced in the tenant and not in the documents"),
    "drift-stricter": ("warning", "the tenant stops what the documents let through"),
    "drift-id-of-deleted": ("warning", "the tenant holds an id that is nobody's any more"),
    "drift-in-use": ("warning", "what enforced policies refer to is not what the documents say"),
    "drift-break-glass-unread": (
        "note",
        "who is in the group that policies exclude, or whether a break-glass account is enabled, is unknown",
    ),
    "drift-asks-more": ("note", "the tenant asks for more, or allows less, than the documents"),
    "drift-new-undeclared": (
        "warning",
        "a policy that no document declares has come or changed, and is enforced",
    ),
}
"""Each rule, worst first: how bad it is, and what it means."""


def finding(
    rule: str, message: str, advice: str, *, address: Address | None = None, place: Place | None = None
) -> Finding:
    """As bad as its rule."""
    severity = RULES[rule][0]
    return Finding(rule=rule, severity=severity, message=message, help=advice, address=address, place=place)
