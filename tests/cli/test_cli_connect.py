from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from cli_tools import DOCUMENTS, TENANT, Cli


def test_the_sandbox_is_nobodys_tenant(cli: Cli) -> None:
    cli.write("environments/sandbox.yaml", f"pins: {{}}\ntenantId: {TENANT}\n")
    result = cli("plan")

    assert result.code == 1
    assert "policies/environments/sandbox.yaml:2:" in result.err
    assert "takes no tenantId" in result.err


def test_the_sandbox_has_no_endpoint(cli: Cli) -> None:
    cli.write("environments/sandbox.yaml", "graphEndpoint: http://localhost:1\n")

    assert "takes no graphEndpoint" in cli("plan").err


def test_a_real_environment_says_which_tenant(cli: Cli) -> None:
    cli.write("environments/production.yaml", "cloud: global\n")
    result = cli("plan", "-e", "production")

    assert result.code == 1
    assert "policies/environments/production.yaml:1:1: " in result.err
    assert "add a line `tenantId:" in result.err


def test_an_empty_environment_file_is_named(cli: Cli) -> None:
    cli.write("environments/production.yaml", "")

    assert "policies/environments/production.yaml" in cli("plan", "-e", "production").err


def test_a_link_out_of_the_workspace_is_not_followed(cli: Cli) -> None:
    (cli.root / "elsewhere").mkdir()
    (cli.root / "policies/.tapctl").symlink_to(cli.root / "elsewhere")
    result = cli("plan")

    assert result.code == 1
    assert "is a link" in result.err
    assert not [*(cli.root / "elsewhere").iterdir()]


def test_a_folder_in_the_way_is_named(cli: Cli) -> None:
    (cli.root / "policies/.tapctl").write_text("", encoding="utf-8")

    assert "cannot be written" in cli("plan").err


def test_a_broken_store_is_named(cli: Cli) -> None:
    cli("plan")
    (cli.root / "policies/.tapctl/sandbox.sqlite").write_bytes(b"nonsense" * 1000)
    result = cli("plan")

    assert result.code == 1
    assert "remove it to start anew" in result.err


@pytest.mark.parametrize("chosen", ["plan", "apply"])
def test_another_graph_is_spoken_to_over_http(cli: Cli, monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    command = [sys.executable, "-c", "from tapctl.cli.main import main; main()", "sandbox", "serve"]
    with subprocess.Popen(command, cwd=cli.root, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stderr is not None
        said = [server.stderr.readline().strip() for _ in range(6)]
        cli.write("environments/local.yaml", "\n".join(said[2:5]) + "\n")
        cli.write("all.yaml", DOCUMENTS)
        monkeypatch.setenv("TAPCTL_ACCESS_TOKEN", said[5].partition("=")[2])
        result = cli(chosen, "-e", "local", "--format", "json", *(["--yes"] if chosen == "apply" else []))
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 130
        server.stderr.close()

    assert not result.json["sandbox"]
    assert result.json["summary"]["create"] == 2
    assert "no-break-glass" in {finding["rule"] for finding in result.json["findings"]}
    assert result.code == (0 if chosen == "plan" else 1)
