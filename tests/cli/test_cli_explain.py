from __future__ import annotations

import pytest
from cli_tools import Cli


@pytest.mark.parametrize("chosen", ["text", "json", "markdown"])
def test_it_needs_no_workspace(cli: Cli, chosen: str) -> None:
    result = cli("explain", "-C", "nowhere", "isUsableOnce", "--format", chosen)

    assert result.code == 0
    assert "TemporaryAccessPassPolicy.isUsableOnce" in result.out


def test_what_is_not_there_is_an_error(cli: Cli) -> None:
    result = cli("explain", "Fido3Policy")

    assert (result.code, result.out) == (1, "")
    assert "did you mean Fido2Policy" in result.err


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("80", 80), ("300", 100)])
def test_it_fits_the_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: str, widest: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    lines = cli("explain", "settings-loosened").out.splitlines()

    assert widest - 20 < max(map(len, lines)) <= widest
