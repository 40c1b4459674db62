"""Cases: detractors who are followed up, by rules of a workspace."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

OPEN, CLOSED = sa.text("closed_at IS NULL"), sa.text("closed_at IS NOT NULL")
UNTOLD = sa.text("closed_at IS NULL AND reminded_at IS NULL")
TO_ASK = sa.text("follow_due_at IS NOT NULL")


def upgrade():
    _rules()
    op.create_table(
        "customer_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("next_stage", sa.String(length=12), nullable=True),
        sa.Column("calmed_at", Moment(), nullable=True),
        sa.Column("reminded_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reason_id", sa.Uuid(), nullable=True),
        sa.Column("follow_due_at", Moment(), nullable=True),
        sa.Column("follow_invitation_id", sa.Uuid(), nullable=True),
        sa.Column("follow_response_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["reason_id"], ["case_reason.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["follow_invitation_id"], ["invitation.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["follow_response_id"], ["response.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("response_id"),
        sa.UniqueConstraint("follow_invitation_id"),
    )
    _indexes()
    op.create_table(
        "case_stage",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["customer_case.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "stage"),
    )
    op.create_table(
        "case_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["customer_case.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_entry_case_at", "case_entry", ["case_id", "at", "id"])


def _rules():
    op.create_table(
        "case_rule",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("owner_by", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("hours", sa.SmallInteger(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("start_hour", sa.SmallInteger(), nullable=False),
        sa.Column("end_hour", sa.SmallInteger(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("follow_survey_id", sa.Uuid(), nullable=True),
        sa.Column("follow_days", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["follow_survey_id"], ["survey.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_table(
        "case_survey",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id"),
    )
    op.create_index("ix_case_survey_workspace_id", "case_survey", ["workspace_id"])
    op.create_table(
        "case_lead",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.String(length=120), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace_id", "team"),
    )
    op.create_table(
        "case_turn",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("last_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_table(
        "case_reason",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )


def _indexes():
    def index(name, columns, where=None):
        op.create_index(name, "customer_case", columns, sqlite_where=where, postgresql_where=where)

    index("ix_customer_case_due", ["workspace_id", "due_at", "id"], OPEN)
    index("ix_customer_case_owner", ["workspace_id", "owner_id", "due_at", "id"], OPEN)
    index("ix_customer_case_stage", ["workspace_id", "next_stage", "due_at", "id"], OPEN)
    index("ix_customer_case_closed", ["workspace_id", "closed_at", "id"], CLOSED)
    index("ix_customer_case_survey", ["survey_id", "opened_at"])
    index("ix_customer_case_contact_id", ["contact_id"])
    index("ix_customer_case_follow_response_id", ["follow_response_id"])
    index("ix_customer_case_untold", ["due_at"], UNTOLD)
    index("ix_customer_case_to_ask", ["follow_due_at"], TO_ASK)


def downgrade():
    for table in (
        *("case_entry", "case_stage", "customer_case"),
        *("case_reason", "case_turn", "case_lead", "case_survey", "case_rule"),
    ):
        op.drop_table(table)
