"""The store keeps what it is given, whole, between commands and between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tapctl.sandbox import Store


def test_objects_outlive_the_process_that_wrote_them(tmp_path: Path) -> None:
    first = Store(tmp_path / "deep" / "sandbox.db")
    first.put("groups", {"id": "A", "displayName": "Pilots"})
    first.close()

    assert Store(tmp_path / "deep" / "sandbox.db").get("groups", "a") == {"id": "A", "displayName": "Pilots"}


def test_another_process_is_seen_at_once(tmp_path: Path) -> None:
    one, other = Store(tmp_path / "sandbox.db"), Store(tmp_path / "sandbox.db")
    one.put("groups", {"id": "a", "displayName": "Before"})
    assert other.get("groups", "a") == {"id": "a", "displayName": "Before"}

    one.put("groups", {"id": "a", "displayName": "After"})

    assert other.get("groups", "a") == {"id": "a", "displayName": "After"}


def test_a_replaced_object_keeps_its_place() -> None:
    store = Store()
    for name in "abc":
        store.put("groups", {"id": name})

    store.put("groups", {"id": "A", "displayName": "Again"})

    assert [item["id"] for item in store.objects("groups").values()] == ["A", "b", "c"]


def test_a_failed_transaction_leaves_nothing_behind() -> None:
    store = Store()

    with pytest.raises(KeyError), store.transaction():
        _put_then_fail(store)

    assert store.is_empty


def _put_then_fail(store: Store) -> None:
    store.put("groups", {"id": "a"})
    assert store.get("groups", "a")
    store.put("groups", {"displayName": "An object without an id"})


def test_removed_and_cleared_objects_are_gone() -> None:
    store = Store()
    store.put("groups", {"id": "a"})
    store.put("users", {"id": "b"})

    store.remove("groups", "A")
    assert store.collections() == ["users"]
    store.clear()

    assert store.is_empty


WRITER = """
import sys
from tapctl.sandbox import Store
store = Store(sys.argv[1])
for number in range(25):
    with store.transaction():
        count = (store.get("counters", "c") or {"n": 0})["n"]
        store.put("counters", {"id": "c", "n": count + 1})
"""


def test_concurrent_processes_lose_no_write(tmp_path: Path) -> None:
    path = str(tmp_path / "sandbox.db")

    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path]) for _ in range(3)]  # noqa: S603
    codes = [writer.wait() for writer in writers]

    assert codes == [0, 0, 0]
    assert Store(path).get("counters", "c") == {"id": "c", "n": 75}
