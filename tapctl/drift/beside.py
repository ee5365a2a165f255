"""Objects that no document means → what became of them lately, and by whom. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tapctl.comparing.scope import state
from tapctl.drift.causes import Attribution, Cause, why_unknown
from tapctl.drift.history import History, anything, time_of
from tapctl.drift.undeclared import Lately, Undeclared
from tapctl.drift.versions import Version, changes, versions
from tapctl.kinds import kinds

if TYPE_CHECKING:
    from tapctl.match import Pair


def undeclared_of(past: History, pair: Pair) -> Undeclared:
    """One object, and what was done to it lately."""
    created, modified = time_of(pair, "createdDateTime"), time_of(pair, "modifiedDateTime")
    made, history = past.made(pair), past.of(pair)
    later = past.later(pair)
    came = anything([past.is_recent(made.newest), past.is_recent(created)])
    changed = anything([True if later else None, past.is_recent(modified)])
    moments = (made.newest, created, modified, *(item.event.moment for item in later))
    lately: Lately | None = "made" if came else "changed" if changed else None
    causes = tuple(Cause(event=item.event, entries=_changed(item)) for item in later)
    if lately != "changed":  # who made it long ago has not changed it
        causes = causes or made.causes
    was = "was last changed" if modified else "was made"
    unknown = why_unknown(history, past.log, modified or created, was) if lately and not causes else ""
    return Undeclared(
        address=pair.address,
        id=pair.id,
        created=created,
        modified=modified,
        state=state(pair.before or {}) if pair.kind.name == "ConditionalAccessPolicy" else None,
        attribution=Attribution(causes=causes, unknown=unknown) if causes or unknown else None,
        lately=lately,
        is_newer=anything(map(past.is_after, moments)),
    )


def deleted_lately(past: History) -> list[tuple[str, Version]]:
    """Policies that are gone lately, and that no document declares: names and last versions."""
    there = {str(pair.id).lower() for pair in past.matched.pairs}
    declared = {pair.display_name for pair in past.matched.pairs if pair.desired is not None}
    found: dict[str, tuple[str, Version]] = {}
    for event in past.events:
        if not (event.does("delete", "conditional access policy") and past.is_recent(event.moment)):
            continue
        for target in event.targets:
            if target.id in there or target.name in declared:
                continue
            for version in versions(
                [event], kinds()["ConditionalAccessPolicy"], target.id, past.matched.directory
            ):
                found.setdefault(target.id, (target.name or target.id, version))
    return [*found.values()]


def _changed(version: Version) -> tuple[str, ...]:
    """The fields that an event is known to have changed; none for one that made the object."""
    return () if version.before.is_absent else tuple(change.path for change in changes(version))
