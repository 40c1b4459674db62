"""Standing orders, their dated issues and what each told."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "digest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_email", sa.String(length=320), nullable=False),
        sa.Column("recipient_name", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("all_surveys", sa.Boolean(), nullable=False),
        sa.Column("cadence", sa.String(length=8), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("minute", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=True),
        sa.Column("day", sa.SmallInteger(), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("when_empty", sa.String(length=6), nullable=False),
        sa.Column("covers_from", Moment(), nullable=False),
        sa.Column("next_due_at", Moment(), nullable=True),
        sa.Column("last_local_date", sa.Date(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("paused_by", sa.String(length=60), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_digest_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("workspace_id", "recipient_email", name=op.f("uq_digest_workspace_id_recipient_email")),
    )
    op.create_index("ix_digest_due", "digest", ["next_due_at"], unique=False)
    op.create_table(
        "digest_survey",
        sa.Column("digest_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name=op.f("fk_digest_survey_digest_id_digest"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_digest_survey_survey_id_survey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest_id", "survey_id", name=op.f("pk_digest_survey")),
    )
    op.create_table(
        "issue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("period_from", Moment(), nullable=False),
        sa.Column("period_to", Moment(), nullable=False),
        sa.Column("catches_up_from", sa.Date(), nullable=True),
        sa.Column("trigger", sa.String(length=10), nullable=False),
        sa.Column("detractors", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("next_due_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name=op.f("fk_issue_digest_id_digest"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_issue_mail_id_mail"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("digest_id", "local_date", name=op.f("uq_issue_digest_id_local_date")),
    )
    op.create_table(
        "issue_member",
        sa.Column("digest_id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name=op.f("fk_issue_member_digest_id_digest"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_member_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_issue_member_response_id_response"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest_id", "response_id", name=op.f("pk_issue_member")),
    )
    op.create_index("ix_issue_member_issue_id", "issue_member", ["issue_id"], unique=False)


def downgrade():
    op.drop_index("ix_issue_member_issue_id", table_name="issue_member")
    op.drop_table("issue_member")
    op.drop_table("issue")
    op.drop_table("digest_survey")
    op.drop_index("ix_digest_due", table_name="digest")
    op.drop_table("digest")
