from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapctl.errors import WorkspaceError
from tapctl.load import load_workspace, yaml12
from tapctl.load.documents import ENVELOPE
from tapctl.load.environment import PROPERTIES as PROPERTIES_OF_ENVIRONMENTS
from tapctl.model import Address, BreakGlass, Finding, Limits, Workspace

KINDS = {
    "AuthenticationMethodsPolicy": True,
    "ConditionalAccessPolicy": False,
    "Group": False,
    "NamedLocation": False,
}
POLICY = "kind: ConditionalAccessPolicy\nname: P\nspec: {state: enabled}\n"
SINGLETON = "kind: AuthenticationMethodsPolicy\nspec: {}\n"


def workspace(root: Path, files: dict[str, str | bytes], environment: str | None = None) -> Workspace:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_workspace(root, environment, known_kinds=KINDS)


def mistake(root: Path, files: dict[str, str | bytes], environment: str | None = None) -> Finding:
    (found,) = workspace(root, files, environment).findings
    return found


def at(root: Path, finding: Finding) -> str:
    return str(finding.place).removeprefix(f"{root.as_posix()}/")


def test_a_document_becomes_a_resource(tmp_path: Path) -> None:
    text = (
        "kind: Group\nname: New hires\nformerNames: [Hires]\nensure: present\nwhy: because\nnewer: [a.b]\n"
        'lint: {ignore: [{rule: r, because: "b", until: 2027-01-31}]}\nspec: {description: null}\n'
    )
    loaded = workspace(tmp_path, {"groups/a.yaml": text})

    (resource,) = loaded.resources
    assert loaded.findings == ()
    assert resource.address == Address("Group", "New hires")
    assert resource.spec == {"description": None}
    assert (resource.former_names, resource.why, resource.newer) == (
        ("Hires",),
        "because",
        frozenset({"a.b"}),
    )
    assert resource.ignores == ({"rule": "r", "because": "b", "until": "2027-01-31"},)
    assert str(resource.place("description")) == f"{tmp_path}/groups/a.yaml:8:8"


def test_an_empty_folder_is_a_sandbox_with_defaults(tmp_path: Path) -> None:
    loaded = workspace(tmp_path, {})

    assert (loaded.resources, loaded.findings, loaded.environments) == ((), (), ("sandbox",))
    assert loaded.environment.is_sandbox
    assert loaded.settings.limits == Limits()


def test_places_are_relative_when_the_root_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(tmp_path, {"policies/ca/x.yaml": POLICY})
    monkeypatch.chdir(tmp_path)

    loaded = load_workspace(Path("policies"), None, known_kinds=KINDS)

    assert str(loaded.resources[0].place()) == "policies/ca/x.yaml:2:1"


@pytest.mark.parametrize("root", ["missing", "a.yaml"])
def test_a_root_that_is_no_folder_stops(tmp_path: Path, root: str) -> None:
    (tmp_path / "a.yaml").touch()

    with pytest.raises(
        WorkspaceError, match=rf'{root}" is not a folder; .* `tapctl init`, or `tapctl import`'
    ):
        load_workspace(tmp_path / root, None, known_kinds=KINDS)


def test_tests_hidden_folders_and_other_files_are_not_documents(tmp_path: Path) -> None:
    broken = "a: ["
    files: dict[str, str | bytes] = dict.fromkeys(
        ("tests/a.yaml", ".tapctl/a.yaml", ".hidden.yml", "a.md"), broken
    )

    assert workspace(tmp_path, files | {"tests/deep/b.yml": broken}).findings == ()


def test_sign_in_tests_are_skipped_anywhere(tmp_path: Path) -> None:
    loaded = workspace(tmp_path, {"a.yml": f"kind: SignInTest\nanything: 1\n---\n{POLICY}---\n"})

    assert loaded.findings == ()
    assert [str(resource.address) for resource in loaded.resources] == ["ConditionalAccessPolicy/P"]


