from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import az_stand_in
import gh_stand_in
import pytest

from tapctl.errors import UsageError
from tapctl.model import Environment
from tapctl.needed import Need
from tapctl.workspace.identities import Identities, setup_script

TENANT = "11111111-2222-3333-4444-555555555555"
WANTED = Identities(
    environment=Environment(name="production", tenant_id=TENANT),
    repository="contoso/identity",
    plan=(Need(permission="Policy.Read.All", why="read policies"),),
    apply=(
        Need(permission="Policy.Read.All", why="read policies"),
        Need(permission="Policy.ReadWrite.ConditionalAccess", why="write policies"),
        Need(permission="RoleManagement.ReadWrite.Directory", why="write groups that can hold roles"),
        Need(permission="Directory.Read.All", why="name ids", is_optional=True),
        Need(permission="Agreement.Read.All", why="find TermsOfUse by name", delegated_only=True),
        Need(permission="LicenseAssignment.Read.All", why="see licences", is_optional=True),
    ),
)
TOUCHING = (
    "UserAuthMethod-TAP.ReadWrite.All",
    "UserAuthMethod-TAP.Read.All",
    "UserAuthMethod-Passkey.ReadWrite.All",
    "UserAuthenticationMethod.Read.All",
    "UserAuthenticationMethod.ReadWrite.All",
)
ROLES = (
    "Policy.Read.All",
    "Policy.ReadWrite.ConditionalAccess",
    "LicenseAssignment.Read.All",
    *TOUCHING,
)

MADE = ("apps", "principals", "assigned")

PROTECTED = {"production": {"branches": ["main"], "reviewers": [1], "policy": {"protected_branches": False}}}

pytestmark = pytest.mark.skipif(
    which("bash") is None or which("jq") is None, reason="there is no bash and jq to run the script with"
)


class Tenant:
    """A folder with an `az` of its own, and what that has been told."""

    def __init__(self, root: Path, **other: Any) -> None:
        self.state_file, self.root = root / "state.json", root
        roles = [{"value": name, "id": f"id-{name}", "isEnabled": True} for name in ROLES]
        graph = {"id": "sp-graph", "appId": az_stand_in.GRAPH_APP, "appRoles": roles}
        new = {**az_stand_in.NEW, "tenant": TENANT.upper(), "principals": [graph], "environments": PROTECTED}
        self.keep({**new, **other})
        (root / "bin").mkdir()
        self._tool("az", f'exec "{sys.executable}" "{az_stand_in.__file__}" "{self.state_file}" "$@"')
        self._tool("gh", f'exec "{sys.executable}" "{gh_stand_in.__file__}" "{self.state_file}" "$@"')
        self._tool("sleep", "exit 0")

    def _tool(self, name: str, line: str) -> None:
        file = self.root / "bin" / name
        file.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        file.chmod(0o755)

    def keep(self, state: dict[str, Any]) -> None:
        self.state_file.write_text(json.dumps(state), encoding="utf-8")

    @property
    def state(self) -> Any:
        return json.loads(self.state_file.read_text(encoding="utf-8"))

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        command = ["bash", "-c", script, "setup-identities.sh", *arguments]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603

    def held(self, app: str) -> list[str]:
        return [
            item["appRoleId"].removeprefix("id-") for item in self.state["assigned"].get(f"sp-of-{app}", [])
        ]


def test_it_creates_what_is_missing_also_after_an_interruption_and_nothing_twice(tmp_path: Path) -> None:
    tenant = Tenant(tmp_path, fail=["appRoleAssignments"] * 5)
    script = setup_script(WANTED)
    stopped, finished = tenant.run(script), tenant.run(script)
    before = tenant.state
    again = tenant.run(script)

    assert (stopped.returncode, finished.returncode, again.returncode) == (1, 0, 0), finished.stderr
    assert again.stderr == ""
    assert "creating the GitHub environment production-plan" in stopped.stderr
    assert [tenant.state[key] for key in MADE] == [before[key] for key in MADE]
    assert '--env "production" --body "app-1"' in again.stdout
    assert {app["displayName"]: app["trusts"][0]["subject"] for app in before["apps"]} == {
        "tapctl-production-plan": "repo:contoso/identity:environment:production-plan",
        "tapctl-production-apply": "repo:contoso/identity:environment:production",
    }
    assert tenant.held("app-0") == ["Policy.Read.All"]
    assert tenant.held("app-1") == [*ROLES[:3]]


def test_what_graph_does_not_show_yet_is_tried_again(tmp_path: Path) -> None:
    tenant = Tenant(tmp_path, fail=["appRoleAssignments"] * 2)
    done = tenant.run(setup_script(replace(WANTED, apply=WANTED.plan)))

    assert done.returncode == 0
    assert tenant.held("app-0") == ["Policy.Read.All"]


