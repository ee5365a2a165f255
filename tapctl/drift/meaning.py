"""What the tenant has differently → what that means for safety, worst first. Pure.

The plan's brakes say what an apply would do; here the tenant as it is counts, against what the documents say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tapctl.canonical import references, texts
from tapctl.comparing.scope import blocks, is_in_force, state, widened
from tapctl.drift.exposure import Absence, Exposure, Loss
from tapctl.drift.rules import RULES, finding
from tapctl.guard.lowered import Strengths, asks_for_more, let_through
from tapctl.guard.membership import Membership
from tapctl.guard.withdrawn import withdrawals
from tapctl.lint import rules
from tapctl.match import Matched, Pair
from tapctl.model import Address, BreakGlass, Finding, JsonObject, Snapshot
from tapctl.text.words import few

_POLICIES: Final = "ConditionalAccessPolicy"

_BACK: Final = (
    "Restore it first (Deleted users or Deleted groups in the admin center): it keeps its id, and the pin is "
    "right again. Then see that the group holds the accounts."
)
_ANEW: Final = (
    "If it is not among the deleted users and groups, make a new one first, pin its id, and see that every "
    "policy excludes it: nobody may be left to repair the rest."
)


_WHICH_WAY: Final = "Adopt it if that is meant; `tapctl apply` would loosen it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of something that is lost, in words, and whether it is known to be restorable."""

    said: str
    is_restorable: bool


def meaning(
    matched: Matched,
    exposure: Exposure,
    who: Callable[[Absence], str],
    fate: Callable[[Loss], Fate],
    drifted: Collection[Address],
    glass: BreakGlass,
    snapshot: Snapshot,
) -> tuple[Finding, ...]:
    """Findings about what differs. `who` says who took an account out of its group,
    `fate` what became of what is lost."""
    differing = [pair for pair in matched.pairs if pair.address in drifted]
    strengths = Strengths.of(map(turned, matched.pairs))
    enforced = [pair for pair in matched.policies() if pair.before is not None and is_in_force(pair.before)]
    return (
        *(_lost(loss, fate(loss)) for loss in exposure.losses),
        *_exposed(exposure),
        *(_left(absence, who(absence)) for absence in exposure.absences),
        *(
            item
            for pair in differing
            if pair.kind.name == _POLICIES
            for item in (
                *_policy(pair, let_through(pair.after or {}, pair.before or {}, strengths, glass)),
                *_asks_more(pair, Strengths.of(matched.pairs)),
            )
        ),
        *(item for pair in differing if pair.kind.name != _POLICIES for item in _other(pair, enforced)),
        *_fewer_ways(matched, snapshot, enforced),
    )


def turned(pair: Pair) -> Pair:
    """As if the documents were what was and the tenant what comes: a drift read as a change."""
    return replace(pair, before=pair.after, after=pair.before) if pair.desired else pair


def without_exposed(unwise: Iterable[Finding], exposure: Exposure) -> list[Finding]:
    """What lint found, but for policies of which it is said already that they reach a break-glass account."""
    known = {pair.address for pair, _ in exposure.exposed}
    known |= {policy for loss in exposure.losses for policy in loss.policies}
    known |= {policy for absence in exposure.absences for policy in absence.policies}
    return [
        item
        for item in unwise
        if rules()[item.rule].brake != "break-glass-exposed" or item.address not in known
    ]


def of_lost(others: Iterable[Finding], exposure: Exposure) -> list[Finding]:
    """The findings, but for the pins of what is lost: of that it is said what became of it."""
    known = {loss.subject.address for loss in exposure.losses}
    return [item for item in others if item.rule != "pin-mismatch" or item.address not in known]


def worst_first(
    doubts: Iterable[Finding],
    found: Iterable[Finding],
    unwise: Iterable[Finding],
    others: Iterable[Finding],
) -> tuple[Finding, ...]:
    """By severity; then what documents mean nobody can tell, what is out of force or reach, what lint names,
    what is only weaker or other."""
    order = list(RULES)
    found = sorted(found, key=lambda item: (order.index(item.rule), item.address or ()))
    first = [item for item in found if item.severity == "error"]
    rest = [item for item in found if item.severity != "error"]
    rank = ("error", "warning", "note")
    return tuple(
        sorted([*doubts, *first, *unwise, *rest, *others], key=lambda item: rank.index(item.severity))
    )