def test_resources_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"{name}.yaml": f"kind: Group\nname: {name}\nspec: {{}}" for name in "cab"
    }

    assert [resource.address.name for resource in workspace(tmp_path, files).resources] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "rule", "place", "shown"),
    [
        ("- a\n", "not-a-mapping", "1:1", '["a"]'),
        ("a: b: c\n", "yaml-syntax", "1:5", '"a: b: c"'),
        ("kind: Group\nname: x\nname: y\nspec: {}", "duplicate-key", "3:1", '"name"'),
        ("name: x\nspec: {}", "missing-property", "1:1", '"kind"'),
        ("kind: 5\nname: x\nspec: {}", "wrong-type", "1:1", "5"),
        (
            "kind: Gruop\nname: x\nspec: {}",
            "unknown-kind",
            "1:1",
            '"Gruop" is not known; did you mean "Group"',
        ),
        ("kind: group\nname: x\nspec: {}", "unknown-kind", "1:1", 'did you mean "Group"'),
        ("kind: Zebra\nname: x\nspec: {}", "unknown-kind", "1:1", '"Zebra" is not known'),
        (f"kind: {'Group' * 60}\nname: x\nspec: {{}}", "unknown-kind", "1:1", '"GroupGroup'),
        ("kind: Group\nspec: {}", "missing-property", "1:1", '"name"'),
        ("kind: Group\nname: 7\nspec: {}", "wrong-type", "2:1", "name is 7"),
        ("kind: Group\nname: ' '\nspec: {}", "bad-name", "2:1", '" " is empty'),
        (f"kind: Group\nname: {'x' * 257}\nspec: {{}}", "bad-name", "2:1", "257"),
        (
            'kind: Group\nname: "a\\nb"\nspec: {}',
            "bad-name",
            "2:1",
            '"a\\u000ab" holds the control character U+000A',
        ),
        (f"{SINGLETON}name: x", "name-on-singleton", "3:1", '"x"'),
        (f"{SINGLETON}formerNames: [x]", "name-on-singleton", "3:1", '["x"]'),
        (
            f"{POLICY}enviroments: [a]",
            "unknown-property",
            "4:1",
            '"enviroments" is not a property here; did you',
        ),
        (f"{POLICY}zzz: 1", "unknown-property", "4:1", '"zzz" is not a property here'),
        (f"{POLICY}formerNames: x", "wrong-type", "4:1", 'formerNames is "x"'),
        (f"{POLICY}formerNames: [5]", "wrong-type", "4:15", "formerNames.0 is 5"),
        (f'{POLICY}formerNames: ["\\t"]', "wrong-type", "4:15", '"\\u0009"'),
        (f'{POLICY}formerNames: ["a\\tb"]', "bad-name", "4:15", "U+0009"),
        (f"{POLICY}formerNames: [P]", "former-name-declared", "4:15", "own name"),
        (f"{POLICY}formerNames: [Q, Q]", "former-name-claimed-twice", "4:18", '"Q"'),
        (f"{POLICY}environments: sandbox", "wrong-type", "4:1", 'a list of texts, such as ["sandbox"]'),
        (f"{POLICY}environments: [sandbax]", "unknown-environment", "4:16", '"sandbax" has no file; did you'),
        (f"{POLICY}environments: []", "unknown-environment", "4:1", "names none"),
        (f"{POLICY}ensure: gone", "unknown-value", "4:1", '"gone"'),
        (f"{POLICY}ensure: abesnt", "unknown-value", "4:1", 'did you mean "absent"'),
        (f"{POLICY}why: 5", "wrong-type", "4:1", "why is 5"),
        (f"{POLICY}newer: [null]", "wrong-type", "4:9", "newer.0 is null"),
        (f"{POLICY}newer: {{a: b}}", "wrong-type", "4:1", '{"a": "b"}'),
        (f"{POLICY}lint: [a]", "wrong-type", "4:1", 'lint is ["a"]'),
        (f"{POLICY}lint: {{ingore: []}}", "unknown-property", "4:8", '"lint.ingore"'),
        (f"{POLICY}lint: {{ignore: [a]}}", "wrong-type", "4:17", 'lint.ignore.0 is "a"'),
        (f"{POLICY}lint: {{ignore: [{{rule: a}}]}}", "missing-property", "4:17", '"lint.ignore.0.because"'),
        (f"{POLICY}lint: {{ignore: [{{because: a}}]}}", "missing-property", "4:17", '"lint.ignore.0.rule"'),
        (
            f"{POLICY}lint: {{ignore: [{{rule: a, because: b, until: 2027-02-30}}]}}",
            "wrong-value",
            "4:39",
            '"2027-02-30"',
        ),
        (
            f"{POLICY}lint: {{ignore: [{{rule: a, because: b, until: 20270131}}]}}",
            "wrong-type",
            "4:39",
            "20270131",
        ),
        ("kind: Group\nname: x", "missing-property", "1:1", '"spec"'),
        ("kind: Group\nname: x\nspec: []", "wrong-type", "3:1", "spec is []"),
        (f"{POLICY}why: ${{who}}", "unknown-variable", "4:1", '"who"'),
        (f"{POLICY}why: an ${{unclosed", "malformed-variable", "4:1", '"an ${unclosed"'),
        (f"{POLICY}---\n{POLICY}", "duplicate-document", "6:1", '"P" is declared a second time, first at'),
        (f"{SINGLETON}---\n{SINGLETON}", "singleton-claimed-twice", "4:1", "first at"),
    ],
)
def test_a_mistake_in_a_document_is_found_at_its_place(
    tmp_path: Path, text: str, rule: str, place: str, shown: str
) -> None:
    found = mistake(tmp_path, {"a.yaml": text})

    assert (found.rule, found.severity, at(tmp_path, found)) == (rule, "error", f"a.yaml:{place}")
    assert shown in found.message


