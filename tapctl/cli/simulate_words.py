"""Mistakes in a question from the command line, in the words of its options instead of a test's `given`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tapctl.model import Finding, JsonObject

_OPTIONS: Final = {
    "given.user.groups": "--group",
    "given.user.roles": "--role",
    "given.user.type": "--user-type",
    "given.user.registered": "--registered",
    "given.user.reachable": "--reachable",
    "given.user.pass": "--pass",
    "given.user.upn": "--user",
    "given.user": "--user",
    "given.application": "--app",
    "given.action": "--action",
    "given.context": "--context",
    "given.method": "--method",
    "given.location.country": "--country",
    "given.location.named": "--location",
    "given.location.ip": "--ip",
    "given.risk": "--risk",
    "given.asOf": "--as-of",
    "given.scopes": "--scope",
    "given.platform": "--platform",
    "given.client": "--client",
    "given.device": "--device",
    "given.flow": "--flow",
    "given.via": "--via",
    "given.now": "--now",
    "given.enforce": "--enforce",
}
_LABEL: Final = re.compile(rf"({'|'.join(map(re.escape, sorted(_OPTIONS, reverse=True)))})(?![A-Za-z])")
_POSITION: Final = re.compile(r"(--[a-z-]+)\[\d+\]")
_WAYS: Final = {
    "`user: {groups: [...], registered: [...]}`": "--group and --registered",
    "{signIn: high} and the like": "signIn=high and the like",
    "`named` tells": "--location tells",
}


def in_options(mistakes: Iterable[Finding]) -> Iterable[Finding]:
    """The same mistakes, as somebody who typed options can mend them."""
    return (replace(item, message=_said(item.message), help=_said(item.help)) for item in mistakes)


def _said(text: str) -> str:
    named = _POSITION.sub(r"\1", _LABEL.sub(lambda found: _OPTIONS[found[0]], text))
    for ours, theirs in _WAYS.items():
        named = named.replace(ours, theirs)
    return named


def lacking(given: JsonObject) -> str:
    """What a question has to say at least, and does not; empty where it does."""
    if "user" not in given:
        return "say who signs in: --user, or what is true of somebody (--group, --registered, ...)"
    if sum(key in given for key in ("application", "action", "context")) != 1:
        return "say what is signed in to: --app, --action or --context, and only one of them"
    return ""
