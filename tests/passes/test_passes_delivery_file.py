from __future__ import annotations

import asyncio
import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]  # ships no types
import pytest
from delivery_tools import CODE, MADE, MIA, hand_over
from full_disk import small_files

from tapctl.errors import NotDelivered
from tapctl.passes.delivery import Written, as_json, passcode_only
from tapctl.passes.delivery.file import EncryptedFiles, file_name, keys_in, keys_of
from tapctl.passes.delivery.proof import digest
from tapctl.passes.handout import Handout, Setting, as_html, as_text, handout
from tapctl.passes.secret import Secret
from tapctl.text.times import Zones

IDENTITY: Any = pyrage.x25519.Identity.generate()
AGE = str(IDENTITY.to_public())
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPpjQbeG/zpyBOdLPAOi/uoNgRV9/3JEYVyzYb5xTqsF somebody"


def files(path: Path, *, is_folder: bool = False) -> EncryptedFiles:
    return EncryptedFiles(path, keys_of([AGE]), passcode_only, is_folder=is_folder)


def size_of_part(folder: Path) -> int:
    (part,) = folder.iterdir()
    return part.stat().st_size


def page(write: Callable[[Handout], str]) -> Written:
    return lambda made, secret: write(handout(made, Zones(), Setting(), secret))


def opened(path: Path) -> str:
    return bytes(pyrage.decrypt(path.read_bytes(), [IDENTITY])).decode()


def test_a_file_is_for_its_recipients_only(tmp_path: Path) -> None:
    path = tmp_path / "mia.age"

    assert hand_over(files(path)) == str(path)
    assert opened(path) == CODE + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    assert CODE.encode() not in path.read_bytes()


