"""Desired specs → which of them depends on which, and the names that only the tenant can resolve; offline."""

from __future__ import annotations

import graphlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tapctl.canonical import references
from tapctl.kinds import lookups
from tapctl.model import Address, BreakGlass, Finding, Path, Workspace, dotted
from tapctl.reference import Reference, parse
from tapctl.validate import Desired

NOT_PINNED = "break-glass-not-pinned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One reference by name in a document."""

    desired: Desired
    path: Path
    reference: Reference

    @property
    def address(self) -> Address:
        """What it refers to."""
        return Address(self.reference.kind, self.reference.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """`dependencies` of each address on other declared addresses; `names` to look up, by kind."""

    links: tuple[Link, ...]
    dependencies: Mapping[Address, frozenset[Address]]
    names: Mapping[str, frozenset[str]]
    findings: tuple[Finding, ...]


def resolve(desired: Iterable[Desired], break_glass: BreakGlass) -> Resolved:
    """Link the documents to each other."""
    documents = {item.address: item for item in desired}
    present = [item for item in documents.values() if item.resource.ensure == "present"]
    links = tuple(link for item in present for link in _links(item))
    dependencies = _dependencies(present, links, documents)
    return Resolved(
        links=links,
        dependencies=dependencies,
        names=_names(links, break_glass),
        findings=(*_offline_findings(links, documents), *_cycles(dependencies, documents)),
    )


def _links(desired: Desired) -> Iterator[Link]:
    for path, field, text in references(desired.kind.field, desired.spec):
        reference = parse(text, field.references, field.words)
        if reference.form == "name":
            yield Link(desired=desired, path=path, reference=reference)


def _dependencies(
    present: Iterable[Desired], links: Iterable[Link], documents: Mapping[Address, Desired]
) -> dict[Address, frozenset[Address]]:
    found: dict[Address, set[Address]] = {item.address: set() for item in present}
    for link in links:
        if link.address in documents:
            found[link.desired.address].add(link.address)
    return {address: frozenset(needed) for address, needed in found.items()}


def _names(links: Iterable[Link], break_glass: BreakGlass) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.reference.text not in lookups()[link.reference.kind].well_known:
            found[link.reference.kind].add(link.reference.text)
    found["User"].update(break_glass.accounts)
    found["Group"].update(break_glass.groups)
    return {kind: frozenset(names) for kind, names in found.items() if names}


def _offline_findings(links: Iterable[Link], documents: Mapping[Address, Desired]) -> Iterator[Finding]:
    renamed = {
        Address(address.kind, former): address.name
        for address, item in documents.items()
        for former in item.resource.former_names
    }
    for link in links:
        target = documents.get(link.address)
        if target is not None and target.resource.ensure == "absent":
            message = f"{dotted(link.path)} names {link.address.name!r}, which this folder removes"
            yield reference_finding(link, message, "Take the reference out, or keep the object.")
        elif target is None and link.address in renamed:
            message = f"{dotted(link.path)} names {link.address.name!r} by a former name"
            yield reference_finding(link, message, f"Write {renamed[link.address]!r}.")


def reference_finding(link: Link, message: str, help_text: str) -> Finding:
    """An error about one reference, at its place."""
    return Finding(
        rule="broken-reference",
        severity="error",
        message=message,
        help=help_text,
        place=link.desired.resource.place(*link.path),
        address=link.desired.address,
    )


def _cycles(
    dependencies: Mapping[Address, frozenset[Address]], documents: Mapping[Address, Desired]
) -> Iterator[Finding]:
    try:
        graphlib.TopologicalSorter(dependencies).prepare()
    except graphlib.CycleError as error:
        cycle: list[Address] = error.args[1]
        yield Finding(
            rule="reference-cycle",
            severity="error",
            message=f"these refer to each other in a circle: {' → '.join(map(str, reversed(cycle)))}",
            help="Nothing in a circle can be created first: take one of the references out.",
            place=documents[cycle[0]].resource.place(),
            address=cycle[0],
        )


def unpinned(workspace: Workspace) -> Iterator[Finding]:
    """Anyone may make a namesake of a break-glass group."""
    glass, pins = workspace.settings.break_glass, workspace.environment.pins
    wanted = [Address("User", name) for name in glass.accounts]
    wanted += [Address("Group", name) for name in glass.groups]
    pinned = {(address.kind, address.name.casefold()) for address in pins}
    for address in wanted:
        if (address.kind, address.name.casefold()) not in pinned:
            yield Finding(
                rule=NOT_PINNED,
                severity="error",
                message=f"break-glass {address} is not pinned in environment {workspace.environment.name!r}",
                help=f"Add its object id to the environment's file: pins: {{{address}: <id>}}. Or let "
                "`tapctl import` write it, and check whom it means.",
                place=workspace.settings.source.place("breakGlass"),
                address=address,
            )
