"""What is there and an import writes no document for → what it says about that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tapctl.kinds import kinds
from tapctl.model import Address, Finding, Snapshot

METHODS: Final = "AuthenticationMethodsPolicy"
_CONFIGURATIONS: Final = "authenticationMethodConfigurations"
_SHOWN: Final = 3


def of_no_kind(snapshot: Snapshot) -> Iterator[Finding]:
    """The methods that the tenant configures and tapctl has no kind for: they stay as they are."""
    known = {kind.path.rpartition("/")[2].lower() for kind in kinds().values()}
    types = {kind.odata_type for kind in kinds().values()}
    for policy in snapshot.objects.get(METHODS, ()):
        held = policy.get(_CONFIGURATIONS)
        others = [
            str(item.get("id"))
            for item in (held if isinstance(held, list) else ())
            if isinstance(item, dict)
            and str(item.get("id")).lower() not in known
            and item.get("@odata.type") not in types
        ]
        if others:
            yield Finding(
                rule="method-not-a-kind",
                severity="note",
                message=f"tapctl has no kind for what the tenant has of {', '.join(sorted(others))}",
                help="It is left as it is in the tenant, and no document says it.",
            )


def holds_nothing(address: Address) -> Finding:
    """Of a location that no document can say."""
    return Finding(
        rule="location-holds-nothing",
        severity="warning",
        message=f"{address} holds no address range and no country, so it gets no document",
        help="Complete it, or remove it from what is imported.",
        address=address,
    )


def not_asked_for(addresses: Sequence[Address]) -> Iterator[Finding]:
    """The groups that no --kind and no --name asks for."""
    if addresses:
        names = ", ".join(address.name for address in addresses[:_SHOWN])
        others = f" and {len(addresses) - _SHOWN} more" if len(addresses) > _SHOWN else ""
        yield Finding(
            rule="groups-not-asked-for",
            severity="note",
            message=f"groups are there that get no document: {names}{others}",
            help="Ask with --kind Group, or with --name, where the folder is to own one.",
        )
