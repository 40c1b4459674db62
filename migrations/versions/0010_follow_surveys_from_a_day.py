"""A digest that begins to follow a survey later does not tell that survey's whole past."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("digest_survey") as table:
        table.add_column(sa.Column("covers_from", Moment(), nullable=True))


def downgrade():
    with op.batch_alter_table("digest_survey") as table:
        table.drop_column("covers_from")
