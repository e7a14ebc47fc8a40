"""What an agent owes, on disk: accepted requests, and answers until they have been delivered.

SQLite in WAL mode. Once :meth:`Store.accept` has returned, neither ``kill -9`` nor a power cut loses the request. The
later steps survive ``kill -9``; a power cut may undo the last of them, which costs a second run of a request that is
still here, with the seed that is still here: the same answer. So one request waits for the disk once. Answers stay a
while after delivery, so that a request that comes twice is answered from here.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import EdgeError
from edge.messaging.topics import CABLE

__all__ = ["Held", "Store", "StoreError"]

_VERSION = 1
_SCHEMA = """
CREATE TABLE request (
    key         TEXT PRIMARY KEY,   -- id and reply topic: what a repeated request has in common with the first
    id          TEXT NOT NULL,
    reply       TEXT NOT NULL,      -- topic of the answer, or serial:PORT
    correlation BLOB,               -- MQTT 5 correlation data, returned as it came
    digest      TEXT NOT NULL,      -- of the request itself: the same id with other contents is an error
    request     TEXT NOT NULL,      -- JSON
    seed        INTEGER NOT NULL,   -- drawn when accepted, so that a restarted run says the same
    accepted    REAL NOT NULL,      -- seconds since 1970
    deadline    REAL,               -- the same
    restarts    INTEGER NOT NULL DEFAULT -1,  -- times it was begun, but for the first
    answer      BLOB,               -- payload of the final message, NULL while it is owed
    finished    REAL,
    sent        INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX owed ON request (accepted) WHERE answer IS NULL;
CREATE INDEX unsent ON request (finished) WHERE answer IS NOT NULL AND sent = 0;
CREATE INDEX delivered ON request (finished) WHERE sent = 1;
"""
_COLUMNS = "key, id, reply, correlation, request, seed, accepted, deadline, restarts, answer"


class StoreError(EdgeError):
    """The store cannot be opened or written; the message names the file and the reason."""


@dataclass(frozen=True)
class Held:
    """One row: a request that was accepted, and its answer's payload once there is one.

    ``request``: the JSON fields. ``accepted``, ``deadline``: seconds since 1970. ``restarts``: how often it was begun
    again after an interruption.
    """

    key: str
    id: str
    reply: str
    correlation: bytes | None
    request: dict[str, Any]
    seed: int
    accepted: float
    deadline: float | None
    restarts: int
    answer: bytes | None


class Store:
    """The agent's memory on disk. Safe to use from several threads; one process at a time.

    Raises :class:`StoreError` when the file is damaged, of a newer version, in use by another agent, or the disk full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with self._errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
        try:
            self._open()
        except StoreError:
            self._db.close()
            raise

    def _open(self) -> None:
        with self._errors():
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("BEGIN IMMEDIATE")  # takes the lock that a second agent would have to wait for
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    if statement.strip():
                        self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_VERSION}")
            self._db.execute("COMMIT")
        if version > _VERSION:
            raise StoreError(f"{self.path}: written by a newer version; update this one, or move the file away")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            what, hint = str(error), "is the disk full, or the file damaged?"
            if isinstance(error, OSError):
                what, hint = str(error.strerror), "choose another folder with --state"
            elif "locked" in what:
                hint = "another agent uses it"
            raise StoreError(f"{self.path}: {what}; {hint}") from error

    def _run(self, statement: str, values: tuple[Any, ...] = (), *, power_cut: bool = False) -> list[tuple[Any, ...]]:
        """Execute; with ``power_cut`` it is on the disk itself, not only with the system, when this returns."""
        with self._lock, self._errors():
            self._db.execute(f"PRAGMA synchronous = {'FULL' if power_cut else 'NORMAL'}")
            return self._db.execute(statement, values).fetchall()

    def accept(self, held: Held, digest: str) -> None:
        """Keep a request; when this returns it is on the disk."""
        self._run(
            "INSERT INTO request (key, id, reply, correlation, digest, request, seed, accepted, deadline)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (held.key, held.id, held.reply, held.correlation, digest, json.dumps(held.request), held.seed,
             held.accepted, held.deadline),
            power_cut=True,
        )  # fmt: skip

    def find(self, key: str) -> tuple[Held, str] | None:
        """The request with this key and its digest, if it is known."""
        rows = self._run(f"SELECT {_COLUMNS}, digest FROM request WHERE key = ?", (key,))  # noqa: S608 - constants
        return (_held(rows[0][:-1]), rows[0][-1]) if rows else None

    def begin(self, key: str) -> int:
        """Note that a run of this request begins; returns how many runs of it were interrupted before."""
        rows = self._run("UPDATE request SET restarts = restarts + 1 WHERE key = ? RETURNING restarts", (key,))
        return int(rows[0][0])

    def finish(self, key: str, answer: bytes, now: float) -> None:
        """Keep the answer; from here on it is owed to the asker, and never computed again."""
        self._run("UPDATE request SET answer = ?, finished = ? WHERE key = ?", (answer, now, key))

    def sent(self, key: str, *, done: bool = True) -> None:
        """Note that the answer has been delivered, or (``done=False``) that it is wanted once more."""
        self._run("UPDATE request SET sent = ? WHERE key = ?", (int(done), key))

    def correlate(self, key: str, correlation: bytes | None) -> None:
        """Note the correlation data that the answer goes back with."""
        self._run("UPDATE request SET correlation = ? WHERE key = ?", (correlation, key))

    def owed(self) -> list[Held]:
        """Requests without an answer, oldest first."""
        return [_held(r) for r in self._run(f"SELECT {_COLUMNS} FROM request WHERE answer IS NULL ORDER BY accepted")]  # noqa: S608

    def unsent(self, limit: int, address: str | None = None) -> list[Held]:
        """Answers that have not been delivered yet, oldest first.

        ``address``: only those to this one; None: only those that go by the broker.
        """
        whose, value = ("reply = ?", address) if address else ("substr(reply, 1, 7) <> ?", CABLE)
        statement = (
            f"SELECT {_COLUMNS} FROM request WHERE answer IS NOT NULL AND sent = 0 AND {whose}"  # noqa: S608 - constants
            " ORDER BY finished LIMIT ?"
        )
        return [_held(row) for row in self._run(statement, (value, limit))]

    def give_up(self, addresses: Collection[str]) -> None:
        """Owe nothing by cables that are none of ``addresses``; who asks again by another is answered from here."""
        marks = ", ".join("?" * len(addresses))
        self._run(
            "UPDATE request SET sent = 1 WHERE answer IS NOT NULL AND sent = 0"  # noqa: S608 - question marks
            f" AND substr(reply, 1, 7) = ? AND reply NOT IN ({marks})",
            (CABLE, *addresses),
        )

    def prune(self, before: float, keep: int) -> None:
        """Forget delivered answers finished before a time, and all but the ``keep`` newest."""
        self._run("DELETE FROM request WHERE sent = 1 AND finished < ?", (before,))
        self._run(
            "DELETE FROM request WHERE sent = 1 AND key NOT IN"
            " (SELECT key FROM request WHERE sent = 1 ORDER BY finished DESC LIMIT ?)",
            (keep,),
        )

    def close(self) -> None:
        """Close the file; its contents stay."""
        with self._lock:
            self._db.close()


def _held(row: tuple[Any, ...]) -> Held:
    key, request_id, reply, correlation, request, seed, accepted, deadline, restarts, answer = row
    return Held(
        key, request_id, reply, correlation, json.loads(request), seed, accepted, deadline, max(0, restarts), answer
    )
