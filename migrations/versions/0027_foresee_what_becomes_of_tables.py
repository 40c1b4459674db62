"""A table has a forecast of what becomes of its rows, and its invitations tell which table they came from."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FROM_A_TABLE = sa.text("upload_id IS NOT NULL")


def upgrade():
    op.add_column("upload", sa.Column("forecast", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("upload", sa.Column("noted", sa.Integer(), server_default="0", nullable=False))
    taken = sa.Column("taken", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("upload_refused_row", taken)
    with op.batch_alter_table("invitation") as invitation:
        invitation.add_column(sa.Column("upload_id", sa.Uuid(), nullable=True))
        name = op.f("fk_invitation_upload_id_upload")
        invitation.create_foreign_key(name, "upload", ["upload_id"], ["id"], ondelete="SET NULL")
    op.create_index(
        "ix_invitation_upload_id",
        "invitation",
        ["upload_id"],
        sqlite_where=FROM_A_TABLE,
        postgresql_where=FROM_A_TABLE,
    )


def downgrade():
    op.drop_index("ix_invitation_upload_id", "invitation")
    with op.batch_alter_table("invitation") as invitation:
        invitation.drop_constraint(op.f("fk_invitation_upload_id_upload"), type_="foreignkey")
        invitation.drop_column("upload_id")
    op.drop_column("upload_refused_row", "taken")
    op.drop_column("upload", "noted")
    op.drop_column("upload", "forecast")
