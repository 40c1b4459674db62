"""How Alembic reaches the database: through the app's engine, so that our SQLite rules hold here too."""

from contextlib import contextmanager

from alembic import context
from flask import current_app

from base.db import Model

config = context.config


def get_engine():
    return current_app.extensions["migrate"].db.engine


@contextmanager
def rows_kept(connection):
    """SQLite changes a table by making another one and dropping the first, which must not take along what points to it.

    Said to the driver itself: inside a transaction SQLite would not hear it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        astray = raw.execute("PRAGMA foreign_key_check").fetchall()
        assert not astray, f"rows that point nowhere: {astray[:5]}"
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def run_migrations_online() -> None:
    engine = get_engine()
    with engine.connect() as connection, rows_kept(connection):
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            compare_type=True,
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
