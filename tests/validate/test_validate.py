from __future__ import annotations

import pytest

from tapctl.canonical import with_values
from tapctl.model import Address, Finding, Json, JsonObject, Path, Place, Resource, Source, dotted
from tapctl.validate import validate

PASS: JsonObject = {"state": "enabled", "isUsableOnce": True, "includeTargets": ["New hires"]}
POLICY: JsonObject = {
    "state": "disabled",
    "conditions": {
        "users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
    },
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
}


class Lines:
    """Every node of a document on a line of its own, in the order of reading."""

    def __init__(self) -> None:
        self.places: dict[Path, Place] = {}

    def add(self, value: Json, path: Path) -> None:
        self.places[path] = Place("a.yaml", len(self.places) + 1, 1)
        entries = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, item in entries:
            self.add(item, (*path, key))


def findings(
    kind: str, spec: JsonObject, newer: tuple[str, ...] = (), *, absent: bool = False
) -> list[Finding]:
    lines = Lines()
    lines.add({"name": "x", "newer": list(newer), "spec": spec}, ())
    resource = Resource(
        address=Address(kind, "x"),
        spec=spec,
        source=Source(places=lines.places),
        newer=frozenset(newer),
        ensure="absent" if absent else "present",
    )
    found = list(validate([resource])[1])
    for finding in found:
        assert finding.address == resource.address
        assert finding.help
    return found


def about_pass(path: str, value: Json) -> Finding:
    (finding,) = findings("TemporaryAccessPassPolicy", with_values(PASS, {tuple(path.split(".")): value}))
    return finding


def test_a_second_restriction_of_a_combination_is_told_at_its_line() -> None:
    twin: JsonObject = {
        "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "appliesToCombinations": ["fido2"],
    }
    keys = ("de1e552d-db1d-4423-a619-566b625cdc84", "90a3ccdf-635c-4729-a248-9b709135078f")
    twins: list[Json] = [{**twin, "allowedAAGUIDs": [key]} for key in keys]
    spec: JsonObject = {"combinationConfigurations": twins, "allowedCombinations": ["fido2"]}

    (finding,) = findings("AuthenticationStrength", spec)

    assert (finding.rule, finding.place) == ("combination-restricted-twice", Place("a.yaml", 12, 1))


def about_policy(path: str, value: Json) -> Finding:
    (finding,) = findings("ConditionalAccessPolicy", with_values(POLICY, {tuple(path.split(".")): value}))
    return finding


def test_what_is_right_has_no_findings() -> None:
    assert findings("TemporaryAccessPassPolicy", PASS) == []
    assert findings("ConditionalAccessPolicy", POLICY) == []


def test_a_misspelt_property_gets_the_nearest_name() -> None:
    finding = about_pass("isUsableOnze", True)

    assert (finding.rule, finding.severity) == ("unknown-property", "error")
    assert finding.message == "'isUsableOnze' is no property of TemporaryAccessPassPolicy"
    assert finding.help == "Did you mean isUsableOnce?"


def test_a_misplaced_property_is_told_where_it_belongs() -> None:
    finding = about_policy("conditions.includeGroups", ["Pilots"])

    assert finding.message == "'includeGroups' is no property of conditions"
    assert finding.help == "It belongs at conditions.users.includeGroups."


def test_a_strange_property_gets_the_known_ones() -> None:
    finding = about_policy("conditions.users.zzz", True)

    assert finding.help.startswith("Known here: includeUsers, excludeUsers")
    assert "newer:" in finding.help


def test_a_strange_property_in_a_list_is_found_too() -> None:
    finding = about_pass("includeTargets", [{"id": "New hires", "targetTyp": "group"}])

    assert finding.message == "'targetTyp' is no property of includeTargets[0]"
    assert finding.help == "Did you mean targetType?"


def test_a_number_out_of_range_is_told_the_range_and_unit() -> None:
    finding = about_pass("defaultLifetimeInMinutes", "5m")

    assert (finding.rule, finding.help) == ("out-of-range", "It must be from 10 to 43200 minutes.")
    assert finding.message == "defaultLifetimeInMinutes is 5, outside its range"


