from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

import click
import pytest
from cli_tools import Cli

from tapctl import __version__
from tapctl.cli.main import COMMANDS, group, main, run

HEAVY = {"rich", "jsonschema", "yaml", "msgraph", "azure", "deepdiff", "starlette", "uvicorn", "httpx"}
GROUPS = {("sandbox",), ("pass",), ("github",)}
STAGES = {"tapctl.pipeline", "tapctl.kinds", "tapctl.load"}


def imported_by(*arguments: str, cwd: Path | None = None) -> set[str]:
    program = (
        "import json, sys; from tapctl.cli.main import run; run(sys.argv[1:]); "
        "print(json.dumps([*sys.modules]))"
    )
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd)  # noqa: S603
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_next_to_nothing(arguments: list[str]) -> None:
    assert not imported_by(*arguments) & (HEAVY | STAGES)


def test_validate_speaks_to_nobody(cli: Cli) -> None:
    found = imported_by("validate", cwd=cli.root)

    assert not found & {"msgraph", "azure", "azure.identity", "deepdiff", "starlette", "httpx", "asyncio"}


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"tapctl {__version__}\n"


def test_help_names_every_command(cli: Cli) -> None:
    text = cli("--help").out

    for name, line in COMMANDS.items():
        assert name in text
        assert line in " ".join(text.split())


def every_command() -> list[tuple[str, ...]]:
    context = click.Context(group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.list_commands(context) if isinstance(command, click.Group) else []
        found += [(name,), *((name, sub) for sub in inner)]
    return found


@pytest.mark.parametrize("command", every_command())
def test_every_command_has_help(cli: Cli, command: tuple[str, ...]) -> None:
    result = cli(*command, "--help")

    assert result.code == 0
    assert len(result.out.splitlines()) > 5


@pytest.mark.parametrize("command", [path for path in every_command() if path not in GROUPS])
def test_every_command_takes_the_common_options(cli: Cli, command: tuple[str, ...]) -> None:
    text = cli(*command, "--help").out

    assert "-C, --workspace" in text
    assert "-e, --env" in text
    assert "--format" in text


@pytest.mark.parametrize("path", [path for path in every_command() if path not in GROUPS])
def test_every_option_has_help(path: tuple[str, ...]) -> None:
    found: click.Command | None = group
    for name in path:
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(group), name)
    assert found is not None

    options = [item for item in found.params if isinstance(item, click.Option)]

    assert options
    assert not [option.name for option in options if not option.help]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate"], 0),
        (["validate", "--no-lint"], 0),
        (["plan"], 0),
        (["plan", "--detailed-exitcode"], 2),
        (["apply", "--yes"], 0),
        (["apply"], 1),
        (["environments"], 0),
        (["sandbox", "dump"], 0),
        (["sandbox", "reset"], 0),
        ([], 1),
        (["sandbox"], 1),
        (["plna"], 1),
        (["something-else"], 1),
        (["plan", "--nonsense"], 1),
        (["plan", "--format", "xml"], 1),
        (["plan", "-C", "nowhere"], 1),
        (["plan", "-e", "nowhere"], 1),
        (["sandbox", "nonsense"], 1),
        (["sandbox", "load", "nowhere.json"], 1),
    ],
)
def test_exit_codes(cli: Cli, arguments: list[str], code: int) -> None:
    assert cli(*arguments).code == code


def test_a_misspelled_command_is_guessed(cli: Cli) -> None:
    assert 'Did you mean "plan"?' in cli("plna").err
    assert "Known are init, validate" in cli("something-else").err


@pytest.mark.parametrize("written", [["--format", "json"], ["--format=json"]])
@pytest.mark.parametrize("arguments", [["plan", "-C", "nowhere"], ["plan", "--nonsense"], ["plna"]])
def test_errors_come_in_the_chosen_format(cli: Cli, written: list[str], arguments: list[str]) -> None:
    result = cli(*arguments, *written)

    assert result.code == 1
    assert result.json["version"] == 1
    assert result.json["error"]["message"]
    assert result.err == ""