def test_ten_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "tapctl.yaml": "limits: {deletions: many}\nownreship: {}\n",
        "environments/production.yaml": "tenantId: nope\n",
        "a.yaml": f"{POLICY}---\n{POLICY}enshure: absent\n---\nkind: Gruop\nname: x\nspec: {{}}\n",
        "b.yaml": "a: [\n---\nkind: Group\nname: ${nobody}\n---\n- 1\n",
        "c.yaml": b"\xff",
    }

    rules = sorted(finding.rule for finding in workspace(tmp_path, files).findings)

    assert rules == [
        "duplicate-document",
        "missing-property",
        "not-a-mapping",
        "unknown-kind",
        "unknown-property",
        "unknown-property",
        "unknown-variable",
        "wrong-type",
        "wrong-value",
        "yaml-encoding",
        "yaml-syntax",
    ]


def test_findings_come_in_the_order_of_their_places(tmp_path: Path) -> None:
    found = workspace(tmp_path, {"b.yaml": "- 1", "a.yaml": f"{POLICY}why: 1\nnewer: 1"}).findings

    assert [at(tmp_path, finding) for finding in found] == ["a.yaml:4:1", "a.yaml:5:1", "b.yaml:1:1"]


def test_an_absent_document_needs_no_spec(tmp_path: Path) -> None:
    loaded = workspace(tmp_path, {"a.yaml": "kind: Group\nname: x\nensure: absent\n"})

    assert loaded.findings == ()
    assert (loaded.resources[0].ensure, loaded.resources[0].spec) == ("absent", {})


def test_a_name_keeps_its_spaces(tmp_path: Path) -> None:
    assert (
        workspace(tmp_path, {"a.yaml": POLICY.replace("P\n", "' P '\n")}).resources[0].address.name == " P "
    )


