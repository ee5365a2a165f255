from __future__ import annotations

from collections.abc import Mapping

import pytest

from tapctl import schema
from tapctl.directory import Directory, build
from tapctl.model import Address, JsonObject
from tapctl.schema import Field

ONE, TWO = "20000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-000000000002"
USERS = schema.fields("ConditionalAccessPolicy").properties["conditions"].properties["users"]
GROUPS = schema.fields("Group")


def items(name: str, parent: Field = USERS) -> Field:
    field = parent.properties[name].items
    assert field is not None
    return field


def groups(*named: tuple[str, str], pins: Mapping[Address, str] | None = None) -> Directory:
    entries: list[JsonObject] = [{"id": object_id, "displayName": name} for name, object_id in named]
    return build({"Group": entries}, pins or {}, {})


def test_a_name_becomes_its_id_and_back() -> None:
    directory = groups(("Pilots", ONE.upper()))

    assert directory.as_id(items("includeGroups"), "Pilots") == ONE
    assert directory.as_name(items("includeGroups"), ONE.upper()) == "Pilots"
    assert directory.as_name(items("includeGroups"), "Pilots") == "Pilots"


def test_a_name_of_blanks_names_nothing() -> None:
    directory = groups((" ", ONE))

    assert directory.all_ids(Address("Group", " ")) == ()
    assert directory.of_graph(items("includeGroups"), ONE) == f"id:{ONE}"


def test_two_objects_of_one_name_stay_ids() -> None:
    directory = groups(("Pilots", ONE), ("Pilots", TWO))

    assert directory.id_of(Address("Group", "Pilots")) is None
    assert directory.all_ids(Address("Group", "Pilots")) == (ONE, TWO)
    assert directory.as_name(items("includeGroups"), ONE) == f"id:{ONE}"
    assert directory.as_name(items("includeGroups"), "Pilots") == "Pilots"


def test_a_pin_decides_which_namesake_is_meant() -> None:
    directory = groups(("Pilots", ONE), ("Pilots", TWO), pins={Address("Group", "Pilots"): TWO.upper()})

    assert directory.as_id(items("includeGroups"), "Pilots") == TWO
    assert directory.as_name(items("includeGroups"), TWO) == "Pilots"
    assert directory.as_name(items("includeGroups"), ONE) == f"id:{ONE}"
    assert directory.pinned == {Address("Group", "Pilots")}


def test_group_names_keep_their_letter_case() -> None:
    directory = groups(("Pilots", ONE), ("pilots", TWO))

    assert directory.as_id(items("includeGroups"), "pilots") == TWO


def test_user_names_have_no_letter_case() -> None:
    entries: list[JsonObject] = [{"id": ONE, "userPrincipalName": "Adele@Contoso.com"}]
    directory = build({"User": entries}, {}, {})

    assert directory.as_id(items("excludeUsers"), "ADELE@contoso.com") == ONE
    assert directory.as_name(items("excludeUsers"), "adele@contoso.COM") == "Adele@Contoso.com"


def test_a_pinned_user_is_found_in_any_letter_case() -> None:
    directory = build({}, {Address("User", "Admin@contoso.com"): ONE}, {})

    assert directory.as_id(items("excludeUsers"), "admin@contoso.com") == ONE


def test_words_and_unknown_names_pass() -> None:
    directory = groups()

    assert directory.as_name(items("includeUsers"), "all") == "All"
    assert directory.as_id(items("includeUsers"), "All") == "All"
    assert directory.as_name(items("includeGroups"), "Nobody") == "Nobody"
    assert directory.as_name(items("includeGroups"), ONE) == f"id:{ONE}"
    assert directory.as_id(items("includeGroups"), f"id:{ONE}") == ONE


def test_a_name_without_an_id_says_so() -> None:
    with pytest.raises(KeyError) as raised:
        groups().as_id(items("includeGroups"), "Nobody")

    assert raised.value.args == (Address("Group", "Nobody"),)


def test_a_group_named_like_a_word_is_prefixed() -> None:
    directory = groups(("all_users", ONE))
    target = items("includeTargets", schema.fields("TemporaryAccessPassPolicy")).properties["id"]

    assert directory.as_name(target, ONE) == "name:all_users"
    assert directory.as_name(target, "all_users") == "all_users"
    assert directory.as_id(target, "name:all_users") == ONE


