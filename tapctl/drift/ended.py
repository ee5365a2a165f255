"""Enforced policies that no document declares, as records show them → those that ended or spare more lately.

Pure. There is no document to say that they should be there: a record has to show what was before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from tapctl.canonical import texts
from tapctl.comparing.scope import EXCLUDES, is_in_force, state
from tapctl.drift.causes import by
from tapctl.drift.rules import finding
from tapctl.drift.undeclared import Undeclared, policies_of
from tapctl.drift.versions import Version, changes, passages
from tapctl.match import Matched, Pair
from tapctl.model import Address, Finding

_POLICIES: Final = "ConditionalAccessPolicy"
_BACK: Final = (
    "Find out why: if it is needed, put it back, and let a document declare it (`tapctl import --name`)."
)


def of_ended(
    matched: Matched,
    undeclared: Iterable[Undeclared],
    later: Callable[[Pair], Sequence[Version]],
    deleted: Iterable[tuple[str, Version]],
) -> Iterator[Finding]:
    """Findings about each. `later` are the versions of an object since the moment asked about, newest first;
    `deleted` the names of policies that are gone, and their last versions."""
    for item, pair in policies_of(matched, undeclared):
        found, versions = pair.before or {}, later(pair)
        if not is_in_force(found):
            if ended := next(filter(_was_in_force, versions), None):
                said = f"was enforced and is {state(found)}; {by(ended.event)}"
                yield _undeclared("drift-undeclared-ended", item.address, said)
            continue
        for version in versions:
            if more := list(_spared(version, pair)):
                said = f"is enforced and excludes more: {'; '.join(more)}; {by(version.event)}"
                yield _undeclared("drift-undeclared-weaker", item.address, said)
    for name, version in deleted:
        if _was_in_force(version):
            said = f"was enforced and is deleted; {by(version.event)}"
            yield _undeclared("drift-undeclared-ended", Address(_POLICIES, name), said)


def _was_in_force(version: Version) -> bool:
    """Whether the record shows it enforced before."""
    known = [item.before for item in passages([version], "state")]
    return any(isinstance(before, str) and is_in_force({"state": before}) for before in known)


def _spared(version: Version, pair: Pair) -> Iterator[str]:
    """What a record added to what a policy excludes, and is there still."""
    for change in () if version.before.is_absent else changes(version):
        path = tuple(change.path.split("."))
        if path[:1] == ("conditions",) and path[1:] in EXCLUDES:
            before = {*texts(version.before.spec, *path)}
            there = {*texts(pair.before, *path)}
            if added := sorted(({*texts(version.after.spec, *path)} - before) & there):
                yield f"{'.'.join(path[1:])} gains {', '.join(added)}"


def _undeclared(rule: str, address: Address, said: str) -> Finding:
    return finding(rule, f"{address}, which no document declares, {said}", _BACK, address=address)
