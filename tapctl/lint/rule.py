"""What a lint rule is: a function from a Context to Hits, with what a person needs to know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from tapctl.model import Path, Place, Severity

if TYPE_CHECKING:
    from tapctl.lint.context import Context, Item

Need: TypeAlias = Literal[
    "plan", "changed", "members", "emergency", "roles", "registered", "perUserMfa", "securityDefaults"
]
NEEDS: Final[dict[Need, str]] = {
    "plan": "a plan: what the tenant has before the change",
    "changed": "since when the tenant's policies are as they are (a plan)",
    "members": "the members of groups",
    "emergency": "everybody in the emergency accounts' groups",
    "roles": "who holds which role",
    "registered": "which methods people have registered",
    "perUserMfa": "who has per-user MFA",
    "securityDefaults": "whether security defaults are on",
}
"""What a rule may need besides the folder, in words."""
READABLE: Final[frozenset[Need]] = frozenset(
    {"members", "emergency", "roles", "registered", "securityDefaults"}
)
"""Those that a snapshot of facts has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that a rule found. `path` is in the item's spec; without an item, `place` says where.

    `severity` and `help` replace the rule's own. `way` is what stays the same where the way of people ends at
    another object than before.
    """

    message: str
    item: Item | None = None
    path: Path = ()
    value: str = ""
    place: Place | None = None
    severity: Severity | None = None
    help: str = ""
    way: str = ""


Check: TypeAlias = "Callable[[Context], Iterable[Hit]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `severity` holds in production, `elsewhere` in other environments, if it differs.

    `needs` are the facts without which it cannot say anything. An `absence` is something that no document
    of the folder does; the tenant may have it all the same, so offline it is no error. `brake` is the guard's
    brake for the same danger, `covers` the findings of `validate` that say the same.
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
            absence=absence,
            brake=brake,
            covers=covers,
            good=good.strip() + "\n",
            bad=bad.strip() + "\n",
            check=check,
        )

    return made