def test_a_misspelt_member_gets_the_nearest_one() -> None:
    finding = about_policy("grantControls.builtInControls", ["compliantDevise"])

    assert finding.rule == "unknown-value"
    assert finding.message == "grantControls.builtInControls[0] has no value 'compliantDevise'"
    assert finding.help.startswith("Did you mean compliantDevice? Known: ")


def test_a_strange_member_gets_the_known_ones() -> None:
    assert about_pass("state", "zzz").help == "Known: enabled, disabled."


def test_a_missing_property_says_why_and_how() -> None:
    (finding,) = findings("TemporaryAccessPassPolicy", {"state": "enabled", "includeTargets": []})

    assert finding.message == "isUsableOnce is required of a TemporaryAccessPassPolicy"
    assert finding.help.endswith("Example: isUsableOnce: True")


def test_a_wrong_type_quotes_the_value() -> None:
    finding = about_pass("isUsableOnce", "yes")

    assert (finding.rule, finding.message) == (
        "wrong-type",
        "isUsableOnce is 'yes', but must be true or false",
    )


def test_a_wrong_format_gives_an_example() -> None:
    finding = about_policy("conditions.applications.includeAuthenticationContextClassReferences", ["c100"])

    assert finding.rule == "wrong-format"
    assert "'c100'" in finding.message
    assert finding.help.endswith("Example: c1")


def test_an_empty_list_is_told_how_many() -> None:
    finding = about_policy("conditions.clientAppTypes", [])

    assert finding.message == "conditions.clientAppTypes has 0 entries"
    assert finding.help == "It must have at least 1."


def test_a_long_text_is_told_how_long() -> None:
    (finding,) = findings("Group", {"description": "x" * 1025})

    assert (finding.message, finding.help) == (
        "description has 1025 characters",
        "It must have at most 1024.",
    )


def test_a_long_value_is_shortened() -> None:
    assert len(about_pass("state", "x" * 500).message) < 120


def test_a_repetition_is_a_warning() -> None:
    finding = about_policy("grantControls.builtInControls", ["mfa", "MFA"])

    assert (finding.rule, finding.severity) == ("listed-twice", "warning")


def test_newer_properties_are_warnings() -> None:
    spec = with_values(
        POLICY, {("conditions", "agents"): "all", ("grantControls", "builtInControls"): ["verifiedID"]}
    )
    newer = ("conditions.agents", "grantControls.builtInControls[0]")

    found = findings("ConditionalAccessPolicy", spec, newer)

    assert {(item.rule, item.severity) for item in found} == {
        ("unknown-property", "warning"),
        ("unknown-value", "warning"),
    }
    assert {item.help for item in found} == {
        "It is listed under newer: and goes to Graph unchanged, unchecked."
    }


@pytest.mark.parametrize(
    ("path", "asks"), [("sessionControls.evaluation", True), ("conditions.agents", False)]
)
def test_a_newer_control_is_something_to_ask_for(path: str, asks: bool) -> None:
    spec = with_values({**POLICY, "grantControls": None}, {tuple(path.split(".")): {"mode": "strict"}})

    found = {item.rule for item in findings("ConditionalAccessPolicy", spec, (path,))}

    assert ("policy-without-controls" not in found) == asks


@pytest.mark.parametrize(
    ("spec", "path", "rule"),
    [
        ({**PASS, "defaultLength": 5}, "defaultLength", "out-of-range"),
        ({key: value for key, value in PASS.items() if key != "state"}, "state", "missing-property"),
        ({**PASS, "minimumLifetimeInMinutes": 100}, "minimumLifetimeInMinutes", "lifetimes-out-of-order"),
    ],
)
def test_newer_excuses_what_it_lists_and_nothing_else(spec: JsonObject, path: str, rule: str) -> None:
    (listed,) = findings("TemporaryAccessPassPolicy", spec, (path,))
    (free,) = findings("TemporaryAccessPassPolicy", spec)

    assert (listed.rule, listed.severity, free.severity) == (rule, "warning", "error")


def test_a_newer_path_that_names_nothing_is_stale() -> None:
    (finding,) = findings("TemporaryAccessPassPolicy", PASS, ("conditions.agents",))

    assert (finding.rule, finding.severity) == ("newer-names-nothing", "warning")
    assert "'conditions.agents'" in finding.message
    assert finding.place == Place("a.yaml", 3, 1)


