"""Migrations are numbered, in one line, and lead to exactly the tables that the code knows."""

import re

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from base.db import Model, db
from tests.databases import migrate
from tests.house.tree import ROOT

VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))
QUEUE = "procrastinate_"
WORDS = "concordance_words"


def _ours(_object, name, kind, _reflected, _compare_to):
    return not (kind == "table" and name.startswith((QUEUE, WORDS))) and name != "ix_concordance_document"


def test_migrations_are_numbered_without_a_gap_and_named_after_one_idea():
    names = [path.stem for path in VERSIONS]
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}(_[a-z0-9]+)+", name) for name in names)


def test_migrations_form_one_line():
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    line = [script.revision for script in scripts.walk_revisions()]
    assert scripts.get_heads() == [line[0]]
    assert line == sorted(line, reverse=True)
    assert [path.stem[:4] for path in VERSIONS] == sorted(line)


def test_the_migrated_database_is_what_the_code_knows(app):
    with db.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _ours}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Model.metadata)
    assert [d for d in differences if not str(d).count(QUEUE)] == []


def test_migrating_a_migrated_database_changes_nothing(database_urls, tmp_path):
    migrate(database_urls.fresh(), tmp_path)
