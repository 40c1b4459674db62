"""Comments are found by their words: an FTS5 index on SQLite, a GIN index on PostgreSQL, kept by the database."""

from types import SimpleNamespace

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from base.db import Moment, sqlite_module
from feedback.concordance import document_of
from feedback.searching import place_of

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.Text().with_variant(TSVECTOR(), "postgresql")
BATCH = 2_000

ADD = "INSERT INTO concordance_words (rowid, document) VALUES (NEW.place, NEW.document)"
TAKE = """INSERT INTO concordance_words (concordance_words, rowid, document)
    VALUES ('delete', OLD.place, OLD.document)"""
FORGET = "DELETE FROM concordance WHERE response_id = NEW.id"
CHANGED = "OLD.document <> NEW.document OR OLD.place <> NEW.place"
SQLITE = (
    """CREATE VIRTUAL TABLE concordance_words USING fts5(document, content='concordance', content_rowid='place',
    tokenize="ascii tokenchars '_'", prefix='1 2 3')""",
    f"CREATE TRIGGER concordance_made AFTER INSERT ON concordance BEGIN {ADD}; END",
    f"CREATE TRIGGER concordance_gone AFTER DELETE ON concordance BEGIN {TAKE}; END",
    f"CREATE TRIGGER concordance_changed AFTER UPDATE ON concordance WHEN {CHANGED} BEGIN {TAKE}; {ADD}; END",
    f"""CREATE TRIGGER response_reworded AFTER UPDATE OF comment ON response
    WHEN OLD.comment IS NOT NEW.comment BEGIN {FORGET}; END""",
)
# The words of somebody who was erased leave the index at once, not when parts of it are next joined.
FOR_GOOD = "INSERT INTO concordance_words (concordance_words, rank) VALUES ('secure-delete', 1)"
POSTGRESQL = (
    "CREATE INDEX ix_concordance_document ON concordance USING gin (document)",
    f"""CREATE FUNCTION response_reworded() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN {FORGET}; RETURN NULL; END $$""",
    """CREATE TRIGGER response_reworded AFTER UPDATE OF comment ON response FOR EACH ROW
    WHEN (OLD.comment IS DISTINCT FROM NEW.comment) EXECUTE FUNCTION response_reworded()""",
)
TRIGGERS = ("concordance_made", "concordance_gone", "concordance_changed", "response_reworded")

CONCORDANCE = sa.table(
    "concordance", sa.column("place", PLACE), sa.column("response_id", sa.Uuid()), sa.column("document", DOCUMENT)
)
RESPONSE = sa.table(
    "response",
    *(sa.column(name, sa.Uuid()) for name in ("id", "workspace_id", "survey_id")),
    *(sa.column(name, Moment()) for name in ("created_at", "read_at", "flagged_at")),
    *(sa.column(name) for name in ("comment", "agent", "team", "channel", "metric", "score")),
    *(sa.column(name) for name in ("language", "sentiment_label", "heard")),
)


def upgrade():
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "concordance",
        sa.Column("place", PLACE, autoincrement=False, nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("place"),
    )
    op.create_index("uq_concordance_response_id", "concordance", ["response_id"], unique=True)
    if not on_postgresql:
        for statement in SQLITE:
            op.execute(statement)
        if sqlite_module().sqlite_version_info >= (3, 42):
            op.execute(FOR_GOOD)
    _fill(op.get_bind(), on_postgresql)
    if on_postgresql:
        for statement in POSTGRESQL:
            op.execute(statement)


def _fill(connection, on_postgresql):
    """What was read so far, with the words that new comments are given too."""
    waiting = sa.select(RESPONSE).where(RESPONSE.c.comment.is_not(None), RESPONSE.c.read_at.is_not(None))
    waiting = waiting.order_by(RESPONSE.c.id).limit(BATCH)
    names, taken, after = [column.name for column in RESPONSE.c], set(), None
    while rows := connection.execute(waiting if after is None else waiting.where(RESPONSE.c.id > after)).all():
        made = []
        for row in rows:
            response = SimpleNamespace(**dict(zip(names, row, strict=True)))
            place = place_of(response.created_at, response.id)
            while place in taken:
                place += 1
            taken.add(place)
            said = document_of(response, postgresql=on_postgresql)
            made.append({"place": place, "response_id": response.id, "document": said})
        connection.execute(sa.insert(CONCORDANCE), made)
        after = response.id


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER response_reworded ON response")
        op.execute("DROP FUNCTION response_reworded()")
    else:
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE concordance_words")
    op.drop_table("concordance")
