"""A Listing → a sheet for people, a JSON document for programs (schemas/pass-list-output.schema.json)."""

from __future__ import annotations

from tapctl.model import JsonObject
from tapctl.passes.list import Holder, Listing
from tapctl.passes.who import Chosen
from tapctl.passes.written import (
    failure_json,
    maker_json,
    maker_words,
    pass_json,
    pass_words,
    person_json,
)
from tapctl.report import Headline
from tapctl.report.sheet import Item, Section, Sheet
from tapctl.text.times import Clocks
from tapctl.text.words import counted


def listing_sheet(
    listing: Listing, chosen: Chosen, clocks: Clocks, headline: Headline, requests: int
) -> Sheet:
    """Usable passes first."""
    usable = [one for one in listing.holders if one.held.is_usable]
    others = [one for one in listing.holders if not one.held.is_usable]
    people, passes = (
        counted(listing.looked_at, "person", "people"),
        counted(len(listing.holders), "pass", "passes"),
    )
    return Sheet(
        title="Passes",
        headline=headline,
        sections=(
            Section(title=f"Usable ({len(usable)})", items=tuple(_item(one, clocks) for one in usable)),
            Section(title=f"Not usable ({len(others)})", items=tuple(_item(one, clocks) for one in others)),
        ),
        problems=tuple(f"{person.name}: {error}" for person, error in listing.failures),
        notes=(*listing.notes, *gone_notes(listing)),
        summary=(
            f"Looked at {people}: {', '.join(chosen.basis)}",
            f"{passes}, {len(usable)} usable ({counted(requests, 'request')})",
        ),
    )


def gone_notes(listing: Listing) -> tuple[str, ...]:
    """People whom a log still knows."""
    if not listing.gone:
        return ()
    return (f"not in the tenant any more: {', '.join(person.name for person in listing.gone)}",)


def _item(one: Holder, clocks: Clocks) -> Item:
    lines = (*pass_words(one.held, clocks.of(one.person.name, one.person.id)), maker_words(one.made))
    return Item(name=one.person.name, lines=lines, tone="good" if one.held.is_usable else "care")


def listing_json(listing: Listing, chosen: Chosen) -> JsonObject:
    """What comes after the common start of every document."""
    return {
        "basis": [*chosen.basis],
        "summary": {
            "people": listing.looked_at,
            "passes": len(listing.holders),
            "usable": sum(one.held.is_usable for one in listing.holders),
        },
        "passes": [
            {"user": person_json(one.person), **pass_json(one.held), "issuedBy": maker_json(one.made)}
            for one in listing.holders
        ],
        "failures": [failure_json(person, error) for person, error in listing.failures],
        "gone": [person_json(person) for person in listing.gone],
        "notes": [*listing.notes],
    }