def test_a_folder_holds_one_file_a_person_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "passes"

    hand_over(files(folder, is_folder=True))

    assert [path.name for path in folder.iterdir()] == ["mia@x.example.age"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_json_says_everything_about_the_pass(tmp_path: Path) -> None:
    path = tmp_path / "mia.age"

    hand_over(EncryptedFiles(path, keys_of([AGE]), as_json, is_folder=False))

    assert json.loads(opened(path)) == {
        "user": "mia@x.example",
        "userId": MIA.id,
        "passcode": CODE,
        "start": "2026-09-01T07:00:00+00:00",
        "end": "2026-09-01T08:00:00+00:00",
        "oneTime": True,
    }


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "mia.age"
    path.write_text("somebody's")

    assert "is not written over" in files(path).objection(MIA)
    with pytest.raises(NotDelivered, match="is not written over"):
        hand_over(files(path))
    assert path.read_text() == "somebody's"


def test_a_file_whose_digest_is_void_is_replaced_and_no_other(tmp_path: Path) -> None:
    mine, foreign = tmp_path / "mine", tmp_path / "foreign"
    hand_over(files(mine))
    void = digest(str(mine))
    foreign.write_text("somebody's")

    hand_over(files(mine), code="another", void=void)

    assert opened(mine) == "another\n"
    for path in (mine, foreign):
        with pytest.raises(NotDelivered, match="is not written over: take it away"):
            hand_over(files(path), void=void)


def test_only_a_file_of_its_own_that_can_be_read_has_a_digest(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "file").write_text("x")

    assert len(digest(str(tmp_path / "file"))) == 64
    assert [digest(str(tmp_path / name)) for name in ("link", "none", "a.exit", "")] == [""] * 4
    assert digest("/proc/self/mem") == ""


@pytest.mark.parametrize(("path", "is_folder"), [("nowhere/mia.age", False), ("a-file/passes", True)])
def test_a_place_that_cannot_hold_files_is_found_before(tmp_path: Path, path: str, is_folder: bool) -> None:
    (tmp_path / "a-file").write_text("")

    with pytest.raises(NotDelivered, match="cannot hold the passcodes"):
        files(tmp_path / path, is_folder=is_folder).prove()


def test_the_proof_leaves_nothing_behind(tmp_path: Path) -> None:
    files(tmp_path / "mia.age").prove()

    assert not [*tmp_path.iterdir()]


def test_a_folder_that_goes_away_later_fails_without_the_passcode(tmp_path: Path) -> None:
    folder = tmp_path / "passes"

    async def main() -> None:
        delivery = files(folder, is_folder=True)
        delivery.prove()
        slot = await delivery.open(MIA)
        shutil.rmtree(folder)
        await slot.deliver(MADE, Secret(CODE))

    with pytest.raises(NotDelivered, match="cannot be written") as caught:
        asyncio.run(main())
    assert CODE not in repr(caught.value)


def test_a_slot_that_is_not_used_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        slot = await files(tmp_path / "mia.age").open(MIA)
        await slot.close()

    asyncio.run(main())
    assert not [*tmp_path.iterdir()]


def test_room_is_taken_before_there_is_a_passcode(tmp_path: Path) -> None:
    async def main() -> int:
        with small_files(100), pytest.raises(NotDelivered, match="cannot be written: File too large"):
            await files(tmp_path / "mia.age").open(MIA)
        slot = await files(tmp_path / "mia.age").open(MIA)
        room = size_of_part(tmp_path)
        await slot.deliver(MADE, Secret(CODE))
        return room

    assert asyncio.run(main()) > (tmp_path / "mia.age").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ["mia.age"]


@pytest.mark.parametrize("written", [as_json, page(as_text), page(as_html)])
def test_there_is_room_for_whatever_goes_with_a_passcode(tmp_path: Path, written: Written) -> None:
    async def main() -> int:
        slot = await EncryptedFiles(tmp_path / "m", keys_of([AGE]), written, is_folder=False).open(MIA)
        room = size_of_part(tmp_path)
        await slot.deliver(MADE, Secret(CODE * 8))
        return room

    assert asyncio.run(main()) >= (tmp_path / "m").stat().st_size


def test_what_a_killed_run_left_is_in_nobody_s_way(tmp_path: Path) -> None:
    (tmp_path / ".mia.age.part").write_text("left")
    hand_over(files(tmp_path / "mia.age"))

    assert [path.name for path in tmp_path.iterdir()] == ["mia.age"]


def test_nobody_to_encrypt_to_is_found_before(tmp_path: Path) -> None:
    with pytest.raises(NotDelivered, match="encrypting to these recipients fails"):
        EncryptedFiles(tmp_path / "mia.age", [], passcode_only, is_folder=False).prove()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Mia.Larsen@x.example", "mia.larsen@x.example.age"),
        ("anna_partner.example#EXT#@x.example", f"anna_partner.example_ext_@x.example-{MIA.id}.age"),
        ("../../etc/passwd", f"_.._etc_passwd-{MIA.id}.age"),
        ("-rf", f"rf-{MIA.id}.age"),
    ],
)
def test_a_file_is_named_by_its_user_whatever_the_name(name: str, file: str) -> None:
    assert file_name(replace(MIA, name=name), ".age") == file


def test_ssh_keys_are_recipients_too(tmp_path: Path) -> None:
    listed = tmp_path / "recipients"
    listed.write_text(f"# the service desk\n\n{AGE}\n{SSH}\n")

    assert len(keys_in(listed)) == 2


@pytest.mark.parametrize(
    "text", ["", "age1qqq", "ssh-ed25519 AAAA", "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq"]
)
def test_what_is_no_recipient_is_said(text: str) -> None:
    with pytest.raises(NotDelivered, match=f'"{text}" is no recipient'):
        keys_of([text])


@pytest.mark.parametrize("secret", [str(IDENTITY), "-----BEGIN OPENSSH PRIVATE KEY-----"], ids=["age", "ssh"])
def test_a_secret_key_given_by_mistake_is_not_shown(secret: str) -> None:
    with pytest.raises(NotDelivered, match="is a public key") as caught:
        keys_of([secret])

    assert secret not in str(caught.value)


@pytest.mark.parametrize("content", [b"# nobody\n", b"\xff", None])
def test_a_recipients_file_names_somebody(tmp_path: Path, content: bytes | None) -> None:
    listed = tmp_path / "recipients"
    if content is not None:
        listed.write_bytes(content)

    with pytest.raises(NotDelivered, match="recipients file"):
        keys_in(listed)
