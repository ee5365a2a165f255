"""What a brake is: each by its name, the option that releases it, and the Finding that says it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tapctl.errors import UsageError
from tapctl.match import Pair
from tapctl.model import Change, Finding, Place

INTRODUCES = "introduces-errors"

BRAKES: Mapping[str, str] = {
    "break-glass-exposed": "let a policy reach a break-glass account",
    "break-glass-shrinks": "declare fewer accounts as break glass, or exclude fewer of them",
    "locks-out-caller": "let a blocking policy reach whoever applies",
    "many-deletions": "make more deletions than the limit",
    "many-updates": "make more updates than the limit",
    "creates-enabled": "create policies that are enforced at once",
    "enforces": "turn policies from report-only or off to enforced",
    "widens-scope": "let enforced policies reach more people, applications or situations",
    "tightens-strength": "accept less in strengths that enforced policies ask for, or turn their methods off",
    "moves-to-block": "turn enforced policies into ones that block",
    "another-object": "point a name at another object than the tenant's policy holds",
    "empties-group": "take the last members out of a group",
    "overwrites-later-changes": "undo an apply although others changed the same objects since, or may have",
    INTRODUCES: "bring about what lint calls an error",
}
"""Each brake, and what its option allows. The option is `--allow-` and the brake's name."""


def flag(brake: str) -> str:
    """The option that acknowledges a brake."""
    return f"--allow-{brake}"


def brakes_named(words: str) -> frozenset[str]:
    """Brakes in a list with commas or spaces, by name or option. Raises UsageError for what is none."""
    said = {word.removeprefix("--allow-") for word in words.replace(",", " ").split()}
    if unknown := sorted(said - BRAKES.keys()):
        raise UsageError(f'there is no brake "{unknown[0]}"; there are {", ".join(BRAKES)}')
    return frozenset(said)


def missing_words(findings: Iterable[Finding], given: Iterable[str]) -> tuple[Finding, ...]:
    """The brakes that have not been acknowledged by their option."""
    said = set(given)
    return tuple(
        item for item in findings if item.severity == "brake" and (not item.flag or item.rule not in said)
    )


def brake(
    rule: str, message: str, help_text: str, about: Pair | Change | None = None, cause: str = ""
) -> Finding:
    return Finding(
        rule=rule,
        severity="brake",
        message=message,
        help=help_text,
        flag=flag(rule) if rule in BRAKES else "",
        address=about.address if about else None,
        place=_place(about),
        cause=cause,
        subject=about.address.name if about else "",
    )


def _place(about: Pair | Change | None) -> Place | None:
    if isinstance(about, Pair):
        return about.desired.resource.place() if about.desired else None
    return about.place if about else None
