"""A request for an alert that is sent again makes no second one."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "alert_key",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("wish_hash", sa.String(length=64), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace_id", "key_hash"),
    )
    op.create_index("ix_alert_key_alert_id", "alert_key", ["alert_id"])


def downgrade():
    op.drop_table("alert_key")
