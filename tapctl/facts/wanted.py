"""A checked workspace → what has to be looked up in a tenant to know its facts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tapctl.canonical import references
from tapctl.facts.specs import POLICY
from tapctl.reference import Reference, parse
from tapctl.schema import Field

if TYPE_CHECKING:
    from tapctl.checked import Checked

KINDS: Final = ("Group", "User", "Role")
_OF_GROUPS: Final = ("members", "owners")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Names and ids of one kind that documents, settings or pins refer to."""

    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names or self.ids)


def wanted(checked: Checked, people: Iterable[str] = ()) -> Mapping[str, Wanted]:
    """Groups, users and roles by kind; `people` are users who are asked about besides.

    Members of declared groups are not looked up: they are declared.
    """
    names: defaultdict[str, set[str]] = defaultdict(set)
    ids: defaultdict[str, set[str]] = defaultdict(set)
    asked = (("User", parse(text, ("User",), {})) for text in people)
    for kind, reference in (*_referred(checked), *asked):
        (ids if reference.form == "id" else names)[kind].add(reference.text)
    for address, pin in checked.workspace.environment.pins.items():
        if address.name in names[address.kind]:  # a pin decides which of several is meant
            names[address.kind].discard(address.name)
            ids[address.kind].add(pin.lower())
    return {kind: Wanted(names=frozenset(names[kind]), ids=frozenset(ids[kind])) for kind in KINDS}


def _referred(checked: Checked) -> Iterator[tuple[str, Reference]]:
    glass = checked.workspace.settings.break_glass
    yield from (("User", Reference("name", "User", name)) for name in glass.accounts)
    yield from (("Group", Reference("name", "Group", name)) for name in glass.groups)
    for item in checked.desired:
        if item.resource.ensure == "absent":
            continue
        if item.address.kind == "Group":
            yield "Group", Reference("name", "Group", item.address.name)
        for path, field, text in references(item.kind.field, item.spec):
            if not (item.address.kind == "Group" and path[0] in _OF_GROUPS):
                yield from _one(field, text, is_policy=item.address.kind == POLICY)


def _one(field: Field, text: str, *, is_policy: bool) -> Iterator[tuple[str, Reference]]:
    reference = parse(text, field.references, field.words)
    kind = reference.kind or field.references[0]
    if kind in KINDS and reference.form != "word" and (is_policy or kind == "Group"):
        yield kind, reference
