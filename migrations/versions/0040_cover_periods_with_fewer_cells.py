"""Stretches of 1, 4, 16, 64 and 256 days instead of 1, 8, 64 and 512: the longer ones are summed anew from the days."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

SHIFT = 10_000_000
MEASURES = (
    *(f"score_{value}" for value in range(11)),
    *("positive", "neutral", "negative", "mixed", "unscored", "unread", "beside"),
)
TABLES = {
    "rollup": (("survey_id", "generation", "cut"), ("value", "version"), MEASURES),
    "rollup_reach": (
        ("survey_id", "generation"),
        ("version",),
        ("asked", "sent", "clicked", "answered", "commented"),
    ),
}


def upgrade():
    _summed((1, 4, 16, 64, 256))


def downgrade():
    _summed((1, 8, 64, 512))


def _summed(widths):
    for table, (before, after, measures) in TABLES.items():
        op.execute(f"DELETE FROM {table} WHERE stretch >= {SHIFT}")  # noqa: S608 - all of it is above
        keys, columns = ", ".join((*before, *after)), ", ".join((*before, "stretch", *after, *measures))
        sums = ", ".join(f"SUM({name})" for name in measures)
        for level, width in enumerate(widths[1:], start=1):
            place = f"{level * SHIFT} + stretch / {width}"
            chosen = ", ".join((*before, place, *after))
            op.execute(
                f"INSERT INTO {table} ({columns}) SELECT {chosen}, {sums} FROM {table}"  # noqa: S608 - all of it is above
                f" WHERE stretch < {SHIFT} GROUP BY {keys}, {place}"
            )