@pytest.mark.parametrize(
    ("state", "arguments", "said"),
    [
        ({"tenant": "other"}, (), "signed in to tenant other"),
        ({}, ("no-slash",), "say which repository"),
        ({}, ("a/b; rm -rf x",), "say which repository"),
        ({"principals": []}, (), "no service principal of Microsoft Graph"),
        ({"fail": ["account show"]}, (), "sign in first"),
        ({"fail": ["ad app list"]}, (), "Not Found"),
        (
            {"apps": [{"appId": str(n), "displayName": "tapctl-production-plan"} for n in (1, 2)]},
            (),
            "several",
        ),
    ],
)
def test_it_stops_before_it_creates_anything(
    tmp_path: Path, state: dict[str, Any], arguments: tuple[str, ...], said: str
) -> None:
    tenant = Tenant(tmp_path, **state)
    done = tenant.run(setup_script(WANTED), *arguments)

    assert done.returncode == 1
    assert said in done.stderr
    assert not [call for call in tenant.state["calls"] if "create" in call]


@pytest.mark.parametrize("permission", TOUCHING)
@pytest.mark.parametrize(("app", "name"), [("app-0", "plan"), ("app-1", "apply")])
def test_an_identity_that_somebody_gave_the_right_to_passes_stops_it(
    tmp_path: Path, permission: str, app: str, name: str
) -> None:
    tenant = Tenant(tmp_path)
    given = {"resourceId": "sp-graph", "appRoleId": f"id-{permission}"}
    tenant.keep({**tenant.state, "assigned": {f"sp-of-{app}": [given]}})
    done = tenant.run(setup_script(WANTED))

    assert done.returncode == 1
    assert f"tapctl-production-{name} may touch passes: {permission};" in done.stderr


def test_a_permission_that_the_cloud_does_not_have_is_named(tmp_path: Path) -> None:
    unknown = replace(WANTED, plan=(Need(permission="Moon.Read.All", why="see it"),))

    assert "no application permission Moon.Read.All" in Tenant(tmp_path).run(setup_script(unknown)).stderr


def test_without_a_tenant_or_repository_whoever_runs_it_says_them(tmp_path: Path) -> None:
    open_script = setup_script(replace(WANTED, environment=Environment(name="production"), repository=""))
    tenant = Tenant(tmp_path, tenant="other")

    assert "say which tenant" in tenant.run(open_script, "contoso/identity").stderr
    assert "say which repository" in tenant.run(f"TENANT_ID={TENANT}\n{open_script}").stderr
    assert "signed in to" in tenant.run(f"TENANT_ID={TENANT}\n{open_script}", "contoso/identity").stderr


def test_nothing_is_trusted_before_somebody_reviews_it(tmp_path: Path) -> None:
    tenant = Tenant(tmp_path, environments={})
    script = setup_script(WANTED)
    stopped = tenant.run(script)
    before = tenant.state
    command = stopped.stderr.partition("gh api")[2].partition("\n\n")[0].replace("LOGIN", "octocat")
    reviewed = tenant.run(f"gh api{command}")
    done = tenant.run(script)

    assert stopped.returncode == 1
    assert "production has no required reviewers yet" in stopped.stderr
    assert "nothing is trusted in production before somebody reviews" in stopped.stderr
    assert [before[key] for key in ("apps", "assigned")] == [[], {}]
    assert before["environments"]["production"]["branches"] == ["main"]
    assert (reviewed.returncode, done.returncode) == (0, 0), reviewed.stderr
    assert tenant.state["environments"]["production"] == {
        "branches": ["main"],
        "reviewers": [583231],
        "policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    assert tenant.state["environments"]["production-plan"]["policy"] is None


def test_a_repository_without_reviewers_goes_on_if_told_to_and_is_warned(tmp_path: Path) -> None:
    tenant = Tenant(tmp_path, environments={})
    done = tenant.run(setup_script(WANTED), "--unreviewed", "contoso/identity")

    assert done.returncode == 0
    assert "WARNING: production has no required reviewers" in done.stderr
    assert tenant.state["environments"]["production"]["branches"] == ["main"]


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"policy": None}, 1, "any branch may use the GitHub environment production"),
        ({"branches": ["main", "release/*"]}, 0, "and not only main: main release/*"),
        ({"branches": []}, 0, "letting main into production"),
        ({"policy": {"protected_branches": True}}, 0, ""),
        (
            {"policy": {"protected_branches": True}, "reviewers": []},
            1,
            "[protected_branches]=true' \\\n    -F 'deployment_branch_policy[custom_branch_policies]=false'",
        ),
    ],
)
def test_an_environment_that_is_there_is_looked_at(
    tmp_path: Path, environment: dict[str, Any], code: int, said: str
) -> None:
    tenant = Tenant(tmp_path, environments={"production": {**PROTECTED["production"], **environment}})
    done = tenant.run(setup_script(WANTED))

    assert (done.returncode, bool(tenant.state["apps"])) == (code, code == 0)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("refused", "says", "said"),
    [
        ("GET", "HTTP 401: Bad credentials", "GitHub does not say how the environment production-plan"),
        ("PUT", "Not Found (HTTP 404)", "GitHub made no environment production-plan"),
    ],
)
def test_what_github_refuses_stops_it_before_anything_is_trusted(
    tmp_path: Path, refused: str, says: str, said: str
) -> None:
    tenant = Tenant(tmp_path, github_refuses=[refused], github_says=says)
    done = tenant.run(setup_script(WANTED))

    assert (done.returncode, tenant.state["apps"]) == (1, [])
    assert said in done.stderr


