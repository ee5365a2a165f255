from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tapctl.canonical import at, is_noise, with_values
from tapctl.errors import UsageError
from tapctl.kinds import kinds
from tapctl.model import Finding, Json, JsonObject, Place
from tapctl.workspace import exports
from tapctl.workspace.exports import Exports, read_exports

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
FILES = [
    "authentication-methods",
    "authentication-strengths",
    "conditional-access-policies",
    "named-locations",
    "edit-pairs",
]
KINDS = {
    "ca-policy": "ConditionalAccessPolicy",
    "named-location": "NamedLocation",
    "auth-strength": "AuthenticationStrength",
    "auth-methods-policy": "AuthenticationMethodsPolicy",
}
METHODS = {kind.odata_type: kind.name for kind in kinds().values() if kind.odata_type}
ENCODINGS: list[Callable[[str], bytes]] = [
    lambda text: text.encode(),
    lambda text: codecs.BOM_UTF8 + text.encode(),
    lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    lambda text: text.encode("utf-16-le"),
    lambda text: text.encode("utf-16-be"),
    lambda text: text.encode("utf-32"),
    lambda text: json.dumps(text).encode(),
]
ID = "11111111-2222-3333-4444-555555555555"
POLICY: JsonObject = {
    "id": ID,
    "displayName": "P",
    "state": "enabled",
    "conditions": {"clientAppTypes": ["all"]},
}
LOCATION: JsonObject = {"displayName": "L", "ipRanges": [{"cidrAddress": "10.0.0.0/8"}]}


def read(tmp_path: Path, content: Json | bytes, name: str = "a.json") -> Exports:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_exports(file)


def names(found: Exports) -> list[str]:
    return [item.kind for item in found.objects]


def finding(found: Exports) -> Finding:
    (only,) = found.findings
    return only


def told(found: Exports, rule: str) -> Finding:
    (only,) = [item for item in found.findings if item.rule == rule]
    return only


def corpus(name: str) -> list[tuple[str, JsonObject]]:
    if not CORPUS.is_dir():
        pytest.skip("the exported policies of real tenants are not here")
    records = [
        json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    keys = ("object", "before_object", "after_object")
    return [(record["kind"], record[key]) for record in records for key in keys if key in record]


def leaves(value: Json) -> list[str]:
    """Everything in a value that is not nothing, whatever it is called."""
    if isinstance(value, dict):
        kept = [item for key, item in value.items() if not is_noise(key) and not key.endswith("DateTime")]
        return sorted(leaf for item in kept for leaf in leaves(item))
    if isinstance(value, list):
        return sorted(leaf for item in value for leaf in leaves(item))
    return [] if value is None else [json.dumps(value).replace('"name:', '"')]


@pytest.mark.parametrize("name", FILES)
def test_every_export_of_a_real_tenant_is_recognised_and_whole(tmp_path: Path, name: str) -> None:
    for index, (kind, value) in enumerate(corpus(name)):
        text = json.dumps(value, ensure_ascii=index % 3 == 0)

        found = read(tmp_path, ENCODINGS[index % len(ENCODINGS)](text))

        expected = KINDS.get(kind) or METHODS.get(str(value["@odata.type"]))
        assert names(found)[:1] == ([expected] if expected else [])
        assert all(leaves(item.object) == leaves(value) for item in found.objects[:1])
        assert {item.severity for item in found.findings} <= {"warning", "note"}


def pascal(value: Json) -> Json:
    """As ConvertTo-Json writes the SDK's objects."""
    if isinstance(value, dict):
        return {key if "@" in key else key[:1].upper() + key[1:]: pascal(item) for key, item in value.items()}
    return [pascal(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", FILES[:4])
def test_capital_letters_make_no_difference(tmp_path: Path, name: str) -> None:
    for _, value in corpus(name):
        plain = [item.object for item in read(tmp_path, value).objects]

        assert [item.object for item in read(tmp_path, pascal(value)).objects] == plain


@pytest.mark.parametrize("encode", ENCODINGS)
@pytest.mark.parametrize(
    "wrap", [lambda it: it, lambda it: [it], lambda it: {"value": [it]}, lambda it: {"Value": it}]
)
def test_an_object_is_found_however_it_was_saved(
    tmp_path: Path, encode: Callable[[str], bytes], wrap: Callable[[Json], Json]
) -> None:
    found = read(
        tmp_path, encode(json.dumps(wrap({**POLICY, "displayName": "Zürich ✓"}), ensure_ascii=False))
    )

    assert [item.object["displayName"] for item in found.objects] == ["Zürich ✓"]
    assert found.findings == ()


def test_objects_in_strings_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, {"value": json.dumps([json.dumps(POLICY), "\ufeff" + json.dumps(LOCATION)])})

    assert [item.source for item in found.objects] == [
        f"{tmp_path}/a.json#/value/0",
        f"{tmp_path}/a.json#/value/1",
    ]


def test_what_powershell_makes_of_the_sdk_is_spelled_as_graph_does(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "Id": ID,
            "DisplayName": "L",
            "CreatedDateTime": "/Date(1676050853086)/",
            "ModifiedDateTime": {"value": "/Date(1676050853086+0100)/", "DateTime": "Friday"},
            "AdditionalProperties": {
                "@odata.type": "microsoft.graph.ipNamedLocation",
                "isTrusted": True,
                "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "10.0.0.0/8"}],
            },
        },
    )

    assert found.findings == ()
    assert found.objects[0].object == {
        "id": ID,
        "displayName": "L",
        "createdDateTime": "2023-02-10T17:40:53.086Z",
        "modifiedDateTime": "2023-02-10T17:40:53.086Z",
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "isTrusted": True,
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "10.0.0.0/8"}],
    }