def _of_pair(rule: str, pair: Pair, message: str, help_text: str) -> Finding:
    place = pair.desired.resource.place() if pair.desired else None
    return finding(rule, message, help_text, address=pair.address, place=place)


def _exposed(exposure: Exposure) -> Iterator[Finding]:
    for pair, accounts in exposure.exposed:
        said = f"{pair.address} does not exclude {', '.join(item.name for item in accounts)} as it is now"
        help_text = "Put the exclusion back first: nobody may be left to repair the rest."
        yield _of_pair("drift-break-glass-exposed", pair, said, help_text)


def _lost(loss: Loss, fate: Fate) -> Finding:
    address = loss.subject.address
    reached = f"{len(loss.policies)} policies reach" if len(loss.policies) > 1 else "a policy reaches"
    names = few([policy.name for policy in loss.policies])
    means = (
        f", so {reached} {', '.join(loss.accounts)} in spite of excluding it ({names})"
        if loss.policies
        else ""
    )
    return finding(
        "drift-break-glass-lost",
        f"{address} is no longer in the tenant{means}: {fate.said}{_namesakes(loss)}",
        _BACK if fate.is_restorable else _ANEW,
        address=address,
        place=loss.place,
    )


def _namesakes(loss: Loss) -> str:
    """Whoever has the name now is somebody else: nothing excludes them, and nobody vouches for them."""
    ids = ", ".join(loss.namesakes)
    return f"; the name is another's now, {ids}, whom its pin does not mean" if ids else ""


def _left(absence: Absence, who: str) -> Finding:
    account, group = absence.account.address.name, absence.group.address
    reached = f"{len(absence.policies)} policies reach" if len(absence.policies) > 1 else "a policy reaches"
    names = few([policy.name for policy in absence.policies])
    said = f"{account} is not in {group}, so {reached} it in spite of excluding the group ({names}): {who}"
    back = " (`tapctl apply` does)" if absence.is_owned else ""
    return finding(
        "drift-break-glass-left",
        said,
        f"Put {account} back into {group.name} first{back}: nobody may be left to repair the rest.",
        address=group,
        place=absence.place,
    )


def _policy(pair: Pair, less: Sequence[str]) -> Iterator[Finding]:
    declared, found = pair.after or {}, pair.before or {}
    if is_in_force(declared) and not is_in_force(found):
        how = f"is {state(found)}" if pair.before is not None else "is not there"
        said = f"{pair.address} should be enforced and {how}: nobody is asked what it demands"
        yield _of_pair("drift-not-enforced", pair, said, "`tapctl apply` puts it back.")
    elif is_in_force(found) and not is_in_force(declared):
        said = f"{pair.address} is enforced, which its document does not say: people meet it already"
        help_text = "Look at the sign-in logs for who is stopped; then adopt it, or apply."
        yield _of_pair("drift-enforced", pair, said, help_text)
    elif is_in_force(found):
        yield from _both_enforced(pair, declared, found, less)
    if is_in_force(found) and blocks(found) and not (is_in_force(declared) and blocks(declared)):
        said = f"{pair.address} blocks, and nothing a person can do satisfies a block"
        yield _of_pair("drift-blocks", pair, said, "See whom it stops, you included, before anything else.")


def _both_enforced(
    pair: Pair, declared: JsonObject, found: JsonObject, less: Sequence[str]
) -> Iterator[Finding]:
    if less:
        said = f"{pair.address} lets through what its document stops: {'; '.join(less)}"
        yield _of_pair("drift-weaker", pair, said, "`tapctl apply` puts it back.")
    if reach := widened(declared, found):
        said = f"{pair.address}, which is enforced, reaches further than its document: {'; '.join(reach)}"
        yield _of_pair("drift-stricter", pair, said, "People may be stopped whom nobody meant.")


def _asks_more(pair: Pair, strengths: Strengths) -> Iterator[Finding]:
    declared, found = pair.after or {}, pair.before or {}
    is_enforced = is_in_force(declared) and is_in_force(found)
    if more := [*asks_for_more(declared, found, strengths)] if is_enforced else []:
        said = f"{pair.address}, which is enforced, asks for more than its document: it {'; '.join(more)}"
        yield _of_pair("drift-asks-more", pair, said, _WHICH_WAY)


