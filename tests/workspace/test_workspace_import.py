"""`tapctl import` on the seeded sandbox, and of exports."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tapctl.cli.main import run
from tapctl.sandbox.seed import numbered
from tapctl.schema import read

Capture = pytest.CaptureFixture[str]


def tapctl(capsys: Capture, folder: Path, *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = run([*arguments, "-C", str(folder)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


POLICIES = "identity/conditionalAccess/policies"
FIRST = "conditional-access-policies/ca-01-require-mfa-for-administrators.yaml"


def loaded(capsys: Capture, folder: Path, content: Any) -> None:
    (folder.parent / "tenant.json").write_text(json.dumps(content))
    assert tapctl(capsys, folder, "sandbox", "load", str(folder.parent / "tenant.json"))[0] == 0


def imported(capsys: Capture, folder: Path, *arguments: str) -> Any:
    code, output = tapctl(capsys, folder, "import", "-e", "sandbox", "--format", "json", *arguments)
    assert code == 0, output
    return json.loads(output)


def test_a_missing_folder_becomes_a_workspace(capsys: Capture, tmp_path: Path) -> None:
    code, output = tapctl(capsys, tmp_path / "policies", "import", "-e", "sandbox")

    assert (code, "SANDBOX" in output) == (0, True)
    assert tapctl(capsys, tmp_path / "policies", "plan", "--detailed-exitcode")[0] == 0


def test_what_is_declared_is_not_written_again(capsys: Capture, tmp_path: Path) -> None:
    first = imported(capsys, tmp_path)

    second = imported(capsys, tmp_path)

    assert second["documents"] == []
    assert len(second["declared"]) == len(first["documents"])


def test_what_another_environment_declares_stays_its_own(capsys: Capture, tmp_path: Path) -> None:
    imported(capsys, tmp_path)
    (tmp_path / "environments").mkdir(exist_ok=True)
    (tmp_path / "environments/staging.yaml").write_text("tenantId: 11111111-2222-3333-4444-555555555555\n")
    declared = (FIRST, next(tmp_path.glob("*/sms-policy.yaml")).relative_to(tmp_path).as_posix())
    for file in declared:
        text = (tmp_path / file).read_text()
        (tmp_path / file).write_text(text.replace("spec:", "environments: [staging]\nspec:", 1))

    written = [tmp_path / item["file"] for item in imported(capsys, tmp_path)["documents"]]

    assert [yaml.safe_load(file.read_text())["environments"] for file in written] == [["sandbox"]] * 2
    codes = [
        tapctl(capsys, tmp_path, "validate", "--no-lint", "-e", name)[0] for name in ("sandbox", "staging")
    ]
    assert codes == [0, 0]


@pytest.mark.parametrize(
    ("cap", "rules"), [("enabledForReportingButNotEnforced", ["above-the-cap"]), ("enabled", [])]
)
def test_what_the_environment_s_cap_would_lower_is_told(
    capsys: Capture, tmp_path: Path, cap: str, rules: list[str]
) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/sandbox.yaml").write_text(f"maxState: {cap}\n")

    found = imported(capsys, tmp_path, "--kind", "ConditionalAccessPolicy")["findings"]

    assert [item["rule"] for item in found] == rules


def test_two_documents_that_mean_one_object_are_not_updated(capsys: Capture, tmp_path: Path) -> None:
    imported(capsys, tmp_path)
    before = (tmp_path / FIRST).read_text().replace("state: enabled\n", "state: disabled\n")
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    name = "CA-01 Require MFA for administrators"
    (meant,) = [item["id"] for item in content[POLICIES] if item["displayName"] == name]
    pins = {f"ConditionalAccessPolicy/{name}": meant, "ConditionalAccessPolicy/Other": meant}
    (tmp_path / "environments").mkdir(exist_ok=True)
    (tmp_path / "environments/sandbox.yaml").write_text(json.dumps({"pins": pins}))
    (tmp_path / FIRST).write_text(before)
    (tmp_path / "other.yaml").write_text(before.replace(f"name: {name}", "name: Other"))

    code, output = tapctl(capsys, tmp_path, "import", "-e", "sandbox", "--update", "--yes")

    assert (code, output.count(f"it cannot be told whether it means {meant}")) == (1, 2)
    assert (tmp_path / FIRST).read_text() == before


def test_one_object_is_adopted_by_its_name(capsys: Capture, tmp_path: Path) -> None:
    answer = imported(capsys, tmp_path, "--name", "CA-01*")

    name = "CA-01 Require MFA for administrators"
    assert [item["address"] for item in answer["documents"]] == [f"ConditionalAccessPolicy/{name}"]
    text = (tmp_path / answer["documents"][0]["file"]).read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    assert "includeRoles:" in text
    assert "excludeGroups: [Break glass]" in text


def test_groups_are_written_when_they_are_asked_for(capsys: Capture, tmp_path: Path) -> None:
    answer = imported(capsys, tmp_path, "--kind", "Group")

    assert "Group/Break glass" in [item["address"] for item in answer["documents"]]
    assert "members" not in (tmp_path / "groups" / "break-glass.yaml").read_text()
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_break_glass_and_ownership_are_proposed_with_the_evidence(capsys: Capture, tmp_path: Path) -> None:
    hints = imported(capsys, tmp_path)["hints"]

    said = "breakGlass.groups: 'Break glass'? 3 of 3 enforced policies exclude it"
    assert said in hints
    assert f"\n# {said}\n" in (tmp_path / "tapctl.yaml").read_text()
    assert "breakGlass" not in yaml.safe_load((tmp_path / "tapctl.yaml").read_text())


@pytest.mark.parametrize(
    ("start", "is_proposed"),
    [("", False), (" ", False), ("A*", False), ("A?", False), ("[A]", True), ("AB", True)],
)
def test_a_prefix_is_proposed_where_it_says_something(
    capsys: Capture, tmp_path: Path, start: str, is_proposed: bool
) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    held = content[POLICIES]
    for number, policy in enumerate(held):
        policy["displayName"] = f"{start}-{number}"
    loaded(capsys, tmp_path, content)

    hints = imported(capsys, tmp_path)["hints"]

    assert any(hint.startswith("ownership") for hint in hints) == is_proposed


@pytest.mark.parametrize(("asked", "is_proposed"), [("A-*", True), ("A-[123]", False), ("A-?", False)])
def test_a_prefix_is_not_proposed_that_owns_what_gets_no_document(
    capsys: Capture, tmp_path: Path, asked: str, is_proposed: bool
) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    draft = content[POLICIES][0]
    names = ["A-1", "A-2", "A-3", "A-10", "A-[123]"]
    content[POLICIES] = [
        {**draft, "id": numbered(7, number), "displayName": name} for number, name in enumerate(names)
    ]
    loaded(capsys, tmp_path, content)

    found = imported(capsys, tmp_path, "--kind", "ConditionalAccessPolicy", "--name", asked)

    said = "ownership.ConditionalAccessPolicy: 'A-*'? 5 of 5 policies are called so"
    assert (said in found["hints"]) == is_proposed


def test_a_name_in_brackets_adopts_just_that_object(capsys: Capture, tmp_path: Path) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    held = content[POLICIES]
    held[0]["displayName"], held[1]["displayName"] = "[NH] Require MFA", "N Require MFA"
    loaded(capsys, tmp_path, content)

    found = imported(capsys, tmp_path, "--name", "[NH] Require MFA")

    assert [item["address"] for item in found["documents"]] == ["ConditionalAccessPolicy/[NH] Require MFA"]


def test_what_is_declared_already_is_not_proposed(capsys: Capture, tmp_path: Path) -> None:
    patterns = 'ownership: {ConditionalAccessPolicy: ["NH-*", "CA-*"]}'
    settings = f"defaultEnvironment: sandbox\nbreakGlass: {{groups: [Break glass]}}\n{patterns}\n"
    (tmp_path / "tapctl.yaml").write_text(settings)
    (tmp_path / "environments").mkdir()
    pins = "pins: {Group/Break glass: 20000000-0000-4000-8000-000000000001}\n"
    (tmp_path / "environments" / "sandbox.yaml").write_text(pins)

    assert imported(capsys, tmp_path)["hints"] == []


def test_proposals_make_the_settings_that_are_not_there(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "sandbox.yaml").write_text("caRequestsPerSecond: 0\n")

    hints = imported(capsys, tmp_path)["hints"]

    text = (tmp_path / "tapctl.yaml").read_text()
    assert yaml.safe_load(text) == {"defaultEnvironment": "sandbox"}
    assert all(f"\n# {hint}\n" in text for hint in hints)


def test_settings_are_taken_back_with_the_rest(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "sandbox.yaml").write_text("caRequestsPerSecond: 0\n")
    (tmp_path / "named-locations").write_text("in the way")

    assert tapctl(capsys, tmp_path, "import", "-e", "sandbox")[0] == 1

    assert not (tmp_path / "tapctl.yaml").exists()


GLASS = "defaultEnvironment: sandbox\nbreakGlass: {groups: [Break glass]}\n"


def test_the_pins_that_break_glass_lacks_are_written(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "tapctl.yaml").write_text(GLASS)

    pins = imported(capsys, tmp_path)["pins"]

    assert pins == {"Group/Break glass": "20000000-0000-4000-8000-000000000001"}
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_an_account_of_break_glass_is_pinned_as_well(capsys: Capture, tmp_path: Path) -> None:
    account = {"id": "10000000-0000-4000-8000-000000000099", "userPrincipalName": "Glass@example.com"}
    (tmp_path / "tapctl.yaml").write_text(
        GLASS.replace("groups: [Break glass]", "accounts: [glass@example.com]")
    )
    loaded(capsys, tmp_path, {"users": [account]})

    assert imported(capsys, tmp_path)["pins"] == {"User/glass@example.com": account["id"]}


def test_an_export_is_taken_in_though_break_glass_has_no_pin(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "tapctl.yaml").write_text(GLASS)
    place = {
        "displayName": "Norway",
        "countriesAndRegions": ["NO"],
        "includeUnknownCountriesAndRegions": False,
    }
    (tmp_path / "export.json").write_text(json.dumps(place))

    answer = imported(capsys, tmp_path / "policies", "--from", str(tmp_path / "export.json"))

    assert [item["address"] for item in answer["documents"]] == ["NamedLocation/Norway"]
    assert (answer["pins"], answer["findings"]) == ({}, [])


@pytest.mark.parametrize(
    ("more", "said"), [(["Break glass"], "2 objects have its name"), ([], "nothing found")]
)
def test_whom_break_glass_means_is_never_guessed(
    capsys: Capture, tmp_path: Path, more: list[str], said: str
) -> None:
    (tmp_path / "tapctl.yaml").write_text(GLASS)
    loaded(capsys, tmp_path, {"groups": [_group(number, name) for number, name in enumerate(more * 2)]})

    code, output = tapctl(capsys, tmp_path, "import", "-e", "sandbox", "--format", "json")

    answer = json.loads(output)
    assert (code, answer["pins"]) == (1, {})
    assert said in answer["findings"][0]["message"]


def _group(number: int, name: str) -> Any:
    return {"id": f"20000000-0000-4000-8000-00000000009{number}", "displayName": name}


def test_settings_that_are_there_are_not_added_to(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "tapctl.yaml").write_text("defaultEnvironment: sandbox\n")

    assert imported(capsys, tmp_path)["hints"]

    assert (tmp_path / "tapctl.yaml").read_text() == "defaultEnvironment: sandbox\n"


def test_nothing_that_is_there_is_overwritten(capsys: Capture, tmp_path: Path) -> None:
    mine = tmp_path / "named-locations" / "headquarters.yaml"
    mine.parent.mkdir()
    mine.write_text("# not a document yet\n")

    files = [item["file"] for item in imported(capsys, tmp_path, "--kind", "NamedLocation")["documents"]]

    assert "named-locations/headquarters-2.yaml" in files
    assert mine.read_text() == "# not a document yet\n"


def test_another_environment_needs_its_tenant(capsys: Capture, tmp_path: Path) -> None:
    code, output = tapctl(capsys, tmp_path / "new", "import", "-e", "production")

    assert (code, "--tenant-id" in output) == (1, True)
    assert not (tmp_path / "new").exists()


def test_an_unknown_kind_is_told_the_known_ones(capsys: Capture, tmp_path: Path) -> None:
    code, output = tapctl(capsys, tmp_path, "import", "-e", "sandbox", "--kind", "Policy")

    assert (code, "ConditionalAccessPolicy" in output) == (1, True)


def test_a_folder_with_mistakes_is_not_added_to(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("kind: Nothing\n")

    code, output = tapctl(capsys, tmp_path, "import", "-e", "sandbox")

    assert (code, "broken.yaml" in output) == (1, True)


def test_all_mistakes_of_a_folder_are_told_at_once(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Group\nname: A\nspec: {nonsense: 1, other: 2}\n")

    code, output = tapctl(capsys, tmp_path, "import", "-e", "sandbox")

    assert (code, output.count(f"{tmp_path}/a.yaml:3:")) == (1, 2)


def test_a_name_that_nothing_has_gets_the_nearest(capsys: Capture, tmp_path: Path) -> None:
    code, output = tapctl(capsys, tmp_path, "import", "-e", "sandbox", "--name", "Headquarter")

    assert code == 1
    assert "nothing that could be imported is called 'Headquarter'; did you mean 'Headquarters'" in output


def test_an_export_is_read_without_a_tenant(capsys: Capture, tmp_path: Path) -> None:
    location = {"displayName": "Office", "isTrusted": True, "ipRanges": [{"cidrAddress": "192.0.2.0/24"}]}
    typed = {"@odata.type": "#microsoft.graph.ipNamedLocation", **location}
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"value": [typed]}), encoding="utf-16")

    answer = imported(capsys, tmp_path / "policies", "--from", str(export))

    assert [item["file"] for item in answer["documents"]] == ["named-locations/office.yaml"]
    assert tapctl(capsys, tmp_path / "policies", "validate")[0] == 0
    assert answer["tenant"] is None


def test_namesakes_are_imported_side_by_side(capsys: Capture, tmp_path: Path) -> None:
    assert tapctl(capsys, tmp_path, "sandbox", "reset")[0] == 0
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    locations = content["identity/conditionalAccess/namedLocations"]
    twin = {**locations[0], "id": "5f000000-0000-4000-8000-000000000009"}
    (tmp_path.parent / "twins.json").write_text(
        json.dumps({**content, "identity/conditionalAccess/namedLocations": [*locations, twin]})
    )
    assert tapctl(capsys, tmp_path, "sandbox", "load", str(tmp_path.parent / "twins.json"))[0] == 0

    answer = imported(capsys, tmp_path, "--kind", "NamedLocation")

    assert set(answer["pins"]) == {"NamedLocation/Headquarters", "NamedLocation/Headquarters (2)"}
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_a_name_that_others_have_stays_an_id_with_a_comment(capsys: Capture, tmp_path: Path) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    twin = {"id": "2f000000-0000-4000-8000-000000000009", "displayName": "Break glass"}
    content["groups"].append({**twin, "securityEnabled": True})
    (tmp_path.parent / "twin.json").write_text(json.dumps(content))
    tapctl(capsys, tmp_path, "sandbox", "load", str(tmp_path.parent / "twin.json"))

    (written,) = imported(capsys, tmp_path, "--name", "CA-01*")["documents"]

    said = "20000000-0000-4000-8000-000000000001 # Break glass, a name that others have too"
    assert said in " ".join((tmp_path / written["file"]).read_text().split())
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_an_application_whose_name_is_blank_stays_an_id(capsys: Capture, tmp_path: Path) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    application = {"id": "2f000000-0000-4000-8000-000000000008", "displayName": "  "}
    content["servicePrincipals"].append({**application, "appId": "2f000000-0000-4000-8000-000000000007"})
    (policy,) = (each for each in content[POLICIES] if each["displayName"].startswith("CA-01"))
    policy["conditions"]["applications"]["excludeApplications"] = ["2f000000-0000-4000-8000-000000000007"]
    loaded(capsys, tmp_path, content)

    imported(capsys, tmp_path)

    assert "2f000000-0000-4000-8000-000000000007  # its name is blank" in (tmp_path / FIRST).read_text()
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_a_word_that_graph_has_by_now_stays_one(capsys: Capture, tmp_path: Path) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    (policy,) = (each for each in content[POLICIES] if each["displayName"].startswith("CA-01"))
    policy["conditions"]["applications"]["includeApplications"] = ["AllAgentIdResources"]
    loaded(capsys, tmp_path, content)

    answer = imported(capsys, tmp_path)

    assert "includeApplications: [AllAgentIdResources]" in (tmp_path / FIRST).read_text()
    assert [item for item in answer["findings"] if "AllAgentIdResources" in item["message"]] == []
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_a_context_of_another_shape_stays_as_it_is(capsys: Capture, tmp_path: Path) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    (policy,) = (each for each in content[POLICIES] if each["displayName"].startswith("CA-01"))
    policy["conditions"]["applications"] = {"includeAuthenticationContextClassReferences": ["newWord"]}
    loaded(capsys, tmp_path, content)

    imported(capsys, tmp_path)

    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_a_context_that_is_gone_stays_in_its_policy(capsys: Capture, tmp_path: Path) -> None:
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    (policy,) = (each for each in content[POLICIES] if each["displayName"].startswith("CA-01"))
    contexts = {"includeApplications": [], "includeAuthenticationContextClassReferences": ["c77"]}
    policy["conditions"]["applications"] = contexts
    loaded(capsys, tmp_path, content)

    imported(capsys, tmp_path)

    code, output = tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")
    assert (code, "holds c77, which is nobody's id in this tenant" in output) == (0, True)
    (tmp_path / "c78.yaml").write_text((tmp_path / FIRST).read_text().replace("c77", "c78"))
    (tmp_path / FIRST).unlink()
    code, output = tapctl(capsys, tmp_path, "plan")
    assert (code, "names 'c78', which is not in the tenant" in output) == (1, True)


def test_the_answer_is_as_published(capsys: Capture, tmp_path: Path) -> None:
    Draft202012Validator(read("import-output")).validate(imported(capsys, tmp_path))


def test_the_environments_and_an_error_are_as_published(capsys: Capture, tmp_path: Path) -> None:
    imported(capsys, tmp_path)

    for command, name in (("environments", "environments-output"), ("plan", "error-output")):
        arguments = [command, "--format", "json", *(["-e", "nowhere"] if command == "plan" else [])]
        answer = json.loads(tapctl(capsys, tmp_path, *arguments)[1])
        Draft202012Validator(read(name)).validate(answer)


LOCATION = """\
# Where we are.
kind: NamedLocation
name: Headquarters
why: The office.  # moved in 2024
spec:
  isTrusted: false  # for now
  ipRanges:
    - 203.0.113.0/24   # first floor
    - 198.51.100.0/24  # gone
