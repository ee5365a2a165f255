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

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from tapctl.errors import NotRecorded, Refused, WorkspaceError
from tapctl.graph.pace import FARTHEST
from tapctl.model import Json, JsonObject
from tapctl.passes.delivery import Recipient
from tapctl.passes.durable import see_to_disk
from tapctl.passes.locking import lock
from tapctl.passes.worklist import Entry, State, Worklist, findings_of, rows_of
from tapctl.record import Lines
from tapctl.shapes import as_list, as_text

VERSION: Final = 1
FOLDER: Final = "passes"
SUFFIX: Final = ".issue.jsonl"
_LONGEST_LINES: Final = 65_536
_STATES: Final[dict[str, State]] = {
    "begun": "begun",
    "made": "made",
    "lost": "lost",
    "failed": "failed",
    "undelivered": "made",
    "delivered": "delivered",
    "refused": "refused",
}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a run's first line says, and whoever continues it need not say again. `delivery` is the kind of
    place, never a command's words; `options` are those about what is handed over, as they were said."""

    environment: str
    tenant_id: str
    by: str
    delivery: str
    reason: str = ""
    words: tuple[str, ...] = ()
    skips_refused: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


class Journal:
    """One run's file, which nobody else writes to while it is open."""

    def __init__(self, path: Path, handle: int, now: Callable[[], datetime] = _now) -> None:
        self.path, self._now = path, now
        self._lines = Lines(path, handle)

    @property
    def run(self) -> str:
        """The run's name: what --continue takes."""
        return run_of(self.path)

    def write(self, event: str, **facts: Json) -> None:
        """Add a line and see it to the disk. Raises NotRecorded."""
        self._lines.add({"event": event, "at": self._at(), **facts})
        self._lines.sync()

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
        for entry in worklist.entries():
            self._lines.add({"event": "planned", **_planned(entry)})
        self.write("checked", count=worklist.count("ready"))
        self.leave_out(worklist.entries("refused"))

    def leave_out(self, refused: Iterable[Entry]) -> None:
        """Those who may have no pass. If this is torn, they are checked again when the run is continued."""
        for entry in refused:
            findings = rows_of(entry.findings)
            self._lines.add({"event": "refused", "at": self._at(), "n": entry.number, "findings": findings})
        self._lines.sync()

    def note(self, worklist: Worklist, entry: Entry, event: str, **facts: Json) -> Entry:
        """A step of one person: on disk first, then in the worklist. Returns the entry after it.

        Raises NotRecorded. What has happened all the same is then in the worklist alone, for the report."""
        line: JsonObject = {"event": event, "at": self._at(), "n": entry.number, **facts}
        after = stepped(entry, line)
        try:
            self._lines.add(line)
            self._lines.sync()
        except NotRecorded:
            if event != "begun":  # nothing is asked for that is not noted
                worklist.put(_unrecorded(after))
            raise
        worklist.put(after)
        return after

    def close(self) -> None:
        self._lines.close()


def _unrecorded(entry: Entry) -> Entry:
    """Whoever continues the run does not know of this step."""
    if entry.state != "delivered":
        return entry
    looks = "looks for it there" if entry.proof else "makes them another pass, which ends this one"
    return replace(entry, why=f"the record does not say that they have it: continuing the run {looks}")


def stepped(entry: Entry, line: JsonObject) -> Entry:
    """An entry after one event of its own; the same whether it happens now or is read again."""
    event = as_text(line.get("event"))
    doubt = _moment(line, "doubt") if "doubt" in line else entry.doubt
    after = replace(entry, state=_STATES[event], why=as_text(line.get("why")), doubt=doubt)
    match event:
        case "refused":
            return replace(after, findings=findings_of(as_list(line.get("findings"))))
        case "begun":
            return _begun(after, line)
        case "failed" if line.get("notMade") is True and not (entry.pass_id or entry.replaced or doubt):
            return replace(after, begun=None)  # no request of this run has made a pass, or may have
        case "lost":
            return replace(after, pass_id=as_text(line.get("pass")))
        case "made":
            return replace(
                after,
                pass_id=as_text(line.get("pass")),
                made_at=_moment(line, "created"),
                made_start=_moment(line, "start"),
                made_end=_moment(line, "end"),
                target=as_text(line.get("target")),
                proof=as_text(line.get("proof")),
            )
        case _:
            return after


