"""Links that anybody may open, and answers of people whom nobody knows."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UNREAD = sa.text("read_at IS NULL")


def upgrade():
    op.create_table(
        "open_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("team", sa.String(length=120), nullable=True),
        sa.Column("channel", sa.String(length=60), nullable=True),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("cap", sa.Integer(), nullable=True),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("kiosk", sa.Boolean(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("paused_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_open_link_survey_id_survey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_open_link_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_link")),
        sa.UniqueConstraint("slug", name=op.f("uq_open_link_slug")),
    )
    op.create_index("ix_open_link_survey", "open_link", ["survey_id", "id"], unique=False)
    with op.batch_alter_table("response") as table:
        table.alter_column("invitation_id", existing_type=sa.Uuid(), nullable=True)
        table.alter_column("contact_id", existing_type=sa.Uuid(), nullable=True)
        table.add_column(sa.Column("link_id", sa.Uuid(), nullable=True))
        table.create_foreign_key("fk_response_link_id_open_link", "open_link", ["link_id"], ["id"], ondelete="SET NULL")
    op.create_index("ix_response_link_id", "response", ["link_id"], unique=False)
    op.create_index(
        "ix_response_unread", "response", ["id"], unique=False, sqlite_where=UNREAD, postgresql_where=UNREAD
    )


def downgrade():
    op.drop_index("ix_response_unread", table_name="response", sqlite_where=UNREAD, postgresql_where=UNREAD)
    op.drop_index("ix_response_link_id", table_name="response")
    op.execute("DELETE FROM response WHERE invitation_id IS NULL OR contact_id IS NULL")
    with op.batch_alter_table("response") as table:
        table.drop_constraint("fk_response_link_id_open_link", type_="foreignkey")
        table.drop_column("link_id")
        table.alter_column("contact_id", existing_type=sa.Uuid(), nullable=False)
        table.alter_column("invitation_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_index("ix_open_link_survey", table_name="open_link")
    op.drop_table("open_link")
