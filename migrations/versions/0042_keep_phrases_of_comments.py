"""The phrases of each comment, which leave with its words."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

FORGET = "DELETE FROM response_phrases WHERE response_id = NEW.id"
SQLITE = f"""CREATE TRIGGER response_rephrased AFTER UPDATE OF comment ON response
    WHEN OLD.comment IS NOT NEW.comment BEGIN {FORGET}; END"""
POSTGRESQL = (
    f"""CREATE FUNCTION response_rephrased() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN {FORGET}; RETURN NULL; END $$""",
    """CREATE TRIGGER response_rephrased AFTER UPDATE OF comment ON response FOR EACH ROW
    WHEN (OLD.comment IS DISTINCT FROM NEW.comment) EXECUTE FUNCTION response_rephrased()""",
)


def upgrade():
    op.create_table(
        "response_phrases",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("response_id"),
    )
    for statement in POSTGRESQL if _on_postgresql() else (SQLITE,):
        op.execute(statement)


def downgrade():
    if _on_postgresql():
        op.execute("DROP TRIGGER response_rephrased ON response")
        op.execute("DROP FUNCTION response_rephrased()")
    else:
        op.execute("DROP TRIGGER response_rephrased")
    op.drop_table("response_phrases")


def _on_postgresql():
    return op.get_bind().dialect.name == "postgresql"
