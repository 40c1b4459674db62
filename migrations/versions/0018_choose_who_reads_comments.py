"""The program that reads comments is the workspace's choice."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "workspace", sa.Column("sentiment_engine", sa.String(length=20), server_default="ngram", nullable=False)
    )


def downgrade():
    with op.batch_alter_table("workspace") as batch:
        batch.drop_column("sentiment_engine")