def test_no_script_makes_administrators() -> None:
    lines = setup_script(WANTED).splitlines()
    about = [
        line.strip()
        for line in lines
        if "RoleManagement" in line or "Agreement" in line or "Directory.Read.All" in line
    ]

    assert len(about) == 3
    assert all(line.startswith("# ") for line in about)


def test_what_is_wide_is_left_to_whoever_runs_it_unless_it_is_needed() -> None:
    groups = Need(permission="Group.Read.All", why="x", is_optional=True)
    found = [
        line.strip()
        for need in (groups, replace(groups, is_optional=False))
        for line in setup_script(replace(WANTED, plan=(need,))).splitlines()
        if "Group.Read.All" in line
    ]

    assert [line.startswith("# ") for line in found] == [True, False]


def test_the_cloud_decides_where_graph_is() -> None:
    script = setup_script(replace(WANTED, environment=Environment(name="gov", cloud="usgov")))

    assert "graph=https://graph.microsoft.us" in script


@pytest.mark.parametrize("name", ["a b", "$(id)", "a'b", "../x", ""])
def test_a_name_that_a_shell_could_read_otherwise_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a GitHub environment"):
        setup_script(replace(WANTED, environment=Environment(name=name)))


def test_a_permission_is_a_word() -> None:
    with pytest.raises(ValueError, match="id"):
        setup_script(replace(WANTED, plan=(Need(permission="$(id)", why="x"),)))


MALLORY = {"id": "mallory", "displayName": "Mallory\x1b[2K"}
MINE = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:contoso/identity:environment:production",
}
THEIRS = {**MINE, "name": "x", "subject": "repo:mallory/x:ref:refs/heads/main"}
KEY = [{"keyId": "key-1"}]


def namesake(**more: Any) -> dict[str, Any]:
    return {"appId": "theirs", "displayName": "tapctl-production-apply", "trusts": [], **more}


@pytest.mark.parametrize(
    ("app", "principal", "said"),
    [
        ({"trusts": [THEIRS]}, {}, "it trusts repo:mallory/x:ref:refs/heads/main of https://token.actions"),
        ({"trusts": [{**MINE, "issuer": "https://evil.example"}]}, {}, "of https://evil.example"),
        ({"owners": [az_stand_in.ME, MALLORY]}, {}, "an owner is Mallory[2K (mallory)"),
        ({"passwordCredentials": KEY}, {}, "it has a secret or certificate: key-1"),
        ({"keyCredentials": KEY}, {}, "it has a secret or certificate: key-1"),
        ({}, {"passwordCredentials": KEY}, "its service principal has a secret or certificate: key-1"),
        ({}, {"owners": [MALLORY]}, "an owner of its service principal is Mallory[2K (mallory)"),
    ],
)
def test_a_namesake_that_others_can_act_as_is_not_taken_unless_it_is_meant(
    tmp_path: Path, app: dict[str, Any], principal: dict[str, Any], said: str
) -> None:
    tenant = Tenant(tmp_path, apps=[namesake(**app)])
    principals = [*tenant.state["principals"], {"id": "sp", "appId": "theirs", **principal}]
    tenant.keep({**tenant.state, "principals": principals})
    script = setup_script(WANTED)
    stopped = tenant.run(script)
    calls = [call for call in tenant.state["calls"] if "create" in call]
    meant = tenant.run(f"APPLY_APP_ID=theirs\n{script}")

    assert (stopped.returncode, calls, tenant.held("theirs")) == (1, [], [])
    assert said in stopped.stderr
    assert "it may be a namesake" in stopped.stderr
    assert (meant.returncode, said in meant.stderr) == (0, True), meant.stderr


@pytest.mark.parametrize(
    "call", ["federated-credential list", "app owner list", "app show", "sp show", "sp owner list"]
)
def test_an_application_that_cannot_be_looked_at_is_not_taken(tmp_path: Path, call: str) -> None:
    tenant = Tenant(tmp_path, apps=[namesake()], fail=[call])
    principals = [*tenant.state["principals"], {"id": "sp", "appId": "theirs"}]
    tenant.keep({**tenant.state, "principals": principals})
    done = tenant.run(setup_script(WANTED))

    assert done.returncode == 1
    assert "what tapctl-production-apply (theirs) trusts, holds and is owned by is not known" in done.stderr
