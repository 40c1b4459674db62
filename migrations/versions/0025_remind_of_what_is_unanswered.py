"""People who have not answered are reminded up to twice; an invitation knows when its newest reminder went out."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade():
    for name in ("first_reminder_days", "second_reminder_days"):
        op.add_column("sending_rule", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("invitation", sa.Column("reminded_at", Moment(), nullable=True))
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invitation_id", "number"),
    )
    op.create_index("ix_reminder_status_due", "reminder", ["status", "due_at"])
    op.create_index("ix_reminder_survey_status", "reminder", ["survey_id", "status"])


def downgrade():
    op.drop_table("reminder")
    op.drop_column("invitation", "reminded_at")
    op.drop_column("sending_rule", "second_reminder_days")
    op.drop_column("sending_rule", "first_reminder_days")
