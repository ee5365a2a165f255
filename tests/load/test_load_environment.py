from __future__ import annotations

from pathlib import Path

import pytest

from tapctl.load import load_workspace
from tapctl.model import Address, Finding, Json, JsonObject, Workspace

KINDS = {"AuthenticationMethodsPolicy": True, "ConditionalAccessPolicy": False, "Group": False}
TENANT = "11111111-2222-3333-4444-55555555555F"


def workspace(root: Path, environment: str, document: str = "", **others: str) -> Workspace:
    (root / "environments").mkdir()
    for name, text in ({"staging": environment} | others).items():
        (root / f"environments/{name}.yaml").write_text(text)
    (root / "a.yaml").write_text(document)
    return load_workspace(root, "staging", known_kinds=KINDS)


def mistake(root: Path, environment: str, document: str = "") -> Finding:
    (found,) = workspace(root, environment, document).findings
    return found


def at(root: Path, place: object) -> str:
    return str(place).removeprefix(f"{root.as_posix()}/")


def group(spec: str) -> str:
    return f"kind: Group\nname: G\nspec: {spec}\n"


def test_an_environment_is_read(tmp_path: Path) -> None:
    text = (
        f"tenantId: {TENANT}\ncloud: usgov-dod\ngraphEndpoint: https://localhost:8443\n"
        "maxState: disabled\ncaRequestsPerSecond: 0.5\npassesPerSecond: 2\n"
        f"pins: {{Group/A/b: {TENANT}, User/x@y.z: {TENANT}}}\n"
    )

    loaded = workspace(tmp_path, text, eu=f"tenantId: {TENANT}", dev="", sandbox=f"tenantId: {TENANT}")

    environment = loaded.environment
    assert loaded.findings == ()
    assert (environment.name, environment.tenant_id, environment.cloud) == (
        "staging",
        TENANT.lower(),
        "usgov-dod",
    )
    assert (environment.graph_endpoint, environment.max_state) == ("https://localhost:8443", "disabled")
    assert environment.ca_requests_per_second == 0.5
    assert environment.passes_per_second == 2
    assert environment.pins == dict.fromkeys(
        (Address("Group", "A/b"), Address("User", "x@y.z")), TENANT.lower()
    )
    assert at(tmp_path, environment.source.place("pins", "Group/A/b")) == "environments/staging.yaml:7:8"
    assert loaded.environments == ("dev", "eu", "sandbox", "staging")
    assert loaded.real_environments == ("eu", "staging")


def test_a_tenant_id_that_is_wrong_still_makes_an_environment_real(tmp_path: Path) -> None:
    assert workspace(tmp_path, "tenantId: nope").real_environments == ("staging",)


@pytest.mark.parametrize(
    ("others", "shared"),
    [
        ({"staging-plan": f"tenantId: {TENANT}"}, ["staging-plan"]),
        ({"Staging-Plan": f"tenantId: {TENANT}"}, ["Staging-Plan"]),
        ({"STAGING": f"tenantId: {TENANT}"}, ["staging", "staging-plan"]),
        ({"staging-plan": "maxState: disabled", "planning": f"tenantId: {TENANT}"}, []),
    ],
)
def test_environments_that_are_one_on_github_collide(
    tmp_path: Path, others: dict[str, str], shared: list[str]
) -> None:
    found = workspace(tmp_path, f"tenantId: {TENANT}", **others).findings

    assert [item.rule for item in found] == ["environments-collide"] * len(shared)
    assert [
        f'share "{name}" on GitHub' in item.message for name, item in zip(shared, found, strict=True)
    ] == [True for _ in shared]


