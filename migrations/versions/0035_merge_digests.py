"""A person may have several digests, each of a part of the answers; what is due together comes in one mail."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

LIVING = sa.text("ended_at IS NULL")
CLAIMED = sa.text("state = 'claimed'")
UNIQUE = "uq_digest_workspace_id_recipient_email"


def upgrade():
    with op.batch_alter_table("digest") as digest:
        digest.add_column(sa.Column("title", sa.String(80), nullable=False, server_default=""))
        digest.add_column(sa.Column("agent", sa.String(120), nullable=True))
        digest.add_column(sa.Column("team", sa.String(120), nullable=True))
        digest.add_column(sa.Column("channel", sa.String(60), nullable=True))
        digest.add_column(sa.Column("language", sa.String(12), nullable=True))
        digest.add_column(sa.Column("threshold", sa.String(10), nullable=False, server_default="detractors"))
        digest.add_column(sa.Column("most", sa.SmallInteger(), nullable=False, server_default="25"))
        digest.add_column(sa.Column("stirred_at", Moment(), nullable=True))
        digest.add_column(sa.Column("last_seen_at", Moment(), nullable=True))
        digest.add_column(sa.Column("ended_at", Moment(), nullable=True))
        digest.add_column(sa.Column("ended_by", sa.String(60), nullable=True))
        digest.drop_constraint(UNIQUE, type_="unique")
    op.create_index(
        "ix_digest_recipient",
        "digest",
        ["workspace_id", "recipient_email", "title"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )
    # Nobody knows yet who opened which; the eight weeks of all of them begin with this.
    now = sa.bindparam("now", datetime.now(UTC), type_=Moment())
    op.get_bind().execute(sa.text("UPDATE digest SET stirred_at = :now").bindparams(now))
    with op.batch_alter_table("issue") as issue:
        issue.add_column(sa.Column("workspace_id", sa.Uuid(), nullable=True))
        issue.add_column(sa.Column("bundle_id", sa.Uuid(), nullable=True))
        issue.add_column(sa.Column("farewell", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE issue SET bundle_id = id,"
        " workspace_id = (SELECT workspace_id FROM digest WHERE digest.id = issue.digest_id)"
    )
    with op.batch_alter_table("issue") as issue:
        issue.alter_column("workspace_id", existing_type=sa.Uuid(), nullable=False)
        issue.alter_column("bundle_id", existing_type=sa.Uuid(), nullable=False)
    op.create_index("ix_issue_workspace_id", "issue", ["workspace_id", "id"])
    op.create_index("ix_issue_bundle_id", "issue", ["bundle_id"])
    op.create_index("ix_issue_claimed", "issue", ["created_at"], sqlite_where=CLAIMED, postgresql_where=CLAIMED)


def downgrade():
    op.drop_index("ix_issue_claimed", table_name="issue")
    op.drop_index("ix_issue_bundle_id", table_name="issue")
    op.drop_index("ix_issue_workspace_id", table_name="issue")
    with op.batch_alter_table("issue") as issue:
        for name in ("farewell", "bundle_id", "workspace_id"):
            issue.drop_column(name)
    op.drop_index("ix_digest_recipient", table_name="digest")
    # Before, a person had one digest: the oldest of theirs is kept.
    op.execute(
        "DELETE FROM digest WHERE ended_at IS NOT NULL OR EXISTS (SELECT 1 FROM digest AS older WHERE"
        " older.workspace_id = digest.workspace_id AND older.recipient_email = digest.recipient_email"
        " AND older.ended_at IS NULL AND older.id < digest.id)"
    )
    with op.batch_alter_table("digest") as digest:
        for name in ("ended_by", "ended_at", "last_seen_at", "stirred_at", "most", "threshold"):
            digest.drop_column(name)
        for name in ("language", "channel", "team", "agent", "title"):
            digest.drop_column(name)
        digest.create_unique_constraint(UNIQUE, ["workspace_id", "recipient_email"])
