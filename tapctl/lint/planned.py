"""A plan → the Contexts before and after it, and what its lint findings mean for it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from tapctl.evaluate.facts import Facts, Group
from tapctl.guard import INTRODUCES, flag
from tapctl.kinds import kinds
from tapctl.lint import rules
from tapctl.lint.context import Context, context_of, last_changed
from tapctl.lint.item import Item
from tapctl.lint.run import Key, Linted, lint
from tapctl.match import Matched, Pair, as_observed
from tapctl.model import Address, Finding, JsonObject, Snapshot, Workspace

_EITHER_WAY = "BG009"
_NOT_NEW = "This change does not introduce it, so it does not stop an apply."
_SETTINGS = (
    "No change to the tenant makes it new, and lint knows no earlier tapctl.yaml (--base compares them): "
    "it stops no apply."
)
_BRAKED = "A brake asks about the same danger, so it does not stop an apply by itself."
_NOT_DECLARED = "Not so as declared: `tapctl apply` ends it."
_ASKS = "This change introduces it: apply asks for a word."
_CAPPED = "It is due to the environment's cap on states, so it does not stop an apply."


def plan_findings(
    matched: Matched,
    snapshot: Snapshot,
    workspace: Workspace,
    brakes: Sequence[Finding],
    *,
    as_of: date,
    given: Facts | None = None,
) -> tuple[Finding, ...]:
    """What lint says about the state that would result, and how that differs from the state that is. `given`
    facts go over those that a plan reads.

    An error asks for a word if this change introduces it, no brake covers the danger, and it would be there
    without the environment's cap as well. One brake asks for all of them.
    """
    facts = _over(_facts(matched, snapshot), given)
    before, after = _contexts(matched, snapshot, workspace, facts, as_of)
    had, has = lint(before), lint(after)
    capped = any(item.resource and item.resource.capped_from for item in after.items)
    uncapped = lint(_context(map(_uncapped, after.items), workspace, facts, as_of, before)) if capped else has
    kept = tuple(_kept(has, had, uncapped, brakes, after))
    gone = _gone(had, has, are_asked_alike=_passes(before) == _passes(after))
    return (*_asking(kept), *kept, *gone, *has.about)


def drift_findings(
    matched: Matched, snapshot: Snapshot, workspace: Workspace, *, as_of: date
) -> tuple[Finding, ...]:
    """What lint says of the tenant as it is, and would not say if it were what the documents say; and what
    its change from the documents took from the emergency accounts."""
    found_there, declared = _contexts(matched, snapshot, workspace, _facts(matched, snapshot), as_of)
    known = {key for key, _ in lint(declared).found}
    found = [finding for key, finding in lint(found_there).found if key not in known]
    changed = lint(replace(found_there, before=replace(declared, before=None))).found
    found += [finding for _, finding in changed if finding.rule == _EITHER_WAY]
    return tuple(replace(finding, help=f"{finding.help} {_NOT_DECLARED}".strip()) for finding in found)


def arrived_findings(
    matched: Matched,
    snapshot: Snapshot,
    workspace: Workspace,
    arrived: Collection[Address],
    *,
    as_of: date,
) -> tuple[Finding, ...]:
    """What lint says of the tenant as it is, beyond notes, and would not say without what arrived in it."""
    facts = _facts(matched, snapshot)
    without = replace(matched, pairs=tuple(pair for pair in matched.pairs if pair.address not in arrived))
    has, had = (_contexts(each, snapshot, workspace, facts, as_of)[0] for each in (matched, without))
    known = {key for key, _ in lint(had).found}
    found = [finding for key, finding in lint(has).found if key not in known]
    return tuple(finding for finding in found if finding.severity != "note")


def _contexts(
    matched: Matched, snapshot: Snapshot, workspace: Workspace, facts: Facts, as_of: date
) -> tuple[Context, Context]:
    """The tenant as it is, and as the documents have it."""
    extra = tuple(_referenced_groups(matched, snapshot))
    before = _context([*items_of(matched, "before"), *extra], workspace, facts, as_of)
    return before, _context([*items_of(matched, "after"), *extra], workspace, facts, as_of, before)


def _context(
    items: Iterable[Item], workspace: Workspace, facts: Facts, as_of: date, before: Context | None = None
) -> Context:
    return context_of(
        items,
        settings=workspace.settings,
        environment=workspace.environment,
        as_of=as_of,
        facts=facts,
        before=before,
        is_whole=True,
    )


def items_of(matched: Matched, side: str) -> Iterator[Item]:
    """Every object of a tenant: as it is (`before`), or as it will be (`after`)."""
    for pair in matched.pairs:
        spec = pair.before if side == "before" else pair.result
        if spec is not None:
            resource = pair.desired.resource if pair.desired else None
            yield Item(
                address=pair.address,
                spec=spec,
                resource=resource,
                managed_by=pair.managed_by,
                changed=last_changed(pair.observed or {}) if _keeps_state(pair, spec) else "",
            )


def _keeps_state(pair: Pair, spec: JsonObject) -> bool:
    return pair.before is not None and pair.before.get("state") == spec.get("state")


def _uncapped(item: Item) -> Item:
    wanted = item.resource.capped_from if item.resource else ""
    return replace(item, spec={**item.spec, "state": wanted}) if wanted else item


def _referenced_groups(matched: Matched, snapshot: Snapshot) -> Iterator[Item]:
    """Groups that policies name and nobody declares: what was read of them to find their ids."""
    declared = {pair.address for pair in matched.pairs}
    for entry in snapshot.entries.get("Group", ()):
        pair = as_observed(kinds()["Group"], entry, matched.directory)
        if pair.address not in declared and pair.before is not None:
            yield Item(address=pair.address, spec=pair.before)


def _facts(matched: Matched, snapshot: Snapshot) -> Facts:
    """What reading the tenant told: settings, and the groups of the accounts that were looked at."""
    members: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: {"User": set(), "Group": set()})
    names = matched.directory.names
    for member, groups in snapshot.parents.items():
        kind = "Group" if ("Group", member) in names else "User"
        for group in groups:
            members[_named("Group", group, matched)][kind].add(_named(kind, member, matched))
    return Facts(
        groups={
            name: Group(users=frozenset(found["User"]), groups=frozenset(found["Group"]), is_complete=False)
            for name, found in members.items()
        },
        security_defaults=snapshot.facts.security_defaults,
    )


def _over(read: Facts, given: Facts | None) -> Facts:
    """A plan reads the security defaults just now, and of groups only who of some accounts is in them."""
    if given is None:
        return read
    defaults = given.security_defaults if read.security_defaults is None else read.security_defaults
    return replace(given, groups={**read.groups, **given.groups}, security_defaults=defaults)


def _named(kind: str, object_id: str, matched: Matched) -> str:
    return matched.directory.names.get((kind, object_id), f"id:{object_id}")


def _kept(
    has: Linted, had: Linted, uncapped: Linted, brakes: Sequence[Finding], context: Context
) -> Iterator[Finding]:
    """What is there after the plan. What nobody declares is shown only if the change makes it so. A way that
    ended at another policy before, on the same terms or on fewer, is not new."""
    old, anyway = _told(has, had), _told(has, uncapped)
    declared = {item.address for item in context.items if item.resource}
    braked = {(brake.rule, brake.address) for brake in brakes}

    def why(key: Key, finding: Finding) -> str:
        if key in old:
            return _of_old(key)
        if (rules()[finding.rule].brake, finding.address) in braked:
            return _BRAKED
        return _ASKS if key in anyway else _CAPPED

    for key, finding in has.found:
        if key not in old:
            found = replace(finding, news="introduced")
        elif finding.address is None or finding.address in declared:
            found = finding
        else:
            continue
        yield _softened(found, why(key, found)) if found.severity == "error" else found


def _told(linted: Linted, other: Linted) -> set[Key]:
    """What the other state has as well, or more of: that a way is shut on fewer terms."""
    ends = set(other.ways.values())
    told = {
        key
        for key, way in linted.ways.items()
        if any(way[:count] in ends for count in range(1, len(way) + 1))
    }
    return told | {key for key, _ in other.found}


def _asking(kept: Iterable[Finding]) -> Iterator[Finding]:
    """The one brake for all errors that the change introduces. Each is told as a finding of its own: here by
    its rule and its place."""
    found = [finding for finding in kept if finding.flag]
    if found:
        said = "an error" if len(found) == 1 else f"{len(found)} errors"
        yield Finding(
            rule=INTRODUCES,
            severity="brake",
            message=f"this change introduces what lint calls {said}: {', '.join(map(_named_at, found))}",
            help="Correct them. The word is for what was so before, such as a tenant that is made again.",
            flag=flag(INTRODUCES),
        )


def _named_at(finding: Finding) -> str:
    where = f"at {finding.place}" if finding.place else f"of {finding.address}" if finding.address else ""
    return f"{finding.rule} {finding.name} {where}".rstrip()


def _of_old(key: Key) -> str:
    """The settings are the same for the tenant as it is and as it will be, whatever they were yesterday."""
    _, address, where = key
    return _SETTINGS if address is None and where.strip() else _NOT_NEW


def _softened(finding: Finding, why: str) -> Finding:
    asked = flag(INTRODUCES) if why == _ASKS else ""
    return replace(finding, severity="warning", help=f"{finding.help} {why}".strip(), flag=asked)


def _passes(context: Context) -> JsonObject | None:
    """Who may have which passes: those whose ways the rules about dead ends look at."""
    found = context.one("TemporaryAccessPassPolicy")
    return found.spec if found is not None else None


def _gone(had: Linted, has: Linted, *, are_asked_alike: bool) -> Iterator[Finding]:
    """What the change ends. A way that ends at another policy than before has not become any better; of one
    whose people may have another pass now, or none, nobody knows (not `are_asked_alike`)."""
    kept = _told(had, has)
    for key, finding in had.found:
        is_better = are_asked_alike if key in had.ways else True
        if key not in kept and is_better:
            message = f"no longer: {finding.message}"
            yield replace(finding, severity="note", news="removed", help="", message=message, place=None)