def test_members_are_users_or_groups() -> None:
    entries: Mapping[str, list[JsonObject]] = {
        "User": [{"id": ONE, "userPrincipalName": "adele@contoso.com"}],
        "Group": [{"id": TWO, "displayName": "adele@contoso.com"}],
    }
    directory = build(entries, {}, {})

    assert directory.as_name(items("members", GROUPS), ONE) == "adele@contoso.com"
    assert directory.as_name(items("members", GROUPS), TWO) == "Group/adele@contoso.com"
    assert directory.as_id(items("members", GROUPS), "Group/adele@contoso.com") == TWO


def test_well_known_names_need_no_look_up() -> None:
    conditions = schema.fields("ConditionalAccessPolicy").properties["conditions"]
    applications = items("includeApplications", conditions.properties["applications"])
    exchange = "00000002-0000-0ff1-ce00-000000000000"

    assert build({}, {}, {}).as_id(applications, "Office 365 Exchange Online") == exchange
    assert build({}, {}, {}).as_name(applications, exchange) == "Office 365 Exchange Online"


def test_both_names_of_a_built_in_strength_are_one() -> None:
    grant = schema.fields("ConditionalAccessPolicy").properties["grantControls"]
    strength = grant.properties["authenticationStrength"].properties["id"]
    directory = build({}, {}, {})

    names = {directory.as_name(strength, f"Phishing{dash}resistant MFA") for dash in "- "}

    assert names == {"Phishing-resistant MFA"}


def test_a_built_in_strength_that_was_read_is_still_one() -> None:
    read: JsonObject = {"id": "00000000-0000-0000-0000-000000000003", "displayName": "Passwordless MFA"}
    directory = build({"AuthenticationStrength": [read]}, {}, {})

    assert directory.all_ids(Address("AuthenticationStrength", "Passwordless MFA")) == (read["id"],)


def test_a_renamed_object_has_the_documents_name() -> None:
    entries: list[JsonObject] = [{"id": ONE, "displayName": "Old"}]
    directory = build({"Group": entries}, {}, {("Group", ONE): "New"})

    assert directory.as_name(items("includeGroups"), ONE) == "New"
    assert directory.id_of(Address("Group", "Old")) is None


def test_a_context_goes_by_its_id_wherever_it_is() -> None:
    applications = (
        schema.fields("ConditionalAccessPolicy").properties["conditions"].properties["applications"]
    )

    assert groups().as_id(items("includeAuthenticationContextClassReferences", applications), "c7") == "c7"


def test_a_created_object_joins() -> None:
    directory = groups().with_id(Address("Group", "New"), ONE)

    assert directory.as_id(items("includeGroups"), "New") == ONE
    assert directory.as_name(items("includeGroups"), ONE) == "New"


def test_nameless_entries_are_left_out() -> None:
    entries: list[JsonObject] = [{"id": ONE, "displayName": None}, {"displayName": "No id"}]

    assert build({"Group": entries}, {}, {}).as_name(items("includeGroups"), ONE) == f"id:{ONE}"


def test_what_graph_answers_is_never_read_as_a_name() -> None:
    known, field = groups(("Staff", ONE)), items("includeGroups")

    assert known.of_graph(field, ONE.upper()) == "Staff"
    assert known.of_graph(field, "Staff") == "id:Staff"
    assert known.of_graph(field, " Newer ") == "id:Newer"
    assert known.of_graph(items("includeUsers"), "all") == "All"


def test_a_name_in_an_export_is_marked_as_one() -> None:
    known, field = groups(("Staff", ONE)), items("includeGroups")

    assert known.of_graph(field, "name:Staff") == "Staff"
    assert known.of_graph(field, "name:Elsewhere") == "Elsewhere"
    assert known.of_graph(items("includeUsers"), "name:All") == "name:All"


GLOBAL = "62e90394-69f5-4237-9190-012177145e10"


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        (None, "Global Administrator"),  # nobody was asked, or the tenant does not list it
        ({"id": GLOBAL, "displayName": "Company Administrator"}, "Company Administrator"),
        ({"id": ONE, "displayName": "Global Administrator"}, f"id:{GLOBAL}"),
    ],
)
def test_a_built_in_role_has_its_name_where_the_tenant_does_not_say_another(
    said: JsonObject | None, canonical: str
) -> None:
    directory = build({"Role": [said] if said else []}, {}, {})

    assert directory.as_name(items("includeRoles"), GLOBAL) == canonical
    assert directory.as_id(items("includeRoles"), canonical) == GLOBAL


def test_a_role_is_found_by_the_name_that_the_tenant_does_not_use_for_it() -> None:
    directory = build({"Role": [{"id": GLOBAL, "displayName": "Company Administrator"}]}, {}, {})

    assert directory.as_name(items("includeRoles"), "Global Administrator") == "Company Administrator"
