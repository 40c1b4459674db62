"""Sources that helpdesks and shops call, and the calls that came in."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("recipe", sa.String(length=20), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("signature_secret", sa.Text(), nullable=True),
        sa.Column("signature_header", sa.String(length=80), nullable=True),
        sa.Column("signature_scheme", sa.String(length=20), nullable=True),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_source_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_source_key_hash")),
        sa.UniqueConstraint("workspace_id", "slug", name=op.f("uq_source_workspace_id_slug")),
    )
    op.create_table(
        "source_survey",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_source_survey_source_id_source"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_source_survey_survey_id_survey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "survey_id", name=op.f("pk_source_survey")),
    )
    op.create_index("ix_source_survey_survey_id", "source_survey", ["survey_id"], unique=False)
    op.create_table(
        "received_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("content_type", sa.String(length=200), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.String(length=300), nullable=True),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interaction.id"],
            name=op.f("fk_received_call_interaction_id_interaction"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_received_call_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_call")),
    )
    op.create_index("ix_received_call_source_id", "received_call", ["source_id", "id"], unique=False)
    op.create_index("ix_received_call_state_received", "received_call", ["state", "received_at"], unique=False)
    op.create_index("ix_received_call_interaction_id", "received_call", ["interaction_id"], unique=False)


def downgrade():
    op.drop_table("received_call")
    op.drop_table("source_survey")
    op.drop_table("source")
