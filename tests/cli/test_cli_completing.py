"""Tab, as bash asks for it: the words typed so far in, a line for each offer out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cli_tools import Cli

from tapctl.cli.main import COMMANDS, run


@pytest.fixture
def tab(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], list[str]]:
    cli.write("tapctl.yaml", "")
    cli.write("environments/staging.yaml", "")
    cli.write("environments/broken.yml", "{")

    def offered(line: str) -> list[str]:
        monkeypatch.setenv("_TAPCTL_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        with pytest.raises(SystemExit) as left:
            run([])
        assert left.value.code == 0
        return [row.partition(",")[2] for row in capsys.readouterr().out.splitlines() if row]

    return offered


Tab = Callable[[str], list[str]]


def test_every_command_is_offered(tab: Tab) -> None:
    assert tab("tapctl ") == [*COMMANDS]
    assert tab("tapctl p") == ["plan", "pass"]
    assert "status" in tab("tapctl pass s")
    assert "--version" in tab("tapctl --v")


def test_environments_are_those_of_the_folder_that_was_named(tab: Tab) -> None:
    assert tab("tapctl plan -e ") == ["broken", "sandbox", "staging"]
    assert tab("tapctl plan --env st") == ["staging"]
    assert tab("tapctl plan -C . -e st") == ["staging"]
    assert tab("tapctl plan -C nowhere -e ") == ["sandbox"]


def test_kinds_are_offered_in_any_letter_case(tab: Tab) -> None:
    assert tab("tapctl import --kind authentications") == ["AuthenticationStrength"]


@pytest.mark.parametrize(
    ("typed", "offer"),
    [
        ("tempo", "TemporaryAccessPassPolicy"),
        ("temporaryaccesspasspolicy.isU", "TemporaryAccessPassPolicy.isUsableOnce"),
        ("TAP001", "TAP001"),
        ("tap-multi", "tap-multi-use"),
    ],
)
def test_what_can_be_explained_is_offered(tab: Tab, typed: str, offer: str) -> None:
    assert offer in tab(f"tapctl explain {typed}")


def test_nothing_is_offered_for_nothing_known(tab: Tab) -> None:
    assert tab("tapctl explain Nonsense.x") == []
    assert tab("tapctl xyz") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell_is_there(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_TAPCTL_COMPLETE", f"{shell}_source")
    with pytest.raises(SystemExit):
        run([])

    assert "_TAPCTL_COMPLETE=" in capsys.readouterr().out