"""


def test_an_update_takes_the_tenant_s_version_and_keeps_comments(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "office.yaml"
    file.write_text(LOCATION)

    code, output = tapctl(
        capsys, tmp_path, "import", "-e", "sandbox", "--name", "Headquarters", "--update", "--yes"
    )

    text = file.read_text()
    assert (code, "-    - 198.51.100.0/24  # gone" in output) == (0, True)
    assert "# Where we are." in text
    assert "- 203.0.113.0/24   # first floor" in text
    assert "2001:db8:4e57::/48" in text
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_an_update_lists_what_is_newer_and_no_longer_what_is_gone(capsys: Capture, tmp_path: Path) -> None:
    imported(capsys, tmp_path)
    content = json.loads(tapctl(capsys, tmp_path, "sandbox", "dump")[1])
    (policy,) = (each for each in content[POLICIES] if each["displayName"].startswith("CA-01"))
    policy["futureSetting"] = {"isEnabled": True}
    policy["grantControls"]["builtInControls"] = ["mfa", "futureControl"]
    policy["conditions"]["applications"]["includeApplications"] = ["AllAgentIdResources"]
    loaded(capsys, tmp_path, content)

    tapctl(capsys, tmp_path, "import", "--update", "--yes")

    text = (tmp_path / FIRST).read_text()
    newer = [
        "conditions.applications.includeApplications[0]",
        "futureSetting",
        "grantControls.builtInControls[0]",
    ]
    assert yaml.safe_load(text)["newer"] == newer
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0
    policy["conditions"]["applications"]["includeApplications"] = ["All"]
    policy["grantControls"]["builtInControls"] = ["mfa"]
    del policy["futureSetting"]
    loaded(capsys, tmp_path, content)
    tapctl(capsys, tmp_path, "import", "--update", "--yes")
    assert "newer" not in (tmp_path / FIRST).read_text()
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0


def test_an_update_is_asked_for_first(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "office.yaml").write_text(LOCATION)

    command = ("import", "-e", "sandbox", "--name", "Headquarters", "--update")
    code, output = tapctl(capsys, tmp_path, *command)

    assert (code, "--yes changes the documents as shown" in output) == (1, True)
    assert (tmp_path / "office.yaml").read_text() == LOCATION


class _Terminal(io.StringIO):
    """Somebody who has typed their answer already."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "ends_with"), [("y\n", 0), ("n\n", 1)])
