"""Whatever goes wrong while passes are issued, a passcode is in its one place and nowhere else."""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import shlex
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from cli_tools import Cli

from tapctl.passes import handout
from tapctl.passes.delivery import proof
from tapctl.passes.issuing import issue, making
from tapctl.passes.issuing.journal import Journal
from tapctl.sandbox import Store, create_app

MIA, YUSUF = (f"{name}@nordwind.example" for name in ("mia.larsen", "yusuf.demir"))
KEY = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
PATH = "temporaryAccessPassMethods"
VAULT = """\
import hashlib, os, sys, pathlib
keeper = pathlib.Path(f"/proc/{os.getppid()}")
seen = [repr(sys.argv), repr(dict(os.environ))]
for file in (keeper / "cmdline", keeper / "environ"):
    if os.access(file, os.R_OK):  # what is not dumpable shows its environment to root alone
        seen.append(file.read_text())
pathlib.Path("seen-by-child.txt").open("a").write("\\n".join(seen))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a core dump to a program")
def test_no_core_dump_is_made_of_a_process_that_knows_passcodes(cli: Cli) -> None:
    program = (
        "import ctypes, resource, sys; from tapctl.cli.main import run; run(sys.argv[1:]);"
        "print('dumpable', ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    words = [sys.executable, "-c", program, "pass", "issue", MIA, "--dry-run"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # ours

    assert done.stdout.endswith("dumpable 0 0\n")


class Watched:
    """A tenant from whose answers every passcode is taken down, and whose answers go wrong."""

    def __init__(self) -> None:
        self.codes: set[str] = set()
        self.spoil: Callable[[bytes, Any], Any] | None = None

    def create_app(self, store: Store, *arguments: Any, **options: Any) -> Any:
        app = create_app(store, *arguments, **options)

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            if not (scope["method"] == "POST" and scope["path"].endswith(PATH)):
                await app(scope, receive, send)
                return
            messages: list[Any] = []

            async def keep(message: Any) -> None:
                messages.append(message)

            await app(scope, receive, keep)
            body = b"".join(message.get("body", b"") for message in messages)
            self.codes |= {json.loads(body)["temporaryAccessPass"]}
            if self.spoil is not None:
                messages = self.spoil(body, messages)
            for message in messages:
                await send(message)

        return watched


def answered(status: int, change: Callable[[bytes], bytes] = lambda body: body) -> Callable[..., Any]:
    """The pass is made, and the answer says something else."""

    def spoil(body: bytes, messages: Any) -> Any:
        start = {"type": "http.response.start", "status": status, "headers": []}
        return [start, {"type": "http.response.body", "body": change(body)}]

    return spoil


def passcode_first(body: bytes) -> bytes:
    """Where a message that shows how an answer begins would show it."""
    found = json.loads(body)
    return json.dumps({"temporaryAccessPass": found.pop("temporaryAccessPass"), **found}).encode()


def dropped(body: bytes, messages: Any) -> Any:
    raise ConnectionResetError("the answer was lost")


def interrupting(times: int) -> Callable[..., Any]:
    """Ctrl-C while the first answer is on its way; twice is what somebody does who will not wait."""
    left = [times]

    def spoil(body: bytes, messages: Any) -> Any:
        while left[0]:
            left[0] -= 1
            signal.raise_signal(signal.SIGINT)
        return messages

    return spoil


def bug(*arguments: Any, **others: Any) -> Any:
    raise RuntimeError("a bug of ours")


def late_bug(moment: datetime, zones: object) -> str:
    """One that does not strike while room is taken for the file."""
    if moment.year == 2099:
        return ""
    raise RuntimeError("a bug")


def full_at(event: str) -> Callable[..., Any]:
    real = Journal.note

    def note(self: Journal, worklist: Any, entry: Any, what: str, **facts: Any) -> Any:
        if what == event:
            raise OSError(28, "No space left on device")
        return real(self, worklist, entry, what, **facts)

    return note


@pytest.fixture
def watched(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Watched:
    cli("sandbox", "reset")
    found = Watched()
    monkeypatch.setattr("tapctl.sandbox.create_app", found.create_app)
    return found


def vault(cli: Cli, text: str) -> list[str]:
    (cli.root / "vault.py").write_text(VAULT + text + "\n", encoding="utf-8")
    return ["--to-command", shlex.join([sys.executable, "vault.py", "{user}"])]


KEEPS = "sys.stdin.read()"
TELLS = "code = sys.stdin.read(); print(code); print(code, file=sys.stderr)"
FILE = ["--to-file", "place", "--recipient", KEY]


def place(text: str) -> Callable[..., list[str]]:
    return lambda cli, watched, patch: vault(cli, text)


def spoilt(spoil: Callable[..., Any]) -> Callable[..., list[str]]:
    def arrange(cli: Cli, watched: Watched, patch: pytest.MonkeyPatch) -> list[str]:
        watched.spoil = spoil
        return vault(cli, KEEPS)

    return arrange


def broken(owner: Any, name: str, replacement: Any, *more: str) -> Callable[..., list[str]]:
    def arrange(cli: Cli, watched: Watched, patch: pytest.MonkeyPatch) -> list[str]:
        patch.setattr(owner, name, replacement)
        return [*FILE, *more]

    return arrange


def no_room(cli: Cli, watched: Watched, patch: pytest.MonkeyPatch) -> list[str]:
    """The folder for passcodes goes away once a pass is made."""

    def gone(body: bytes, messages: Any) -> Any:
        for path in (cli.root / "place").iterdir():
            path.unlink()
        (cli.root / "place").rmdir()
        return messages

    watched.spoil = gone
    return FILE


def interrupted_twice(cli: Cli, watched: Watched, patch: pytest.MonkeyPatch) -> list[str]:
    """A command that has a passcode would be left to its end, and outlive the test."""
    watched.spoil = interrupting(2)
    return FILE


CASES: dict[str, Callable[[Cli, Watched, pytest.MonkeyPatch], list[str]]] = {
    "nothing goes wrong": place(KEEPS),
    "the command ends before it is given anything": place("sys.exit(3)"),
    "the command tells it to everybody and fails": place(TELLS + "; sys.exit(3)"),
    "the command tells it to everybody": place(TELLS),
    "the command fails while it reads": place("sys.stdin.read(2); sys.exit(1)"),
    "the folder of files goes away": no_room,
    "the answer is lost": spoilt(dropped),
    "the answer is torn": spoilt(answered(201, lambda body: passcode_first(body)[:-9])),
    "the answer is no object": spoilt(answered(201, lambda body: b"[" + passcode_first(body) + b"]")),
    "the answer misses its times": spoilt(
        answered(201, lambda body: body.replace(b"startDateTime", b"started"))
    ),
    "the answer misses its id": spoilt(answered(201, lambda body: body.replace(b'"id"', b'"ident"'))),
    "an error holds the answer": spoilt(answered(500)),
    "a refusal holds the answer": spoilt(answered(400)),
    "a gateway shows the answer": spoilt(answered(504, lambda body: b"<html>" + body + b"</html>")),
    "too many requests, and the answer": spoilt(answered(429)),
    "the answer leads elsewhere": spoilt(answered(302)),
    "Ctrl-C once it is made": spoilt(interrupting(1)),
    "Ctrl-C twice": interrupted_twice,
    "the record is full once it is made": broken(Journal, "note", full_at("made")),
    "the record is full once it is delivered": broken(Journal, "note", full_at("delivered")),
    "a bug before it is delivered": broken(issue, "_hand_over", bug),
    "a bug after it is delivered": broken(proof, "forget", bug),
    "a bug in what is written": broken(handout, "_there", late_bug, "--contents", "handout"),
    "a bug in the answer's reading": broken(making, "made_of", bug),
}


def disguises(code: str) -> set[bytes]:
    """A passcode as it may be written."""
    plain = code.encode()
    told = {code, json.dumps(code)[1:-1], html.escape(code), quote(code, safe=""), repr(code)[1:-1]}
    return {text.encode() for text in told} | {base64.b64encode(plain).rstrip(b"="), plain.hex().encode()}


def told(error: BaseException) -> str:
    """Everything that a handler of a crash could print: messages, causes, locals of every frame."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "\n".join([*found.format(), repr(error), repr(error.args), repr(vars(error))])