def _begun(entry: Entry, line: JsonObject) -> Entry:
    replaced = as_text(line.get("replaces"))
    return replace(
        entry,
        begun=_moment(line, "at"),
        ahead=_ahead(line),
        asked=_moment(line, "start"),
        before=as_text(line.get("before")),
        replaced=(*entry.replaced, replaced) if replaced else entry.replaced,
        is_likely=entry.is_likely or line.get("likely") is True,
    )


def _ahead(line: JsonObject) -> timedelta:
    """As far as it was to be believed."""
    seconds = line.get("ahead")
    if isinstance(seconds, int | float) and abs(seconds) < FARTHEST:
        return timedelta(seconds=seconds)
    return timedelta()


def run_of(path: Path) -> str:
    """A run's name, by its file."""
    return path.name.removesuffix(SUFFIX)


def going_on(run: str) -> str:
    """The command that continues a run, in its own environment."""
    return f"tapctl pass issue -e {run.partition('Z-')[2]} --continue {run}"


def begin(folder: Path, about: About, now: Callable[[], datetime] = _now) -> Journal:
    """A new run's journal. Raises WorkspaceError or NotRecorded if it cannot be kept: then nothing may be
    created."""
    stamp = f"{now():%Y%m%dT%H%M%S%fZ}"
    path = folder / f"{stamp}-{about.environment}{SUFFIX}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        _lock(handle, path)
        see_to_disk(folder)
    except OSError as error:
        raise _not_kept(folder, error) from error
    journal = Journal(path, handle, now)
    journal.write_about("run", about)
    return journal


def _not_kept(folder: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(f'the record of the run cannot be kept in "{folder}": {error.strerror}')


def resume(folder: Path, run: str) -> tuple[Journal, About, Worklist]:
    """An unfinished run: its journal, what it is about, and how far everybody is.

    Raises Refused if there is no such run, if it has nothing left to do, or if somebody else is at it.
    """
    path = folder / f"{Path(run).name.removesuffix(SUFFIX)}{SUFFIX}"
    if not path.is_file():
        raise Refused(f'there is no run "{run}" in "{folder}"')
    handle = os.open(path, os.O_RDWR | os.O_APPEND)
    with ExitStack() as unless_resumed:
        unless_resumed.callback(os.close, handle)
        with alone(folder):
            _lock(handle, path)
        _cut_torn_line(handle)
        about, worklist = read(path)
        unless_resumed.pop_all()
    return Journal(path, handle), about, worklist


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else looks at which runs are at work, or begins one, meanwhile. Raises WorkspaceError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / ".lock").open("a")
    except OSError as error:
        raise _not_kept(folder, error) from error
    with file:
        lock(file.fileno(), may_wait=True)
        yield


def is_at_work(path: Path) -> bool:
    """Whether a process that lives has this run open. To be asked while `alone`."""
    with path.open("rb") as file:
        return not lock(file.fileno())


def read(path: Path) -> tuple[About, Worklist]:
    """What a run is about, and the worklist after its last line. Raises Refused for one that never began."""
    worklist, first, is_checked = Worklist(), JsonObject(), False
    for line in lines_of(path):
        event = as_text(line.get("event"))
        if event in ("run", "continued"):
            first = line
        elif event == "planned":
            worklist.add(_entry(line))
        elif event in _STATES:
            number = line.get("n")
            assert isinstance(number, int)  # noqa: S101  # written above
            worklist.put(stepped(worklist.get(number), line))
        is_checked |= event == "checked"
    if not is_checked:
        worklist.close()
        raise Refused(f'the run "{run_of(path)}" stopped before anything was created: issue anew')
    return _about(first), worklist


