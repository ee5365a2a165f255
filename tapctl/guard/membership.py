"""Who is in which group before a plan, once it is applied, and on the way; nesting included. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Literal, Self

from tapctl.canonical import texts
from tapctl.kinds.group import is_dynamic
from tapctl.match import Matched
from tapctl.model import Address, JsonObject, Snapshot
from tapctl.reference import parse


class Membership:
    """The groups that hold an object, by default after the plan. Objects are known by id, or by address
    until created.

    A dynamic group holds nobody for sure: Entra computes its members some minutes after a write. An object
    whose groups could not be read is in none.
    """

    def __init__(
        self, matched: Matched, snapshot: Snapshot, side: Literal["before", "after"] = "after"
    ) -> None:
        self._directory = matched.directory
        self._parents: Mapping[str, frozenset[str]] = snapshot.parents
        self._children: dict[str, frozenset[str]] = {}
        self._void = snapshot.dynamic_groups
        for pair in matched.pairs:
            if pair.address.kind == "Group":
                spec = pair.after if side == "after" else pair.before
                self._put(pair.address, spec, are_known="members" not in pair.left_as_is)

    def _put(self, address: Address, spec: JsonObject | None, *, are_known: bool) -> None:
        node = self.node(address)
        if are_known:
            self._children[node] = self._members(spec or {})
        is_void = spec is None or is_dynamic(spec)
        self._void = self._void | {node} if is_void else self._void - {node}

    def changed(self, address: Address, spec: JsonObject | None, *, are_known: bool) -> Self:
        """The same memberships, but for one group that is written or deleted."""
        other = copy(self)
        other._children = dict(self._children)
        other._put(address, spec, are_known=are_known)
        return other

    def node(self, address: Address) -> str:
        """How an object is known here."""
        return self._directory.id_of(address) or str(address)

    def _members(self, spec: JsonObject) -> frozenset[str]:
        names = texts(spec, "members")
        return frozenset(self.reference(name, ("User", "Group")) for name in names)

    def reference(self, text: str, kinds: tuple[str, ...]) -> str:
        """The node that a canonical reference means."""
        reference = parse(text, kinds, {})
        return (
            reference.text if reference.form == "id" else self.node(Address(reference.kind, reference.text))
        )

    def is_certain(self, group: str) -> bool:
        """Whether a group's members are known: it stays, and nobody computes them later."""
        return group not in self._void

    def knows(self, group: str) -> bool:
        """Whether a document says all of a group's members."""
        return group in self._children

    def holds_anybody(self, group: str) -> bool:
        """Whether a group is known to have a member."""
        if group in self._children:
            return bool(self._children[group])
        return any(group in groups for groups in self._parents.values())

    def groups_of(self, node: str) -> frozenset[str]:
        """Every group that holds `node`, itself or through other groups."""
        found: set[str] = set()
        waiting = [node]
        while waiting:
            for group in self._holders(waiting.pop()):
                if group not in found and group not in self._void:
                    found.add(group)
                    waiting.append(group)
        return frozenset(found)

    def _holders(self, node: str) -> set[str]:
        observed = {group for group in self._parents.get(node, ()) if group not in self._children}
        return observed | {group for group, members in self._children.items() if node in members}
