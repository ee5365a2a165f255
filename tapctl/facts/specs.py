"""A checked workspace → its documents as canonical specs, in names; offline, or with the names of a tenant.

What the evaluator compares as text has to be spelled by one hand: policies, groups, locations and strengths
all go through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tapctl import directory as directories
from tapctl.canonical import canonical, references, with_values
from tapctl.directory import Directory
from tapctl.kind import Strange
from tapctl.kinds import kinds
from tapctl.model import Address, JsonObject
from tapctl.reference import parse, written
from tapctl.schema import Field

if TYPE_CHECKING:
    from tapctl.checked import Checked
    from tapctl.validate import Desired

POLICY: Final = "ConditionalAccessPolicy"
_WHERE_POLICIES_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    "User": ("conditions", "users", "includeUsers"),
    "Group": ("conditions", "users", "includeGroups"),
    "Role": ("conditions", "users", "includeRoles"),
    "Application": ("conditions", "applications", "includeApplications"),
    "NamedLocation": ("conditions", "locations", "includeLocations"),
    "AuthenticationStrength": ("grantControls", "authenticationStrength", "id"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Specs:
    """The canonical spec of each document that is present, and the names that went into them."""

    specs: Mapping[Address, JsonObject]
    directory: Directory

    def of(self, kind: str) -> dict[str, JsonObject]:
        """The specs of one kind by the names of their documents."""
        return {address.name: spec for address, spec in self.specs.items() if address.kind == kind}

    @property
    def policies(self) -> dict[str, JsonObject]:
        """What the evaluator's `rulebook` takes."""
        return self.of(POLICY)

    def of_id(self, kind: str, object_id: str) -> str:
        """An id as the policies here spell it: by its name where one is known, by a pin for instance."""
        return self.directory.as_name(_field(kind), f"id:{object_id}")


def specs_of(checked: Checked, entries: Mapping[str, Iterable[JsonObject]] | None = None) -> Specs:
    """The documents of a workspace without errors. `entries` are looked-up objects (id and name) by kind."""
    directory = directories.build(entries or {}, checked.workspace.environment.pins, {})
    present = (item for item in checked.desired if item.resource.ensure == "present")
    return Specs(specs={item.address: _canonical(item, directory) for item in present}, directory=directory)


def _canonical(desired: Desired, directory: Directory) -> JsonObject:
    """What a document does not own is left out, not filled in: nobody declared it. An empty list of what it
    does own stays: `members: []` is nobody."""
    kind = desired.kind
    plain = canonical(kind.field, desired.spec, directory.as_name)
    spec = kind.normalise(plain, Strange(said=desired.newer))
    optional = {name for name, child in kind.field.properties.items() if child.is_unmanaged}
    kept = {name: value for name, value in spec.items() if name not in optional or name in desired.spec}
    emptied: JsonObject = {name: [] for name in optional - kept.keys() if desired.spec.get(name) == []}
    return with_values({**kept, **emptied}, desired.newer)


def spelled(kind: str, name: str) -> str:
    """A name as a policy spells it: `name:All` for a location that is called All."""
    field = _field(kind)
    return written(kind, name, field.references, field.words)


def respelled(kind: str, field: Field, text: str) -> str:
    """A reference as another field spells it (`field`) → as a policy does."""
    reference = parse(text, field.references, field.words)
    return f"id:{reference.text}" if reference.form == "id" else spelled(kind, reference.text)


def _field(kind: str) -> Field:
    field = kinds()[POLICY].field
    for step in _WHERE_POLICIES_NAME[kind]:
        field = field.properties[step]
        field = field.items if field.items is not None else field
    return field


def named_in(specs: Iterable[JsonObject], kind: str) -> frozenset[str]:
    """Every reference of policies to objects of `kind`, as they spell it; Graph's own words left out."""
    return frozenset(
        text
        for spec in specs
        for _, field, text in references(kinds()[POLICY].field, spec)
        if kind in field.references and parse(text, field.references, field.words).form != "word"
    )
