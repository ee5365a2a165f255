"""A person's last word before something is changed: the environment's name, typed."""

from __future__ import annotations

import sys
from typing import Protocol

from tapctl.cli.output import say


class Which(Protocol):
    """Whatever knows which tenant it is about."""

    @property
    def environment(self) -> str: ...
    @property
    def tenant_id(self) -> str: ...
    @property
    def is_sandbox(self) -> bool: ...


def declined(which: Which, does: str, *, without: str) -> str:
    """Why the answer is no; empty if it is yes. `does` is what happens, with a {} for the tenant (`deletes 2
    passes in {}`), `without` what --yes does without asking (`deletes`)."""
    if not sys.stdin.isatty():
        return f"there is nobody at a terminal to ask; --yes {without} without asking"
    tenant = "the pretend tenant" if which.is_sandbox else f"tenant {which.tenant_id}"
    say(f"This {does.format(tenant)}. To go on, type the environment's name ({which.environment}):")
    given = sys.stdin.readline().strip()
    return "" if given == which.environment else f'the answer was not "{which.environment}": nothing was done'