def test_names_of_properties_are_spelled_all_the_way_down(tmp_path: Path) -> None:
    conditions: JsonObject = {
        "Users": {"INCLUDEUSERS": ["All"], "AdditionalProperties": {}},
        "DeviceStates": {"IncludeStates": ["x"]},
        "applications": {"IncludeApplications": ["All"], "AdditionalProperties": None},
    }

    found = read(tmp_path, {"DisplayName": "P", "state": "enabled", "Conditions": conditions})

    assert found.objects[0].object["conditions"] == {
        "users": {"includeUsers": ["All"]},
        "deviceStates": {"includeStates": ["x"]},
        "applications": {"includeApplications": ["All"]},
    }


def test_a_whole_tenant_is_read_by_its_paths(tmp_path: Path) -> None:
    deleted, policy = (
        "identity/conditionalAccess/deletedItems/policies",
        "policies/authenticationMethodsPolicy",
    )
    configurations = "authenticationMethodConfigurations"
    tenant: JsonObject = {
        "identity/conditionalAccess/policies": [{"displayName": "P"}],
        deleted: [POLICY],
        policy: {
            "id": "authenticationMethodsPolicy",
            configurations: [
                {"id": "Sms", "state": "enabled"},
                {"id": "New", "state": "enabled"},
            ],
        },
        "groups": [{"displayName": "G"}, {}],
        "users": [{"id": ID}, {"id": "2"}],
        "version": 1,
    }

    found = read(tmp_path, tenant)

    assert names(found) == ["ConditionalAccessPolicy", "AuthenticationMethodsPolicy", "SmsPolicy", "Group"]
    assert [item.message.partition(",")[0] for item in found.findings] == [
        f'/{deleted.replace("/", "~1")}/0: this is of "{deleted}"',
        f'/{policy.replace("/", "~1")}/{configurations}/1: this is of "{configurations}"',
        '/groups/1: this is of "groups"',
        '/users/0: 2 objects are of "users"',
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"@odata.context": "https://g/v1.0/$metadata#groups(id,displayName)/$entity", "id": ID}, "Group"),
        ({"@odata.id": f"https://g/v2/{ID}/groups/{ID}", "displayName": "G"}, "Group"),
        ({"membershipRule": "x"}, "Group"),
        ({"OdataType": "#microsoft.graph.smsAuthenticationMethodConfiguration"}, "SmsPolicy"),
        ({"Id": "TemporaryAccessPass", "State": "enabled"}, "TemporaryAccessPassPolicy"),
        ({"id": "c1", "displayName": "C", "isAvailable": True}, "AuthenticationContext"),
        ({"displayName": "E", "appId": ID, "openIdConnectSetting": {}}, "ExternalAuthenticationMethod"),
        (
            {"policyMigrationState": "preMigration", "authenticationMethodConfigurations": None},
            "AuthenticationMethodsPolicy",
        ),
        (
            {
                "@odata.context": "https://g/$metadata#policies/authenticationStrengthPolicies",
                "value": [{"id": ID}],
            },
            "AuthenticationStrength",
        ),
        (
            {"@odata.context": "https://g/$metadata#policies", "value": [{"allowedCombinations": []}]},
            "AuthenticationStrength",
        ),
    ],
)
def test_the_kind_is_told_by_what_there_is(tmp_path: Path, value: JsonObject, kind: str) -> None:
    assert names(read(tmp_path, value)) == [kind]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (
            {"@odata.type": "#microsoft.graph.user"},
            'this is of "#microsoft.graph.user", which tapctl does not manage',
        ),
        ({"a": 1, "b": 2}, 'this is an object with "a", "b", which tapctl does not manage'),
        ({}, "this is an object with nothing, which tapctl does not manage"),
        (7, "7 is no object"),
        ("text", '"text" is no object'),
    ],
)
def test_what_is_of_no_kind_is_noted(tmp_path: Path, value: Json, what: str) -> None:
    found = read(tmp_path, value)

    assert found.objects == ()
    assert (finding(found).severity, finding(found).message) == ("note", what)


