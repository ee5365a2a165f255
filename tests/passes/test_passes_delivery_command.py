from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from delivery_tools import CODE, MADE, MIA, hand_over
from full_disk import small_files

from tapctl.errors import NotDelivered
from tapctl.passes.delivery import _keeper, passcode_only, proof
from tapctl.passes.delivery.command import Command
from tapctl.passes.secret import Secret

NOTES = Path()
KEEP = (
    "import sys; text = sys.stdin.read() + ' ' + ' '.join(sys.argv[2:]); open(sys.argv[1], 'w').write(text)"
)


def python(program: str, *words: str) -> str:
    return shlex.join([sys.executable, "-c", program, *words])


def command(text: str, *, grace: float = 0.5, patience: float = 20.0) -> Command:
    return Command(text, passcode_only, NOTES, grace=grace, patience=patience)


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where keepers note how commands ended."""
    folder = tmp_path / "notes"
    monkeypatch.setattr(sys.modules[__name__], "NOTES", folder)
    return folder


def test_a_command_gets_the_passcode_and_nothing_else_on_its_input(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    hand_over(command(python(KEEP, str(kept), "tap/{user}", "{id}", "{other}"), grace=0.01))

    assert kept.read_text() == f"{CODE} tap/mia@x.example {MIA.id} {{other}}"


def test_no_shell_reads_the_words(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    hand_over(command(python(KEEP, str(kept), "$(id)", "{user}")), replace(MIA, name="a; touch b"))

    assert kept.read_text() == f"{CODE} $(id) a; touch b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("vault 'kv", "cannot be split"),
        ("no-such-vault put", '"no-such-vault" is not there'),
        ("/etc/passwd put", '"/etc/passwd" is not there, or may not be run'),
    ],
)
def test_a_command_that_cannot_run_is_found_before(text: str, words: str) -> None:
    with pytest.raises(NotDelivered, match=words):
        command(text).prove()


def test_a_file_that_is_no_program_is_found_before_the_pass_exists(tmp_path: Path) -> None:
    program = tmp_path / "vault"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)

    with pytest.raises(NotDelivered, match=r"code 127 before a pass was made; it said: cannot be started"):
        asyncio.run(command(str(program)).open(MIA))


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (
            "import sys; sys.exit('permission denied')",
            "code 1 before a pass was made; it said: permission denied",
        ),
        ("pass", "ended without waiting for the passcode before a pass was made$"),
    ],
)
def test_a_command_that_gives_up_at_once_is_found_before_the_pass_exists(program: str, words: str) -> None:
    with pytest.raises(NotDelivered, match=words):
        asyncio.run(command(python(program), grace=20).open(MIA))


ECHO = "import sys; code = sys.stdin.read(); print(code); sys.stderr.write(code); sys.exit({})"


def test_what_a_command_writes_once_it_has_the_passcode_is_never_shown(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(NotDelivered, match="ended with code 3; what it wrote is not shown") as caught:
        hand_over(command(python(ECHO.format(3)), grace=0.01))
    hand_over(command(python(ECHO.format(0)), grace=0.01))

    assert CODE not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "rest", ["os.close(0); time.sleep(2)", "time.sleep(2)", "os.read(0, 4); time.sleep(2)"]
)
@pytest.mark.parametrize("times", [1, 20_000])
def test_a_command_that_does_not_read_has_not_received(rest: str, times: int) -> None:
    """Not even if its input waits in the pipe."""
    program = f"import os, time; {rest}"

    with pytest.raises(NotDelivered, match="ended without reading the passcode"):
        hand_over(command(python(program), grace=0.01), code=CODE * times)


def test_a_command_that_was_killed_has_not_received() -> None:
    async def main() -> None:
        slot = await command(python("import time; time.sleep(60)"), grace=0.01).open(MIA)
        os.killpg(slot._process.pid, signal.SIGKILL)
        await slot.deliver(MADE, Secret(CODE * 200_000))

    with pytest.raises(NotDelivered, match="ended without reading the passcode"):
        asyncio.run(main())


def test_a_command_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    began = time.monotonic()

    with pytest.raises(NotDelivered, match="did not end within 0 s and was stopped"):
        hand_over(command(python("import time; time.sleep(30)"), grace=0.01, patience=0.2))
    assert time.monotonic() - began < 20


def test_a_command_without_a_passcode_never_sees_the_end_of_its_input(tmp_path: Path, notes: Path) -> None:
    kept = tmp_path / "kept"

    async def main() -> None:
        slot = await command(python(KEEP, str(kept))).open(MIA)
        await slot.close()

    asyncio.run(main())
    assert not kept.exists()
    assert not [*notes.iterdir()]


def test_nor_if_tapctl_dies_before(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    keeper = [sys.executable, "-I", "-S", _keeper.__file__, "1", sys.executable, "-c", KEEP, str(kept)]

    done = subprocess.run(keeper, input=b"", capture_output=True, check=False)  # noqa: S603

    assert done.returncode == 1
    assert not kept.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a core dump to a program")
def test_no_core_dump_is_made_of_what_stands_between() -> None:
    program = (
        "import ctypes, runpy, sys; runpy.run_path(sys.argv.pop(1))['main']();"
        "print('dumpable', ctypes.CDLL(None).prctl(3))"
    )
    words = [sys.executable, "-c", program, _keeper.__file__, "1", "no-such-vault"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.stdout == "dumpable 0\n"


def test_a_command_goes_on_when_tapctl_dies_after(tmp_path: Path) -> None:
    kept, note = tmp_path / "kept", tmp_path / f"1{proof.SUFFIX}"
    handle = proof.begin(note)
    slow = "import time; time.sleep(1); " + KEEP
    keeper = [
        sys.executable,
        "-I",
        "-S",
        _keeper.__file__,
        str(handle),
        sys.executable,
        "-c",
        slow,
        str(kept),
    ]
    child = subprocess.Popen(keeper, stdin=subprocess.PIPE, pass_fds=(handle,))  # noqa: S603
    os.close(handle)
    assert child.stdin is not None
    child.stdin.write(f"{len(CODE)}\n{CODE}".encode())
    child.stdin.close()

    assert asyncio.run(proof.holds(str(note), asyncio.sleep))
    assert kept.read_text().startswith(CODE)
    proof.forget(str(note))
    assert not note.exists()
    assert child.wait() == 0


def test_what_was_never_begun_proves_nothing(tmp_path: Path) -> None:
    async def holds(path: str) -> bool:
        return await proof.holds(path, asyncio.sleep)

    failed = tmp_path / f"failed{proof.SUFFIX}"
    failed.write_text("1")
    whole = tmp_path / "mia.age"
    whole.write_text("x")

    assert not asyncio.run(holds(""))
    assert not asyncio.run(holds(str(tmp_path / "nowhere.age")))
    assert not asyncio.run(holds(str(failed)))
    assert asyncio.run(holds(str(whole)))
    proof.forget(str(whole))
    assert whole.exists()


def test_no_place_for_the_note_is_found_before_the_pass_exists(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(NotDelivered, match="cannot be written"):
        asyncio.run(Command("cat", passcode_only, tmp_path / "file").open(MIA))


def test_a_system_without_process_groups_will_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.killpg")

    with pytest.raises(NotDelivered, match="watched over"):
        command("cat").prove()


def test_the_tokens_of_tapctl_stay_with_tapctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setenv("TAPCTL_ACCESS_TOKEN", "graph")
    monkeypatch.setenv("VAULT_TOKEN", "vault")
    program = "import os, sys; sys.stdin.read(); open(sys.argv[1], 'w').write(repr(dict(os.environ)))"
    hand_over(command(python(program, str(kept)), grace=0.01))

    assert "VAULT_TOKEN" in kept.read_text()
    assert "TAPCTL_ACCESS_TOKEN" not in kept.read_text()


def test_words_that_no_command_can_be_given_start_nothing(notes: Path) -> None:
    with pytest.raises(NotDelivered, match="cannot be started: embedded null byte"):
        asyncio.run(command("cat {user}").open(replace(MIA, name="a\0b")))

    assert list(notes.iterdir()) == []


def test_an_interruption_before_the_passcode_ends_the_command(notes: Path) -> None:
    async def main() -> None:
        opening = asyncio.create_task(command(python("import time; time.sleep(60)"), grace=60).open(MIA))
        await asyncio.sleep(0.3)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening

    asyncio.run(main())
    assert list(notes.iterdir()) == []


def test_a_name_that_would_be_an_option_is_refused() -> None:
    odd = replace(MIA, name="--help@x.example")

    assert "begins with" in command("vault {user}").objection(odd)
    assert command("vault tap/{user} -").objection(odd) == ""
    assert command("vault {user}").objection(MIA) == ""


def test_a_chatty_command_is_heard_out() -> None:
    program = "import sys; sys.stderr.write('x' * 200_000); sys.stdin.read(); sys.stderr.write('y' * 200_000)"

    hand_over(command(python(program), grace=0.3))


LEAVES_A_CHILD = (
    "import subprocess, sys; {}; sys.stderr.write('no luck');"
    " subprocess.Popen(['sleep', '5'], stdout=subprocess.DEVNULL); sys.exit({})"
)


def test_whatever_a_command_leaves_running_is_not_waited_for() -> None:
    began = time.monotonic()

    hand_over(command(python(LEAVES_A_CHILD.format("sys.stdin.read()", 0)), grace=0.3))
    with pytest.raises(NotDelivered, match="code 3 before a pass was made; it said: no luck"):
        asyncio.run(command(python(LEAVES_A_CHILD.format("pass", 3)), grace=20).open(MIA))
    assert time.monotonic() - began < 4.5


def test_a_slot_is_named_without_its_words() -> None:
    async def main() -> str:
        slot = await command("cat - --squeeze-blank").open(MIA)
        await slot.close()
        return slot.target

    assert asyncio.run(main()) == "the command cat"


def test_no_room_for_the_note_is_found_before_the_pass_exists(tmp_path: Path) -> None:
    with small_files(0), pytest.raises(NotDelivered, match="cannot be written: File too large"):
        asyncio.run(command("cat").open(MIA))

    assert list(NOTES.iterdir()) == []


def test_a_note_needs_no_room_once_the_pass_exists(tmp_path: Path) -> None:
    note = NOTES / f"a{proof.SUFFIX}"
    os.close(proof.begin(note))

    size = note.stat().st_size
    assert size >= len(_keeper.UNREAD)
    hand_over(command("cat"))
    assert not asyncio.run(proof.holds(str(note), asyncio.sleep))