def _other(pair: Pair, enforced: Sequence[Pair]) -> Iterator[Finding]:
    users = [policy for policy in enforced if _refers(policy, pair)]
    if pair.kind.inside or pair.kind.singleton:
        declared, found = pair.after or {}, pair.before or {}
        if pair.after is not None and pair.kind.effect(declared, found) == "loosens":
            said = f"{pair.address} allows what its document does not"
            yield _of_pair("drift-weaker", pair, said, "`tapctl apply` puts it back.")
        elif pair.after is not None and pair.kind.effect(found, declared) == "loosens":
            said = f"{pair.address} allows less than its document, and nothing more"
            yield _of_pair("drift-asks-more", pair, said, _WHICH_WAY)
        return
    joined = _joined(pair)
    sparing = [policy for policy in users if _excludes(policy, pair)]
    if joined and sparing:
        said = f"{pair.address} holds {', '.join(joined)}, whom {_names(sparing)} therefore {_does(sparing)}"
        yield _of_pair("drift-more-spared", pair, said, "Find out who put them there, and why.")
    elif users and pair.before is None:
        said = f"{pair.address} is not in the tenant, and {_names(users)} still {_refer(users)} to it"
        yield _of_pair("drift-in-use", pair, said, "What the policies do has changed with it.")
    elif users:
        said = f"{pair.address} is not what its document says, and {_names(users)} {_uses(users)} it"
        yield _of_pair("drift-in-use", pair, said, "What the policies do has changed with it.")


def _refers(policy: Pair, pair: Pair) -> bool:
    """Whether a policy of the tenant holds this object, by the name it has here or by its id."""
    wanted = {pair.address.name, f"id:{pair.id}"} | ({pair.former_name} if pair.former_name else set())
    named = ("AllTrusted",) if (pair.before or {}).get("isTrusted") else ()
    return any(
        pair.kind.name in field.references and (text in wanted or text in named)
        for _, field, text in references(policy.kind.field, policy.before or {})
    )


def _excludes(policy: Pair, pair: Pair) -> bool:
    named = texts(policy.before or {}, "conditions", "users", "excludeGroups")
    return pair.address.name in named or f"id:{pair.id}" in named


def _joined(pair: Pair) -> list[str]:
    """Members that the document does not have."""
    if pair.kind.name != "Group" or pair.after is None or "members" in pair.left_as_is:
        return []
    return sorted({*texts(pair.before or {}, "members")} - {*texts(pair.after, "members")})


def _fewer_ways(matched: Matched, snapshot: Snapshot, enforced: Sequence[Pair]) -> Iterator[Finding]:
    """Methods that the documents turn on for more people, as the enforced policies feel it."""
    other_way = replace(matched, pairs=tuple(map(turned, matched.pairs)))
    membership = Membership(other_way, snapshot)
    gone = withdrawals(other_way, membership)
    felt: dict[Address, tuple[Pair, dict[str, list[Pair]]]] = {}
    for policy in enforced if gone.found else ():
        for ripple in gone.felt_by(policy.before or {}, membership):
            _, alike = felt.setdefault(ripple.changed.address, (ripple.changed, {}))
            alike.setdefault(ripple.said, []).append(policy)
    for changed, alike in felt.values():
        parts = [
            f"{_enforced(policies)} can be met in fewer ways: {said}" for said, policies in alike.items()
        ]
        yield _of_pair(
            "drift-method-gone",
            changed,
            ". ".join(parts),
            "Whoever has nothing else cannot sign in. `tapctl apply` puts it back.",
        )


def _enforced(policies: Sequence[Pair]) -> str:
    if len(policies) == 1:
        return f"{policies[0].address}, which is enforced,"
    return f"{_names(policies)}, which are enforced,"


def _names(pairs: Sequence[Pair]) -> str:
    return few([pair.address.name for pair in pairs])


def _does(pairs: Sequence[Pair]) -> str:
    return "spares" if len(pairs) == 1 else "spare"


def _refer(pairs: Sequence[Pair]) -> str:
    return "refers" if len(pairs) == 1 else "refer"


def _uses(pairs: Sequence[Pair]) -> str:
    return "uses" if len(pairs) == 1 else "use"
