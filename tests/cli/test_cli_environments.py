from __future__ import annotations

import pytest
from cli_tools import TENANT, Cli


@pytest.fixture
def several(cli: Cli) -> Cli:
    cli.write("tapctl.yaml", "defaultEnvironment: staging\n")
    cli.write("environments/production.yaml", f"tenantId: {TENANT}\ncloud: usgov\n")
    cli.write("environments/staging.yaml", "maxState: disabled\n")
    return cli


def test_people_see_which_tenant_is_which(several: Cli) -> None:
    assert several("environments").out.splitlines() == [
        f"production  tenant {TENANT} (usgov)",
        "sandbox     the pretend tenant",
        "staging     no tenantId yet, default",
    ]


def test_workflows_see_which_are_real(several: Cli) -> None:
    found = several("environments", "--format", "json").json

    assert [item["name"] for item in found["environments"] if item["real"]] == ["production"]
    assert found["version"] == 1


def test_one_of_them_in_markdown(several: Cli) -> None:
    result = several("environments", "-e", "staging", "--format", "markdown")

    assert result.out == "- `staging`: `no tenantId yet, default`\n"


def test_a_matrix_is_of_real_ones(several: Cli) -> None:
    found = several("environments", "--real", "--format", "json").json

    assert [item["name"] for item in found["environments"]] == ["production"]


def test_a_workspace_without_any_has_an_empty_matrix(cli: Cli) -> None:
    assert cli("environments", "--real", "--format", "json").json["environments"] == []
    assert cli("environments", "--real").out == ""
