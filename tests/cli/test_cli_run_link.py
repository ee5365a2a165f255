from __future__ import annotations

import pytest
from cli_tools import Cli

from tapctl.cli.run_link import run_link

GITHUB = {
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "contoso/entra",
    "GITHUB_RUN_ID": "42",
}
AZURE = {
    "SYSTEM_COLLECTIONURI": "https://dev.azure.example/contoso/",
    "SYSTEM_TEAMPROJECT": "Identity team",
    "BUILD_BUILDID": "7",
}


@pytest.mark.parametrize(
    ("environment", "link"),
    [
        (GITHUB, "https://github.example/contoso/entra/actions/runs/42"),
        ({"CI_JOB_URL": "https://gitlab.example/j/1"}, "https://gitlab.example/j/1"),
        (AZURE, "https://dev.azure.example/contoso/Identity%20team/_build/results?buildId=7"),
        ({**GITHUB, "TAPCTL_RUN_URL": "https://ci.example"}, "https://ci.example"),
        ({"GITHUB_RUN_ID": "42"}, ""),
    ],
)
def test_a_pipeline_s_run_has_an_address(environment: dict[str, str], link: str) -> None:
    assert run_link(environment) == link


def test_a_comment_links_to_the_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPCTL_RUN_URL", "https://ci.example/9")

    assert "[The whole output](https://ci.example/9)" in cli("plan", "--format", "markdown").out