def test_a_document_for_another_environment_is_dropped_after_its_checks(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "environments/staging.yaml": "variables: {who: me}",
        "a.yaml": f"{POLICY}environments: [staging]\nwhy: ${{who}} ${{nobody}}\n",
    }

    loaded = workspace(tmp_path, files)

    assert loaded.elsewhere == {Address("ConditionalAccessPolicy", "P")}
    assert loaded.resources == ()
    assert [finding.message for finding in loaded.findings] == [
        'variable "nobody" is not in environment "staging"'
    ]


def test_one_name_may_be_declared_for_separate_environments(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "environments/staging.yaml": "",
        "a.yaml": f"{POLICY}environments: [staging]\n---\n{POLICY}environments: [sandbox]\nwhy: mine\n",
    }

    loaded = workspace(tmp_path, files)

    assert (loaded.findings, loaded.elsewhere) == ((), frozenset())
    assert [resource.why for resource in loaded.resources] == ["mine"]


def test_a_former_name_that_is_still_declared_is_an_error(tmp_path: Path) -> None:
    found = mistake(tmp_path, {"a.yaml": POLICY, "b.yaml": POLICY.replace("P\n", "Q\n") + "formerNames: [P]"})

    assert (found.rule, at(tmp_path, found)) == ("former-name-declared", "b.yaml:4:15")
    assert found.message.startswith('formerNames lists "P", which ')
    assert found.message.endswith("a.yaml:2:1 still declares")


def test_a_former_name_has_one_heir(tmp_path: Path) -> None:
    heirs: dict[str, str | bytes] = {
        f"{name}.yaml": f"kind: Group\nname: {name}\nformerNames: [Old]\nspec: {{}}" for name in "ab"
    }

    found = mistake(tmp_path, heirs)

    assert (found.rule, at(tmp_path, found)) == ("former-name-claimed-twice", "b.yaml:3:15")
    assert '"Old"' in found.message
    assert "a.yaml:3:15" in found.message


def test_settings_are_read(tmp_path: Path) -> None:
    text = (
        "ownership: {ConditionalAccessPolicy: [NH-*]}\n"
        "breakGlass: {accounts: [bg@contoso.com], groups: [Break glass], policies: [BG-1]}\n"
        "limits: {deletions: 0, updates: 7}\nlint: {severities: {some-rule: off}}\n"
    )

    read = workspace(tmp_path, {"tapctl.yaml": text}).settings

    assert read.ownership == {"ConditionalAccessPolicy": ("NH-*",)}
    assert read.break_glass == BreakGlass(
        accounts=("bg@contoso.com",), groups=("Break glass",), policies=("BG-1",)
    )
    assert read.limits == Limits(deletions=0, updates=7)
    assert read.severities == {"some-rule": "off"}
    assert str(read.source.place("limits", "updates")) == f"{tmp_path}/tapctl.yaml:3:24"


