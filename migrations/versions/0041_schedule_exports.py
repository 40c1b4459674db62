"""Files of answers that are made by the clock."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

CLAIMED = sa.text("state = 'claimed'")
FILED = sa.text("file IS NOT NULL")


def upgrade():
    _schedules()
    _runs()


def _schedules():
    op.create_table(
        "export_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("stem", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("people", sa.Boolean(), nullable=False),
        sa.Column("stretch", sa.String(length=6), nullable=False),
        sa.Column("way", sa.String(length=6), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("cadence", sa.String(length=8), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("minute", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=True),
        sa.Column("day", sa.SmallInteger(), nullable=True),
        sa.Column("covered_until", Moment(), nullable=False),
        sa.Column("next_due_at", Moment(), nullable=True),
        sa.Column("last_local_date", sa.Date(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("paused_by", sa.String(length=60), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", sa.String(length=60), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "stem"),
    )
    op.create_index("ix_export_schedule_survey_id", "export_schedule", ["survey_id"])
    op.create_index("ix_export_schedule_due", "export_schedule", ["next_due_at"])
    op.create_table(
        "export_reader",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["export_schedule.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("schedule_id", "user_id"),
    )
    op.create_index("ix_export_reader_user_id", "export_reader", ["user_id"])


def _runs():
    op.create_table(
        "export_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("period_from", Moment(), nullable=True),
        sa.Column("period_to", Moment(), nullable=False),
        sa.Column("catches_up_from", sa.Date(), nullable=True),
        sa.Column("trigger", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_try_at", Moment(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=True),
        sa.Column("file", sa.String(length=300), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["schedule_id"], ["export_schedule.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("schedule_id", "local_date"),
    )
    op.create_index("ix_export_run_export_id", "export_run", ["export_id"])
    op.create_index("ix_export_run_due", "export_run", ["next_try_at"], sqlite_where=CLAIMED, postgresql_where=CLAIMED)
    op.create_index("ix_export_run_filed", "export_run", ["workspace_id"], sqlite_where=FILED, postgresql_where=FILED)
    op.create_index("ix_export_run_finished", "export_run", ["finished_at"], sqlite_where=FILED, postgresql_where=FILED)


def downgrade():
    op.drop_table("export_run")
    op.drop_table("export_reader")
    op.drop_table("export_schedule")
