"""One mistake in a JSON situation or fixture, as a Finding."""

from __future__ import annotations

from tapctl.model import Finding, Path, Source, dotted


def wrong(source: Source, path: Path, message: str, rule: str = "wrong-value", remedy: str = "") -> Finding:
    """A mistake at a place, with its JSON path in front."""
    text = f"{dotted(path)} {message}".strip()
    return Finding(rule=rule, severity="error", message=text, help=remedy, place=source.place(*path))
