"""Security defaults that are on beside enforced policies → a finding, and what records say of them. Pure.

The two exclude each other (https://learn.microsoft.com/entra/fundamentals/security-defaults, 2026-11). No
document declares the defaults, so nothing differs from one: that they are on is what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from tapctl.comparing.scope import is_in_force
from tapctl.drift.events import Event, Gap, Value
from tapctl.drift.rules import finding
from tapctl.drift.versions import Passage
from tapctl.match import Matched
from tapctl.model import Address, Finding, TenantFacts
from tapctl.text.words import few

_FLAG: Final = "isenabled"
_TRUTH: Final = {"true": True, "false": False}  # as JSON and as .NET write it, in a list or alone
_SAID_ELSEWHERE: Final = ("security-defaults-on", "CA046")
_OFF: Final = (
    "Find out who wants them. Turn them off first (Entra admin center, Overview, Properties), then see that "
    "each policy is enforced: apply cannot enforce one before."
)


def displaced(matched: Matched, facts: TenantFacts) -> list[Address]:
    """The policies that the tenant or a document enforces, where the defaults are known to be on."""
    return [
        pair.address
        for pair in (matched.policies() if facts.security_defaults else ())
        if is_in_force(pair.before or {}) or (pair.desired is not None and is_in_force(pair.after or {}))
    ]


def of_defaults(policies: Sequence[Address], who: Callable[[], str]) -> Iterator[Finding]:
    """One finding, whatever the number of policies. `who` says in words who switched them on."""
    if policies:
        names = few([address.name for address in policies])
        said = f"security defaults are on, and policies are enforced or should be ({names})"
        yield finding("drift-security-defaults", f"{said}: the two exclude each other; {who()}", _OFF)


def without_defaults(found: Iterable[Finding]) -> list[Finding]:
    """What a plan and lint find, but for what they say of the defaults: that is said once, with who."""
    return [item for item in found if item.rule not in _SAID_ELSEWHERE]


def passages_of(events: Iterable[Event]) -> Iterator[Passage]:
    """What each event that is about the defaults found and left, as far as its record says."""
    for event in events:
        if event.does("security defaults"):
            before = _flag((item.name, item.before) for item in event.modified)
            after = _flag((item.name, item.after) for item in event.modified)
            yield Passage(event=event, before=before, after=after)


def _flag(sides: Iterable[tuple[str, Value]]) -> Value:
    """Whether they were on: it stands in the policy whole, or is a property by itself."""
    for name, side in sides:
        held = side if isinstance(side, dict) else {name: side}
        for key, value in held.items():
            if key.lower() == _FLAG and (found := _TRUTH.get(str(value).strip("[]").lower())) is not None:
                return found
    return Gap.UNKNOWN
