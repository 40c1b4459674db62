"""Drafts that were put aside when an older version became the draft again."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "survey_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=True),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.Column("kept_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_survey_draft_survey_id_survey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_draft")),
    )
    op.create_index("ix_survey_draft_survey_id", "survey_draft", ["survey_id"], unique=False)


def downgrade():
    op.drop_index("ix_survey_draft_survey_id", table_name="survey_draft")
    op.drop_table("survey_draft")
