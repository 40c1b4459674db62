"""Comments that wait for their reading are found workspace by workspace."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

WAITING = sa.text("read_at IS NULL AND comment IS NOT NULL")


def upgrade():
    op.create_index(
        "ix_response_unread_of",
        "response",
        ["workspace_id", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade():
    op.drop_index("ix_response_unread_of", "response")