@pytest.mark.parametrize(
    "marker",
    [
        "%GroupId%",
        "<RING>",
        "REPLACE-WITH-GROUP",
        "{{group}}",
        "[[x]]",
        "${var.group}",
        "$(group)",
        "__GROUP__",
    ],
)
def test_a_placeholder_is_reported_at_its_place(tmp_path: Path, marker: str) -> None:
    policy = {**POLICY, "createdDateTime": marker, "conditions": {"users": {"includeGroups": [ID, marker]}}}

    found = finding(read(tmp_path, json.dumps([policy], indent=1).encode()))

    assert (found.rule, found.severity) == ("export-placeholder", "warning")
    assert found.message.startswith("/0/conditions/users/includeGroups/1: ")
    assert found.place is not None
    assert found.place.line == 10


def test_a_name_in_place_of_an_id_is_noted(tmp_path: Path) -> None:
    users: JsonObject = {"includeUsers": ["All"], "includeGroups": ["Staff"]}
    contexts: JsonObject = {"includeAuthenticationContextClassReferences": ["c1"]}

    found = finding(read(tmp_path, {**POLICY, "conditions": {"users": users, "applications": contexts}}))

    assert (found.rule, found.severity) == ("export-name", "note")
    assert found.message.endswith('includeGroups/0: "Staff" is no id; it is taken as the name of a Group')


def test_a_word_that_graph_has_by_now_is_no_name(tmp_path: Path) -> None:
    words: JsonObject = {"includeApplications": ["AllAgentIdResources"]}

    read_ = read(tmp_path, {**POLICY, "conditions": {"applications": words}})

    assert finding(read_).rule == "export-word"
    assert read_.objects[0].object["conditions"] == {"applications": words}


@pytest.mark.parametrize(("text", "kept"), [("<Group>", "name:<Group>"), ("Staff", "name:Staff")])
def test_a_name_is_marked_as_one(tmp_path: Path, text: str, kept: str) -> None:
    (read_,) = read(tmp_path, {**POLICY, "conditions": {"users": {"includeGroups": [text]}}}).objects

    assert read_.object["conditions"] == {"users": {"includeGroups": [kept]}}


@pytest.mark.parametrize(
    "text",
    ["System.Collections.Hashtable", "@{cidrAddress=10.0.0.0/8}", "Microsoft.Graph.PowerShell.Models.X"],
)
def test_what_powershell_cut_off_is_an_error(tmp_path: Path, text: str) -> None:
    found = finding(read(tmp_path, {**LOCATION, "ipRanges": [text]}))

    assert (found.rule, found.severity) == ("export-cut-off", "error")


def test_a_blank_entry_of_references_is_left_out_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, {**POLICY, "conditions": {"users": {"excludeGroups": [ID, ""]}}})

    assert found.objects[0].object["conditions"] == {"users": {"excludeGroups": [ID]}}
    assert (finding(found).rule, finding(found).severity) == ("export-blank", "warning")
    assert finding(found).message.startswith("/conditions/users/excludeGroups/1: ")


