"""What comments speak of, and how a workspace calls it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "response_theme",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=20), nullable=False),
        sa.Column("polarity", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_response_theme_response_id_response"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("response_id", "theme", name=op.f("pk_response_theme")),
    )
    op.create_index("ix_response_theme_theme", "response_theme", ["theme", "response_id"], unique=False)
    op.create_table(
        "workspace_theme",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("theme", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=True),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("fk_workspace_theme_workspace_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "theme", name=op.f("pk_workspace_theme")),
    )


def downgrade():
    op.drop_table("workspace_theme")
    op.drop_index("ix_response_theme_theme", table_name="response_theme")
    op.drop_table("response_theme")
