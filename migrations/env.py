"""How Alembic reaches the database: through the app's engine, so that our SQLite rules hold here too."""

from alembic import context
from flask import current_app

from base.db import Model

config = context.config


def get_engine():
    return current_app.extensions["migrate"].db.engine


def run_migrations_online() -> None:
    engine = get_engine()
    with engine.connect() as connection:
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
