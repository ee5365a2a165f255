"""Who will be in which group once a plan is applied, nesting included. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tapctl.canonical import texts
from tapctl.kinds.group import is_dynamic
from tapctl.match import Matched
from tapctl.model import Address, JsonObject, Snapshot
from tapctl.reference import parse


class Membership:
    """The groups that hold an object after the plan. Objects are known by id, or by address until created.

    A dynamic group holds nobody for sure: Entra computes its members later (design.md, Groups). An object
    whose groups could not be read is in none.
    """

    def __init__(self, matched: Matched, snapshot: Snapshot) -> None:
        self._directory = matched.directory
        groups = [pair for pair in matched.pairs if pair.address.kind == "Group"]
        owned = [pair for pair in groups if pair.after is not None and "members" not in pair.left_as_is]
        self._children = {
            self.node(pair.address): self._members(pair.after or {})
            for pair in owned
            if pair.after is not None
        }
        self._parents: Mapping[str, frozenset[str]] = snapshot.parents
        gone = {self.node(pair.address) for pair in groups if pair.after is None}
        dynamic = {self.node(pair.address) for pair in groups if pair.after and is_dynamic(pair.after)}
        self._void = gone | dynamic | snapshot.dynamic_groups

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
