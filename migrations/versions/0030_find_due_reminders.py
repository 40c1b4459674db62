"""Reminders that are due are asked for all the time, survey by survey."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

DUE = sa.text("status = 'waiting' AND asked_at IS NULL")


def upgrade():
    op.create_index("ix_reminder_due", "reminder", ["survey_id", "due_at"], sqlite_where=DUE, postgresql_where=DUE)
    op.drop_index("ix_reminder_status_due", table_name="reminder")


def downgrade():
    op.create_index("ix_reminder_status_due", "reminder", ["status", "due_at"])
    op.drop_index("ix_reminder_due", table_name="reminder")