def test_an_update_is_made_if_the_answer_is_yes(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, ends_with: int
) -> None:
    (tmp_path / "office.yaml").write_text(LOCATION)
    monkeypatch.setattr("sys.stdin", _Terminal(answer))

    code, _ = tapctl(capsys, tmp_path, "import", "-e", "sandbox", "--kind", "NamedLocation", "--update")

    is_changed = (tmp_path / "office.yaml").read_text() != LOCATION
    assert (code, is_changed) == (ends_with, ends_with == 0)
    assert len(list(tmp_path.glob("named-locations/*"))) == (1 if is_changed else 0)


def test_an_update_is_taken_back_if_what_is_new_cannot_be_written(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "office.yaml").write_text(LOCATION)
    (tmp_path / "named-locations").write_text("in the way")

    code, _ = tapctl(
        capsys, tmp_path, "import", "-e", "sandbox", "--kind", "NamedLocation", "--update", "--yes"
    )

    assert (code, (tmp_path / "office.yaml").read_text()) == (1, LOCATION)


def test_what_an_override_decides_is_edited_by_hand(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "office.yaml").write_text(LOCATION)
    (tmp_path / "environments").mkdir()
    override = "overrides: [{kind: NamedLocation, name: Headquarters, spec: {isTrusted: false}}]\n"
    (tmp_path / "environments" / "sandbox.yaml").write_text(override)

    command = ("import", "--format", "json", "--name", "Headquarters", "--update", "--yes")
    code, output = tapctl(capsys, tmp_path, *command)

    answer, _ = json.JSONDecoder().raw_decode(output)
    (finding,) = [item for item in answer["findings"] if item["rule"] == "edit-by-hand"]
    assert "Headquarters is not updated in isTrusted: the environment decides that" in finding["message"]
    assert (code, [item["file"] for item in answer["updated"]]) == (1, ["office.yaml"])
    text = (tmp_path / "office.yaml").read_text()
    assert "isTrusted: false  # for now" in text
    assert "198.51.100.0/24" not in text


