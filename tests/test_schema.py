from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

import pytest
from jsonschema import Draft202012Validator

from tapctl import schema
from tapctl.model import Json, JsonObject
from tapctl.schema import MISSING, Field

KINDS = [kind for kind in schema.fields("Document").properties["kind"].enum.values() if kind != "SignInTest"]
SETTINGS = ["Settings", "Environment", "Document", "SignInTest", "Situation", "Fixture"]

DECIDED_BY_THE_KIND = {
    "conditions.users",  # not together with workloads, and required otherwise
    "conditions.users.includeGuestsOrExternalUsers.externalTenants.members",
    "conditions.users.excludeGuestsOrExternalUsers.externalTenants.members",
    "groupTypes",
    "@odata.type",
    "ipRanges",
    "countriesAndRegions",
    "combinationConfigurations[].allowedAAGUIDs",
    "combinationConfigurations[].allowedIssuerSkis",
    "combinationConfigurations[].allowedPolicyOIDs",
}

PASTED: JsonObject = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/policies/$entity",
    "@microsoft.graph.tips": "Use $select to choose only the properties your app needs",
    "#microsoft.graph.restore": {"target": "https://graph.microsoft.com/v1.0/restore"},
    "id": "2b31ac51-b855-40a5-a986-0a4ed23e9008",
    "displayName": "NH-10",
    "createdDateTime": "2026-01-15T08:30:00.1234567Z",
    "modifiedDateTime": None,
    "templateId": None,
    "state@odata.type": "#microsoft.graph.conditionalAccessPolicyState",
    "state": "enabled",
    "sessionControls": None,
    "conditions": {
        "clientAppTypes": ["all"],
        "signInRiskLevels": [],
        "insiderRiskLevels": None,
        "platforms": None,
        "locations": None,
        "times": None,
        "deviceStates": None,
        "applications": {"includeApplications": [], "includeUserActions": ["urn:user:registersecurityinfo"]},
        "users": {
            "includeUsers": ["All"],
            "excludeGuestsOrExternalUsers": {
                "guestOrExternalUserTypes": "internalGuest,serviceProvider",
                "externalTenants": {
                    "@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants",
                    "membershipKind": "all",
                },
            },
        },
    },
    "grantControls": {
        "operator": "OR",
        "builtInControls": [],
        "authenticationStrength@odata.context": "https://graph.microsoft.com/v1.0/$metadata#strength",
        "authenticationStrength": {
            "id": "00000000-0000-0000-0000-000000000002",
            "displayName": "Multifactor authentication",
            "policyType": "builtIn",
            "allowedCombinations": ["password,sms"],
        },
    },
}


def test_every_kind_has_its_schema() -> None:
    missing = [kind for kind in KINDS if not (schema.folder() / f"{kind}.schema.json").is_file()]

    assert not missing


@pytest.mark.parametrize("name", ["common", *KINDS, *SETTINGS])
def test_every_file_is_json_schema(name: str) -> None:
    text = (schema.folder() / f"{name}.schema.json").read_text(encoding="utf-8")

    Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("name", KINDS + SETTINGS)
def test_every_reference_leads_somewhere(name: str) -> None:
    assert "$ref" not in json.dumps(schema.read(name))


@pytest.mark.parametrize("name", KINDS + SETTINGS)
def test_every_field_is_described(name: str) -> None:
    bare = [
        path
        for path, node in described(schema.read(name))
        if not node.get("title") or not node.get("description") or not {"examples", "default"} & node.keys()
    ]

    assert not bare


@pytest.mark.parametrize("name", KINDS + SETTINGS)
def test_examples_and_defaults_are_valid(name: str) -> None:
    wrong = [
        (path, value)
        for path, node in described(schema.read(name))
        for value in [*cast("list[Json]", node.get("examples", [])), node.get("default", MISSING)]
        if value is not MISSING and not Draft202012Validator(node).is_valid(value)
    ]

    assert not wrong


@pytest.mark.parametrize("name", KINDS + SETTINGS)
def test_objects_are_closed(name: str) -> None:
    open_ones = [
        path
        for path, node in [("", schema.read(name)), *described(schema.read(name))]
        if "properties" in node and node.get("additionalProperties") is not False
    ]

    assert not open_ones


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_out_has_a_meaning(kind: str) -> None:
    undecided = {
        path
        for path, field, is_required in every(schema.fields(kind))
        if field.default is MISSING and not (is_required or field.is_read_only or field.is_unmanaged)
    }

    assert undecided <= DECIDED_BY_THE_KIND


