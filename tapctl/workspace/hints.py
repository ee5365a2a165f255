"""Objects of a tenant → lines that propose break-glass and ownership, with the evidence. A person decides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tapctl.canonical import at, texts
from tapctl.comparing.scope import is_in_force
from tapctl.match import Pair
from tapctl.model import BreakGlass, JsonObject, Settings
from tapctl.text.patterns import is_literal, matches

_POLICIES: Final = "ConditionalAccessPolicy"
_USUAL: Final = 0.8  # an exclusion that this share of the enforced policies has is no accident
_FEW: Final = 3


def hints(pairs: Sequence[Pair], others: Sequence[Pair], settings: Settings) -> Iterator[str]:
    """Candidates for break-glass and ownership, with the evidence; nobody but a person decides. `pairs` were
    asked for, and `others` are there beside them."""
    policies = [pair for pair in pairs if pair.kind.name == _POLICIES]
    yield from _always_excluded([pair.before or {} for pair in policies], settings.break_glass)
    owned = settings.ownership.get(_POLICIES, ())
    theirs = [pair.address.name for pair in others if pair.kind.name == _POLICIES]
    yield from _prefixes([pair.address.name for pair in policies if not pair.managed_by], theirs, owned)


def _always_excluded(specs: Iterable[JsonObject], declared: BreakGlass) -> Iterator[str]:
    enforced = [spec for spec in specs if is_in_force(spec)]
    known = {"accounts": {name.casefold() for name in declared.accounts}, "groups": set(declared.groups)}
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for spec in enforced:
        users = at(spec, "conditions", "users")
        for what, kind in (("excludeUsers", "accounts"), ("excludeGroups", "groups")):
            for name in texts(users, what):
                counts[kind, name] += 1
    for (kind, name), count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        is_known = (name.casefold() if kind == "accounts" else name) in known[kind]
        if count >= max(_FEW, _USUAL * len(enforced)) and not is_known:
            yield f"breakGlass.{kind}: {name!r}? {count} of {len(enforced)} enforced policies exclude it"


def _prefixes(names: Sequence[str], others: Sequence[str], owned: Sequence[str]) -> Iterator[str]:
    """A pattern is proposed if it is like nothing but what has, or gets, a document: to own is to delete."""
    free = [name for name in names if not any(matches(pattern, name) for pattern in owned)]
    starts = Counter(name.partition("-")[0] for name in free if "-" in name[:8])
    for start, count in sorted(starts.items()):
        pattern = f"{start}-*"
        says_something = start.strip() and is_literal(start)
        if count >= _FEW and says_something and not any(matches(pattern, name) for name in others):
            alike = sum(matches(pattern, name) for name in names)
            yield f"ownership.{_POLICIES}: {pattern!r}? {alike} of {len(names)} policies are called so"
