"""Answers to further questions, typed, by revision of a response."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "answer",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("choice", sa.String(length=40), nullable=True),
        sa.Column("number", sa.SmallInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["response_id", "revision"],
            ["response_revision.response_id", "response_revision.number"],
            name=op.f("fk_answer_response_id_response_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("response_id", "revision", "question", "part", name=op.f("pk_answer")),
    )
    op.create_index("ix_answer_question", "answer", ["question", "response_id"], unique=False)


def downgrade():
    op.drop_index("ix_answer_question", table_name="answer")
    op.drop_table("answer")
