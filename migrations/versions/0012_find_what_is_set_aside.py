"""Every results page says how many answers are set aside; they are few, and must not be searched among all."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WAITING = sa.text("flagged_at IS NOT NULL AND released_at IS NULL")


def upgrade():
    op.create_index(
        "ix_response_set_aside",
        "response",
        ["workspace_id", "created_at", "id"],
        unique=False,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade():
    op.drop_index("ix_response_set_aside", table_name="response", sqlite_where=WAITING, postgresql_where=WAITING)
