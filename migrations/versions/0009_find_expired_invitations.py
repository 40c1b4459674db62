"""Invitations whose time is over are found without reading the others."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_invitation_status_expires", "invitation", ["status", "expires_at"], unique=False)


def downgrade():
    op.drop_index("ix_invitation_status_expires", table_name="invitation")
