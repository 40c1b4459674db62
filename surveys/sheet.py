from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Self

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS person (person INTEGER PRIMARY KEY, name TEXT, locale TEXT, zone TEXT);
CREATE TABLE IF NOT EXISTS request
  (person INTEGER, send_at INTEGER, row INTEGER, cause TEXT, contact BLOB, email TEXT, zone TEXT, locale TEXT);
"""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A request that is still to be made, as it waits on the sheet. `contact`: the id, where the person is known."""

    person: int
    send_at: datetime
    row: int
    cause: str | None
    contact: bytes | None
    email: str
    zone: str | None
    locale: str | None


@dataclass
class Known:
    """What a table said of a person so far."""

    name: str | None = None
    locale: str | None = None
    zone: str | None = None


@dataclass
class Sheet:
    """The scratch paper of one forecast: a file of its own beside the table, so that a million rows need no memory.

    Nothing on it is worth keeping: lost, it is written anew. Only one may hold it; BusyError for anybody else.
    """

    path: Path | None = None
    """None: in memory."""
    _connection: sqlite3.Connection = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._connection = sqlite3.connect(self.path or ":memory:", timeout=0, isolation_level=None)
        # A process that dies leaves a journal to go back by; a machine that dies may break the sheet, as it may.
        try:
            for pragma in ("PRAGMA journal_mode=TRUNCATE", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-16000"):
                self._connection.execute(pragma)
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise BusyError from error
        for statement in _TABLES.split(";"):
            self._connection.execute(statement)

    def close(self) -> None:
        """Keep what was written, and let others have it."""
        self._connection.execute("COMMIT")
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, name: str) -> Any:
        """What was noted under a name, or None."""
        found = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    def note(self, **values: Any) -> None:
        pairs = [(name, json.dumps(value)) for name, value in values.items()]
        self._connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", pairs)

    def clear(self) -> None:
        """Begin anew."""
        for statement in ("DELETE FROM state", "DELETE FROM person", "DELETE FROM request"):
            self._connection.execute(statement)

    def people(self, keys: Iterable[int]) -> dict[int, Known]:
        """What was told of these people so far."""
        query = "SELECT * FROM person WHERE person IN (SELECT value FROM json_each(?))"
        rows = self._connection.execute(query, (json.dumps(list(keys)),))
        return {person: Known(name, locale, zone) for person, name, locale, zone in rows}

    def tell(self, people: Mapping[int, Known]) -> None:
        rows = [(key, one.name, one.locale, one.zone) for key, one in people.items()]
        self._connection.executemany("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)", rows)

    def add(self, lines: Iterable[Line]) -> None:
        rows = (
            (one.person, _number(one.send_at), one.row, one.cause, one.contact, one.email, one.zone, one.locale)
            for one in lines
        )
        self._connection.executemany("INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def sort(self) -> None:
        """Make ready to be read person by person."""
        self._connection.execute("CREATE INDEX IF NOT EXISTS by_person ON request (person, send_at, row)")

    def by_person(self, after: int | None) -> Iterator[tuple[int, Iterator[Line]]]:
        """People whose key follows `after`, in order, each with their lines as these fall due."""
        query = (
            "SELECT r.person, r.send_at, r.row, r.cause, r.contact, r.email, coalesce(p.zone, r.zone),"
            " coalesce(p.locale, r.locale) FROM request r LEFT JOIN person p ON p.person = r.person"
            " WHERE ? IS NULL OR r.person > ? ORDER BY r.person, r.send_at, r.row"
        )
        rows = self._connection.execute(query, (after, after))
        return groupby((_line(row) for row in rows), key=attrgetter("person"))

    @property
    def waiting(self) -> int:
        """Lines on it."""
        return int(self._connection.execute("SELECT count(*) FROM request").fetchone()[0])


class BusyError(Exception):
    """Somebody else writes on this sheet."""


def person_key(email: str) -> int:
    """A number for an address, the same for every spelling of it."""
    return int.from_bytes(blake2b(email.lower().encode(), digest_size=8).digest(), "big", signed=True)


def _number(at: datetime) -> int:
    return (at - _BEGINNING) // _MICROSECOND


def _line(row: Sequence[Any]) -> Line:
    person, number, *rest = row
    return Line(person, _BEGINNING + number * _MICROSECOND, *rest)
