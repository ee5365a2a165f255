"""The shape in which a kind's rules say what is wrong."""

from __future__ import annotations

from tapctl.model import Finding, Path, Resource, Severity


def wrong(resource: Resource, path: Path, message: str, help_text: str, *, rule: str) -> Finding:
    """An error at `path` of the document's spec."""
    return _finding(resource, path, "error", message, help_text, rule)


def doubtful(resource: Resource, path: Path, message: str, help_text: str, *, rule: str) -> Finding:
    """A warning: tenants hold such objects, although Graph takes no new ones."""
    return _finding(resource, path, "warning", message, help_text, rule)


def _finding(
    resource: Resource, path: Path, severity: Severity, message: str, help_text: str, rule: str
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        help=help_text,
        place=resource.place(*path),
        address=resource.address,
    )
