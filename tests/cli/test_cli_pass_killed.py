"""`pass issue` killed outright, as by a power cut, in a process of its own; and continued afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter

import pytest
from cli_tools import Cli

NAMES = [f"{name}@nordwind.example" for name in ("mia.larsen", "yusuf.demir", "chloe.martin")]
KILLED = """\
import os, signal, sys
from tapctl.cli.main import run
from tapctl.passes.journal import Journal

moment, event = sys.argv[1:3]
note = Journal.note

def fatal(self, worklist, entry, what, **facts):
    if (moment, event) == ("before", what):
        os.kill(os.getpid(), signal.SIGKILL)
    after = note(self, worklist, entry, what, **facts)
    if (moment, event) == ("after", what):
        os.kill(os.getpid(), signal.SIGKILL)
    return after

Journal.note = fatal
run(sys.argv[3:])
"""
VAULT = "import sys; code = sys.stdin.read(); open('codes.txt', 'a').write(f'{sys.argv[1]} {code}\\n')"


def place(cli: Cli) -> list[str]:
    (cli.root / "vault.py").write_text(VAULT, encoding="utf-8")
    return ["--to-command", f"{sys.executable} vault.py {{user}}"]


def killed(cli: Cli, moment: str, event: str) -> None:
    words = [sys.executable, "-c", KILLED, moment, event, "pass", "issue", *NAMES, *place(cli), "--yes"]
    done = subprocess.run(words, capture_output=True, check=False, timeout=120)  # noqa: S603  # ours
    assert done.returncode == -signal.SIGKILL, done.stderr


def handed_over(cli: Cli) -> dict[str, str]:
    """Everybody's passcode; fails if somebody was handed two."""
    lines = (cli.root / "codes.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(" ")[::2] for line in lines]
    assert max(Counter(name for name, _ in pairs).values()) == 1
    return dict(pairs)


@pytest.mark.parametrize(
    ("moment", "event"),
    [
        ("after", "begun"),  # the request may have been sent
        ("before", "made"),  # the pass is made, and nothing says so
        ("after", "made"),  # between create and delivery
        ("before", "delivered"),  # between delivery and note
        ("after", "delivered"),
    ],
)
def test_whoever_is_killed_goes_on_with_one_pass_for_everybody(cli: Cli, moment: str, event: str) -> None:
    cli("sandbox", "reset")
    killed(cli, moment, event)
    found = cli("pass", "issue", "--continue", "last", *place(cli))

    assert found.code == 0, found
    assert "3 handed over" in found.out
    codes = handed_over(cli)
    assert codes.keys() == {*NAMES}
    for name, code in codes.items():
        assert cli("sandbox", "sign-in", name, piped=code).code == 0


def test_a_pass_that_was_made_and_not_delivered_is_reported_and_replaced(cli: Cli) -> None:
    cli("sandbox", "reset")
    killed(cli, "after", "made")
    looked = cli("pass", "issue", "--continue", "last", "--dry-run", "--format", "json").json
    (lost,) = [one["passId"] for one in looked["people"] if one["state"] == "made"][:1]
    cli("pass", "issue", "--continue", "last", *place(cli))

    held = cli("pass", "list", "--format", "json").json["passes"]
    assert len(held) == 3
    assert lost not in [one["id"] for one in held]
