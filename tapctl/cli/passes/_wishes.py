"""What the command line of `pass issue` says → one value, and whether it contradicts itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from tapctl.errors import UsageError
from tapctl.passes.checks import PRIVILEGED, REPLACE
from tapctl.passes.delivery import Contents
from tapctl.passes.doors import DESPITE
from tapctl.passes.issuing.journal_lines import About
from tapctl.passes.roster import Wanted, lifetime_of
from tapctl.text.times import Zones, moment_of, zone_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line says."""

    users: tuple[str, ...]
    group: str | None
    roster: Path | None
    start: str | None
    lifetime: str | None
    multi_use: bool
    time_zone: str | None
    to_terminal: bool
    to_file: Path | None
    to_command: str | None
    recipients: tuple[str, ...]
    recipients_file: Path | None
    contents: Contents | None
    handout: Path | None
    handout_address: str
    handout_methods: str
    handout_contact: str
    reason: str
    replace: bool
    privileged: bool
    despite_policies: bool
    skip_refused: bool
    dry_run: bool
    yes: bool
    run: str | None
    abandon: str | None

    @property
    def words(self) -> frozenset[str]:
        """The words that let brakes go."""
        said = {REPLACE: self.replace, PRIVILEGED: self.privileged, DESPITE: self.despite_policies}
        return frozenset(word for word, is_said in said.items() if is_said)

    @property
    def options(self) -> dict[str, str]:
        """What was said of what is handed over: the same for everybody in a run."""
        said = {
            "--contents": self.contents or "",
            "--handout": str(self.handout.absolute()) if self.handout else "",
            "--handout-address": self.handout_address,
            "--handout-methods": self.handout_methods,
            "--handout-contact": self.handout_contact,
        }
        return {option: text for option, text in said.items() if text}

    def continuing(self, about: About) -> Wishes:
        """The same, with what was said when the run began. Raises UsageError for what contradicts that.

        --replace was said of the passes that were there when everybody was checked, which the record holds;
        for one that somebody has made since, it is said anew."""
        for option, text in self.options.items():
            if (begun := about.options.get(option, text)) != text:
                raise UsageError(
                    f'the run was begun with {option} "{begun}": leave {option} out, or say the same'
                )
        options = {**about.options, **self.options}
        return replace(
            self,
            contents=cast(Contents | None, options.get("--contents")),
            handout=Path(options["--handout"]) if "--handout" in options else None,
            handout_address=options.get("--handout-address", ""),
            handout_methods=options.get("--handout-methods", ""),
            handout_contact=options.get("--handout-contact", ""),
            reason=self.reason or about.reason,
            privileged=self.privileged or PRIVILEGED in about.words,
            despite_policies=self.despite_policies or DESPITE in about.words,
            skip_refused=self.skip_refused or about.skips_refused,
        )

    def check(self) -> None:
        """Raises UsageError for choices that contradict each other."""
        people = sum(map(bool, (self.users, self.group, self.roster, self.run, self.abandon)))
        if people != 1:
            raise UsageError(
                "say for whom, in one way: USER..., --roster FILE or --group NAME (or --continue RUN)"
            )
        new = {
            "--start": self.start is not None,
            "--lifetime": self.lifetime is not None,
            "--multi-use": self.multi_use,
            "--time-zone": self.time_zone is not None,
        }
        if self.run is not None and any(new.values()):
            option = next(option for option, is_said in new.items() if is_said)
            raise UsageError(f"{option} is for a new run: the passes of this one stay as they were asked for")
        places = sum((self.to_terminal, self.to_file is not None, self.to_command is not None))
        if places > 1 or (not places and not self.dry_run and not self.abandon):
            raise UsageError(
                "say where the passcodes go, in one place: --to-terminal, --to-file PATH with --recipient, "
                "or --to-command COMMAND"
            )
        if (self.to_file is not None) != bool(self.recipients or self.recipients_file):
            raise UsageError("--to-file and --recipient (or --recipients-file) go together")
        if self.to_file is not None and self.to_file.suffix == ".age" and (self.roster or self.group):
            raise UsageError("with --roster and --group, --to-file names a folder: leave .age off")

    def defaults(self, zones: Zones) -> Wanted:
        """Raises UsageError for a start, lifetime or zone that cannot be read."""
        zone = _read("--time-zone", zone_of, self.time_zone)
        mine = Zones(here=zones.here, there=zone)
        return Wanted(
            user="",
            start=_read("--start", lambda text: moment_of(text, mine), self.start),
            lifetime=_read("--lifetime", lifetime_of, self.lifetime),
            is_usable_once=not self.multi_use,
            zone=zone,
        )


def _read(option: str, read: Callable[[str], T], text: str | None) -> T | None:
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