@pytest.mark.parametrize("kind", KINDS)
def test_a_reference_stands_on_the_string_itself(kind: str) -> None:
    referring = [field for _, field, _ in every(schema.fields(kind)) if field.references]

    assert {field.type for field in referring} <= {"scalar"}


def test_lists_of_policies_have_no_order() -> None:
    ordered = [
        path
        for path, field, _ in every(schema.fields("ConditionalAccessPolicy"))
        if field.type == "array" and not field.is_set
    ]

    assert not ordered


def test_a_graph_answer_can_be_pasted() -> None:
    errors = Draft202012Validator(schema.read("ConditionalAccessPolicy")).iter_errors(PASTED)

    assert [error.message for error in errors] == []


def test_a_misspelt_property_is_refused() -> None:
    spec = {**PASTED, "grantControl": None}

    assert not Draft202012Validator(schema.read("ConditionalAccessPolicy")).is_valid(spec)


def test_the_state_of_a_policy_has_no_default() -> None:
    root = schema.fields("ConditionalAccessPolicy")

    assert "state" in root.required
    assert root.properties["state"].default is MISSING


def test_a_pass_lives_between_10_minutes_and_30_days() -> None:
    properties = dict(described(schema.read("TemporaryAccessPassPolicy")))
    validator = Draft202012Validator(properties[".maximumLifetimeInMinutes"])

    assert [validator.is_valid(value) for value in (9, 10, 43200, 43201, "8h", "1h30m", "soon", "")] == [
        False, True, True, False, True, True, False, False,
    ]  # fmt: skip


def test_a_strength_may_be_named_alone() -> None:
    controls = schema.fields("ConditionalAccessPolicy").properties["grantControls"]
    strength = controls.properties["authenticationStrength"]

    assert strength.shorthand == "id"
    assert strength.properties["id"].references == ("AuthenticationStrength",)


def test_words_are_known_in_any_letter_case() -> None:
    conditions = schema.fields("ConditionalAccessPolicy").properties["conditions"]
    applications = conditions.properties["applications"].properties["includeApplications"].items

    assert applications is not None
    assert applications.words["office365"] == "Office365"


def test_members_are_left_alone_unless_written() -> None:
    assert schema.fields("Group").properties["members"].is_unmanaged


@pytest.mark.parametrize(
    ("document", "is_valid"),
    [
        ({"kind": "Group", "name": "New hires", "spec": {}}, True),
        ({"kind": "Group", "spec": {}}, False),
        ({"kind": "Group", "name": "New hires"}, False),
        ({"kind": "Group", "name": "New hires", "ensure": "absent"}, True),
        ({"kind": "Group", "name": "New hires", "spec": {"state": "enabled"}}, False),
        (
            {
                "kind": "TemporaryAccessPassPolicy",
                "spec": {"state": "enabled", "isUsableOnce": True, "includeTargets": ["New hires"]},
            },
            True,
        ),
        ({"kind": "TemporaryAccessPassPolicy", "name": "Ours", "ensure": "absent"}, False),
        ({"kind": "SignInTest", "name": "It holds", "given": {}, "expect": {"decision": "allow"}}, True),
        ({"kind": "SignInTest", "name": "It holds", "given": {}, "expect": {"decision": "alow"}}, False),
        ({"kind": "SignInTest", "name": "It holds", "spec": {}}, False),
        ({"kind": "Group", "name": "New hires", "spec": {}, "given": {}}, False),
    ],
)
def test_the_kind_decides_what_a_document_holds(document: JsonObject, is_valid: bool) -> None:
    assert Draft202012Validator(schema.read("Document")).is_valid(document) is is_valid


def described(node: JsonObject, path: str = "") -> Iterator[tuple[str, JsonObject]]:
    """Every property of a resolved schema, and what its lists and maps hold."""
    for key, child in cast("dict[str, JsonObject]", node.get("properties", {})).items():
        yield f"{path}.{key}", child
        if child.get("readOnly") is not True:
            yield from described(child, f"{path}.{key}")
    for keyword in ("items", "additionalProperties"):
        inner = node.get(keyword)
        if isinstance(inner, dict):
            yield f"{path}.{keyword}", inner
            yield from described(inner, f"{path}.{keyword}")


def every(field: Field, path: str = "") -> Iterator[tuple[str, Field, bool]]:
    """Every field below `field`, with whether it is required; what Graph owns is not entered."""
    for key, child in field.properties.items():
        here = f"{path}.{key}".lstrip(".")
        yield here, child, key in field.required
        if not child.is_read_only:
            yield from every(child, here)
    if field.items is not None:
        yield f"{path}[]", field.items, True
        yield from every(field.items, f"{path}[]")