def test_one_environment_has_one_file(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    for suffix in ("yaml", "yml"):
        (tmp_path / f"environments/a.{suffix}").write_text("cloud: global")

    (found,) = load_workspace(tmp_path, None, known_kinds=KINDS).findings

    assert (found.rule, at(tmp_path, found.place)) == ("more-than-one", "environments/a.yml:1:1")


@pytest.mark.parametrize(
    ("text", "rule", "place", "shown"),
    [
        ("tenant: x", "unknown-property", "1:1", '"tenant" is not a property here; did you mean "tenantId"'),
        ("tenantId: contoso.com", "wrong-value", "1:1", '"contoso.com", which is not a GUID'),
        ("tenantId: 5", "wrong-type", "1:1", "tenantId is 5"),
        ("cloud: gcc", "unknown-value", "1:1", '"gcc"'),
        ("graphEndpoint: localhost", "wrong-value", "1:1", '"localhost"'),
        ("graphEndpoint: 'https://x:99999'", "wrong-value", "1:1", '"https://x:99999"'),
        ("maxState: enabledForReporting", "unknown-value", "1:1", 'mean "enabledForReportingButNotEnforced"'),
        ("caRequestsPerSecond: -1", "wrong-type", "1:1", "caRequestsPerSecond is -1"),
        ("caRequestsPerSecond: true", "wrong-type", "1:1", "caRequestsPerSecond is true"),
        (f"pins: {{Break glass: {TENANT}}}", "bad-pin", "1:8", '"Break glass" names no object'),
        (f"pins: {{Group/: {TENANT}}}", "bad-pin", "1:8", '"Group/"'),
        (f"pins: {{AuthenticationMethodsPolicy/x: {TENANT}}}", "bad-pin", "1:8", "only one"),
        (
            f"pins: {{Grop/x: {TENANT}}}",
            "unknown-kind",
            "1:8",
            '"Grop/x" names an unknown kind; did you mean "Group"',
        ),
        ("pins: {Group/x: abc}", "wrong-value", "1:8", '"abc"'),
        (f"pins: {{Group/x: {TENANT}, Group/x: {TENANT}}}", "duplicate-key", "1:55", '"Group/x"'),
        ("variables: [a]", "wrong-type", "1:1", 'variables is ["a"]'),
        ("variables: {a b: 1}", "bad-variable-name", "1:13", '"a b"'),
        ("variables: {a: 'x ${b}'}", "variable-in-variable", "1:13", '"x ${b}"'),
        ("overrides: {}", "wrong-type", "1:1", "overrides is {}"),
        ("overrides: [a]", "wrong-type", "1:13", 'overrides.0 is "a"'),
        ("overrides: [{name: x, spec: {}}]", "missing-property", "1:13", '"overrides.0.kind"'),
        ("overrides: [{kind: Group, spec: {}}]", "missing-property", "1:13", '"overrides.0.name"'),
        ("overrides: [{kind: Group, name: x}]", "missing-property", "1:13", '"overrides.0.spec"'),
        ("overrides: [{kind: Group, name: x, spec: 5}]", "wrong-type", "1:36", "overrides.0.spec is 5"),
        ("overrides: [{kind: Gropu, name: x, spec: {}}]", "unknown-kind", "1:14", '"Gropu"'),
        (
            "overrides: [{kind: AuthenticationMethodsPolicy, name: x, spec: {}}]",
            "name-on-singleton",
            "1:49",
            '"x"',
        ),
        (
            "overrides: [{kind: Group, name: G, spec: {}, state: x}]",
            "unknown-property",
            "1:46",
            '"overrides.0.state"',
        ),
        (
            "overrides: [{kind: Group, name: g, spec: {}}]",
            "override-matches-nothing",
            "1:13",
            'did you mean "G"',
        ),
        (
            "overrides: [{kind: Group, name: zzz, spec: {}}]",
            "override-matches-nothing",
            "1:13",
            '"Group/zzz"',
        ),
        ("overrides: [{kind: Group, name: G, spec: {a: '${b}'}}]", "unknown-variable", "1:43", '"b"'),
    ],
)
def test_a_mistake_in_an_environment_is_found_at_its_place(
    tmp_path: Path, text: str, rule: str, place: str, shown: str
) -> None:
    documents = group("{}") + "---\nkind: AuthenticationMethodsPolicy\nspec: {}\n"

    found = workspace(tmp_path, text, documents).findings[0]

    assert (found.rule, at(tmp_path, found.place)) == (rule, f"environments/staging.yaml:{place}")
    assert shown in found.message


def test_files_of_other_environments_are_checked_too(tmp_path: Path) -> None:
    (found,) = workspace(tmp_path, "", production="clout: global").findings

    assert at(tmp_path, found.place) == "environments/production.yaml:1:1"


def test_an_override_of_a_document_for_elsewhere_says_so(tmp_path: Path) -> None:
    document = group("{}") + "environments: [sandbox]\n"

    found = mistake(tmp_path, "overrides: [{kind: Group, name: G, spec: {}}]", document)

    assert found.rule == "override-matches-nothing"
    assert "its `environments` leaves it out" in found.message


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${list}", ["g1", "g2"]),
        ("[a, '${list}', b]", ["a", "g1", "g2", "b"]),
        ("['${list}', '${empty}', '${text}']", ["g1", "g2", "hires"]),
        ("[['${list}']]", [["g1", "g2"]]),
        ("${number}", 3),
        ("${yes}", True),
        ("${nested}", {"a": [1]}),
        ("x ${text}-${number}-${yes}", "x hires-3-true"),
        ("$${text}", "${text}"),
        ("a $${text} ${text}", "a ${text} hires"),
        ("$5 {x}", "$5 {x}"),
        ("${escaped}", "$${x}"),
    ],
)
def test_variables_are_put_in(tmp_path: Path, written: str, expected: Json) -> None:
    variables = (
        "variables: {list: [g1, g2], empty: [], text: hires, number: 3, 'yes': true, nested: {a: [1]}, "
        "escaped: '$${x}'}"
    )

    loaded = workspace(tmp_path, variables, f"kind: Group\nname: G\nspec:\n  v: {written}\n")

    assert loaded.findings == ()
    assert loaded.resources[0].spec == {"v": expected}


