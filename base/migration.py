"""How far the database is and ought to be, told without Alembic, which takes 8 MB and half a second to load."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import column, inspect, select, table

from base.db import db

VERSION = "alembic_version"


@lru_cache(maxsize=1)
def newest() -> str:
    """The number of the newest migration there is; their files are named after it."""
    return max(path.name[:4] for path in _folder(current_app).glob("versions/[0-9]*.py"))


def present() -> str | None:
    """The number of the last migration that the database has seen; None before the first."""
    connection = db.session.connection()
    if not inspect(connection).has_table(VERSION):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION)))
    return found


def prepare(app: Flask) -> None:
    """Load what migrates, once."""
    from flask_migrate import Migrate

    if "migrate" not in app.extensions:
        Migrate(app, db, directory=str(_folder(app)), compare_type=True, render_as_batch=True)


def upgrade() -> None:
    """Run the migrations that are missing."""
    here = present()
    db.session.rollback()
    if here != newest():
        prepare(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - it outlives the context
        from flask_migrate import upgrade as migrated

        migrated()


def _folder(app: Flask) -> Path:
    found: Path = app.config["ROOT"] / "migrations"
    return found
