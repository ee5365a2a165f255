"""The changes of a plan → those that nobody should make unawares, or so many of at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tapctl.canonical import references, texts
from tapctl.comparing.scope import blocks, is_in_force, state, widened
from tapctl.comparing.total import is_total
from tapctl.guard.brakes import brake
from tapctl.guard.reach import Sides
from tapctl.guard.ripple import changed_objects, ripples
from tapctl.guard.withdrawn import withdrawals
from tapctl.match import Matched, Pair
from tapctl.model import BreakGlass, Finding, Plan, Workspace
from tapctl.reference import parse

_EVERYBODY = "everybody but break-glass and whom it names from everything"


def drastic(plan: Plan, matched: Matched, sides: Sides, workspace: Workspace) -> Iterator[Finding]:
    """Every brake that the changes trip by themselves, whomever they are about."""
    yield from _too_many(plan, workspace)
    for pair in matched.policies():
        yield from _state_brakes(pair, workspace.settings.break_glass)
    yield from _rippling(matched, sides)
    yield from _other_objects(matched)
    yield from _emptied(plan)


def _state_brakes(pair: Pair, glass: BreakGlass) -> Iterator[Finding]:
    """What becomes stricter for people the moment the plan is applied."""
    after = pair.after if pair.desired is not None else None
    if after is None or not is_in_force(after):
        return
    before = pair.before
    shut = f", and blocks {_EVERYBODY}" if blocks(after) and is_total(after, glass) else ""
    if before is None:
        help_text = "Create it in report-only first and look at its effect in the sign-in logs."
        said = f"would be created and enforced at once{shut}"
        yield brake("creates-enabled", f"{pair.address} {said}", help_text, pair, f"policies {said}")
        return
    if not is_in_force(before):
        said = f"would go from {state(before)} to enabled{shut}"
        help_text = "Look at the effect in the sign-in logs first."
        yield brake("enforces", f"{pair.address} {said}", help_text, pair, f"policies {said}")
        return
    if reach := widened(before, after):
        said = f"would reach further: {'; '.join(reach)}"
        help_text = "Make sure that everybody who is newly reached can meet it."
        yield brake(
            "widens-scope",
            f"{pair.address}, which is enforced, {said}",
            help_text,
            pair,
            f"enforced policies {said}",
        )
    if blocks(after) and not blocks(before):
        said = f"would block instead of asking{shut}"
        yield brake(
            "moves-to-block",
            f"{pair.address}, which is enforced, {said}",
            "Nothing a person can do satisfies a block.",
            pair,
            f"enforced policies {said}",
        )


def _rippling(matched: Matched, sides: Sides) -> Iterator[Finding]:
    """Policies that are enforced anyway and reach further, or ask for more, through what they refer to."""
    membership = sides.after
    changed, gone = changed_objects(matched, membership), withdrawals(matched, membership)
    for pair in matched.policies() if changed or gone.found else ():
        after = pair.result
        if after is None or not (is_in_force(after) and is_in_force(pair.before or {})):
            continue
        for ripple in (*ripples(after, pair, changed, sides), *gone.felt_by(after, membership)):
            said = f"would {'ask for more' if ripple.is_strength else 'reach further'}: {ripple.said}"
            found = brake(
                "tightens-strength" if ripple.is_strength else "widens-scope",
                f"{pair.address}, which is enforced, {said}",
                "Make sure that everybody it reaches can meet it.",
                ripple.changed,
            )
            yield replace(found, cause=f"enforced policies {said}", subject=pair.address.name)


def _too_many(plan: Plan, workspace: Workspace) -> Iterator[Finding]:
    limits = workspace.settings.limits
    for action, limit, rule in (
        ("delete", limits.deletions, "many-deletions"),
        ("update", limits.updates, "many-updates"),
    ):
        count = sum(change.action == action for change in plan.changes)
        if count > limit:
            what = "deletions" if action == "delete" else "updates"
            help_text = (
                f"The limit is limits.{what} in tapctl.yaml. Is this the right folder and environment?"
            )
            yield brake(rule, f"{count} {what} at once, where the limit is {limit}", help_text)


def _other_objects(matched: Matched) -> Iterator[Finding]:
    """The same name, but another object than the tenant's policy holds today."""
    for pair in matched.pairs:
        if pair.before is None or pair.after is None or pair.desired is None:
            continue
        wanted = {text for _, _, text in references(pair.kind.field, pair.after)}
        for _, spot, text in references(pair.kind.field, pair.before):
            held = parse(text, spot.references, spot.words)
            names = {matched.directory.names.get((kind, held.text)) for kind in spot.references}
            for name in sorted(names & wanted - {None}, key=str) if held.form == "id" else ():
                yield brake(
                    "another-object",
                    f"{pair.address}: {name!r} is not what the tenant's policy holds ({held.text})",
                    "Somebody may have made a namesake. Pin the one you mean in the environment's file.",
                    pair,
                )


def _emptied(plan: Plan) -> Iterator[Finding]:
    for change in plan.changes:
        if change.address.kind != "Group" or change.action not in ("update", "delete"):
            continue
        had, will_have = (len(texts(spec, "members")) for spec in (change.before, change.after))
        if had and not will_have:
            said = f"{change.address} would lose {'its only member' if had == 1 else f'all {had} members'}"
            yield brake(
                "empties-group", said, "Policies that include or exclude it change their meaning.", change
            )