def test_errors_in_markdown(cli: Cli) -> None:
    result = cli("plan", "-C", "nowhere", "--format", "markdown")

    assert result.out.startswith("**Error**")


def test_errors_as_text_are_escaped(cli: Cli) -> None:
    result = cli("plan", "-C", "no\x1b[31mwhere")

    assert result.out == ""
    assert result.err.startswith("Error: ")
    assert "\x1b" not in result.err


def test_a_command_nobody_knows_is_none() -> None:
    assert group.get_command(click.Context(group), "nonsense") is None


def test_interruption_is_130(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tapctl.pipeline.check", interrupt)
    result = cli("plan")

    assert (result.code, result.err.strip()) == (130, "Interrupted.")


def test_bugs_keep_their_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tapctl.pipeline.check", fail)
    with pytest.raises(ZeroDivisionError):
        cli("plan")


def test_a_reader_who_leaves_is_no_traceback(cli: Cli) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", "from tapctl.cli.main import main; main()", "environments"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, cwd=cli.root)  # noqa: S603
    os.close(writer)

    assert (done.returncode, done.stderr) == (1, b"")


def test_a_reader_who_leaves_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def __init__(self, fileno: int) -> None:
            self.fileno = lambda: fileno

        def write(self, text: str) -> int:
            return len(text)

        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(group, "main", lambda *_, **__: 0)
    with tempfile.TemporaryFile() as file:
        monkeypatch.setattr(sys, "stdout", Gone(file.fileno()))
        assert run(["--version"]) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("arguments", [["environments"], ["plan", "--format", "json"], ["--help"]])
def test_a_full_disk_is_no_traceback(cli: Cli, arguments: list[str]) -> None:
    command = [sys.executable, "-c", "from tapctl.cli.main import main; main()", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603

    assert done.returncode == 1
    assert done.stderr == "Error: the output cannot be written: No space left on device\n"


def test_a_file_without_room_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "policies/a.yaml")

    monkeypatch.setattr(group, "main", fail)
    with tempfile.TemporaryFile("w") as file:
        monkeypatch.setattr(sys, "stdout", file)
        assert run(["import"]) == 1
    assert capsys.readouterr().err == 'Error: "policies/a.yaml" cannot be written: No space left on device\n'


def test_any_other_trouble_with_files_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory")

    monkeypatch.setattr(group, "main", fail)
    with pytest.raises(NotADirectoryError):
        run(["plan"])


@pytest.mark.skipif(which("sh") is None, reason="there is no shell to close a stream with")
@pytest.mark.parametrize(("closed", "code"), [(">&-", 1), ("2>&-", 0)])
def test_a_stream_that_is_closed_is_no_traceback(cli: Cli, closed: str, code: int) -> None:
    program = f'"{sys.executable}" -c "from tapctl.cli.main import main; main()" environments {closed}'
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False, cwd=cli.root)  # noqa: S603, S607

    assert done.returncode == code
    assert done.stderr == ("Error: the output cannot be written: stdout is closed\n" if code else "")


def test_main_says_that_stdout_is_closed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as found:
        main()

    assert found.value.code == 1
    assert "stdout is closed" in capsys.readouterr().err


def test_main_does_without_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "argv", ["tapctl", "plna"])
    with pytest.raises(SystemExit) as found:
        main()
    sys.stderr.close()

    assert found.value.code == 1


def test_main_exits_with_the_code(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tapctl", "plna"])
    with pytest.raises(SystemExit) as found:
        main()
    assert found.value.code == 1


def test_a_name_the_terminal_cannot_show_is_written_out(cli: Cli) -> None:
    cli.write("all.yaml", "kind: Group\nname: Ærø\nspec: {}\n")
    program = "from tapctl.cli.main import main; main()"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, "plan"],
        capture_output=True,
        check=False,
        cwd=cli.root,
        env=environment,
    )

    assert b"\\xc6r\\xf8" in done.stdout


def test_sigterm_ends_a_command_that_ctrl_c_does_not_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def terminated(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(group, "main", terminated)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = run([])
    finally:
        signal.signal(signal.SIGINT, before)

    assert (code, signal.getsignal(signal.SIGTERM)) == (130, signal.SIG_DFL)
