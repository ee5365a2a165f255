"""Who is in which group, as far as declared groups and directory facts say; nesting included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from tapctl.canonical import texts
from tapctl.evaluate.facts import Facts, Group
from tapctl.evaluate.truth import Truth
from tapctl.kinds.group import is_dynamic
from tapctl.model import JsonObject
from tapctl.reference import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Direct members by the group's canonical name; a group that is not in it is not known."""

    members: Mapping[str, Group]
    has_members: bool = False

    @classmethod
    def of(cls, declared: Iterable[tuple[str, JsonObject]], facts: Facts) -> Self:
        """What a document owns counts; else what was read."""
        own = {name: _declared(spec) for name, spec in declared if "members" in spec or is_dynamic(spec)}
        known = {name: group for name, group in own.items() if group is not None}
        return cls(
            members={**facts.groups, **known}, has_members=any(group.is_complete for group in known.values())
        )

    def inside(self, group: str) -> frozenset[str]:
        """The group and every group in it."""
        found, waiting = {group}, [group]
        while waiting:
            for child in self.members.get(waiting.pop(), _UNKNOWN).groups:
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return frozenset(found)

    def around(self, group: str) -> frozenset[str]:
        """The group and every group known to hold it."""
        return frozenset({group} | {name for name in self.members if group in self.inside(name)})

    def users(self, group: str) -> frozenset[str]:
        """The people known to be in it; userPrincipalNames in lower case."""
        return frozenset(
            user.lower() for inner in self.inside(group) for user in self.members.get(inner, _UNKNOWN).users
        )

    def is_known(self, group: str) -> bool:
        """Whether everybody in it is known."""
        return all(self.members.get(inner, _UNKNOWN).is_complete for inner in self.inside(group))

    def holds(self, group: str, user: str) -> Truth:
        """Whether a person is in a group; None where that is not known."""
        if user.lower() in self.users(group):
            return True
        return False if self.is_known(group) else None


_UNKNOWN = Group(is_complete=False)


def _declared(spec: JsonObject) -> Group | None:
    if is_dynamic(spec):
        return _UNKNOWN
    found = [parse(text, ("User", "Group"), {}) for text in texts(spec, "members")]
    users = {item.text for item in found if item.kind == "User"}
    return Group(
        users=frozenset(users | {f"id:{item.text}" for item in found if item.form == "id"}),
        groups=frozenset(
            f"id:{item.text}" if item.form == "id" else item.text for item in found if item.kind != "User"
        ),
    )
