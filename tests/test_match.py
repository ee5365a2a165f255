from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from tapctl.match import Matched, Pair, match
from tapctl.model import (
    Address,
    Environment,
    JsonObject,
    Path,
    Place,
    Resource,
    Settings,
    Snapshot,
    Source,
    Workspace,
)
from tapctl.validate import validate

ONE, TWO = "50000000-0000-4000-8000-000000000001", "50000000-0000-4000-8000-000000000002"
NOTHING = "50000000-0000-4000-8000-000000000009"
NOWHERE = Source(places={})
SPEC: JsonObject = {"countriesAndRegions": ["SE"]}


def location(name: str, object_id: str = ONE, **more: str) -> JsonObject:
    base: JsonObject = {"id": object_id, "displayName": name, "countriesAndRegions": ["SE"]}
    return {"@odata.type": "#microsoft.graph.countryNamedLocation", **base, **more}


def document(name: str, *, was: Sequence[str] = (), newer: Iterable[str] = (), **more: str) -> Resource:
    return Resource(
        address=Address("NamedLocation", name),
        spec={**SPEC, **more},
        source=NOWHERE,
        former_names=tuple(was),
        newer=frozenset(newer),
    )


def matched(
    documents: Sequence[Resource],
    objects: Sequence[JsonObject],
    *,
    kind: str = "NamedLocation",
    pins: Mapping[Address, str] | None = None,
    ownership: Sequence[str] = (),
    elsewhere: Iterable[Address] = (),
    unread: Mapping[str, str] | None = None,
) -> Matched:
    pinned_at: dict[Path, Place] = {("pins", str(pin)): Place("production.yaml", 3, 3) for pin in pins or {}}
    workspace = Workspace(
        root="",
        settings=Settings(ownership={kind: tuple(ownership)}),
        environment=Environment(name="production", pins=pins or {}, source=Source(places=pinned_at)),
        resources=tuple(documents),
        findings=(),
        elsewhere=frozenset(elsewhere),
    )
    snapshot = Snapshot(
        environment="production",
        tenant_id="",
        is_sandbox=False,
        objects={kind: tuple(objects)},
        entries={kind: tuple(objects)},
        unread=unread or {},
    )
    return match(workspace, validate(documents)[0], snapshot)


def only(found: Matched) -> Pair:
    (pair,) = found.pairs
    return pair


def test_a_document_means_the_object_of_its_name() -> None:
    pair = only(matched([document("Nordics")], [location("Nordics")]))

    assert (pair.id, pair.former_name, pair.before == pair.after) == (ONE, None, True)


def test_letter_case_makes_another_name() -> None:
    found = matched([document("Nordics")], [location("nordics")])

    assert [(pair.address.name, pair.id) for pair in found.pairs] == [("Nordics", None), ("nordics", ONE)]


def test_a_former_name_is_recognised() -> None:
    pair = only(matched([document("Nordics", was=["North"])], [location("North")]))

    assert (pair.id, pair.former_name) == (ONE, "North")


def test_a_name_and_its_former_name_are_ambiguous() -> None:
    found = matched([document("Nordics", was=["North"])], [location("Nordics"), location("North", TWO)])

    (finding,) = found.findings
    assert finding.rule == "several-in-tenant"
    assert ONE in finding.message
    assert TWO in finding.message
    assert "NamedLocation/Nordics" in finding.help


@pytest.mark.parametrize("pins", [{}, {Address("NamedLocation", "Nordics"): NOTHING}])
def test_what_ownership_makes_of_the_other_twin_is_said_before_a_pin_is_written(
    pins: Mapping[Address, str],
) -> None:
    twins = [location("Nordics"), location("Nordics", TWO)]

    (owned,) = matched([document("Nordics")], twins, pins=pins, ownership=["Nor*"]).findings
    (free,) = matched([document("Nordics")], twins, pins=pins, ownership=["Other*"]).findings

    assert "the next apply deletes" in owned.help
    assert "deletes" not in free.help


PINNED = {Address("NamedLocation", "Twin"): ONE}


