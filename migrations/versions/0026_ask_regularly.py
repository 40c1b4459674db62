"""Surveys ask the people of a segment again and again; each has the day of their next turn."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "recurrence",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("plan", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("walked_on", sa.Date(), nullable=True),
        sa.Column("walked_to", sa.Uuid(), nullable=True),
        sa.Column("caught_up_on", sa.Date(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", Moment(), nullable=True),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("stopped_at", Moment(), nullable=True),
        sa.Column("stopped_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id"),
    )
    op.create_table(
        "turn",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("plan", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id", "contact_id"),
    )
    op.create_index("ix_turn_due", "turn", ["survey_id", "plan", "due_on", "contact_id"])
    op.create_index("ix_turn_contact_id", "turn", ["contact_id"])


def downgrade():
    op.drop_table("turn")
    op.drop_table("recurrence")
