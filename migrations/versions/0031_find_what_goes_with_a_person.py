"""What goes with an erased person, and what was asked about an interaction, is found without reading whole tables."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SIGNED = sa.text("invitation_id IS NOT NULL")


def upgrade():
    op.create_index(
        "ix_response_invitation_id", "response", ["invitation_id"], sqlite_where=SIGNED, postgresql_where=SIGNED
    )
    op.create_index("ix_invitation_interaction_id", "invitation", ["interaction_id"])
    op.create_index("ix_issue_member_response_id", "issue_member", ["response_id"])


def downgrade():
    op.drop_index("ix_issue_member_response_id", table_name="issue_member")
    op.drop_index("ix_invitation_interaction_id", table_name="invitation")
    op.drop_index("ix_response_invitation_id", table_name="response")
