from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from full_disk import fill, small_files
from trial import POLICIES, Tenant, carry_out, failing, folder, group, plan, policy, settle

from tapctl.errors import NotRecorded
from tapctl.record import FileRecord, NoRecord


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def recorded(tenant: Tenant, root: Path, folder_of_records: Path) -> list[dict[str, Any]]:
    record = FileRecord(folder_of_records, "sandbox")
    carry_out(plan(root, tenant), tenant, record)
    record.close()
    return lines(record.path)


def test_an_apply_is_told_from_its_begin_to_its_end(tmp_path: Path) -> None:
    tenant = Tenant()
    settle(folder(tmp_path / "folder", [policy("P")]), tenant)
    before = tenant.one(POLICIES, "P")
    planned = plan(folder(tmp_path / "folder", [policy("P", "disabled")]), tenant)

    found = recorded(tenant, tmp_path / "folder", tmp_path / "records")

    assert [line["event"] for line in found] == [
        "begin",
        "change",
        "step",
        "request",
        "result",
        "outcome",
        "end",
    ]
    assert found[0]["checksum"] == planned.plan.checksum
    assert found[0]["by"] == "ingrid.solberg@nordwind.example"
    assert (found[1]["id"], found[1]["observed"]["conditions"]) == (before["id"], before["conditions"])
    assert found[3]["path"] == f"{POLICIES}/{before['id']}"
    assert (found[4]["result"], found[5]["status"]) == ("done", "applied")
    assert found[6]["interrupted"] is False


def test_new_ids_and_failures_are_recorded(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.between = [failing(2)]

    found = recorded(tenant, folder(tmp_path / "folder", [policy("P")]), tmp_path / "records")

    assert [line["id"] for line in found if line["event"] == "created"] == [tenant.one(POLICIES, "P")["id"]]
    assert "refused by the test" in found[-2]["why"]


def test_the_members_of_a_group_that_goes_are_recorded(tmp_path: Path) -> None:
    tenant = Tenant()
    tenant.clear()
    document = {**group("New hires"), "ensure": "absent"}

    found = recorded(tenant, folder(tmp_path / "folder", [document]), tmp_path / "records")

    assert len(found[1]["observed"]["members"]) == 3


def test_no_token_is_recorded(tmp_path: Path) -> None:
    found = recorded(Tenant(), folder(tmp_path / "folder", [policy("P")]), tmp_path / "records")

    assert not any(
        "Bearer" in json.dumps(line) or "authorization" in json.dumps(line).lower() for line in found
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_only_its_owner_reads_a_record(tmp_path: Path) -> None:
    record = FileRecord(tmp_path / "records", "sandbox")
    record.close()

    assert record.path.stat().st_mode & 0o777 == 0o600
    assert record.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_record_is_appended_to_and_never_opened_again(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    record = FileRecord(tmp_path, "sandbox", now=lambda: noon)
    record.write("begin", name="Blåbær")
    written = record.path.read_text(encoding="utf-8")
    record.write("end")
    record.close()

    assert record.path.name == "20261123T120000000000Z-sandbox.jsonl"
    assert record.path.read_text(encoding="utf-8").startswith(written)
    assert lines(record.path)[0] == {"event": "begin", "at": noon.isoformat(), "name": "Blåbær"}
    with pytest.raises(FileExistsError):
        FileRecord(tmp_path, "sandbox", now=lambda: noon)


def test_time_passes_in_a_record(tmp_path: Path) -> None:
    record = FileRecord(tmp_path, "sandbox")
    record.write("begin")
    record.close()

    age = datetime.now(UTC) - datetime.fromisoformat(lines(record.path)[0]["at"])
    assert timedelta() <= age < timedelta(minutes=1)


def test_what_is_not_worth_keeping_is_forgotten(tmp_path: Path) -> None:
    NoRecord().write("begin", name="P")

    assert list(tmp_path.iterdir()) == []


def test_after_a_line_that_found_no_room_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = FileRecord(tmp_path, "sandbox")
    record.write("begin")
    with monkeypatch.context() as patch:
        fill(patch, lambda text: "request" not in text)
        with pytest.raises(NotRecorded, match=r'sandbox.jsonl" cannot be written: No space left on device'):
            record.write("request")

    with pytest.raises(NotRecorded, match="No space left on device"):
        record.write("end")
    record.close()
    assert [line["event"] for line in lines(record.path)] == ["begin"]


def test_a_record_is_closed_whatever_is_left_in_it(tmp_path: Path) -> None:
    record = FileRecord(tmp_path, "sandbox")
    with small_files(64):
        with pytest.raises(NotRecorded, match="File too large"):
            record.write("begin", name="x" * 99)
        record.close()

    assert record.path.read_bytes() == b""
