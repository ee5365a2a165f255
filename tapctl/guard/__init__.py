"""A plan and the state that would result → what makes it dangerous, or less safe than before. Pure.

Each brake stops apply until its own option is given; one without an option cannot be overridden.

    brakes               what a brake is, and its option
    break_glass          would a policy reach the emergency accounts? `rehearse`: on the way there?
    shrinks              are fewer kept out of policies as emergency accounts?
    caller               would it shut out whoever applies?
    changes              is more enforced, changed or deleted than meant? `ripple`, `withdrawn`: indirectly?
    lowered              is less protected than before? `escaped`: because people change groups?
    gained               who may have a pass now, and what accepts a weak method that is on now?
    membership, reach    who is in which group, and for whom a policy or method is, before and after
"""

from __future__ import annotations

from tapctl.guard.brakes import BRAKES, INTRODUCES, brakes_named, flag, missing_words
from tapctl.guard.break_glass import exposed, hollow, shields, undeclared
from tapctl.guard.caller import locked_out
from tapctl.guard.changes import drastic
from tapctl.guard.reach import Sides
from tapctl.guard.shrinks import shrinks
from tapctl.match import Matched
from tapctl.model import Finding, Former, Plan, Snapshot, Workspace

__all__ = ["BRAKES", "INTRODUCES", "brakes_named", "flag", "guard", "missing_words", "shields"]


def guard(
    plan: Plan, matched: Matched, snapshot: Snapshot, workspace: Workspace, former: Former | None = None
) -> tuple[Finding, ...]:
    """Every brake the plan trips, and every mistake in how break-glass is declared. `former` is what the
    settings were, where that is asked."""
    sides = Sides.of(matched, snapshot)
    return (
        *undeclared(plan, workspace),
        *hollow(sides.after, workspace),
        *exposed(matched, sides.after, sides.before, workspace),
        *shrinks(matched, sides, workspace, former),
        *locked_out(matched, sides, snapshot),
        *drastic(plan, matched, sides, workspace),
    )