def test_names_and_reasons_take_variables_and_keys_do_not(tmp_path: Path) -> None:
    document = "kind: Group\nname: ${who}\nwhy: for ${who}\nspec: {'${who}': 1}\n"

    (resource,) = workspace(tmp_path, "variables: {who: me}", document).resources

    assert (resource.address.name, resource.why, resource.spec) == ("me", "for me", {"${who}": 1})


@pytest.mark.parametrize(
    ("written", "rule", "shown"),
    [
        ("${lst}", "unknown-variable", '"lst" is not in environment "staging"; did you mean "list"'),
        ("a ${nobody}", "unknown-variable", '"nobody"'),
        ("a ${list}", "variable-in-text", '"list" is ["g1"]'),
        ("a ${none}", "variable-in-text", '"none" is null'),
        ("a ${list", "malformed-variable", '"a ${list"'),
    ],
)
def test_a_variable_that_cannot_be_put_in_is_an_error(
    tmp_path: Path, written: str, rule: str, shown: str
) -> None:
    document = f"kind: Group\nname: G\nspec:\n  v: [a, '{written}']\n"

    found = mistake(tmp_path, "variables: {list: [g1], none: null}", document)

    assert (found.rule, at(tmp_path, found.place)) == (rule, "a.yaml:4:10")
    assert shown in found.message


def test_a_spliced_list_moves_the_places_after_it(tmp_path: Path) -> None:
    document = "kind: Group\nname: G\nspec:\n  v:\n  - ${list}\n  - b\n  - {c: d}\n"

    (resource,) = workspace(tmp_path, "variables: {list: [g1, g2]}", document).resources

    places = [at(tmp_path, resource.place("v", index)) for index in range(4)]
    assert places == ["a.yaml:5:5", "a.yaml:5:5", "a.yaml:6:5", "a.yaml:7:5"]
    assert at(tmp_path, resource.place("v", 3, "c")) == "a.yaml:7:6"


def test_no_two_documents_share_a_variables_list(tmp_path: Path) -> None:
    document = "kind: Group\nname: G\nspec:\n  a: ${list}\n  b: ${list}\n"

    spec = workspace(tmp_path, "variables: {list: [g]}", document).resources[0].spec

    assert spec["a"] == spec["b"]
    assert spec["a"] is not spec["b"]


