"""`pass issue` killed outright, as by a power cut, in a process of its own; and continued afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from cli_tools import Cli

NAMES = [f"{name}@nordwind.example" for name in ("mia.larsen", "yusuf.demir", "chloe.martin")]
KILLED = """\
import os, signal, sys
from tapctl.cli.main import run
from tapctl.passes.issuing.journal import Journal

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

SLOW = """\
import pathlib, sys, time
sys.stdin.read()
pathlib.Path("has-it").touch()
while pathlib.Path("has-it").exists():
    time.sleep(0.05)
"""


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


def test_ctrl_c_twice_says_who_has_what_and_how_to_go_on(cli: Cli) -> None:
    cli("sandbox", "reset")
    (cli.root / "slow.py").write_text(SLOW, encoding="utf-8")
    program = [sys.executable, "-c", "from tapctl.cli.main import main; main()", "pass", "issue", NAMES[0]]
    words = [*program, "--to-command", f"{sys.executable} slow.py"]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    while run.poll() is None and not (cli.root / "has-it").exists():
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)

    assert (run.returncode, "once more stops at once" in err) == (130, True)
    assert "Made, but not handed over (1)" in out
    assert "1 left: tapctl pass issue -e sandbox --continue" in out
    (cli.root / "has-it").unlink()
    assert cli("pass", "issue", "--continue", "last", *place(cli)).code == 0