@pytest.mark.parametrize(
    "documents",
    [
        [document("Twin", displayName="Nordics"), document("Nordics")],
        [document("Twin", was=["Nordics"]), document("Nordics")],
        [replace(document("Twin"), ensure="absent", spec={"displayName": "Nordics"}), document("Nordics")],
    ],
)
def test_an_object_that_two_documents_mean_is_an_error_at_both(documents: list[Resource]) -> None:
    pinned, former = matched(documents, [location("Nordics")], pins=PINNED).findings

    assert {pinned.rule, former.rule} == {"claimed-twice"}
    assert {str(pinned.address), str(former.address)} == {"NamedLocation/Twin", "NamedLocation/Nordics"}
    assert f"means the object {ONE}, and so does NamedLocation/" in pinned.message


def test_a_name_and_the_former_name_of_another_document_are_claimed_twice() -> None:
    documents = [document("Nordics"), document("North", was=["Nordics"])]

    found = matched(documents, [location("Nordics")])

    assert [finding.rule for finding in found.findings] == ["claimed-twice", "claimed-twice"]


def test_namesakes_of_which_each_has_its_document_are_no_mistake() -> None:
    documents = [document("Nordics"), document("Twin", displayName="Nordics")]
    pins = {Address("NamedLocation", "Nordics"): TWO, **PINNED}

    found = matched(documents, [location("Nordics"), location("Nordics", TWO)], pins=pins)

    assert found.findings == ()


def test_a_pin_decides_between_namesakes() -> None:
    pins = {Address("NamedLocation", "Nordics"): TWO.upper()}

    found = matched([document("Nordics")], [location("Nordics"), location("Nordics", TWO)], pins=pins)

    assert found.findings == ()
    assert {(pair.id, pair.desired is None) for pair in found.pairs} == {(ONE, True), (TWO, False)}


@pytest.mark.parametrize(
    ("unread", "rule"), [({}, "pin-to-nothing"), ({"deleted items of NamedLocation": "403"}, "pin-mismatch")]
)
def test_what_may_be_among_the_deleted_items_is_not_made_anew(unread: dict[str, str], rule: str) -> None:
    pins = {Address("NamedLocation", "Nordics"): ONE}

    (finding,) = matched([document("Nordics")], [], pins=pins, unread=unread).findings

    assert finding.rule == rule


def test_why_deleted_items_cannot_be_read_is_said_in_a_line_and_its_advice_is_the_help() -> None:
    pins = {Address("NamedLocation", "Nordics"): ONE}
    unread = {"deleted items of NamedLocation": "GET x: 403\n  Grant Policy.Read.All."}

    (finding,) = matched([document("Nordics")], [], pins=pins, unread=unread).findings

    assert finding.message.endswith("cannot be read: GET x: 403")
    assert finding.help.startswith("Grant Policy.Read.All. Look the object up")


def absent(name: str, **spec: str) -> Resource:
    return replace(document(name), ensure="absent", spec={**spec})


def test_what_is_to_go_and_is_gone_needs_its_pin_no_more() -> None:
    pins = {Address("NamedLocation", "Nordics"): ONE}

    (finding,) = matched([absent("Nordics")], [location("Other", TWO)], pins=pins).findings

    assert (finding.rule, finding.severity) == ("pin-to-nothing", "warning")
    assert "nothing is left to delete" in finding.message


def test_a_namesake_of_what_is_to_go_is_not_passed_over() -> None:
    pins = {Address("NamedLocation", "Nordics"): ONE}

    (finding,) = matched([absent("Nordics")], [location("Nordics", TWO)], pins=pins).findings

    assert (finding.rule, TWO in finding.message) == ("pin-mismatch", True)


def test_a_twin_that_is_to_go_is_told_how_to_say_so() -> None:
    pins = {Address("NamedLocation", "Nordics (2)"): TWO}
    twins = [location("Nordics"), location("Nordics", TWO)]

    (finding,) = matched([absent("Nordics (2)")], twins, pins=pins).findings
    said = matched([absent("Nordics (2)", displayName="Nordics")], twins, pins=pins)

    assert 'write `spec: {displayName: "Nordics"}` in its document' in finding.help
    assert (said.findings, {(pair.id, pair.after) for pair in said.pairs}) == ((), {(TWO, None), (ONE, None)})


