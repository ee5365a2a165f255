"""Settings as they were and as they are → warnings about the brakes and checks that a change loosens. Pure.

A plan is judged by the settings of its own folder. Loosened together with a dangerous change, they are silent
about it; so what they were before is compared by value, setting by setting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from tapctl.lint import by_name
from tapctl.lint.rule import Rule
from tapctl.load.environment import STATES
from tapctl.load.settings import quoted
from tapctl.model import (
    Address,
    Environment,
    Finding,
    Former,
    Json,
    Path,
    Settings,
    Workspace,
)
from tapctl.text.patterns import matches

RULE: Final = "settings-loosened"
_LEVELS: Final = ("off", "note", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosened:
    """One setting: where it stands now, what it was and is, and what it no longer stops."""

    path: Path
    before: Json
    after: Json
    so: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What settings are compared with: how they are now, and the names that the folder uses."""

    settings: Settings
    environment: Environment
    used: Collection[Address]


OfSettings: TypeAlias = Callable[[Settings, Present], Iterator[Loosened]]
OfEnvironment: TypeAlias = Callable[[Environment, Present], Iterator[Loosened]]


def loosened(workspace: Workspace, former: Former, used: Collection[Address]) -> tuple[Finding, ...]:
    """One warning for each setting that stops less than it did. `used` is what the folder names."""
    now = Present(settings=workspace.settings, environment=workspace.environment, used=used)
    found: list[Finding] = []
    if former.settings is not None:
        before = former.settings
        for of_settings in SETTINGS.values():
            found += [_finding(item, former, now.settings) for item in of_settings(before, now)]
    if former.environment is not None:
        was = former.environment
        for of_environment in ENVIRONMENT.values():
            found += [_finding(item, former, now.environment) for item in of_environment(was, now)]
    return tuple(found)


def _finding(item: Loosened, former: Former, written: Settings | Environment) -> Finding:
    about = ".".join(map(str, item.path))
    return Finding(
        rule=RULE,
        severity="warning",
        message=f"{about} goes from {_words(item.before)} to {_words(item.after)}: {item.so}",
        help="Make sure that this is meant, and not only to let this change pass. "
        f"Before is {quoted(former.revision)}.",
        place=written.source.place(*item.path),
        news="introduced",
    )


def _words(value: Json) -> str:
    return "nothing" if value is None or value == [] else quoted(value)


def _ownership(before: Settings, now: Present) -> Iterator[Loosened]:
    for kind, patterns in now.settings.ownership.items():
        had = before.ownership.get(kind, ())
        wider = [pattern for pattern in patterns if not any(_covers(old, pattern) for old in had)]
        if wider:
            yield Loosened(
                path=("ownership", kind),
                before=[*had],
                after=[*patterns],
                so=f"whatever is called like {', '.join(map(quoted, wider))} and not declared is deleted",
            )


def _covers(wide: str, pattern: str) -> bool:
    """Whether whatever is like `pattern` is like `wide`: certain where that holds no `?`."""
    return wide == pattern or ("?" not in wide and matches(wide, pattern))


def _own_policies(before: Settings, now: Present) -> Iterator[Loosened]:
    was, now_exempt = before.break_glass.policies, now.settings.break_glass.policies
    if more := [name for name in now_exempt if name not in was]:
        yield Loosened(
            path=("breakGlass", "policies"),
            before=[*was],
            after=[*now_exempt],
            so=f"{', '.join(map(quoted, more))} may reach break-glass accounts, and no brake asks",
        )


def _deletions(before: Settings, now: Present) -> Iterator[Loosened]:
    yield from _limit("deletions", before.limits.deletions, now.settings.limits.deletions)


def _updates(before: Settings, now: Present) -> Iterator[Loosened]:
    yield from _limit("updates", before.limits.updates, now.settings.limits.updates)


