"""The course of `tapctl pass issue`: choose, prove, examine, ask, issue, account for."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from tapctl.cli.connect import Session, connected, our_folder
from tapctl.cli.options import Options
from tapctl.cli.output import say, show_sheet
from tapctl.cli.passes._people import headline_of, tenant_for
from tapctl.errors import Refused, UsageError, WorkspaceError
from tapctl.model import Workspace
from tapctl.passes.checks import PRIVILEGED, REPLACE, blocking
from tapctl.passes.chosen import PROPERTIES, group_named, users_in
from tapctl.passes.delivery import Contents, Delivery, Made, Written, as_json, passcode_only
from tapctl.passes.doors import DESPITE, Doors, read_doors
from tapctl.passes.examine import Examined, examine, examine_again
from tapctl.passes.examine import Setting as Examining
from tapctl.passes.handout import Setting, as_html, as_text, handout
from tapctl.passes.issue import Run, issue
from tapctl.passes.issue_report import Account, Status, json_of, sheet_of
from tapctl.passes.journal import FOLDER, About, Journal, begin, resume, unfinished
from tapctl.passes.roster import Entry as RosterEntry
from tapctl.passes.roster import Wanted, lifetime_of, named, read_roster
from tapctl.passes.times import Zones, moment_of, zone_of
from tapctl.passes.worklist import Worklist
from tapctl.pipeline import check
from tapctl.report import SANDBOX_NOTICE

T = TypeVar("T")

INTERRUPTED = 130
LAST = "last"


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
    contents: Contents
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

    def check(self) -> None:
        """Raises UsageError for choices that contradict each other."""
        people = sum(map(bool, (self.users, self.group, self.roster, self.run, self.abandon)))
        if people != 1:
            raise UsageError(
                "say for whom, in one way: USER..., --roster FILE or --group NAME (or --continue RUN)"
            )
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


def run_issue(options: Options, wishes: Wishes) -> int:
    """The exit code. Raises what stops it before anything was created."""
    wishes.check()
    zones = Zones()
    defaults = wishes.defaults(zones)
    workspace = tenant_for(options)
    folder = our_folder(options.workspace) / FOLDER
    if wishes.abandon is not None:
        return _abandon(folder, wishes.abandon, wishes.reason)
    run, count = "", len(wishes.users)
    if wishes.run is not None:
        run = _run_named(folder, wishes.run, workspace.environment.name)
        count = _left_in(folder, run)
    delivery = _delivery(wishes, zones, workspace, folder, is_for_one=count == 1)
    if delivery is not None:
        delivery.prove()
    _prove_handouts(wishes.handout)
    with connected(workspace) as session:
        course = Course(
            session=session,
            workspace=workspace,
            wishes=wishes,
            options=options,
            zones=zones,
            delivery=delivery,
            folder=folder,
        )
        return course.go_on(run) if run else course.start(defaults)


def _run_named(folder: Path, run: str, environment: str) -> str:
    if run != LAST:
        return run
    found = unfinished(folder, environment)
    if not found:
        raise Refused("there is no interrupted run to continue")
    return found[-1]


def _left_in(folder: Path, run: str) -> int:
    """How many people of a run still wait. Raises Refused if there is no such run."""
    journal, _, worklist = resume(folder, run)
    journal.close()
    try:
        return _left(worklist)
    finally:
        worklist.close()


def _abandon(folder: Path, run: str, reason: str) -> int:
    journal, _, worklist = resume(folder, run)
    worklist.close()
    journal.write("end", left=0, why=f"abandoned: {reason}" if reason else "abandoned")
    journal.close()
    say(f"The run {journal.run} will not be continued. Whoever holds a pass of it keeps it.")
    return 0


def _delivery(
    wishes: Wishes, zones: Zones, workspace: Workspace, folder: Path, *, is_for_one: bool
) -> Delivery | None:
    """Raises NotDelivered for recipients that are none."""
    notice = SANDBOX_NOTICE if workspace.environment.is_sandbox else ""
    written = _written(wishes, zones, notice)
    if wishes.to_terminal:
        from tapctl.passes.delivery_terminal import Terminal

        return Terminal(zones=zones, notice=notice)
    if wishes.to_command is not None:
        from tapctl.passes.delivery_command import Command

        return Command(wishes.to_command, written, folder)
    if wishes.to_file is not None:
        from tapctl.passes.delivery_file import EncryptedFiles, keys_in, keys_of

        keys = keys_of(wishes.recipients)
        keys += keys_in(wishes.recipients_file) if wishes.recipients_file else []
        is_folder = not is_for_one or wishes.to_file.is_dir()
        return EncryptedFiles(wishes.to_file, keys, written, is_folder=is_folder)
    return None


def _written(wishes: Wishes, zones: Zones, notice: str) -> Written:
    match wishes.contents:
        case "passcode":
            return passcode_only
        case "json":
            return as_json
        case "handout" | "handout-html":
            write = as_text if wishes.contents == "handout" else as_html
            setting = _handout_setting(wishes, notice)
            return lambda made, secret: write(handout(made, zones, setting, secret))


def _handout_setting(wishes: Wishes, notice: str) -> Setting:
    return Setting(
        address=wishes.handout_address,
        methods=(wishes.handout_methods,) if wishes.handout_methods else (),
        contact=wishes.handout_contact,
        notice=notice,
    )


def _prove_handouts(folder: Path | None) -> None:
    """Raises WorkspaceError if nothing can be written there."""
    if folder is None:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = folder / ".tapctl-trial"
        trial.write_text("", encoding="utf-8")
        trial.unlink()
    except OSError as error:
        raise WorkspaceError(f'handouts cannot be written to "{folder}": {error.strerror}') from error


@dataclass(slots=True, kw_only=True)
class Course:
    """One command under way."""

    session: Session
    workspace: Workspace
    wishes: Wishes
    options: Options
    zones: Zones
    delivery: Delivery | None
    folder: Path
    problems: list[str] = field(default_factory=list)

    def start(self, defaults: Wanted) -> int:
        """Everybody is checked, then the run begins."""
        gateway = self.session.gateway
        for run in unfinished(self.folder, gateway.environment):
            say(
                f"An interrupted run has people left: tapctl pass issue --continue {run} (or --abandon {run})"
            )
        setting = self._examining(self._doors())
        source = self._source(defaults)
        examined = self.session.run(examine(gateway, self.workspace, source, setting))
        if why := self._objection(examined):
            return self._end(examined.worklist, "refused", examined, refusal=why)
        if self.wishes.dry_run or self.delivery is None:
            return self._end(examined.worklist, "checked", examined)
        if why := self._declined(examined.worklist.count("ready")):
            return self._end(examined.worklist, "refused", examined, refusal=why)
        journal = begin(self.folder, self._about(self.delivery))
        try:
            journal.plan(examined.worklist)
            return self._issue(journal, examined, self.delivery)
        finally:
            journal.close()

    def go_on(self, run: str) -> int:
        """Those who wait are checked again, then the run goes on."""
        gateway = self.session.gateway
        journal, first, worklist = resume(self.folder, run)
        try:
            if (first.get("tenant"), first.get("environment")) != (gateway.tenant_id, gateway.environment):
                raise Refused(
                    f'the run "{journal.run}" is of environment "{first.get("environment")}", tenant '
                    f"{first.get('tenant')}: name that one with -e"
                )
            setting = self._examining(self._doors())
            examined = self.session.run(examine_again(gateway, self.workspace, worklist, setting))
            if not _left(worklist) and not worklist.count("refused"):
                return self._end(worklist, "issued", examined, journal=journal)
            if why := self._objection(examined):
                return self._end(worklist, "refused", examined, refusal=why)
            if self.wishes.dry_run or self.delivery is None:
                return self._end(worklist, "checked", examined)
            about = self._about(self.delivery)
            journal.write("continued", by=about.by, reason=about.reason, delivery=about.delivery)
            return self._issue(journal, examined, self.delivery)
        finally:
            journal.close()

    def _doors(self) -> Doors:
        """The policies that a pass has to get by, of the tenant and of the folder."""
        checked = check(self.options.workspace, self.options.environment)
        return self.session.run(read_doors(checked, self.session.gateway, datetime.now(UTC).date()))

    def _examining(self, doors: Doors) -> Examining:
        return Examining(
            doors=doors,
            words=self.wishes.words,
            zones=self.zones,
            now=datetime.now(UTC),
            objection=self.delivery.objection if self.delivery else lambda recipient: "",
            checked=lambda count: self.session.progress.checked(count),
        )

    async def _source(self, defaults: Wanted) -> AsyncIterator[RosterEntry]:
        """The people, as they come."""
        wishes = self.wishes
        if wishes.group is not None:
            async for wish in self._members(wishes.group, defaults):
                yield wish
            return
        entries = (
            read_roster(wishes.roster, defaults, self.zones)
            if wishes.roster
            else named(wishes.users, defaults)
        )
        for entry in entries:
            yield entry

    async def _members(self, name: str, defaults: Wanted) -> AsyncIterator[Wanted]:
        """The users in a group, through groups within it, page by page."""
        gateway = self.session.gateway
        group = await group_named(gateway, name, self.workspace.environment.pins)
        path = f"groups/{group.id}/transitiveMembers"
        async for page in gateway.pages(path, {"$select": PROPERTIES, "$top": "999"}):
            for wish in named((person.id for person in users_in(page)), defaults):
                yield wish

    def _objection(self, examined: Examined) -> str:
        """Why nothing is done; empty if something may be."""
        if blocking(examined.findings, self.wishes.words):
            return "nothing was created: see the problems above"
        refused, ready = examined.worklist.count("refused"), _left(examined.worklist)
        if not refused and not ready:
            return "nothing was created: there is nobody to issue for"
        if refused and not (self.wishes.skip_refused and ready):
            some = "1 person" if refused == 1 else f"{refused} people"
            return f"nothing was created: {some} may not have a pass (--skip-refused leaves them out)"
        return ""

    def _declined(self, count: int) -> str:
        """Why the person's answer is no; empty if it is yes, or if there is nothing to ask."""
        if self.wishes.yes or count <= 1:
            return ""
        if not sys.stdin.isatty():
            return "nothing was created: nobody is at a terminal to ask; --yes issues without asking"
        gateway = self.session.gateway
        what = "the pretend tenant" if gateway.is_sandbox else f"tenant {gateway.tenant_id}"
        say(
            f"This makes {count} passes in {what}. To go on, type the environment's name "
            f"({gateway.environment}):"
        )
        given = sys.stdin.readline().strip()
        if given == gateway.environment:
            return ""
        return f'nothing was created: the answer was not "{gateway.environment}"'

    def _about(self, delivery: Delivery) -> About:
        gateway = self.session.gateway
        return About(
            environment=gateway.environment,
            tenant_id=gateway.tenant_id,
            by=gateway.caller.name,
            delivery=delivery.kind,
            reason=self.wishes.reason,
            words=tuple(sorted(self.wishes.words)),
        )

    def _issue(self, journal: Journal, examined: Examined, delivery: Delivery) -> int:
        run = Run(
            gateway=self.session.gateway,
            worklist=examined.worklist,
            journal=journal,
            delivery=delivery,
            words=self.wishes.words,
            watch=self.session.progress.issued,
            finishing=lambda: say(
                "Interrupted: what is under way is finished first; once more stops at once."
            ),
            also=self._write_handouts,
        )
        self.session.run(issue(run))
        status: Status = "issued"
        if run.was_interrupted:
            status = "interrupted"
        elif run.stopped or self.problems or _left(examined.worklist):
            status = "incomplete"
        return self._end(examined.worklist, status, examined, journal=journal, stopped=run.stopped)

    def _write_handouts(self, made: Made) -> None:
        """The passcode is at its place by now: what fails here is told, and stops nothing."""
        from tapctl.passes.delivery_file import file_name

        if self.wishes.handout is None:
            return
        notice = SANDBOX_NOTICE if self.session.gateway.is_sandbox else ""
        content = handout(made, self.zones, _handout_setting(self.wishes, notice))
        try:
            for write, suffix in ((as_text, ".txt"), (as_html, ".html")):
                path = self.wishes.handout / file_name(made.recipient, suffix)
                path.write_text(write(content), encoding="utf-8")
        except OSError as error:
            self.problems.append(f"the handout of {made.recipient.name} cannot be written: {error.strerror}")

    def _end(
        self,
        worklist: Worklist,
        status: Status,
        examined: Examined,
        *,
        journal: Journal | None = None,
        refusal: str = "",
        stopped: str = "",
    ) -> int:
        """The account, and the exit code."""
        gateway = self.session.gateway
        account = Account(
            status=status,
            headline=headline_of(self.session),
            worklist=worklist,
            findings=examined.findings,
            zones=self.zones,
            requests=gateway.sent,
            delivery=self.delivery.kind if self.delivery else "",
            reason=self.wishes.reason,
            run=journal.run if journal else "",
            record=str(journal.path) if journal else "",
            refusal=refusal,
            stopped=stopped,
            problems=tuple(self.problems),
        )
        if self.options.format == "json":
            for piece in json_of(account):
                click.echo(piece, nl=False)
        else:
            show_sheet(sheet_of(account), self.options.format)
        worklist.close()
        if status == "interrupted":
            return INTERRUPTED
        return 0 if status in ("issued", "checked") else 1


def _left(worklist: Worklist) -> int:
    return worklist.count() - worklist.count("delivered", "refused")
