"""Reports of mail that came back, and the outbox by state."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "bounce",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("passed_to", sa.String(length=320), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_bounce_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_bounce_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
        sa.UniqueConstraint("digest", name=op.f("uq_bounce_digest")),
    )
    op.create_index("ix_bounce_contact_received", "bounce", ["contact_id", "received_at"], unique=False)
    op.create_index("ix_bounce_received", "bounce", ["received_at"], unique=False)
    op.create_index("ix_mail_workspace_state", "mail", ["workspace_id", "state", "created_at"], unique=False)


def downgrade():
    op.drop_index("ix_mail_workspace_state", table_name="mail")
    op.drop_index("ix_bounce_received", table_name="bounce")
    op.drop_index("ix_bounce_contact_received", table_name="bounce")
    op.drop_table("bounce")