@pytest.mark.parametrize("member", ["LocationInfo", "locationInfo", "@ObjectVersion", "policyApplies"])
def test_what_a_tool_put_into_an_object_is_left_out_and_told(tmp_path: Path, member: str) -> None:
    found = read(tmp_path, {**POLICY, member: "x", "@odata.etag": "y", "newest": 1})

    assert {"newest", "@odata.etag"} <= found.objects[0].object.keys()
    assert not {member, member[:1].lower() + member[1:]} & found.objects[0].object.keys()
    assert (finding(found).rule, finding(found).message.startswith(f"/{member}: ")) == ("export-tool", True)


def test_a_state_that_is_none_is_an_error_and_no_document_s(tmp_path: Path) -> None:
    found = read(tmp_path, {**POLICY, "state": "on"})

    assert "state" not in found.objects[0].object
    assert (finding(found).rule, finding(found).severity) == ("export-state", "error")
    assert (
        '"on", which is none of enabled, disabled, enabledForReportingButNotEnforced'
        in finding(found).message
    )


def test_a_state_is_one_in_any_letter_case(tmp_path: Path) -> None:
    found = read(tmp_path, {**POLICY, "state": "Enabled"})

    assert (found.objects[0].object["state"], found.findings) == ("Enabled", ())


def test_comments_are_passed_over(tmp_path: Path) -> None:
    text = b'// new\n{"state": "enabled", /* who,\n where */ "conditions": {"a": "https://x /* y */"}} // end'

    found = read(tmp_path, text)

    assert found.objects[0].object["conditions"] == {"a": "https://x /* y */"}
    assert (finding(found).rule, finding(found).severity) == ("export-comment", "note")


def test_a_mistake_beside_comments_is_told_in_its_line(tmp_path: Path) -> None:
    found = told(read(tmp_path, b'/* one\ntwo */\n{"state": enabled} // three'), "export-not-json")

    assert (found.place and found.place.line, "Expecting value" in found.message) == (3, True)


def test_what_is_said_of_a_file_with_comments_stands_in_its_line(tmp_path: Path) -> None:
    text = b'// "x": {\n{"state": "enabled",\n "conditions": {"users": {"excludeGroups": [""]}}}'

    found = told(read(tmp_path, text), "export-blank")

    assert str(found.place).endswith("a.json:3:1")


def test_comments_within_a_text_are_passed_over(tmp_path: Path) -> None:
    found = read(tmp_path, [json.dumps(POLICY) + " // here"])

    assert (len(found.objects), finding(found).rule) == (1, "export-comment")
    assert finding(found).message.startswith("/0: ")


def test_trailing_commas_are_forgiven(tmp_path: Path) -> None:
    found = read(tmp_path, b'[{"state": "enabled", "conditions": {"a": ["x,]", ], }, },\n]')

    assert found.objects[0].object["conditions"] == {"a": ["x,]"]}
    assert (finding(found).rule, finding(found).severity) == ("export-trailing-comma", "note")


@pytest.mark.parametrize(("again", "severity"), [('"enabled"', "note"), ('"disabled"', "error")])
def test_a_property_that_stands_twice_is_reported(tmp_path: Path, again: str, severity: str) -> None:
    text = f'{{"state": "enabled", "conditions": {{"n": [1, {{"a~/b": 2}}]}},\n "state": {again}}}'

    found = read(tmp_path, text.encode())

    assert found.objects[0].object["state"] == json.loads(again)
    assert (finding(found).rule, finding(found).severity) == ("duplicate-property", severity)


def test_two_spellings_of_a_property_are_one(tmp_path: Path) -> None:
    policy: JsonObject = {**POLICY, "State": None, "DisplayName": "P", "CONDITIONS": {}}

    found = read(tmp_path, policy)

    assert found.objects[0].object == {**POLICY, "conditions": {}}
    assert finding(found).message == '/CONDITIONS: "conditions" stands twice, differently; the last counts'


