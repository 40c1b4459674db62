"""Comments that wait for their reading are found in the order of the list."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

NAME = "ix_response_unread_of"
WAITING = sa.text("read_at IS NULL AND comment IS NOT NULL")


def upgrade():
    _remake(["workspace_id", "created_at", "id"])


def downgrade():
    _remake(["workspace_id", "id"])


def _remake(columns):
    op.drop_index(NAME, "response")
    op.create_index(NAME, "response", columns, sqlite_where=WAITING, postgresql_where=WAITING)
