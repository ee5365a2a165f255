"""The built-in roles are listed twice, by us and by the sandbox, which imports nothing of ours."""

from __future__ import annotations

import pytest

from tapctl.kinds._roles import ROLES
from tapctl.reference import GUID
from tapctl.sandbox.roles import TEMPLATES


def test_both_lists_give_an_id_the_same_name() -> None:
    names = {key: name for name, key in ROLES.items()}

    assert {key: names.get(key) for key in TEMPLATES} == dict(TEMPLATES)


def test_no_id_stands_for_two_roles() -> None:
    assert len(set(ROLES.values())) == len(ROLES)
    assert all(GUID.fullmatch(key) for key in ROLES.values())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        # Names that were mixed up here once, as Microsoft's page has them
        ("Organizational Branding Administrator", "92ed04bf-c94a-4b82-9729-b799a7a4c178"),
        ("Organizational Messages Writer", "507f53e4-4e52-4077-abd3-d2e1558b6ea2"),
        ("Microsoft Hardware Warranty Administrator", "1501b917-7653-4ff9-a4b5-203eaf33784f"),
    ],
)
def test_these_roles_have_the_ids_of_the_page(name: str, key: str) -> None:
    assert (ROLES[name], TEMPLATES[key]) == (key, name)