def test_a_pin_on_another_name_is_an_error_at_the_pin() -> None:
    pins = {Address("NamedLocation", "Nordics"): ONE}

    (finding,) = matched([document("Nordics")], [location("Decoy")], pins=pins).findings

    assert (finding.rule, finding.place) == ("pin-mismatch", Place("production.yaml", 3, 3))
    assert "which the tenant calls 'Decoy'" in finding.message


def test_a_pin_on_nothing_is_an_error() -> None:
    pins = {Address("NamedLocation", "Nordics"): TWO}

    (finding,) = matched([document("Nordics")], [location("Nordics")], pins=pins).findings

    assert "which the tenant does not have" in finding.message


def test_what_a_document_made_is_taken_for_it_unless_there_is_more_of_it() -> None:
    pins = {Address("NamedLocation", "Nordics"): ONE}
    one, other = location("Nordics", TWO), location("Nordics", "50000000-0000-4000-8000-000000000003")

    (taken,) = matched([document("Nordics")], [one], pins=pins).findings
    (asked,) = matched([document("Nordics")], [one, other], pins=pins).findings

    assert (taken.rule, taken.severity, TWO in taken.message) == ("pin-to-nothing", "warning", True)
    assert (asked.rule, asked.severity) == ("pin-mismatch", "error")


def test_what_one_document_made_is_no_namesake_of_another() -> None:
    one, other = Address("NamedLocation", "Nordics"), Address("NamedLocation", "Nordics (2)")
    pins = {one: ONE, other: NOTHING}
    second = replace(document("Nordics (2)"), spec={"displayName": "Nordics", "countriesAndRegions": ["NO"]})

    found = matched([document("Nordics"), second], [location("Nordics", TWO)], pins=pins)

    assert {(item.rule, item.severity) for item in found.findings} == {("pin-to-nothing", "warning")}


def test_what_is_built_in_is_nobodys_namesake() -> None:
    address = Address("AuthenticationStrength", "Passwordless MFA (2)")
    spec: JsonObject = {"displayName": "Passwordless MFA", "allowedCombinations": ["fido2"]}
    strength = replace(document("x"), address=address, spec=spec)
    built_in: JsonObject = {"id": TWO, "policyType": "builtIn", **spec}

    (finding,) = matched([strength], [built_in], kind="AuthenticationStrength", pins={address: ONE}).findings

    assert (finding.rule, finding.severity, TWO in finding.message) == ("pin-to-nothing", "warning", False)


def test_a_group_of_the_name_is_never_taken_for_what_was_pinned() -> None:
    pins = {Address("Group", "Pilots"): ONE}
    group = replace(document("Pilots"), address=Address("Group", "Pilots"), spec={})
    held: JsonObject = {"id": TWO, "displayName": "Pilots", "securityEnabled": True, "mailEnabled": False}

    found = matched([group], [held], kind="Group", pins=pins)

    assert {(item.rule, item.severity) for item in found.findings} == {("pin-mismatch", "error")}


def test_a_pinned_object_may_go_by_a_former_name() -> None:
    pins = {Address("NamedLocation", "Nordics"): ONE}

    found = matched([document("Nordics", was=["North"])], [location("North")], pins=pins)

    assert found.findings == ()
    assert only(found).former_name == "North"


def test_pins_of_kinds_that_were_not_read_are_not_judged() -> None:
    assert matched([], [], pins={Address("User", "a@b.c"): ONE, Address("Nothing", "x"): TWO}).findings == ()


def test_a_pinned_user_goes_by_any_letter_case() -> None:
    user: JsonObject = {"id": ONE, "userPrincipalName": "Admin@contoso.com"}

    found = matched([], [user], kind="User", pins={Address("User", "admin@contoso.com"): ONE})

    assert found.findings == ()


