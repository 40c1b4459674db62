"""Towns that stand again: built once a process, and put back as they were for each test that looks at them."""

import random
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest import mock

import time_machine

from base import clock
from base.db import Model, db
from feedback.views import visiting
from surveys import link, stationery
from tests import databases
from tests.cast import Cast
from tests.town import Town


@dataclass
class Kept:
    """All that a town is made of: the rows, the files, the hour at which it stood, and who and what is which row."""

    rows: object
    files: dict[Path, bytes]
    at: datetime
    cast: dict
    towns: list[dict]


_kept: dict[int, Kept] = {}


@contextmanager
def standing(app, cast, number):
    """That many full towns (Acme, then Elsewhere), the cast living in them, at the hour when the last was finished.

    To build one takes most of a second. On PostgreSQL, where few tests need one, each builds its own.
    """
    if databases.KIND != "sqlite":
        yield _built(app, cast, number)
        return
    if number not in _kept:
        _kept[number] = _first(app, number)
    kept = _kept[number]
    _put_back(app, kept)
    with time_machine.travel(kept.at, tick=True):
        vars(cast).update(_found(kept.cast))
        yield [Town(**_found(known)) for known in kept.towns]


def _built(app, cast, number):
    homes = ((cast.workspace, cast.ana), (cast.elsewhere, cast.dmitri))
    return [Town.build(app, *home) for home in homes[:number]]


def _first(app, number):
    """Build them on an empty database, with the same ids whichever test comes first."""
    databases.clean(db.engine)
    before = _files(app)
    drawn = random.Random(f"{number} towns")
    with mock.patch("base.db.secrets", randbits=drawn.getrandbits):
        cast = Cast.create(at=clock.now())
        towns = _built(app, cast, number)
    at = clock.now()
    known = _known(cast), [_known(town) for town in towns]
    db.session.remove()
    rows = db.engine.dialect.loaded_dbapi.connect(":memory:")
    _copy_rows(lambda own: own.backup(rows))
    made = {path: path.read_bytes() for path in _files(app) - before}
    return Kept(rows, made, at, *known)


def _put_back(app, kept):
    """The rows and files as they were; what this process remembers of an earlier test's towns is forgotten."""
    db.session.remove()
    visits = app.extensions[visiting.KEY]
    for waiting in (visits.gatherer, visits.openings):
        waiting.flush()
    visits._recent.clear()
    link.asked_with.cache_clear()
    stationery._fields.cache_clear()
    _copy_rows(kept.rows.backup)
    for path, content in kept.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _copy_rows(copy):
    connection = db.engine.raw_connection()
    try:
        copy(connection.driver_connection)
    finally:
        connection.close()


def _files(app):
    return {path for path in Path(app.config["DATA_DIR"]).rglob("*") if path.is_file()}


def _known(thing):
    """Its fields, with rows as their kind and id."""
    return {name: (type(one), one.id) if isinstance(one, Model) else one for name, one in vars(thing).items()}


def _found(known):
    """The same fields, with the rows themselves."""
    return {name: db.session.get_one(*one) if isinstance(one, tuple) else one for name, one in known.items()}
