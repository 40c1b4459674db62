"""Numbers are read from counts by day; each row says what it is counted as, and what is deleted leaves that behind."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MEASURES = (
    *(f"score_{value}" for value in range(11)),
    *("positive", "neutral", "negative", "mixed", "unscored", "unread", "beside"),
)
SET_ASIDE = sa.text("flagged_at IS NOT NULL AND released_at IS NULL")
REACH = ("asked", "sent", "clicked", "answered", "commented")
PENDING = sa.text(
    "counted_as IS NULL OR counted_as <> "
    "CASE WHEN flagged_at IS NOT NULL AND released_at IS NULL THEN '' ELSE CAST(score AS VARCHAR(3))"
    " || CASE WHEN invitation_id IS NULL THEN ' beside ' ELSE ' asked ' END"
    " || CASE WHEN comment IS NULL THEN 'none ' || locale ELSE"
    " COALESCE(sentiment_label, CASE WHEN read_at IS NULL THEN 'unread' ELSE 'unscored' END)"
    " || ' ' || COALESCE(language, '?')"
    " || CASE WHEN read_at IS NULL OR heard IS NULL THEN '' ELSE ' ' || heard END END END"
)
JOINED = {"postgresql": "string_agg", "sqlite": "group_concat"}
SAID = """UPDATE response SET heard = (
    SELECT string_agg(theme || CASE WHEN polarity <= -0.15 THEN '-' WHEN polarity >= 0.15 THEN '+' ELSE '=' END, ' ')
    FROM response_theme WHERE response_id = response.id
) WHERE id IN (SELECT response_id FROM response_theme)"""
# What goes with its survey leaves nothing, for nobody asks for its numbers any more.
THERE = "EXISTS (SELECT 1 FROM survey WHERE id = OLD.survey_id)"
GONE = """INSERT INTO rollup_gone
    (id, survey_id, version_id, created_at, asked_at, agent, team, channel, counted_as)
    VALUES (OLD.id, OLD.survey_id, OLD.version_id, OLD.created_at, OLD.asked_at,
        OLD.agent, OLD.team, OLD.channel, OLD.counted_as)"""
STEPS = """CASE WHEN {0}status = 'skipped' AND {0}answered_at IS NULL THEN 0 ELSE 1
    + CASE WHEN {0}sent_at IS NULL THEN 0 ELSE 2 END + CASE WHEN {0}clicked_at IS NULL THEN 0 ELSE 4 END END"""
OLD, NEW = STEPS.format("OLD."), STEPS.format("NEW.")
INTO = "INSERT INTO rollup_asked (invitation_id, survey_id, version_id, created_at, steps, weight)"
AWAY = f"{INTO} VALUES (OLD.id, OLD.survey_id, OLD.version_id, OLD.created_at, {OLD}, -1)"
HERE = f"{INTO} VALUES (NEW.id, NEW.survey_id, NEW.version_id, NEW.created_at, {NEW}, 1)"
SO_FAR = f"{INTO} SELECT id, survey_id, version_id, created_at, {STEPS.format('')}, 1 FROM invitation"  # noqa: S608 - all of it is above
# That an anonymous answer came is told by nothing but the invitation's own row, not beside the answer that waits.
SIGNED = "NOT (NEW.status = 'answered' AND NEW.answered_at IS NULL)"
CHANGED = f"{SIGNED} AND (NEW.version_id <> OLD.version_id OR ({NEW}) <> ({OLD}))"
TOUCHED = "UPDATE OF version_id, status, sent_at, clicked_at, answered_at"
SQLITE = (
    f"CREATE TRIGGER response_gone AFTER DELETE ON response WHEN OLD.counted_as <> '' AND {THERE} BEGIN {GONE}; END",
    f"CREATE TRIGGER invitation_gone AFTER DELETE ON invitation WHEN {THERE} BEGIN {AWAY}; END",
    f"CREATE TRIGGER invitation_made AFTER INSERT ON invitation BEGIN {HERE}; END",
    f"CREATE TRIGGER invitation_went_on AFTER {TOUCHED} ON invitation WHEN {CHANGED} BEGIN {AWAY}; {HERE}; END",
)
FUNCTION = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
POSTGRESQL = (
    f"CREATE FUNCTION response_gone() {FUNCTION} IF {THERE} THEN {GONE}; END IF; RETURN NULL; END $$",
    """CREATE TRIGGER response_gone AFTER DELETE ON response FOR EACH ROW
    WHEN (OLD.counted_as <> '') EXECUTE FUNCTION response_gone()""",
    f"CREATE FUNCTION invitation_gone() {FUNCTION} IF {THERE} THEN {AWAY}; END IF; RETURN NULL; END $$",
    "CREATE TRIGGER invitation_gone AFTER DELETE ON invitation FOR EACH ROW EXECUTE FUNCTION invitation_gone()",
    f"CREATE FUNCTION invitation_made() {FUNCTION} {HERE}; RETURN NULL; END $$",
    "CREATE TRIGGER invitation_made AFTER INSERT ON invitation FOR EACH ROW EXECUTE FUNCTION invitation_made()",
    f"CREATE FUNCTION invitation_went_on() {FUNCTION} {AWAY}; {HERE}; RETURN NULL; END $$",
    f"""CREATE TRIGGER invitation_went_on AFTER {TOUCHED} ON invitation FOR EACH ROW
    WHEN ({CHANGED}) EXECUTE FUNCTION invitation_went_on()""",
)
TRIGGERS = {"response_gone": "response", "invitation_gone": "invitation", "invitation_made": "invitation"}
TRIGGERS |= {"invitation_went_on": "invitation"}


def upgrade():
    op.create_table(
        "rollup",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cut", sa.String(length=20), nullable=False),
        sa.Column("stretch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=130), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in MEASURES),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id", "generation", "cut", "stretch", "value", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_state",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("next_generation", sa.Integer(), nullable=True),
        sa.Column("next_zone", sa.String(length=60), nullable=True),
        sa.Column("reached_at", Moment(), nullable=True),
        sa.Column("reached_id", sa.Uuid(), nullable=True),
        sa.Column("asked_reached_at", Moment(), nullable=True),
        sa.Column("asked_reached_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id"),
    )
    op.create_table(
        "rollup_gone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("team", sa.String(length=120), nullable=True),
        sa.Column("channel", sa.String(length=60), nullable=True),
        sa.Column("counted_as", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rollup_gone_survey_id", "rollup_gone", ["survey_id"])
    _reach()
    op.add_column("response", sa.Column("heard", sa.Text(), nullable=True))
    op.add_column("response", sa.Column("counted_as", sa.Text(), nullable=True))
    op.add_column("response", sa.Column("asked_at", Moment(), nullable=True))
    op.create_index(
        "ix_response_set_aside_of",
        "response",
        ["survey_id", "created_at"],
        sqlite_where=SET_ASIDE,
        postgresql_where=SET_ASIDE,
    )
    dialect = op.get_bind().dialect.name
    op.execute(SAID.replace("string_agg", JOINED[dialect]))
    op.create_index(
        "ix_response_uncounted",
        "response",
        ["survey_id", "id"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )
    for statement in (SO_FAR, *(POSTGRESQL if dialect == "postgresql" else SQLITE)):
        op.execute(statement)


def _reach():
    op.create_table(
        "rollup_reach",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stretch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in REACH),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id", "generation", "stretch", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_asked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("steps", sa.SmallInteger(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    columns = ["survey_id", "created_at", "invitation_id"]
    op.create_index("ix_rollup_asked_survey_created", "rollup_asked", columns)


def downgrade():
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name} ON {table}" if on_postgresql else f"DROP TRIGGER {name}")
        if on_postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("ix_response_uncounted", table_name="response")
    op.drop_index("ix_response_set_aside_of", table_name="response")
    for column in ("asked_at", "counted_as", "heard"):
        op.drop_column("response", column)
    for table in ("rollup_asked", "rollup_reach", "rollup_gone", "rollup_state", "rollup"):
        op.drop_table(table)