def test_half_characters_and_dates_outside_the_calendar_are_no_obstacle(tmp_path: Path) -> None:
    date = "/Date(999999999999999)/"

    found = read(tmp_path, {**POLICY, "displayName": "\ud800", "createdDateTime": date})

    assert found.objects[0].object["displayName"] == "\ufffd"
    assert found.objects[0].object["createdDateTime"] == date
    assert finding(found).rule == "export-encoding"


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b'{\n"a" 1}', "is not JSON: Expecting ':' delimiter", 2),
        (b"\xef\xbb\xbf \n", "is empty", 1),
        (b"\x00\x01\xff", "is not utf-16-be; save it as UTF-8", 1),
        (b'{"a": NaN}', "is not JSON: NaN is no number that JSON has in 64 bits", 1),
        (b'{"a":\n1e999}', "is not JSON: 1e999 is no number that JSON has in 64 bits", 2),
        (b'{"a":\n' + b"7" * 5000 + b"}", f"is not JSON: {'7' * 40}... is no number", 2),
        (b'{"a":\n 9223372036854775808}', "is not JSON: 9223372036854775808 is no number", 2),
        (b'\n["{"]', "holds at /0 what is not JSON: ", 1),
        (b'\n\n"\xff"', "is not utf-8; save it as UTF-8", 3),
        (b"[" * 100_000, "is nested too deeply to be an export", 1),
    ],
)
def test_what_is_no_json_is_reported(tmp_path: Path, data: bytes, message: str, line: int) -> None:
    found = finding(read(tmp_path, data))

    assert (found.severity, found.place and found.place.line) == ("error", line)
    assert message in found.message


def test_a_file_too_large_or_no_file_at_all_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tapctl.workspace.exports.text.MAX_BYTES", 10)
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "b.json").mkdir()

    large, pipe = read(tmp_path, POLICY).findings[0], read_exports(tmp_path / "pipe.json").findings[0]

    assert "is larger than" in large.message
    assert "is not a file" in pipe.message


def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    (tmp_path / "a.json").touch()

    assert "cannot be read: Permission denied" in finding(read_exports(tmp_path / "a.json")).message


def test_what_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read_exports(tmp_path / "none")


def test_a_folder_is_read_in_order_and_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path, LOCATION, "out/secret.json")
    for name in ("in/b.json", "in/a/c.JSON", "in/.git/d.json", "in/e.txt"):
        read(tmp_path, {**POLICY, "id": name}, name)
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "out" / "secret.json")
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "out")

    found = read_exports(tmp_path / "in")
    monkeypatch.setattr(exports, "MAX_FILES", 1)
    limited = read_exports(tmp_path / "in")

    assert [item.object["id"] for item in found.objects] == ["in/a/c.JSON", "in/b.json"]
    assert [item.rule for item in found.findings] == ["link-not-followed"] * 2 + ["export-skipped"]
    assert 'e.txt" is not called *.json or' in found.findings[-1].message
    assert [item.rule for item in limited.findings][-1] == "too-many-files"


def test_an_object_a_line_is_read_and_so_is_one_after_another(tmp_path: Path) -> None:
    other = {**POLICY, "id": ID[:-1] + "6", "displayName": "}\n{"}
    read(tmp_path, f"{json.dumps(POLICY)}\n{json.dumps(other, indent=1)}\n\n".encode(), "in/a.jsonl")
    read(tmp_path, LOCATION, "in/b.NDJSON")

    found = read_exports(tmp_path / "in")

    assert [item.object["displayName"] for item in found.objects] == ["P", "}\n{", "L"]
    assert [item.source.rpartition("#")[2] for item in found.objects] == ["/0", "/1", ""]


@pytest.mark.parametrize(
    ("line", "said"),
    [(b'{"a": 1', "Expecting ','"), (b"nothing", "Expecting value"), (b'{"id": 1e999}', "1e999")],
)
def test_a_line_that_is_no_object_is_told_by_its_number(tmp_path: Path, line: bytes, said: str) -> None:
    whole = json.dumps(POLICY).encode()

    found = read(tmp_path, b"\n".join([whole, whole, line]), "a.jsonl")

    assert (found.objects, finding(found).place) == ((), Place(str(tmp_path / "a.jsonl"), 3, 1))
    assert said in finding(found).message


def test_braces_in_a_text_begin_no_other_object(tmp_path: Path) -> None:
    (policy,) = read(tmp_path, {**POLICY, "displayName": "}{"}).objects

    assert (policy.object["displayName"], policy.source[-1]) == ("}{", "#")