@pytest.mark.parametrize("name", ["Office", "Countries"])
def test_a_location_that_was_emptied_is_left_to_a_person(capsys: Capture, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    content: Any = {LOCATIONS: [EMPTIED[name]]}
    loaded(capsys, folder, content)
    imported(capsys, folder)
    (file,) = folder.glob("named-locations/*.yaml")
    before = file.read_text()
    loaded(capsys, folder, {LOCATIONS: [{**EMPTIED[name], "ipRanges": [], "countriesAndRegions": []}]})

    code, output = tapctl(capsys, folder, "import", "-e", "sandbox", "--update", "--yes", "--format", "json")

    assert (code, rules_of(output)) == (1, ["edit-by-hand"])
    assert file.read_text() == before
    assert f"NamedLocation/{name}" in json.loads(output)["declared"]
    assert tapctl(capsys, folder, "plan")[0] == 0


def rules_of(output: str) -> list[str]:
    return [item["rule"] for item in json.loads(output)["findings"] if item["severity"] == "warning"]


LOCATIONS = "identity/conditionalAccess/namedLocations"
EMPTIED: Any = {
    "Office": {
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "id": "5e000000-0000-4000-8000-000000000011",
        "displayName": "Office",
        "ipRanges": [{"cidrAddress": "203.0.113.0/24"}],
    },
    "Countries": {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "id": "5e000000-0000-4000-8000-000000000012",
        "displayName": "Countries",
        "countriesAndRegions": ["NO"],
    },
}
ODD = {
    "identity/conditionalAccess/namedLocations": [
        {
            "@odata.type": "#microsoft.graph.countryNamedLocation",
            "id": f"5e000000-0000-4000-8000-00000000000{number}",
            "displayName": name,
            "countriesAndRegions": ["NO"],
        }
        for number, name in enumerate((" ", "Bell\u0007", "n" * 300, "m" * 256, "m" * 256))
    ],
    "identity/conditionalAccess/authenticationContextClassReferences": [
        {"id": "c1", "displayName": "Twin", "isAvailable": True},
        {"id": "c2", "displayName": "Twin", "isAvailable": True},
        {"id": "c3", "displayName": None, "isAvailable": True},
    ],
    "identity/conditionalAccess/policies": [
        {
            "id": "4e000000-0000-4000-8000-000000000001",
            "displayName": "Odd",
            "state": "disabled",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": None,
                "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]},
            },
            "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            "sessionControls": {"persistentBrowser": {"isEnabled": False, "newer": 1}},
        }
    ],
    "policies/authenticationMethodsPolicy": {
        "authenticationMethodConfigurations": [{"id": "Sms", "state": "enabled", "includeTargets": []}]
    },
}


