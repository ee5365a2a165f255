"""What a lint rule is: a function from a Context to Hits, with what a person needs to know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tapctl.lint.item import Hit
from tapctl.lint.needs import Need
from tapctl.model import Severity

if TYPE_CHECKING:
    from tapctl.lint.context import Context

Check: TypeAlias = "Callable[[Context], Iterable[Hit]]"
Blind: TypeAlias = "Callable[[Context], frozenset[str]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `severity` holds in production, `elsewhere` in other environments, if it differs.

    `needs` are the facts without which it cannot say anything; `blind` names the groups whose members it
    would have to know to say all. An `absence` is something that no document of the folder does; the tenant
    may have it all the same, so offline it is no error. `brake` is the guard's brake for the same danger,
    `covers` the findings of `validate` that say the same.
    `good` and `bad` are YAML documents that show the rule, and test it: a document without a `kind` holds
    `settings`, `environment`, `facts`, `before` and `asOf`.
    """

    id: str
    name: str
    severity: Severity
    elsewhere: Severity | None = None
    what: str
    why: str
    fix: str
    source: str
    needs: tuple[Need, ...] = ()
    blind: Blind | None = None
    absence: bool = False
    brake: str = ""
    covers: tuple[str, ...] = ()
    good: str
    bad: str
    check: Check


def rule(
    *,
    id: str,  # noqa: A002  # what it is called everywhere
    name: str,
    severity: Severity,
    what: str,
    why: str,
    fix: str,
    source: str,
    good: str,
    bad: str,
    elsewhere: Severity | None = None,
    needs: tuple[Need, ...] = (),
    blind: Blind | None = None,
    absence: bool = False,
    brake: str = "",
    covers: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Makes a rule of the function below it."""

    def made(check: Check) -> Rule:
        return Rule(
            id=id,
            name=name,
            severity=severity,
            elsewhere=elsewhere,
            what=what,
            why=why,
            fix=fix,
            source=source,
            needs=needs,
            blind=blind,
            absence=absence,
            brake=brake,
            covers=covers,
            good=good.strip() + "\n",
            bad=bad.strip() + "\n",
            check=check,
        )

    return made