@pytest.mark.parametrize(
    ("text", "rule", "place", "shown"),
    [
        ("[a]", "not-a-mapping", "1:1", '["a"]'),
        ("limits: {}\n---\nlimits: {}", "more-than-one", "3:1", "first at"),
        (
            "breakglass: {}",
            "unknown-property",
            "1:1",
            '"breakglass" is not a property here; did you mean "breakGlass"',
        ),
        ("defaultEnvironment: 5", "wrong-type", "1:1", "defaultEnvironment is 5"),
        ("ownership: [Group]", "wrong-type", "1:1", 'ownership is ["Group"]'),
        ("ownership: {Group: [a]}", "ownership-refused", "1:13", '"Group"'),
        ("ownership: {AuthenticationMethodsPolicy: [a]}", "ownership-refused", "1:13", "there is only one"),
        ("ownership: {NamedLocatoin: [a]}", "unknown-kind", "1:13", 'did you mean "NamedLocation"'),
        ("ownership: {NamedLocation: a}", "wrong-type", "1:13", 'ownership.NamedLocation is "a"'),
        ("ownership: {NamedLocation: [5]}", "wrong-type", "1:29", "5"),
        ("breakGlass: {users: []}", "unknown-property", "1:14", '"breakGlass.users"'),
        ("breakGlass: {accounts: [bob]}", "wrong-value", "1:25", '"bob"'),
        ("breakGlass: {groups: 5}", "wrong-type", "1:14", "breakGlass.groups is 5"),
        ("limits: {deletions: -1}", "wrong-type", "1:10", "limits.deletions is -1"),
        ("limits: {updates: true}", "wrong-type", "1:10", "limits.updates is true"),
        ("limits: {updates: 1.5}", "wrong-type", "1:10", "limits.updates is 1.5"),
        ("limits: {creates: 5}", "unknown-property", "1:10", '"limits.creates"'),
        ("lint: {severity: {}}", "unknown-property", "1:8", 'did you mean "severities"'),
        ("lint: {severities: {a: loud}}", "unknown-value", "1:21", '"loud"'),
        ("breakGlass: {groups: ['${bg}']}", "unknown-variable", "1:23", '"bg"'),
    ],
)
def test_a_mistake_in_the_settings_is_found_at_its_place(
    tmp_path: Path, text: str, rule: str, place: str, shown: str
) -> None:
    found = mistake(tmp_path, {"tapctl.yaml": text})

    assert (found.rule, at(tmp_path, found)) == (rule, f"tapctl.yaml:{place}")
    assert shown in found.message


@pytest.mark.parametrize("pattern", ["*", "?*"])
def test_owning_everything_is_a_warning(tmp_path: Path, pattern: str) -> None:
    found = mistake(tmp_path, {"tapctl.yaml": f"ownership: {{NamedLocation: ['{pattern}']}}"})

    assert (found.rule, found.severity, at(tmp_path, found)) == (
        "owns-everything",
        "warning",
        "tapctl.yaml:1:13",
    )


def test_break_glass_takes_variables_of_the_environment(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "tapctl.yaml": "breakGlass: {accounts: ['${bg}']}\nlint: {severities: {'${x}': off}}",
        "environments/sandbox.yaml": "variables: {bg: [a@b.c, d@e.f]}",
    }

    assert workspace(tmp_path, files).settings.break_glass.accounts == ("a@b.c", "d@e.f")


def test_the_default_environment_is_taken(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "tapctl.yaml": "defaultEnvironment: staging",
        "environments/staging.yaml": "",
    }

    assert workspace(tmp_path, files).environment.name == "staging"


def test_an_unknown_environment_stops_and_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        WorkspaceError, match='no environment "stagging"; did you mean "staging"\\?; known are sandbox, st'
    ):
        workspace(tmp_path, {"environments/staging.yaml": ""}, "stagging")


def test_an_unknown_default_environment_stops_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r'tapctl\.yaml:1:1: there is no environment "x"'):
        workspace(tmp_path, {"tapctl.yaml": "defaultEnvironment: x"})


def test_an_unknown_default_environment_is_reported_beside_another(tmp_path: Path) -> None:
    found = mistake(tmp_path, {"tapctl.yaml": "defaultEnvironment: x"}, "sandbox")

    assert (found.rule, at(tmp_path, found)) == ("unknown-environment", "tapctl.yaml:1:1")
    assert '"x"' in found.message


@pytest.mark.parametrize(
    ("state", "cap", "expected"),
    [
        ("enabled", "enabledForReportingButNotEnforced", "enabledForReportingButNotEnforced"),
        ("enabled", "disabled", "disabled"),
        ("enabledForReportingButNotEnforced", "disabled", "disabled"),
    ],
)
def test_a_cap_lowers_the_state_and_says_so(tmp_path: Path, state: str, cap: str, expected: str) -> None:
    text = POLICY.replace("enabled", state)

    loaded = workspace(tmp_path, {"a.yaml": text, "environments/staging.yaml": f"maxState: {cap}"}, "staging")

    (found,) = loaded.findings
    assert loaded.resources[0].spec == {"state": expected}
    assert (found.rule, found.severity, at(tmp_path, found)) == ("state-capped", "note", "a.yaml:3:8")
    assert found.message == f'state "{state}" is lowered to "{cap}", the cap of environment "staging"'


