from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tapctl.errors import Refused
from tapctl.model import Address
from tapctl.record import FileRecord
from tapctl.undo.past import MOST_BYTES, read_record

BEGIN: dict[str, Any] = {"event": "begin", "format": 1, "environment": "sandbox", "tenant": "7000"}
CHANGE: dict[str, Any] = {
    "event": "change",
    "address": "Group/A/B",
    "action": "update",
    "id": "1",
    "observed": {"id": "1", "displayName": "A/B"},
    "before": {},
    "after": {"description": "x"},
}
REQUEST: dict[str, Any] = {"event": "request", "address": "Group/A/B"}


def read(*lines: dict[str, Any], more: bytes = b"") -> Any:
    return read_record("".join(json.dumps(line) + "\n" for line in lines).encode() + more, "r.jsonl")


def test_what_was_begun_is_told() -> None:
    (deed,) = read(BEGIN, CHANGE, REQUEST, {"event": "end"}).deeds

    assert (deed.address, deed.id, deed.after) == (Address("Group", "A/B"), "1", {"description": "x"})
    assert str(deed.place) == "r.jsonl:2:1"


def test_what_was_not_begun_is_not() -> None:
    assert read(BEGIN, CHANGE).deeds == ()


def test_a_new_object_has_the_id_it_was_given() -> None:
    made = {**CHANGE, "action": "create", "id": None, "observed": None}
    created = {"event": "created", "address": "Group/A/B", "id": "2"}

    assert [deed.id for deed in read(BEGIN, made, REQUEST, created).deeds] == ["2"]
    assert [deed.id for deed in read(BEGIN, made, REQUEST).deeds] == [None]


def test_a_singleton_is_addressed_by_its_kind() -> None:
    change = {**CHANGE, "address": "SmsPolicy"}

    assert read(BEGIN, change, {**REQUEST, "address": "SmsPolicy"}).deeds[0].address == (
        "SmsPolicy",
        "SmsPolicy",
    )


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    assert len(read(BEGIN, CHANGE, REQUEST, more=b'{"event": "outc').deeds) == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "r.jsonl:1: a record begins with the event begin"),
        ([{**BEGIN, "format": 2}], "r.jsonl:1: format is 2, and this version reads 1"),
        ([{**BEGIN, "tenant": 7}], "r.jsonl:1: tenant of a begin has to be a text"),
        ([BEGIN, {"event": "dance"}], "r.jsonl:2: event is 'dance', which no record has"),
        ([BEGIN, {**CHANGE, "address": "Grope/A"}], "r.jsonl:2: there is no kind 'Grope'"),
        ([BEGIN, {**CHANGE, "action": "no-op"}], "action of a change has to be create, update or delete"),
        ([BEGIN, {**CHANGE, "observed": None}], "r.jsonl:2: what was there before is missing"),
        ([BEGIN, {**CHANGE, "address": None}], "address of a change has to be a text"),
        ([BEGIN, *[{"event": "x"}] * 30], "and 10 more"),
    ],
)
def test_what_is_no_record_is_refused(lines: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(Refused) as caught:
        read(*lines)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{\n{}\n", "r.jsonl:1: this is no JSON"),
        (b"[]\n", "r.jsonl:1: this is no JSON object"),
        (b"[" * 100_000 + b"\n\n", "r.jsonl:1: this is no JSON"),
        (b" " * (MOST_BYTES + 1), "too large for a record"),
    ],
)
def test_what_is_no_json_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_record(content, "r.jsonl")


def test_a_record_that_was_kept_is_read(tmp_path: Path) -> None:
    record = FileRecord(tmp_path, "sandbox")
    for line in (BEGIN, CHANGE, REQUEST):
        record.write(**line)
    record.close()

    assert read_record(record.path.read_bytes(), "r.jsonl").tenant_id == "7000"


STEP: dict[str, Any] = {
    "event": "step",
    "address": "Group/A/B",
    "after": {"description": "half"},
    "renamed": False,
}
LAST = {**STEP, "after": {"description": "x"}}
NONE: dict[str, Any] = {}
HALF, WHOLE = STEP["after"], CHANGE["after"]


def result(what: str) -> dict[str, Any]:
    return {"event": "result", "address": "Group/A/B", "result": what}


def outcome(status: str) -> dict[str, Any]:
    return {"event": "outcome", "address": "Group/A/B", "status": status}


@pytest.mark.parametrize(
    ("lines", "sure", "most"),
    [
        ([REQUEST], NONE, WHOLE),  # older, or cut off
        ([REQUEST, outcome("failed")], NONE, WHOLE),
        ([REQUEST, outcome("applied")], WHOLE, WHOLE),
        ([STEP, REQUEST], NONE, HALF),
        ([STEP, REQUEST, result("done")], HALF, HALF),
        ([STEP, REQUEST, result("unknown"), result("done")], HALF, HALF),
        ([STEP, REQUEST, result("done"), result("unknown")], NONE, HALF),
        ([STEP, REQUEST, result("done"), LAST], HALF, HALF),
        ([STEP, REQUEST, result("done"), LAST, REQUEST], HALF, WHOLE),
        ([STEP, REQUEST, result("done"), LAST, REQUEST, result("refused")], HALF, HALF),
        ([STEP, REQUEST, result("done"), LAST, REQUEST, result("unknown")], HALF, WHOLE),
        ([STEP, REQUEST, result("unknown"), outcome("applied")], WHOLE, WHOLE),
    ],
)
def test_a_record_proves_what_was_done_and_what_was_not(
    lines: list[dict[str, Any]], sure: dict[str, Any], most: dict[str, Any]
) -> None:
    (deed,) = read(BEGIN, CHANGE, *lines).deeds

    assert (deed.sure, deed.after, deed.is_open) == (sure, most, sure != most)


def test_what_was_refused_was_not_done() -> None:
    assert read(BEGIN, CHANGE, STEP, REQUEST, result("refused"), outcome("failed")).deeds == ()


@pytest.mark.parametrize(
    ("last", "may_be", "is_sure"), [("done", True, True), ("unknown", True, False), ("refused", False, False)]
)
def test_a_new_name_is_proved_like_the_rest(last: str, *, may_be: bool, is_sure: bool) -> None:
    renaming = {**LAST, "renamed": True}
    (deed,) = read(BEGIN, CHANGE, STEP, REQUEST, result("done"), renaming, REQUEST, result(last)).deeds

    assert (deed.is_renamed, deed.is_surely_renamed) == (may_be, is_sure)
