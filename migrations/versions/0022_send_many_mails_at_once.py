"""Mails share stencils, belong to streams that can be held, and are sent without a job each."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

DUE = "status = 'scheduled' AND asked_at IS NULL"


def upgrade():
    op.create_table(
        "mail_stencil",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pieces", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "mail_hold",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    op.create_table(
        "mail_breaker",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=True),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("mail", sa.Column("stencil_id", sa.Uuid(), nullable=True))
    op.add_column("mail", sa.Column("stream_id", sa.Uuid(), nullable=True))
    op.add_column("survey", sa.Column("stopping_at", Moment(), nullable=True))
    op.create_index(
        "ix_invitation_due",
        "invitation",
        ["survey_id", "send_at"],
        sqlite_where=sa.text(DUE),
        postgresql_where=sa.text(DUE),
    )


def downgrade():
    op.drop_index("ix_invitation_due", "invitation")
    op.drop_column("survey", "stopping_at")
    op.drop_column("mail", "stream_id")
    op.drop_column("mail", "stencil_id")
    op.drop_table("mail_breaker")
    op.drop_table("mail_hold")
    op.drop_table("mail_stencil")