@pytest.mark.parametrize(
    "text",
    [
        POLICY.replace("enabled", "disabled"),
        POLICY.replace("enabled", "nonsense"),
        POLICY.replace("{state: enabled}", "{}"),
        POLICY.replace("ConditionalAccessPolicy", "Group"),
    ],
)
def test_a_cap_leaves_everything_else(tmp_path: Path, text: str) -> None:
    files: dict[str, str | bytes] = {
        "a.yaml": text,
        "environments/sandbox.yaml": "maxState: enabledForReportingButNotEnforced",
    }

    assert workspace(tmp_path, files).findings == ()


@pytest.mark.parametrize(
    ("cap", "rules"),
    [
        ("enabledForReportingButNotEnforced", ["state-capped", "cap-user-action"]),
        ("disabled", ["state-capped"]),
    ],
)
def test_a_capped_user_action_policy_does_nothing(tmp_path: Path, cap: str, rules: list[str]) -> None:
    text = f"{POLICY.strip()[:-1]}, conditions: {{applications: {{includeUserActions: [x]}}}}}}"

    loaded = workspace(tmp_path, {"a.yaml": text, "environments/sandbox.yaml": f"maxState: {cap}"})

    assert [finding.rule for finding in loaded.findings] == rules


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(POLICY)
    root = tmp_path / "policies"
    root.mkdir()
    (root / "a.yaml").symlink_to("../secret.yaml")

    found = mistake(root, {})

    assert (found.rule, at(root, found)) == ("link-not-followed", "a.yaml:1:1")
    assert '"a.yaml"' in found.message


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)

    assert mistake(tmp_path, {}).rule == "link-not-followed"


def test_a_link_to_a_file_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("notes.txt")

    assert len(workspace(tmp_path, {"notes.txt": POLICY}).resources) == 1


def test_a_link_to_itself_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("a.yaml")

    assert mistake(tmp_path, {}).rule == "unreadable-file"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")

    found = mistake(tmp_path, {})

    assert (found.rule, at(tmp_path, found)) == ("unreadable-file", "a.yaml:1:1")
    assert '"a.yaml" is not a file' in found.message


def test_what_may_not_be_read_is_reported() -> None:
    with not_as_root(), tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "a.yaml").touch(mode=0)
        (root / "b").mkdir(mode=0)

        found = workspace(root, {}).findings

    assert [(finding.rule, at(root, finding)) for finding in found] == [
        ("unreadable-file", "a.yaml:1:1"),
        ("unreadable-file", "b:1:1"),
    ]


