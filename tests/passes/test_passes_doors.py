from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from trial import Tenant, folder

from tapctl.graph.gateway import Gateway
from tapctl.model import Finding
from tapctl.passes.checks import Applicant, Rules
from tapctl.passes.doors import Doors, read_doors
from tapctl.passes.graph import policy_of
from tapctl.pipeline import check
from tapctl.sandbox.seed import GROUPS, PEOPLE

METHODS = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
MIA = Applicant(id=PEOPLE["mia.larsen"], name="mia", groups=frozenset({GROUPS["New hires"]}))
BEN = Applicant(id="ben", name="ben")
OFF = {"state": "disabled", "includeTargets": []}


def on_for(group: str, **more: str) -> dict[str, Any]:
    return {"state": "enabled", "includeTargets": [{"targetType": "group", "id": group, **more}]}


NEW_HIRES = GROUPS["New hires"]
EVERYBODY = on_for("all_users")


def doors(tmp_path: Path, documents: dict[str, Any] | None = None, **configurations: Any) -> Doors:
    """Of a tenant with these configurations, and a folder that declares others."""
    tenant = Tenant()
    for name, spec in configurations.items():
        tenant.store.put(METHODS, {**(tenant.store.get(METHODS, name) or {}), "id": name, **spec})
    written = [{"kind": kind, "spec": spec} for kind, spec in (documents or {}).items()]
    checked = check(folder(tmp_path, written), "sandbox")
    assert not checked.has_errors
    return tenant.ask(lambda gateway: read_doors(checked, gateway, date(2026, 11, 2)))


def test_readme_says_how_many_requests_the_example_s_policies_take() -> None:
    root = Path(__file__).parents[2]

    async def count(gateway: Gateway) -> int:
        before = gateway.sent
        await read_doors(check(root / "policies", "sandbox"), gateway, date(2026, 11, 2))
        return gateway.sent - before

    readme = (root / "README.md").read_text(encoding="utf-8")
    assert f"the policies of the example with {Tenant().ask(count)};" in readme


def told(found: Doors, person: Applicant) -> list[Finding]:
    rules = Rules(policy=policy_of({"state": "enabled"}))
    findings = found.findings(person, rules, is_usable_once=True)
    return [item for item in findings if item.rule == "nothing-lasting"]


@pytest.mark.parametrize(
    "configurations",
    [
        {"Fido2": EVERYBODY, "MicrosoftAuthenticator": OFF},
        {"Fido2": OFF, "MicrosoftAuthenticator": on_for(NEW_HIRES, authenticationMode="any")},
    ],
)
def test_whoever_can_register_something_lasting_is_told_nothing(
    tmp_path: Path, configurations: dict[str, Any]
) -> None:
    assert told(doors(tmp_path, **configurations), MIA) == []


@pytest.mark.parametrize(
    "authenticator",
    [on_for(GROUPS["Break glass"], authenticationMode="any"), on_for("all_users", authenticationMode="push")],
)
def test_whom_no_lasting_method_reaches_is_told_so(tmp_path: Path, authenticator: dict[str, Any]) -> None:
    but_them = {**EVERYBODY, "excludeTargets": [{"targetType": "group", "id": NEW_HIRES}]}
    found = doors(tmp_path, Fido2=but_them, MicrosoftAuthenticator=authenticator)
    (finding,) = told(found, MIA)

    assert finding.severity == "warning"
    assert finding.message.startswith("neither passkeys (Fido2) nor Microsoft Authenticator")
    assert finding.help.startswith("let a Fido2Policy or MicrosoftAuthenticatorPolicy reach them")
    assert (told(found, BEN), found.general) == ([], ())


def test_a_folder_that_will_turn_a_method_on_is_named_as_the_help(tmp_path: Path) -> None:
    wanted = {"Fido2Policy": on_for("New hires")}
    (finding,) = told(doors(tmp_path, wanted, Fido2=OFF, MicrosoftAuthenticator=OFF), MIA)

    assert finding.help == "apply the folder, which turns one of them on"


def test_a_folder_that_will_turn_the_last_method_off_is_told(tmp_path: Path) -> None:
    found = doors(tmp_path, {"Fido2Policy": OFF}, Fido2=EVERYBODY, MicrosoftAuthenticator=OFF)
    (finding,) = told(found, MIA)

    assert finding.message.startswith("once the folder is applied, neither passkeys")
    assert finding.help == "change those documents"


def test_what_nobody_can_register_is_told_once(tmp_path: Path) -> None:
    found = doors(tmp_path, Fido2=OFF, MicrosoftAuthenticator=OFF)

    assert "are on for anybody" in found.general[0].message
    assert told(found, MIA) == []
