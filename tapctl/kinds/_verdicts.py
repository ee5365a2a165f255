"""The shape in which a kind's rules say what is wrong."""

from __future__ import annotations

from tapctl.model import Path, Verdict


def wrong(path: Path, message: str, help_text: str, *, rule: str) -> Verdict:
    """An error at `path` of the spec."""
    return Verdict(path=path, rule=rule, message=message, help=help_text)


def doubtful(path: Path, message: str, help_text: str, *, rule: str) -> Verdict:
    """A warning: tenants hold such objects, although Graph takes no new ones."""
    return Verdict(path=path, rule=rule, message=message, help=help_text, severity="warning")
