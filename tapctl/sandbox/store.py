"""The tenant's state in SQLite: JSON objects by collection path and id, shared safely between processes."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from tapctl.sandbox.values import JsonObject, utc_now

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    id TEXT NOT NULL COLLATE NOCASE,
    body TEXT NOT NULL,
    UNIQUE (collection, id)
)
"""
PUT = """
INSERT INTO objects (collection, id, body) VALUES (?, ?, ?)
ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body
"""


class Store:
    """Objects handed out are shared with the cache: replace them with `put`, never change them in place."""

    def __init__(self, path: str | Path = ":memory:", *, clock: Callable[[], datetime] = utc_now) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self._lock = threading.RLock()
        self._inside = False
        self._cache: dict[str, dict[str, JsonObject]] = {}
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(SCHEMA)
        self._seen_version = self._data_version()

    def objects(self, collection: str) -> Mapping[str, JsonObject]:
        """Every object of a collection, oldest first, by lower-case id."""
        with self._lock:
            self._forget_if_another_process_wrote()
            if collection not in self._cache:
                self._cache[collection] = self._read(collection)
            return self._cache[collection]

    def get(self, collection: str, identifier: str) -> JsonObject | None:
        return self.objects(collection).get(identifier.lower())

    def put(self, collection: str, value: JsonObject) -> None:
        """Add the object, or replace the one with its id and leave its place in the list."""
        with self.transaction():
            identifier, text = str(value["id"]), json.dumps(value)
            self._connection.execute(PUT, (collection, identifier, text))
            if collection in self._cache:  # a new mapping: readers keep the one they have
                self._cache[collection] = self._cache[collection] | {identifier.lower(): json.loads(text)}

    def remove(self, collection: str, identifier: str) -> None:
        with self.transaction():
            self._connection.execute(
                "DELETE FROM objects WHERE collection = ? AND id = ?", (collection, identifier)
            )
            if collection in self._cache:
                kept = self._cache[collection].items()
                self._cache[collection] = {key: item for key, item in kept if key != identifier.lower()}

    def clear(self) -> None:
        with self.transaction():
            self._connection.execute("DELETE FROM objects")
            self._cache.clear()

    def collections(self) -> list[str]:
        with self._lock:
            rows = self._connection.execute("SELECT DISTINCT collection FROM objects ORDER BY collection")
            return [name for (name,) in rows]

    @property
    def is_empty(self) -> bool:
        return not self.collections()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a transaction inside another one joins it."""
        with self._lock:
            if self._inside:
                yield
                return
            self._begin()
            with ExitStack() as stack:
                stack.callback(self._roll_back)
                yield
                stack.pop_all()  # nothing went wrong: nothing to take back
            self._end("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._inside = True
        self._forget_if_another_process_wrote()

    def _roll_back(self) -> None:
        self._end("ROLLBACK")
        self._cache.clear()

    def _end(self, statement: str) -> None:
        self._inside = False
        self._connection.execute(statement)

    def _read(self, collection: str) -> dict[str, JsonObject]:
        rows = self._connection.execute(
            "SELECT id, body FROM objects WHERE collection = ? ORDER BY position", (collection,)
        )
        return {identifier.lower(): json.loads(body) for identifier, body in rows}

    def _forget_if_another_process_wrote(self) -> None:
        version = self._data_version()
        if version != self._seen_version:
            self._cache.clear()
            self._seen_version = version

    def _data_version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)
