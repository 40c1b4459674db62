"""What looked suspicious about a submission is kept beside it."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("response_revision") as table:
        table.add_column(sa.Column("opened_at", Moment(), nullable=True))
        table.add_column(sa.Column("client", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("signs", sa.String(length=80), nullable=True))


def downgrade():
    with op.batch_alter_table("response_revision") as table:
        table.drop_column("signs")
        table.drop_column("client")
        table.drop_column("opened_at")
