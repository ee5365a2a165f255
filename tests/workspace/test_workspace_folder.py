"""What an import writes, all of it or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from full_disk import small_files

from tapctl.errors import Refused
from tapctl.model import Address
from tapctl.workspace.folder import write_both
from tapctl.workspace.importing import Imported

SITES = [
    Imported(address=Address("NamedLocation", name), file=f"{name}.yaml", text=f"{name}\n")
    for name in ("one", "two")
]


@pytest.mark.parametrize("before", [None, "# mine\npins: {}\n"])
@pytest.mark.parametrize("pins", [{}, {Address("NamedLocation", "one"): "1" * 8}])
def test_if_one_document_cannot_be_written_nothing_is(
    tmp_path: Path, pins: dict[Address, str], before: str | None
) -> None:
    settings = tmp_path / "environments" / "sandbox.yaml"
    settings.parent.mkdir()
    if before is not None:
        settings.write_text(before, encoding="utf-8")
    (tmp_path / "two.yaml").write_text("mine\n", encoding="utf-8")

    with pytest.raises(Refused, match="nothing was written"):
        write_both(tmp_path, "sandbox", SITES, pins)

    assert not (tmp_path / "one.yaml").exists()
    assert (settings.read_text(encoding="utf-8") if settings.exists() else None) == before


@pytest.mark.parametrize("text", ["tenantId: x\n", None])
@pytest.mark.parametrize("pins", [1, 9])
def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path, text: str | None, pins: int) -> None:
    settings = tmp_path / "environments" / "sandbox.yaml"
    settings.parent.mkdir()
    if text is not None:
        settings.write_text(text, encoding="utf-8")
    large = Imported(address=Address("NamedLocation", "z"), file="sites/z.yaml", text="z" * 99)
    pinned = {Address("Group", str(n)): "1" * 8 for n in range(pins)}

    with pytest.raises(Refused, match="nothing was written"), small_files(64):
        write_both(tmp_path, "sandbox", [*SITES, large], pinned)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == (["sandbox.yaml"] if text else [])
    assert text is None or settings.read_text(encoding="utf-8") == text


def test_pins_are_not_written_into_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    settings = tmp_path / "environments" / "sandbox.yaml"
    settings.parent.mkdir()
    settings.write_bytes("pins: {}\n".encode("utf-16"))

    with pytest.raises(Refused, match="save it as UTF-8"):
        write_both(tmp_path, "sandbox", SITES, {Address("NamedLocation", "one"): "1" * 8})

    assert settings.read_bytes() == "pins: {}\n".encode("utf-16")
    assert not (tmp_path / "one.yaml").exists()


def test_documents_and_their_pins_are_written(tmp_path: Path) -> None:
    write_both(tmp_path, "sandbox", SITES, {Address("NamedLocation", "one"): "1" * 8})

    assert (tmp_path / "two.yaml").read_text(encoding="utf-8") == "two\n"
    assert "NamedLocation/one" in (tmp_path / "environments" / "sandbox.yaml").read_text(encoding="utf-8")