def test_the_same_object_is_read_once(tmp_path: Path) -> None:
    again = {**POLICY, "@odata.context": "x#identity/conditionalAccess/policies/$entity"}

    assert len(read(tmp_path, [POLICY, again, LOCATION, LOCATION]).objects) == 3


def test_two_versions_of_an_object_are_both_kept_and_reported(tmp_path: Path) -> None:
    found = read(tmp_path, [POLICY, {**POLICY, "state": "disabled"}])

    assert len(found.objects) == 2
    assert (finding(found).rule, finding(found).severity) == ("export-twice", "error")


def test_lists_that_powershell_unrolled_are_lists_again(tmp_path: Path) -> None:
    conditions: JsonObject = {
        "clientAppTypes": "all",
        "users": {"includeUsers": {"value": ["All"], "Count": 1}},
    }
    location: JsonObject = {"displayName": "L", "ipRanges": {"cidrAddress": "10.0.0.0/8"}}

    found = read(tmp_path, [{**POLICY, "conditions": conditions}, location])

    policy, place = found.objects
    assert policy.object["conditions"] == {"clientAppTypes": ["all"], "users": {"includeUsers": ["All"]}}
    assert place.object["ipRanges"] == [{"cidrAddress": "10.0.0.0/8"}]
    assert [finding.rule for finding in found.findings] == ["export-unrolled"] * 3


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("countriesAndRegions", "DE fr", ["DE", "fr"]),
        ("countriesAndRegions", " ", []),
        ("allowedCombinations", "fido2 password,sms", ["fido2", "password,sms"]),
    ],
)
def test_lists_that_powershell_joined_are_lists_again(
    tmp_path: Path, name: str, text: str, wanted: list[Json]
) -> None:
    found = read(tmp_path, {"displayName": "L", name: text})

    assert found.objects[0].object[name] == wanted
    assert [finding.rule for finding in found.findings] == ["export-unrolled"]


@pytest.mark.parametrize("alone", [None, {}])
def test_what_holds_nothing_is_no_list_of_one(tmp_path: Path, alone: Json) -> None:
    (policy,) = read(tmp_path, {**POLICY, "conditions": {"clientAppTypes": alone}}).objects

    assert policy.object["conditions"] == {"clientAppTypes": alone}


def with_strength(**more: Json) -> JsonObject:
    strength: JsonObject = {"id": ID, "displayName": "S", "allowedCombinations": ["fido2"], **more}
    return {**POLICY, "id": "p", "grantControls": {"operator": "OR", "authenticationStrength": strength}}


def test_a_strength_that_stands_in_policies_only_is_taken_from_there(tmp_path: Path) -> None:
    found = read(tmp_path, [with_strength(), {**with_strength(), "id": "q", "displayName": "Q"}])

    strengths = [item for item in found.objects if item.kind == "AuthenticationStrength"]
    assert [item.object["displayName"] for item in strengths] == ["S"]
    assert strengths[0].source.endswith("a.json#/0/grantControls/authenticationStrength")


GROUPS = ["22222222-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002"]


@pytest.mark.parametrize(
    ("path", "joined", "read_as"),
    [
        (("grantControls", "builtInControls"), "mfa compliantDevice", ["mfa", "compliantDevice"]),
        (("conditions", "users", "excludeGroups"), " ".join(GROUPS), GROUPS),
        (("conditions", "users", "excludeGroups"), "New hires", ["name:New hires"]),
        (("grantControls", "builtInControls"), "mfa and more", "mfa and more"),
    ],
)
def test_a_list_whose_words_were_joined_is_taken_apart_where_that_is_certain(
    tmp_path: Path, path: tuple[str, ...], joined: str, read_as: Json
) -> None:
    (policy,) = read(tmp_path, with_values(POLICY, {path: joined})).objects

    assert at(policy.object, *path) == read_as


def test_a_strength_without_an_id_goes_by_its_name(tmp_path: Path) -> None:
    policy, strength = read(tmp_path, with_strength(id=None)).objects

    assert at(policy.object, "grantControls", "authenticationStrength") == {"id": "name:S"}
    assert strength.object["displayName"] == "S"


def test_strengths_of_one_id_that_differ_are_told(tmp_path: Path) -> None:
    other = {**with_strength(allowedCombinations=["sms"]), "id": "q"}

    found = read(tmp_path, [with_strength(), other])

    assert [finding.rule for finding in found.findings] == ["export-twice"]
    assert len([item for item in found.objects if item.kind == "AuthenticationStrength"]) == 1


