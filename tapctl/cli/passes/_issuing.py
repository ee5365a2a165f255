"""The course of `tapctl pass issue`: choose, prove, examine, ask, issue, account for."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tapctl.cli.asking import declined
from tapctl.cli.connect import Session, connected, our_folder
from tapctl.cli.options import INTERRUPTED, Options
from tapctl.cli.output import say, show_sheet
from tapctl.cli.passes._interrupted import abandon, run_named, standing
from tapctl.cli.passes._places import delivery_of, prove_handouts, write_handouts
from tapctl.cli.passes._tenant import headline_of, tenant_for
from tapctl.cli.passes._wishes import Wishes
from tapctl.cli.printing import put
from tapctl.errors import NotRecorded, Refused
from tapctl.graph.gateway import Gateway
from tapctl.model import Workspace
from tapctl.passes.checks import blocking
from tapctl.passes.delivery import Delivery, Made
from tapctl.passes.doors import Doors, read_doors
from tapctl.passes.examine import Examined, examine, examine_again
from tapctl.passes.examine import Setting as Examining
from tapctl.passes.issue_report import Account, Status, json_of, sheet_of
from tapctl.passes.issuing.claims import refuse_claimed
from tapctl.passes.issuing.issue import issue
from tapctl.passes.issuing.journal import Journal
from tapctl.passes.issuing.journal_lines import About
from tapctl.passes.issuing.noting import Run
from tapctl.passes.issuing.runs import FOLDER, alone, begin, going_on, open_runs, resume, unfinished
from tapctl.passes.issuing.step import SKEW
from tapctl.passes.issuing.worklist import Worklist
from tapctl.passes.people import each_member, group_named
from tapctl.passes.roster import Entry as RosterEntry
from tapctl.passes.roster import Wanted, named, read_roster
from tapctl.pipeline import check
from tapctl.text.times import Zones, length
from tapctl.text.words import counted

T = TypeVar("T")


def run_issue(options: Options, wishes: Wishes) -> int:
    """The exit code. Raises what stops it before anything was created."""
    wishes.check()
    zones = Zones()
    defaults = wishes.defaults(zones)
    workspace = tenant_for(options)
    folder = our_folder(options.workspace) / FOLDER
    if wishes.abandon is not None:
        run = run_named(folder, wishes.abandon, workspace.environment.name)
        return abandon(folder, run, wishes.reason)
    run, count = "", len(wishes.users)
    if wishes.run is not None:
        run = run_named(folder, wishes.run, workspace.environment.name)
        about, count = standing(folder, run)
        wishes = wishes.continuing(about)
    delivery = delivery_of(wishes, zones, workspace, folder, is_for_one=count == 1)
    if delivery is not None:
        delivery.prove()
    prove_handouts(wishes.handout)
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
        if runs := unfinished(self.folder, gateway.environment):
            others = f"; {len(runs) - 1} more before it" if len(runs) > 1 else ""
            say(f"A run before this is not done: {going_on(runs[-1])} (or --abandon {runs[-1]}){others}")
        setting = self._examining(self._doors())
        source = self._source(defaults)
        examined = self.session.run(examine(gateway, self.workspace, source, setting))
        self._look_at_other_runs(examined.worklist)
        if why := self._objection(examined):
            return self._end(examined.worklist, "refused", examined, refusal=why)
        if self.wishes.dry_run or self.delivery is None:
            return self._end(examined.worklist, "checked", examined)
        if why := self._declined(examined.worklist.count("ready")):
            return self._end(examined.worklist, "refused", examined, refusal=why)
        with ExitStack() as at_the_end:
            with alone(self.folder):  # somebody else may have begun while this one was looking, or asking
                refuse_claimed(examined.worklist, self.folder, gateway.tenant_id)
                if why := self._objection(examined):
                    return self._end(examined.worklist, "refused", examined, refusal=why)
                try:
                    journal = begin(self.folder, self._about(self.delivery))
                    at_the_end.callback(journal.close)
                    journal.plan(examined.worklist)
                except NotRecorded as error:
                    why = f"nothing was created: {error}"
                    return self._end(examined.worklist, "refused", examined, refusal=why)
            return self._issue(journal, examined, self.delivery)

    def _look_at_other_runs(self, worklist: Worklist, run: str = "") -> None:
        """People whom another run has are refused."""
        if open_runs(self.folder):
            with alone(self.folder):
                refuse_claimed(worklist, self.folder, self.session.gateway.tenant_id, run)

    def go_on(self, run: str) -> int:
        """Those who wait are checked again, then the run goes on."""
        gateway = self.session.gateway
        journal, begun, worklist = resume(self.folder, run)
        try:
            if (begun.tenant_id, begun.environment) != (gateway.tenant_id, gateway.environment):
                raise Refused(
                    f'the run "{journal.run}" is of environment "{begun.environment}", tenant '
                    f"{begun.tenant_id}: name that one with -e"
                )
            setting, left_out = self._examining(self._doors()), worklist.count("refused")
            failed = worklist.count("failed")
            examined = self.session.run(examine_again(gateway, self.workspace, worklist, setting))
            self._look_at_other_runs(worklist, journal.run)
            if not worklist.unsettled and worklist.count("refused") == left_out:
                journal.write("end", left=0, doubtful=0, why="")  # there may have been no room for it
                return self._end(worklist, "issued", examined, journal=journal)
            if passed_over := failed - worklist.count("failed"):
                some = counted(passed_over, "person", "people")
                self.problems.append(
                    f"{some} failed before and may not have a pass now: left out of this run"
                )
            if why := self._objection(examined, left_out + passed_over):
                return self._end(worklist, "refused", examined, refusal=why)
            if self.wishes.dry_run or self.delivery is None:
                return self._end(worklist, "checked", examined)
            if begun.delivery != self.delivery.kind:
                say(f"So far the passcodes of this run went to --to-{begun.delivery}: those stay there.")
            try:
                journal.write_about("continued", self._about(self.delivery))
                if worklist.count("refused") > left_out:
                    journal.leave_out(worklist.entries("refused"))
            except NotRecorded as error:
                why = f"nothing was created: {error}"
                return self._end(worklist, "refused", examined, journal=journal, refusal=why)
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
        """The users in a group, through groups within it, one by one."""
        gateway = self.session.gateway
        group = await group_named(gateway, name, self.workspace.environment.pins)
        async for person in each_member(gateway, group.id):
            for wish in named([person.id], defaults):
                yield wish

    def _objection(self, examined: Examined, left_out: int = 0) -> str:
        """Why nothing is done; empty if something may be. So many are `left_out` already: with a word, or
        since the run passed them over before."""
        if blocking(examined.findings, self.wishes.words):
            return "nothing was created: see the problems above"
        refused, ready = examined.worklist.count("refused") - left_out, examined.worklist.unsettled
        if not refused and not ready and not left_out:
            return "nothing was created: there is nobody to issue for"
        if refused and not (self.wishes.skip_refused and ready):
            some = counted(refused, "person", "people")
            hint = " (--skip-refused leaves them out)" if ready else ""
            return f"nothing was created: {some} may not have a pass{hint}"
        return ""

    def _declined(self, count: int) -> str:
        """Why the person's answer is no; empty if it is yes, or if there is nothing to ask."""
        if self.wishes.yes or count <= 1:
            return ""
        return declined(self.session.gateway, f"makes {count} passes in {{}}", without="issues")

    def _about(self, delivery: Delivery) -> About:
        gateway = self.session.gateway
        return About(
            environment=gateway.environment,
            tenant_id=gateway.tenant_id,
            by=gateway.caller.name,
            delivery=delivery.kind,
            reason=self.wishes.reason,
            words=tuple(sorted(self.wishes.words)),
            skips_refused=self.wishes.skip_refused,
            options={"--contents": "passcode", **self.wishes.options},
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
            also=self._also,
            doubting=self.session.progress.doubting,
        )
        _tell_clocks(self.session.gateway)
        try:
            self.session.run(issue(run))
        except KeyboardInterrupt:
            run.was_interrupted = True
        status: Status = "issued"
        if run.was_interrupted:
            status = "interrupted"
        elif run.stopped or self.problems or examined.worklist.left:
            status = "incomplete"
        return self._end(examined.worklist, status, examined, journal=journal, run=run)

    def _also(self, made: Made) -> None:
        is_sandbox = self.session.gateway.is_sandbox
        if problem := write_handouts(self.wishes, self.zones, made, is_sandbox=is_sandbox):
            self.problems.append(problem)

    def _end(
        self,
        worklist: Worklist,
        status: Status,
        examined: Examined,
        *,
        journal: Journal | None = None,
        refusal: str = "",
        run: Run | None = None,
    ) -> int:
        """The account, and the exit code."""
        gateway = self.session.gateway
        account = Account(
            status=status,
            headline=headline_of(self.session),
            worklist=worklist,
            findings=examined.findings,
            zones=self.zones,
            words=self.wishes.words,
            requests=gateway.sent,
            delivery=self.delivery.kind if self.delivery else "",
            reason=self.wishes.reason,
            run=journal.run if journal else "",
            record=str(journal.path) if journal else "",
            refusal=refusal,
            stopped=run.stopped if run else "",
            is_recorded=run is None or run.is_recorded,
            problems=tuple(self.problems),
        )
        self._show(account)
        worklist.close()
        if status == "interrupted":
            return INTERRUPTED
        return 0 if status in ("issued", "checked") else 1

    def _show(self, account: Account) -> None:
        """A report that cannot be written is told once more."""
        try:
            if self.options.format == "json":
                for piece in json_of(account):
                    put(piece)
            else:
                show_sheet(sheet_of(account), self.options.format)
            sys.stdout.flush()
        except OSError:
            if account.run:
                say(f"What was done is in {account.record}, and told again by: {going_on(account.run)}")
            raise


def _tell_clocks(gateway: Gateway) -> None:
    """Where Graph's clock and this machine's differ."""
    if gateway.misdated:
        say(f'The Date of the answers cannot be right, and is not used: "{gateway.misdated}"')
    if abs(ahead := gateway.ahead) > SKEW:
        apart = round(abs(ahead) / timedelta(minutes=1))
        way = "ahead of" if ahead > timedelta() else "behind"
        say(f"Graph's clock is {length(apart)} {way} this machine's, and dates the passes: set this one.")