@pytest.mark.parametrize("case", CASES)
def test_a_passcode_is_nowhere_but_in_its_place(
    cli: Cli, watched: Watched, case: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    arguments = CASES[case](cli, watched, monkeypatch)
    crash = ""
    try:
        result = cli("pass", "issue", MIA, YUSUF, *arguments, "--yes", "--handout", "paper")
    except RuntimeError as error:
        crash = told(error)
        result = cli("pass", "list")

    assert watched.codes or case == "the command ends before it is given anything"
    written = {path.name: path.read_bytes() for path in cli.root.rglob("*") if path.is_file()}
    logged = "\n".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)
    texts = {
        "stdout": result.out,
        "stderr": result.err,
        "crash": crash,
        "log": logged,
        "environ": repr(os.environ),
    }
    written |= {name: text.encode() for name, text in texts.items()}
    leaks = [
        (name, code)
        for name, text in written.items()
        for code in watched.codes
        for it in disguises(code)
        if it in text
    ]
    assert leaks == []
    assert "unhandled exception" not in logged


def test_the_search_finds_what_is_told(cli: Cli, watched: Watched) -> None:
    tells = vault(cli, "pathlib.Path('told.txt').write_text(repr(sys.stdin.read()))")
    cli("pass", "issue", MIA, *tells)

    (code,) = watched.codes
    assert any(it in (cli.root / "told.txt").read_bytes() for it in disguises(code))