@pytest.mark.parametrize(
    ("changed", "counts"), [("2026-02-01", ["sms"]), ("2026-01-01", ["fido2"]), ("2025-01-01", ["fido2"])]
)
def test_of_two_states_of_a_strength_the_later_counts(
    tmp_path: Path, changed: str, counts: list[Json]
) -> None:
    other = {**with_strength(allowedCombinations=["sms"], modifiedDateTime=changed), "id": "q"}

    found = read(tmp_path, [with_strength(modifiedDateTime="2026-01-01"), other])

    assert found.objects[-1].object["allowedCombinations"] == counts


def test_a_strength_with_a_placeholder_for_its_id_is_the_one_of_its_name(tmp_path: Path) -> None:
    own: JsonObject = {"id": ID, "displayName": "S", "allowedCombinations": ["fido2"]}

    policy, strength = read(tmp_path, [with_strength(id="%StrengthId%"), own]).objects
    alone = read(tmp_path / "alone", with_strength(id="%StrengthId%")).objects[1]

    assert at(policy.object, "grantControls", "authenticationStrength") == {"id": "name:S"}
    assert (strength.object, alone.object) == (own, {"displayName": "S", "allowedCombinations": ["fido2"]})


@pytest.mark.parametrize("spelled", [str.lower, str.title])
def test_a_template_of_microsofts_is_the_policy_of_its_name(
    tmp_path: Path, spelled: Callable[[str], str]
) -> None:
    details: Json = {"conditions": POLICY["conditions"], "grantControls": None}
    template: JsonObject = {"name": "Block it", "description": "Why", "details": details, "id": ID}

    found = read(tmp_path, {spelled(name): item for name, item in template.items()})

    (policy,) = found.objects
    assert (policy.object["displayName"], policy.object["description"]) == ("Block it", "Why")
    assert "id" not in policy.object
    assert [finding.rule for finding in found.findings] == ["export-template"]


@pytest.mark.parametrize("more", [{"details": {"x": 1}}, {"details": None}, {"name": None}])
def test_what_only_looks_like_a_template_is_none(tmp_path: Path, more: JsonObject) -> None:
    details: Json = {"conditions": {}, "grantControls": {}}

    found = read(tmp_path, {"name": "N", "details": details, **more})

    assert "export-template" not in [finding.rule for finding in found.findings]


@pytest.mark.parametrize(
    "more",
    [
        {"policyType": "builtIn"},
        {"id": "00000000-0000-0000-0000-000000000004"},
        {"allowedCombinations": []},
        {"displayName": None},
    ],
)
def test_a_strength_that_is_not_whole_or_built_in_is_only_referred_to(
    tmp_path: Path, more: JsonObject
) -> None:
    assert [item.kind for item in read(tmp_path, with_strength(**more)).objects] == [
        "ConditionalAccessPolicy"
    ]


def test_a_strength_that_was_exported_itself_goes_before(tmp_path: Path) -> None:
    own: JsonObject = {"id": ID, "displayName": "S", "allowedCombinations": ["fido2", "sms"]}

    found = read(tmp_path, [with_strength(), own])

    assert [item.object for item in found.objects if item.kind == "AuthenticationStrength"] == [own]
    assert found.findings == ()


@pytest.mark.parametrize(
    "wrapped",
    [
        {"PolicyConfig": POLICY, "ExportDate": "2026-01-28"},
        {"JSON": json.dumps(POLICY), "name": "template"},
        {"responses": [{"id": "1", "status": 200, "body": {"value": [POLICY]}}]},
    ],
)
def test_what_a_tool_put_around_an_object_is_taken_off(tmp_path: Path, wrapped: JsonObject) -> None:
    (policy,) = read(tmp_path, wrapped).objects

    assert policy.object == POLICY


@pytest.mark.parametrize("inside", ["{ no JSON", {"displayName": "x", "id": "c1"}, [1, None]])
def test_what_holds_nothing_of_ours_is_named_as_it_is(tmp_path: Path, inside: Json) -> None:
    found = read(tmp_path, {"name": "x", "content": inside})

    assert found.objects == ()
    assert [finding.rule for finding in found.findings] == ["export-not-a-kind"]
