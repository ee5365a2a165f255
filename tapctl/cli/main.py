"""The root of the command line: finds commands lazily, and turns errors into exit codes.

0 done or nothing to do, 1 anything that went wrong, 2 changes found (where a command says so), 130 Ctrl-C.
Nothing but click is imported until a command is chosen: `tapctl --help` has to be quick.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

from tapctl import __version__
from tapctl.cli.lazy import LazyCommands
from tapctl.cli.options import INTERRUPTED
from tapctl.cli.printing import put, put_error
from tapctl.errors import TapctlError
from tapctl.text.escape import visible

COMMANDS: Final = {
    "init": "Write a workspace, workflows and the script that creates the identities.",
    "validate": "Check the workspace, offline: schema, references and lint rules.",
    "plan": "Show what would change in the tenant, and what it would mean.",
    "apply": "Make the tenant what the workspace says; asks first.",
    "drift": "Show what the tenant has differently, since when and by whom.",
    "import": "Write documents for what is in the tenant, or in an export.",
    "pass": "A person's pass: list, follow, revoke, sweep.",
    "test": "Run the sign-in tests, offline: what the policies have to decide.",
    "simulate": "What the policies decide about one sign-in, or a file of them, and why.",
    "facts": "Take a snapshot of the directory facts that sign-ins depend on.",
    "sandbox": "The pretend tenant: serve, load, dump, reset, sign-in.",
    "doctor": "Check credentials, permissions, licences, clock and reachability.",
    "explain": "Explain a kind, a field or a rule.",
    "summary": "Put the results of several environments together.",
    "github": "For workflows: comments, issues, summaries and outputs on GitHub.",
    "environments": "List the workspace's environments.",
}
"""Each command's line in the help; the command itself is `tapctl.cli.<name>.command`."""

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""A disk that is full or broken is nobody's bug."""


@click.command(
    cls=LazyCommands,
    lines=COMMANDS,
    package="tapctl.cli",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each command explains itself: tapctl COMMAND --help",
)
@click.version_option(__version__, prog_name="tapctl", message="%(prog)s %(version)s")
def group() -> None:
    """Passwordless onboarding as code for Microsoft Entra.

    A folder of YAML says how Temporary Access Passes may be used and which Conditional Access policies
    guard new hires; tapctl compares it with the tenant, shows the difference and applies it safely.
    """


def main() -> None:
    """The `tapctl` program. A stream that was closed before it began is none: `tapctl plan >&-`."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # until the program ends
    if sys.stdout is None:
        put_error("Error: the output cannot be written: stdout is closed")
        sys.exit(1)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code. Bugs are raised."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        with _terminated_like_ctrl_c():
            code = group.main(list(arguments), prog_name="tapctl", standalone_mode=False)
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        put_error("Interrupted.")
        return INTERRUPTED
    except (click.ClickException, TapctlError) as error:
        _tell(error, _said(arguments, "--format") or "text", _said(arguments, "--env", "-e"))
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough
        _write_no_more()
        return 1
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _write_no_more()
        what = f'"{visible(str(error.filename))}"' if error.filename else "the output"
        put_error(f"Error: {what} cannot be written: {error.strerror}")
        return 1
    return code if isinstance(code, int) else 0


@contextmanager
def _terminated_like_ctrl_c() -> Iterator[None]:
    """A pipeline that is cancelled, or a machine that shuts down, sends SIGTERM: an account is due all the
    same. Where Ctrl-C does nothing, as in a shell's background, SIGTERM still ends the program."""

    def interrupt(_: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)
        (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write_no_more() -> None:
    """What is still waiting to be written goes nowhere, or Python would fail again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: click.ClickException | TapctlError, output_format: str, environment: str | None) -> None:
    """A document goes where its readers look for it; where no person would read that, stderr tells it too."""
    match output_format:
        case "json" | "markdown" | "html" | "sarif" | "junit":
            from tapctl.cli.stopped import stopped

            put(stopped(_without_usage(error), output_format, environment))
    if output_format not in ("json", "markdown"):
        put_error(_in_words(error))


def _in_words(error: click.ClickException | TapctlError) -> str:
    """click's own errors come with how the command is used."""
    if not isinstance(error, click.ClickException):
        return f"Error: {error}"
    shown = io.StringIO()
    error.show(shown)
    return shown.getvalue().rstrip("\n")


def _without_usage(error: click.ClickException | TapctlError) -> BaseException:
    """click's own errors in our terms."""
    from tapctl.errors import UsageError

    return UsageError(error.format_message()) if isinstance(error, click.ClickException) else error


def _said(arguments: Sequence[str], name: str, short: str = "") -> str | None:
    """What was said for an option, which click may not have come to."""
    chosen = None
    for number, argument in enumerate(arguments):
        if argument in (name, short):
            chosen = "".join(arguments[number + 1 : number + 2])
        elif argument.startswith(f"{name}="):
            chosen = argument.removeprefix(f"{name}=")
    return chosen
