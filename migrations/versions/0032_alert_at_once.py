"""Rules that speak at once, whom they tell, and what they said."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade():
    _create_rules()
    _create_recipients()
    _create_notices()
    _create_members()


def _create_rules():
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("all_surveys", sa.Boolean(), nullable=False),
        sa.Column("band", sa.String(length=10), nullable=True),
        sa.Column("below", sa.Float(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("team", sa.String(length=120), nullable=True),
        sa.Column("channel", sa.String(length=60), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=True),
        sa.Column("property_name", sa.String(length=60), nullable=True),
        sa.Column("property_value", sa.String(length=200), nullable=True),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("least", sa.SmallInteger(), nullable=False),
        sa.Column("cool_down", sa.SmallInteger(), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("covers_from", Moment(), nullable=False),
        sa.Column("next_look_at", Moment(), nullable=True),
        sa.Column("off_at", Moment(), nullable=True),
        sa.Column("off_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alert_workspace_id", "alert", ["workspace_id"])
    op.create_index("ix_alert_look", "alert", ["next_look_at"])
    op.create_table(
        "alert_survey",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "survey_id"),
    )
    op.create_index("ix_alert_survey_survey_id", "alert_survey", ["survey_id"])
    op.create_table(
        "alert_watch",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("before_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "survey_id"),
    )


def _create_recipients():
    op.create_table(
        "alert_recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("quiet_until", Moment(), nullable=True),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.Column("stopped_at", Moment(), nullable=True),
        sa.Column("stopped_by", sa.String(length=60), nullable=True),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alert_id", "kind", "address_key"),
    )
    op.create_index("ix_alert_recipient_quiet", "alert_recipient", ["quiet_until"])


def _create_notices():
    op.create_table(
        "alert_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_try_at", Moment(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["recipient_id"], ["alert_recipient.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("recipient_id", "number"),
    )
    op.create_index("ix_alert_notice_alert", "alert_notice", ["alert_id", "id"])
    claimed = sa.text("state = 'claimed'")
    op.create_index(
        "ix_alert_notice_due", "alert_notice", ["next_try_at"], sqlite_where=claimed, postgresql_where=claimed
    )
    op.create_table(
        "alert_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("fine", sa.Boolean(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["alert_notice.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alert_attempt_notice_id", "alert_attempt", ["notice_id", "id"])


def _create_members():
    waiting = sa.text("notice_id IS NULL")
    op.create_table(
        "alert_member",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["alert_notice.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["recipient_id"], ["alert_recipient.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("recipient_id", "response_id"),
    )
    op.create_index("ix_alert_member_notice_id", "alert_member", ["notice_id"])
    op.create_index("ix_alert_member_response_id", "alert_member", ["response_id"])
    op.create_index(
        "ix_alert_member_waiting", "alert_member", ["recipient_id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "alert_drop",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("before", sa.Date(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["alert_notice.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["recipient_id"], ["alert_recipient.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("recipient_id", "survey_id", "day"),
    )
    op.create_index("ix_alert_drop_notice_id", "alert_drop", ["notice_id"])
    op.create_index(
        "ix_alert_drop_waiting", "alert_drop", ["recipient_id"], sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade():
    for table in ("alert_drop", "alert_member", "alert_attempt", "alert_notice", "alert_recipient"):
        op.drop_table(table)
    for table in ("alert_watch", "alert_survey", "alert"):
        op.drop_table(table)