def test_variables_cannot_blow_the_workspace_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapctl.load.workspace.MAX_NODES", 1000)
    environment = "variables: {list: [" + "a, " * 100 + "]}"
    document = "kind: Group\nname: G\nspec:\n  v:\n" + "  - ${list}\n" * 100

    found = mistake(tmp_path, environment, document)

    assert found.rule == "workspace-too-large"
    assert '"list"' in found.message


@pytest.mark.parametrize(
    ("spec", "patch", "expected"),
    [
        ("{a: 1}", "{b: 2}", {"a": 1, "b": 2}),
        ("{a: 1}", "{a: 2}", {"a": 2}),
        ("{a: 1, b: 2}", "{a: null}", {"b": 2}),
        ("{a: 1}", "{b: null}", {"a": 1}),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
        ("{a: {b: 1, c: 2}}", "{a: {b: null, d: 3}}", {"a": {"c": 2, "d": 3}}),
        ("{a: 1}", "{a: {b: {c: null, d: 1}}}", {"a": {"b": {"d": 1}}}),
        ("{a: {b: 1}}", "{a: 2}", {"a": 2}),
        ("{a: null}", "{b: '${v}'}", {"a": None, "b": ["x"]}),
    ],
)
def test_an_override_is_a_merge_patch(tmp_path: Path, spec: str, patch: str, expected: JsonObject) -> None:
    environment = f"variables: {{v: [x]}}\noverrides: [{{kind: Group, name: G, spec: {patch}}}]"

    loaded = workspace(tmp_path, environment, group(spec))

    assert loaded.findings == ()
    assert loaded.resources[0].spec == expected


def test_what_an_override_changed_stands_where_it_was_written(tmp_path: Path) -> None:
    environment = "overrides:\n- kind: Group\n  name: G\n  spec:\n    a: {b: [1]}\n    c: null\n"

    (resource,) = workspace(tmp_path, environment, group("{a: {b: [{x: 1}], d: 1}, c: 1}")).resources

    assert at(tmp_path, resource.place("a", "b")) == "environments/staging.yaml:5:9"
    assert at(tmp_path, resource.place("a", "b", 0, "x")) == "environments/staging.yaml:5:13"
    assert at(tmp_path, resource.place("a", "d")) == "a.yaml:3:25"
    assert at(tmp_path, resource.place("a")) == "a.yaml:3:8"


def test_an_override_takes_spliced_variables_and_keeps_its_place(tmp_path: Path) -> None:
    environment = "variables: {v: [x, y]}\noverrides:\n- {kind: Group, name: G, spec: {a: ['${v}', z]}}"

    (resource,) = workspace(tmp_path, environment, group("{}")).resources

    assert resource.spec == {"a": ["x", "y", "z"]}
    assert at(tmp_path, resource.place("a", 2)) == "environments/staging.yaml:3:45"


def test_overrides_apply_in_order_and_reach_singletons(tmp_path: Path) -> None:
    kind = "AuthenticationMethodsPolicy"
    environment = f"overrides: [{{kind: {kind}, spec: {{a: 1}}}}, {{kind: {kind}, spec: {{a: 2, b: 1}}}}]"

    (resource,) = workspace(tmp_path, environment, f"kind: {kind}\nspec: {{}}").resources

    assert resource.spec == {"a": 2, "b": 1}


def test_the_cap_comes_after_the_overrides(tmp_path: Path) -> None:
    kind = "ConditionalAccessPolicy"
    environment = f"maxState: disabled\noverrides: [{{kind: {kind}, name: P, spec: {{state: enabled}}}}]"

    loaded = workspace(tmp_path, environment, f"kind: {kind}\nname: P\nspec: {{state: disabled}}")

    assert loaded.resources[0].spec == {"state": "disabled"}
    assert at(tmp_path, loaded.findings[0].place) == "environments/staging.yaml:2:61"
