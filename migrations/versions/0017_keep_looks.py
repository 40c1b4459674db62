"""A workspace's colour and logo, and the pictures of logos."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "logo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.Column("mail", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("height", sa.SmallInteger(), nullable=False),
        sa.Column("chip", sa.String(length=5), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_logo_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logo")),
        sa.UniqueConstraint("workspace_id", "hash", name=op.f("uq_logo_workspace_id_hash")),
    )
    with op.batch_alter_table("workspace") as table:
        table.add_column(sa.Column("color", sa.String(length=7), nullable=True))
        table.add_column(sa.Column("logo_id", sa.Uuid(), nullable=True))


def downgrade():
    with op.batch_alter_table("workspace") as table:
        table.drop_column("logo_id")
        table.drop_column("color")
    op.drop_table("logo")