def test_undeclared_objects_are_owned_by_pattern_only() -> None:
    objects = [location("NH-1"), location("Other", TWO)]

    found = matched([document("Nordics")], objects, ownership=["NH-*"])

    assert [(pair.address.name, pair.is_owned) for pair in found.pairs if pair.desired is None] == [
        ("NH-1", True),
        ("Other", False),
    ]


def test_brackets_in_an_ownership_pattern_are_brackets() -> None:
    objects = [location("[NH] a"), location("N Head office", TWO)]

    found = matched([document("Nordics")], objects, ownership=["[NH] *"])

    assert {pair.address.name for pair in found.pairs if pair.is_owned} == {"[NH] a"}


@pytest.mark.parametrize(
    ("answered", "is_same"),
    [
        ({"ids": ["b", "a"], "none": [], "more": {"x": None}}, True),
        ({"ids@odata.type": "#Collection(String)", "ids": ["a", "b"]}, True),
        ({"ids": ["a", "b"], "more": {"x": 1}}, False),
        ({"ids": ["a"]}, False),
    ],
)
def test_what_is_newer_is_compared_by_what_it_says(answered: JsonObject, is_same: bool) -> None:
    written: JsonObject = {"ids": ["a", "b"], "none": None}
    resource = replace(document("Nordics", newer=["agents"]), spec={**SPEC, "agents": written})

    pair = only(matched([resource], [{**location("Nordics"), "agents": answered}]))

    assert (pair.before == pair.after) is is_same
    assert (pair.after or {})["agents"] == written


def test_what_is_newer_and_says_nothing_may_be_left_out_of_an_answer() -> None:
    resource = replace(document("Nordics", newer=["times"]), spec={**SPEC, "times": {"dates": []}})

    pair = only(matched([resource], [location("Nordics")]))

    assert pair.before == pair.after


def test_an_object_without_a_name_is_not_called_none() -> None:
    nameless: JsonObject = {**location(""), "displayName": None}

    found = matched([document("None")], [nameless], ownership=["None", "N*"])

    assert [(pair.address.name, pair.id, pair.is_owned) for pair in found.pairs] == [
        ("", ONE, False),
        ("None", None, False),
    ]


def test_an_empty_folder_owns_nothing() -> None:
    assert not only(matched([], [location("NH-1")], ownership=["*"])).is_owned


def test_what_is_declared_elsewhere_is_not_owned_here() -> None:
    elsewhere = [Address("NamedLocation", "NH-1")]

    found = matched([document("Nordics")], [location("NH-1")], ownership=["*"], elsewhere=elsewhere)

    assert [pair.is_owned for pair in found.pairs] == [False, False]


def test_built_in_strengths_are_nobodys() -> None:
    built_in: JsonObject = {"id": ONE, "displayName": "Passwordless MFA", "policyType": "builtIn"}

    assert matched([], [built_in], kind="AuthenticationStrength").pairs == ()


def test_microsofts_policies_are_never_owned() -> None:
    theirs: JsonObject = {"id": ONE, "displayName": "Microsoft-managed: Block legacy authentication"}

    found = matched([document("Nordics")], [theirs], kind="ConditionalAccessPolicy", ownership=["*"])

    pair = next(pair for pair in found.pairs if pair.desired is None)
    assert (pair.managed_by, pair.is_owned) == ("Microsoft-managed", False)


def test_newer_values_are_compared_and_the_others_kept_apart() -> None:
    wanted = document("Nordics", newer=["shape"], shape="round")

    pair = only(matched([wanted], [location("Nordics", shape="square", colour="blue")]))

    assert ((pair.before or {})["shape"], (pair.after or {})["shape"]) == ("square", "round")
    assert pair.extra == {("colour",): "blue"}


def test_a_pair_is_found_by_its_address() -> None:
    found = matched([document("Nordics")], [])

    assert found.pair(Address("NamedLocation", "Nordics")) == only(found)
    assert found.pair(Address("NamedLocation", "Other")) is None