@contextmanager
def not_as_root() -> Iterator[None]:
    """Root reads everything; `nobody` does not."""
    before = os.geteuid()
    os.seteuid(before or 65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_name_that_is_not_text_can_be_shown(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_text("- 1")

    found = mistake(tmp_path, {})

    assert at(tmp_path, found) == "\ufffd.yaml:1:1"


def test_files_that_differ_in_case_are_two(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.yaml": POLICY, "A.YAML": POLICY.replace("P\n", "p\n")}

    assert len(workspace(tmp_path, files).resources) == 2


def test_a_file_too_large_is_reported(tmp_path: Path) -> None:
    found = mistake(tmp_path, {"a.yaml": b" " * (yaml12.MAX_BYTES + 1)})

    assert (found.rule, at(tmp_path, found)) == ("file-too-large", "a.yaml:1:1")


def test_too_many_files_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapctl.load.files.MAX_FILES", 2)

    found = mistake(tmp_path, {f"{number}.yaml": "" for number in range(3)})

    assert found.rule == "too-many-files"
    assert "3 YAML files" in found.message


def test_a_workspace_too_large_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapctl.load.workspace.MAX_NODES", 100)

    found = workspace(tmp_path, {f"{number}.yaml": f"{POLICY}---\n" * 20 for number in range(9)}).findings

    assert [finding.rule for finding in found].count("workspace-too-large") == 1


def test_two_thousand_documents_load_quickly(tmp_path: Path) -> None:
    text = "---\n".join(POLICY.replace("P\n", f"P{number}\n") for number in range(2000))
    started = time.perf_counter()

    loaded = workspace(tmp_path, {"a.yaml": text})

    assert len(loaded.resources) == 2000
    assert time.perf_counter() - started < 5


def test_importing_load_imports_nothing_heavy() -> None:
    code = (
        "import sys, tapctl.load\n"
        "print({'jsonschema', 'rich', 'msgraph', 'httpx', 'asyncio', 'tapctl.kind'} & set(sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"  # noqa: S603


WORDS = st.sampled_from(["P", "Group", "AuthenticationMethodsPolicy", "sandbox", "absent", "${v}", "${", "*"])
PROPERTIES = st.sampled_from(
    [
        *ENVELOPE,
        "ignore",
        "rule",
        "state",
        "breakGlass",
        "accounts",
        "ownership",
        "limits",
        "deletions",
        *PROPERTIES_OF_ENVIRONMENTS,
        "v",
        "Group/x",
        "Group",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PROPERTIES, inner, max_size=5),
    max_leaves=12,
)
FILES = ("tapctl.yaml", "a.yaml", "environments/sandbox.yaml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.tuples(ANYTHING, ANYTHING, ANYTHING))
def test_any_values_load_as_findings(tmp_path: Path, values: tuple[object, object, object]) -> None:
    texts = (json.dumps(value, ensure_ascii=False) for value in values)
    try:
        loaded = workspace(tmp_path, dict(zip(FILES, texts, strict=True)))
    except WorkspaceError as error:
        assert "there is no environment" in str(error)  # noqa: PT017  # the one other way out
    else:
        assert all(finding.place for finding in loaded.findings)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary() | st.text().map(str.encode), st.sampled_from(FILES))
def test_any_bytes_load_as_findings(tmp_path: Path, data: bytes, file: str) -> None:
    for name in FILES:
        (tmp_path / name).unlink(missing_ok=True)

    loaded = workspace(tmp_path, {file: data})

    assert all(finding.place for finding in loaded.findings)


SIGN_IN_TEST = "kind: SignInTest\nname: ${what}\nenvironments: [staging]\ngiven: {method: password}\n"


def with_tests(root: Path, files: dict[str, str | bytes], environment: str | None = None) -> Workspace:
    workspace(root, files, environment)
    return load_workspace(root, environment, known_kinds=KINDS, with_tests=True)


def test_sign_in_tests_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "environments/staging.yaml": "variables: {what: W}\n",
        "tests/deep/a.yaml": f"{SIGN_IN_TEST}---\n",
        "b.yaml": f"kind: SignInTest\nname: B\n---\n{POLICY}",
    }
    loaded = with_tests(tmp_path, files)

    assert workspace(tmp_path, {}).tests == ()
    assert [(test.value["name"], test.environments, test.is_active) for test in loaded.tests] == [
        ("B", None, True),
        ("W", ("staging",), False),
    ]
    assert len(loaded.resources) == 1
    assert loaded.findings == ()


def test_other_documents_do_not_stand_among_the_tests(tmp_path: Path) -> None:
    loaded = with_tests(tmp_path, {"tests/a.yaml": POLICY, "tests/b.yaml": "- 1\n"})

    assert [(item.rule, at(tmp_path, item)) for item in loaded.findings] == [
        ("not-a-sign-in-test", "tests/a.yaml:1:1"),
        ("not-a-mapping", "tests/b.yaml:1:1"),
    ]
    assert loaded.resources == ()