def _about(line: JsonObject) -> About:
    options = line.get("options")
    return About(
        environment=as_text(line.get("environment")),
        tenant_id=as_text(line.get("tenant")),
        by=as_text(line.get("by")),
        delivery=as_text(line.get("delivery")),
        reason=as_text(line.get("reason")),
        words=tuple(str(word) for word in as_list(line.get("words"))),
        skips_refused=line.get("skipsRefused") is True,
        options={name: str(text) for name, text in options.items()} if isinstance(options, dict) else {},
    )


def unfinished(folder: Path, environment: str) -> list[str]:
    """The runs of an environment that were stopped with something left to do, oldest first."""
    if not (paths := open_runs(folder, environment)):
        return []
    with alone(folder):
        return [run_of(path) for path in paths if not is_at_work(path)]


def open_runs(folder: Path, environment: str = "*") -> list[Path]:
    """The records of runs that are at work, or were stopped with something left to do."""
    paths = sorted(folder.glob(f"*Z-{environment}{SUFFIX}"))
    return [path for path in paths if _is_unfinished(path)]


def _is_unfinished(path: Path) -> bool:
    """Whether something was begun, and the last line does not say that nobody is left, or to be looked at."""
    last = _last_line(path)
    is_begun = last.get("event") not in (None, "run", "planned")
    return is_begun and (last.get("left"), last.get("doubtful", 0)) != (0, 0)


def _last_line(path: Path) -> JsonObject:
    """The last whole line, without reading a long file from its beginning."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_LINES))
        lines = file.read().split(b"\n")[:-1]  # what comes after the last line break is torn
    try:
        last = json.loads(lines[-1]) if lines else None
    except ValueError:
        return {}
    return last if isinstance(last, dict) else {}


def lines_of(path: Path) -> Iterator[JsonObject]:
    """The whole lines of a record. Raises Refused for a line that is whole and not ours."""
    with path.open("rb") as file:
        for number, data in enumerate(file, 1):
            if not data.endswith(b"\n"):
                return  # torn when the power went, inside a character maybe
            try:
                line = json.loads(data.decode("utf-8"))
            except ValueError:
                line = None
            if not isinstance(line, dict):
                raise Refused(f"{path}:{number}:1: this is not a line of a record of passes")
            yield line


def _cut_torn_line(handle: int) -> None:
    """What was being written when the power went is no line, and must not become part of the next."""
    size = os.fstat(handle).st_size
    position = size
    while position and _byte(handle, position - 1) != b"\n":
        position -= 1
    if position < size:
        os.ftruncate(handle, position)


def _byte(handle: int, position: int) -> bytes:
    os.lseek(handle, position, os.SEEK_SET)
    return os.read(handle, 1)


def _planned(entry: Entry) -> JsonObject:
    return {
        "n": entry.number,
        "id": entry.recipient.id,
        "user": entry.recipient.name,
        "name": entry.recipient.display_name,
        "start": entry.start.isoformat() if entry.start else None,
        "lifetime": entry.lifetime,
        "oneTime": entry.is_usable_once,
        "timeZone": entry.recipient.zone.key if entry.recipient.zone else None,
        "held": entry.held,
    }


def _entry(line: JsonObject) -> Entry:
    number, lifetime, zone = line.get("n"), line.get("lifetime"), as_text(line.get("timeZone"))
    assert isinstance(number, int) and isinstance(lifetime, int)  # noqa: S101, PT018  # written above
    recipient = Recipient(
        id=as_text(line.get("id")),
        name=as_text(line.get("user")),
        display_name=as_text(line.get("name")),
        zone=ZoneInfo(zone) if zone else None,
    )
    return Entry(
        number=number,
        recipient=recipient,
        start=_moment(line, "start"),
        lifetime=lifetime,
        is_usable_once=line.get("oneTime") is not False,
        held=as_text(line.get("held")),
    )


def _moment(line: JsonObject, name: str) -> datetime | None:
    text = as_text(line.get(name))
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _lock(handle: int, path: Path) -> None:
    """For as long as the file is open, and no longer than the process lives. Raises Refused."""
    if not lock(handle):
        raise Refused(f'another tapctl is at work on the run "{run_of(path)}"')