def test_odd_objects_are_imported_as_they_are(capsys: Capture, tmp_path: Path) -> None:
    """Names that no document may have, namesakes known by an id, and what is required and empty."""
    (tmp_path / "odd.json").write_text(json.dumps(ODD))
    folder = tmp_path / "policies"
    folder.mkdir()
    assert tapctl(capsys, folder, "sandbox", "load", str(tmp_path / "odd.json"))[0] == 0

    answer = imported(capsys, folder)

    assert {"NamedLocation/(no name)", "NamedLocation/Bell"} < set(answer["pins"])
    assert "includeTargets: []" in (folder / "authentication-methods" / "sms-policy.yaml").read_text()
    assert tapctl(capsys, folder, "plan", "--detailed-exitcode")[0] == 0


NAMES = (
    "CA001",
    "ca001",
    "Ca001 ",
    "CA001.",
    "CON",
    "NUL",
    "..",
    "../../etc/passwd",
    "a/b\\c",
    "🔥 Emoji",
    "\u202eRTL",
    "a\nb",
    "%NAME% ${var}",
    "null",
    "- dash",
    "n" * 300,
    "n" * 299 + "m",
    "İstanbul",
    "- # {x: y} 'quoted' \"twice\"",
)


def test_no_name_leads_out_of_the_folder_or_onto_another_s_file(capsys: Capture, tmp_path: Path) -> None:
    places = [
        {
            "@odata.type": "#microsoft.graph.countryNamedLocation",
            "id": f"5e000000-0000-4000-8000-{number:012}",
            "displayName": name,
            "countriesAndRegions": ["NO"],
        }
        for number, name in enumerate(NAMES)
    ]
    (tmp_path / "names.json").write_text(json.dumps({"identity/conditionalAccess/namedLocations": places}))
    root = tmp_path / "policies"
    root.mkdir()
    tapctl(capsys, root, "sandbox", "load", str(tmp_path / "names.json"))

    answer = imported(capsys, root, "--kind", "NamedLocation")

    files = [item["file"] for item in answer["documents"]]
    assert len({file.casefold() for file in files}) == len(NAMES)
    assert all(re.fullmatch(r"named-locations/[^/\\\s.]{1,84}\.yaml", file) for file in files)
    assert not any(re.fullmatch(r"named-locations/(con|nul)\.yaml", file) for file in files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["names.json", "policies"]
    assert tapctl(capsys, root, "plan", "--detailed-exitcode")[0] == 0


def test_a_namesake_that_import_pins_is_referred_to_by_its_pinned_name(
    capsys: Capture, tmp_path: Path
) -> None:
    places = [
        {
            "@odata.type": "#microsoft.graph.countryNamedLocation",
            "id": f"33333333-aaaa-4bbb-8ccc-00000000000{number}",
            "displayName": "HQ",
            "countriesAndRegions": [country],
            "includeUnknownCountriesAndRegions": False,
            "countryLookupMethod": "clientIpAddress",
        }
        for number, country in enumerate(["NO", "SE"])
    ]
    policy = {
        "id": "11111111-aaaa-4bbb-8ccc-000000000001",
        "displayName": "Somewhere",
        "state": "disabled",
        "conditions": {
            "users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]},
            "clientAppTypes": ["all"],
            "locations": {"includeLocations": [places[1]["id"]]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    loaded(capsys, tmp_path, {"identity/conditionalAccess/namedLocations": places, POLICIES: [policy]})

    imported(capsys, tmp_path)

    text = (tmp_path / "conditional-access-policies" / "somewhere.yaml").read_text()
    assert "HQ (2)" in text
    assert tapctl(capsys, tmp_path, "plan", "--detailed-exitcode")[0] == 0