def test_what_the_service_sets_is_a_warning() -> None:
    (finding,) = findings("ConditionalAccessPolicy", {**POLICY, "id": "x", "displayName": "y"})

    assert (finding.rule, finding.severity) == ("service-owned", "warning")
    assert finding.message == "id: set by the service, and ignored here"


def test_every_mistake_is_found_at_its_place() -> None:
    spec: JsonObject = {
        "state": "on",
        "defaultLength": 5,
        "isUsableOnce": "no",
        "includeTargets": [],
        "zzz": 1,
    }

    found = findings("TemporaryAccessPassPolicy", spec)

    assert {item.rule: item.place and item.place.line for item in found} == {
        "unknown-value": 5,
        "out-of-range": 6,
        "wrong-type": 7,
        "unknown-property": 9,
    }


def test_mistakes_across_fields_are_told_with_those_in_fields() -> None:
    spec = {**PASS, "minimumLifetimeInMinutes": "8h", "zzz": 1}

    told = [finding.rule for finding in findings("TemporaryAccessPassPolicy", spec)]

    assert told == ["unknown-property", "lifetimes-out-of-order"]


def test_what_is_to_be_absent_needs_no_spec() -> None:
    assert findings("NamedLocation", {}, absent=True) == []


def test_paths_read_like_code() -> None:
    assert dotted(("conditions", "users", "includeGroups", 0)) == "conditions.users.includeGroups[0]"
    assert dotted(()) == ""


def test_a_singleton_cannot_be_absent() -> None:
    (finding,) = findings("TemporaryAccessPassPolicy", {}, absent=True)

    assert finding.rule == "cannot-be-absent"
    assert "state: disabled" in finding.help


def test_a_list_left_blank_is_neither_empty_nor_left_as_is() -> None:
    (finding,) = findings("Group", {"members": None})

    assert (finding.rule, finding.help.split(" if ")[0]) == ("blank-list", "Write `members: []`")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("10.0.0.0/99", "is no range"),
        ("abc", "is no range"),
        ("2001:db8::zz/32", "is no range"),
        ("192.0.2.1", "has no prefix length"),
        ("0.0.0.0/0", "is too wide"),
    ],
)
def test_a_range_that_graph_would_refuse_is_told(address: str, said: str) -> None:
    (finding,) = findings("NamedLocation", {"ipRanges": ["192.0.2.0/24", address]})

    assert finding.rule == "wrong-range"
    assert finding.message.startswith(f"ipRanges[1] {address!r} {said}")


@pytest.mark.parametrize(
    ("frequency", "severity"),
    [
        ({"value": 0, "type": "hours"}, "error"),
        ({"type": "days"}, "error"),
        ({"value": 4}, "error"),
        ({"value": 24, "type": "hours"}, "warning"),
    ],
)
def test_a_frequency_that_is_no_time_is_told(frequency: JsonObject, severity: str) -> None:
    session: JsonObject = {"signInFrequency": {"isEnabled": True, **frequency}}

    (finding,) = findings("ConditionalAccessPolicy", {**POLICY, "sessionControls": session})

    assert (finding.rule, finding.severity) == ("sign-in-frequency", severity)


@pytest.mark.parametrize("other", ["ca-01 guard ", "CA-01 Guard.", "CA-01 \uff27uard"])
def test_a_name_that_people_take_for_another_is_warned_of(other: str) -> None:
    declared = [
        Resource(address=Address("Group", name), spec={}, source=Source(places={}))
        for name in ("CA-01 Guard", other, "CA-02 Guard")
    ]

    (found,) = validate(declared)[1]

    assert (found.rule, found.severity) == ("names-alike", "warning")
    assert found.address == Address("Group", other)


def test_a_renamed_object_may_be_removed_under_its_old_spelling() -> None:
    old = Resource(address=Address("Group", "guard"), spec={}, source=Source(places={}), ensure="absent")
    new = Resource(address=Address("Group", "Guard"), spec={}, source=Source(places={}))

    assert validate([old, new])[1] == ()
