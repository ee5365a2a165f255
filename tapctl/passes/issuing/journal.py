"""The record of a run: JSON lines that are only ever added, and never hold a passcode.

    {"event": "run", ...}          where, by whom, why, and how the passcodes are handed over
    {"event": "planned", ...}      one line for each person
    {"event": "checked", ...}      everybody was checked: from here on the run can be continued
    {"event": "refused", ...}      somebody may not have a pass and is left out (--skip-refused), and why
    {"event": "begun", ...}        on disk before a pass is asked for: what for, and what they held before
    {"event": "made", ...}         on disk before its passcode is handed over
    {"event": "delivered", ...}    on disk before the next step
    {"event": "continued", ...}    the same as in the first line, as it is from here on
    {"event": "failed" | "lost" | "undelivered" | "end", ...}

Whatever stops the run, each person is found in the state of the last line that is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tapctl.errors import NotRecorded
from tapctl.model import Json, JsonObject
from tapctl.passes.issuing.journal_lines import About, planned, run_of, stepped
from tapctl.passes.issuing.room import Room
from tapctl.passes.issuing.worklist import Entry, Worklist, rows_of
from tapctl.record import Lines

VERSION: Final = 1


def utc_now() -> datetime:
    return datetime.now(UTC)


class Journal:
    """One run's file, which nobody else writes to while it is open."""

    def __init__(self, path: Path, handle: int, now: Callable[[], datetime] = utc_now) -> None:
        self.path, self._now = path, now
        self._room = Room(path)
        self._lines = Lines(path, handle, self._room.give_up)

    @property
    def run(self) -> str:
        """The run's name: what --continue takes."""
        return run_of(self.path)

    def write(self, event: str, **facts: Json) -> None:
        """Add a line and see it to the disk. Raises NotRecorded."""
        self._lines.write({"event": event, "at": self._at(), **facts})

    def _at(self) -> str:
        return self._now().isoformat()

    def write_about(self, event: str, about: About) -> None:
        """How a run is begun, or goes on."""
        self.write(
            event,
            version=VERSION,
            environment=about.environment,
            tenant=about.tenant_id,
            by=about.by,
            reason=about.reason,
            delivery=about.delivery,
            words=[*about.words],
            skipsRefused=about.skips_refused,
            options={**about.options},
        )

    def plan(self, worklist: Worklist) -> None:
        """Everybody, and who of them may have no pass; afterwards the run can be continued."""
        self._lines.write_many({"event": "planned", **planned(entry)} for entry in worklist.entries())
        self.write("checked", count=worklist.count("ready"))
        self.leave_out(worklist.entries("refused"))

    def leave_out(self, refused: Iterable[Entry]) -> None:
        """Those who may have no pass. If this is torn, they are checked again when the run is continued."""
        self._lines.write_many(
            {"event": "refused", "at": self._at(), "n": entry.number, "findings": rows_of(entry.findings)}
            for entry in refused
        )

    def note(self, worklist: Worklist, entry: Entry, event: str, **facts: Json) -> Entry:
        """A step of one person: on disk first, then in the worklist. Returns the entry after it.

        Raises NotRecorded. What has happened all the same is then in the worklist alone, for the report."""
        line: JsonObject = {"event": event, "at": self._at(), "n": entry.number, **facts}
        after = stepped(entry, line)
        if event == "begun":
            self._begin(line)
        else:
            try:
                self._lines.write(line)
            except NotRecorded:
                worklist.put(_unrecorded(after))
                raise
        worklist.put(after)
        return after

    def _begin(self, line: JsonObject) -> None:
        """Nothing is asked for that is not noted, or without room for what comes of it."""
        try:
            self._room.take()
        except OSError as error:
            raise NotRecorded(f'the record "{self.path}" cannot be written: {error.strerror}') from error
        self._lines.attempt(line)

    def close(self) -> None:
        self._lines.close()
        self._room.give_up()


def _unrecorded(entry: Entry) -> Entry:
    """Whoever continues the run does not know of this step."""
    if entry.state != "delivered":
        return entry
    looks = "looks for it there" if entry.proof else "makes them another pass, which ends this one"
    return replace(entry, why=f"the record does not say that they have it: continuing the run {looks}")