def _limit(what: str, before: int, after: int) -> Iterator[Loosened]:
    if after > before:
        so = f"apply asks for a word from {after + 1} {what} on, not from {before + 1} (many-{what})"
        yield Loosened(path=("limits", what), before=before, after=after, so=so)


def _severities(before: Settings, now: Present) -> Iterator[Loosened]:
    """By rule, whatever it is called there; what is not set has the rule's own severity."""
    had, has = _by_rule(before), _by_rule(now.settings)
    for id_ in sorted(had.keys() | has.keys()):
        rule = by_name()[id_.lower()]
        usual = rule.severity if now.environment.is_production else rule.elsewhere or rule.severity
        _, was = had.get(id_, (rule.name, usual))
        name, severity = has.get(id_, (rule.name, usual))
        if _LEVELS.index(severity) < _LEVELS.index(was):
            so = _unsaid(rule, was, severity)
            yield Loosened(path=("lint", "severities", name), before=was, after=severity, so=so)


def _by_rule(settings: Settings) -> dict[str, tuple[str, str]]:
    """Rule id → what it is called in the settings, and how serious it is there."""
    return {
        rule.id: (name, severity)
        for name, severity in settings.severities.items()
        if (rule := by_name().get(name.lower())) is not None
    }


def _unsaid(rule: Rule, before: str, after: str) -> str:
    stopped = " and neither fails a check nor stops an apply" if before == "error" else ""
    told = "is told no more" if after == "off" else f"is a {after}"
    return f"what {rule.id} finds {told}{stopped}"


def _max_state(before: Environment, now: Present) -> Iterator[Loosened]:
    was, cap = before.max_state, now.environment.max_state
    if STATES.index(cap or STATES[-1]) > STATES.index(was or STATES[-1]):
        so = (
            "policies may be enforced here"
            if cap in (None, "enabled")
            else "policies may be reported on here"
        )
        yield Loosened(path=("maxState",), before=was, after=cap, so=so)


def _production(before: Environment, now: Present) -> Iterator[Loosened]:
    """A cap makes no production as well, and that is a tightening."""
    was, said = before.production, now.environment.production
    if was != said and before.is_production and not now.environment.is_production:
        so = "rules of lint that are stricter in production are that no more"
        yield Loosened(path=("production",), before=was, after=said, so=so)


def _pins(before: Environment, now: Present) -> Iterator[Loosened]:
    """A pin that names another id is held against what the tenant's policies hold: the plan's own brake. A
    userPrincipalName has no namesake."""
    gone = sorted(
        address
        for address in before.pins
        if address in now.used and address not in now.environment.pins and address.kind != "User"
    )
    for address in gone:
        so = "whatever has the name is taken for it"
        yield Loosened(path=("pins", str(address)), before=before.pins[address], after=None, so=so)


SETTINGS: Final[Mapping[str, OfSettings]] = {
    "ownership": _ownership,
    "breakGlass.policies": _own_policies,
    "limits.deletions": _deletions,
    "limits.updates": _updates,
    "lint.severities": _severities,
}
ENVIRONMENT: Final[Mapping[str, OfEnvironment]] = {
    "maxState": _max_state,
    "production": _production,
    "pins": _pins,
}
ELSEWHERE: Final[Mapping[str, str]] = {
    "breakGlass.accounts": "the brake break-glass-shrinks asks about who is declared no more",
    "breakGlass.groups": "the brake break-glass-shrinks asks about who is declared no more",
    "defaultEnvironment": "every headline names the environment, and apply in a pipeline needs it said",
    "tenantId": "every headline names the tenant, and the token has to be of it",
    "cloud": "which hosts may see a token is said outside of the folder",
    "graphEndpoint": "which hosts may see a token is said outside of the folder",
    "caRequestsPerSecond": "a pace stops nothing",
    "passesPerSecond": "a pace stops nothing",
    "variables": "what they change in documents is in the plan, and in the settings they are compared put in",
    "overrides": "what they change in documents is in the plan",
}
"""Settings that are not compared here, and why not."""
