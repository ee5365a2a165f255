from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapctl.kinds import kinds
from tapctl.model import Address
from tapctl.workspace.naming import file_names, folder_of, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NH-10 Security info: a pass", "nh-10-security-info-a-pass"),
        ("../../etc/passwd", "etc-passwd"),
        ("Zürich | Büro", "zürich-büro"),
        ("東京オフィス", "東京オフィス"),
        ("🔑", "unnamed"),
        ("", "unnamed"),
        ("CON", "x-con"),
        ("lpt1", "x-lpt1"),
        ("a_b", "a-b"),
    ],
)
def test_a_name_becomes_a_readable_file_name(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(names=st.lists(st.text(), max_size=8), taken=st.lists(st.text(), max_size=3))
def test_no_two_files_are_alike_on_any_file_system(names: list[str], taken: list[str]) -> None:
    occupied = [f"groups/{slug(name)}.yaml".upper() for name in taken]

    found = [name for _, name in file_names((Address("Group", name) for name in names), occupied)]

    alike = [unicodedata.normalize("NFC", name.casefold()) for name in [*found, *set(occupied)]]
    assert len(found) == len(names)
    assert len({*alike[: len(found)]} | {*alike[len(found) :]}) == len(found) + len({*alike[len(found) :]})
    assert all(len(name.encode()) < 120 and name.count("/") == 1 for name in found)


def test_a_name_taken_apart_by_the_file_system_is_taken() -> None:
    taken = unicodedata.normalize("NFD", "groups/büro.yaml")

    assert [name for _, name in file_names([Address("Group", "Büro")], [taken])] == ["groups/büro-2.yaml"]


def test_kinds_have_folders_that_read_as_words() -> None:
    folders = {folder_of(kind) for kind in kinds()}

    assert len(folders) == len(kinds())
    assert {"conditional-access-policies", "named-locations", "qr-code-pin-policies"} <= folders


def test_the_singletons_stand_together() -> None:
    (found,) = file_names([Address("QRCodePinPolicy", "QRCodePinPolicy")])

    assert found[1] == "authentication-methods/qr-code-pin-policy.yaml"
