"""What a dated file was ordered as, and how many erasures files know of."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("export", sa.Column("erasures", sa.Integer(), nullable=True))
    op.add_column("export_run", sa.Column("erasures", sa.Integer(), nullable=True))
    op.add_column("export_run", sa.Column("ordered", sa.JSON(), nullable=True))


def downgrade():
    op.drop_column("export_run", "ordered")
    op.drop_column("export_run", "erasures")
    op.drop_column("export", "erasures")
