"""The shape in which a kind's rules say what is wrong."""

from __future__ import annotations

from tapctl.model import Finding, Resource


def wrong(resource: Resource, path: tuple[str, ...], message: str, help_text: str, *, rule: str) -> Finding:
    """An error at `path` of the document's spec."""
    place = resource.place(*path)
    return Finding(
        rule=rule, severity="error", message=message, help=help_text, place=place, address=resource.address
    )
