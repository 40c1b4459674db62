"""Surveys have terms on which they ask; people are left alone for a while; mails of a survey can be held back."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "sending_rule",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("delay_minutes", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("start_hour", sa.Integer(), nullable=False),
        sa.Column("end_hour", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("quarantine_days", sa.Integer(), nullable=False),
        sa.Column("when_quarantined", sa.String(length=8), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id"),
    )
    op.add_column("workspace", sa.Column("quarantine_days", sa.Integer(), server_default="0", nullable=False))
    op.add_column("survey", sa.Column("paused_at", Moment(), nullable=True))
    op.add_column("survey", sa.Column("paused_by", sa.Uuid(), nullable=True))
    op.add_column("invitation", sa.Column("asked_at", Moment(), nullable=True))
    # Who was mailed before counts as asked then: a quarantine begins with what people remember.
    op.execute("UPDATE invitation SET asked_at = sent_at WHERE sent_at IS NOT NULL")


def downgrade():
    op.drop_column("invitation", "asked_at")
    op.drop_column("survey", "paused_by")
    op.drop_column("survey", "paused_at")
    op.drop_column("workspace", "quarantine_days")
    op.drop_table("sending_rule")
