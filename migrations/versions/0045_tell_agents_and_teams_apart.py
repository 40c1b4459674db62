"""The answers of one agent or team are found by themselves, and roll-ups tell whom each had asked."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

NAMES = (("agent", 120), ("team", 120), ("channel", 60))
REACH = ("asked", "sent", "clicked", "answered", "commented")
NUMBERS = ", ".join(REACH)
SHIFT = 10_000_000

STEPS = """CASE WHEN {0}status = 'skipped' AND {0}answered_at IS NULL THEN 0 ELSE 1
    + CASE WHEN {0}sent_at IS NULL THEN 0 ELSE 2 END + CASE WHEN {0}clicked_at IS NULL THEN 0 ELSE 4 END END"""
OLD, NEW = STEPS.format("OLD."), STEPS.format("NEW.")
INTO = "INSERT INTO rollup_asked (invitation_id, survey_id, version_id, created_at, steps, weight"
NAMED = f"{INTO}, agent, team, channel) SELECT"
# What goes with its survey leaves nothing, for nobody asks for its numbers any more.
THERE = "EXISTS (SELECT 1 FROM survey WHERE id = OLD.survey_id)"
# That an anonymous answer came is told by nothing but the invitation's own row, not beside the answer that waits.
SIGNED = "NOT (NEW.status = 'answered' AND NEW.answered_at IS NULL)"
CHANGED = f"{SIGNED} AND (NEW.version_id <> OLD.version_id OR ({NEW}) <> ({OLD}))"
TOUCHED = "UPDATE OF version_id, status, sent_at, clicked_at, answered_at"


def _said(row, steps, weight):
    """What an invitation was or is; its interaction, where it is not gone yet, says whose it is."""
    about = f"{row}.id, {row}.survey_id, {row}.version_id, {row}.created_at, {steps}, {weight}"
    return f"{NAMED} {about}, agent, team, channel FROM interaction WHERE id = {row}.interaction_id"


# Invitations go after their interaction, and then only this knows what they were.
GONE = f"""{NAMED} gone.id, gone.survey_id, gone.version_id, gone.created_at, {STEPS.format("gone.")}, -1,
    OLD.agent, OLD.team, OLD.channel FROM invitation AS gone
    WHERE gone.interaction_id = OLD.id AND EXISTS (SELECT 1 FROM survey WHERE survey.id = gone.survey_id)"""  # noqa: S608 - all of it is above
APART = (_said("NEW", NEW, 1), _said("OLD", OLD, -1), GONE)
"""What triggers write of an invitation that is made, that goes, and whose interaction goes."""
TOGETHER = (
    f"{INTO}) VALUES (NEW.id, NEW.survey_id, NEW.version_id, NEW.created_at, {NEW}, 1)",
    f"{INTO}) VALUES (OLD.id, OLD.survey_id, OLD.version_id, OLD.created_at, {OLD}, -1)",
    None,
)
"""What they wrote before."""


def upgrade():
    if op.get_bind().dialect.name == "postgresql":  # at once: who answers meanwhile waits, instead of for each other
        tables = "rollup_state, interaction, invitation, response, rollup_asked, rollup_reach"
        op.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
    for name in ("agent", "team"):
        known = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_response_of_{name}",
            "response",
            ["survey_id", name, "created_at"],
            sqlite_where=known,
            postgresql_where=known,
        )
    for name, length in NAMES:
        op.add_column("rollup_asked", sa.Column(name, sa.String(length=length), nullable=True))
        op.execute(
            f"UPDATE rollup_asked SET {name} = (SELECT interaction.{name} FROM invitation"  # noqa: S608 - all of it is above
            " JOIN interaction ON interaction.id = invitation.interaction_id"
            " WHERE invitation.id = rollup_asked.invitation_id)"
        )
    _remade(
        (
            ("cut", sa.String(length=20)),
            ("value", sa.String(length=130)),
            ("day", sa.Integer()),
            ("version", sa.Integer()),
        ),
        f"SELECT survey_id, generation, 'all', '', stretch, version, {NUMBERS} FROM kept WHERE stretch < {SHIFT}",  # noqa: S608 - all of it is above
    )
    # What is apart is counted anew in the background, as after a change of the zone.
    op.add_column("rollup_state", sa.Column("apart_from", sa.Integer(), server_default="1", nullable=False))
    op.execute(
        "UPDATE rollup_state SET next_generation = COALESCE(next_generation, generation) + 1,"
        " next_zone = COALESCE(next_zone, zone), apart_from = COALESCE(next_generation, generation) + 1,"
        " reached_at = NULL, reached_id = NULL, asked_reached_at = NULL, asked_reached_id = NULL"
    )
    _tell(*APART)


def downgrade():
    _tell(*TOGETHER)
    op.drop_column("rollup_state", "apart_from")
    _remade(
        (("stretch", sa.Integer()), ("version", sa.Integer())),
        f"SELECT survey_id, generation, day, version, {NUMBERS} FROM kept WHERE cut = 'all'",  # noqa: S608 - all of it is above
    )
    columns, sums = f"survey_id, generation, stretch, version, {NUMBERS}", ", ".join(f"SUM({name})" for name in REACH)
    for level, width in enumerate((4, 16, 64, 256), start=1):
        place = f"{level * SHIFT} + stretch / {width}"
        op.execute(
            f"INSERT INTO rollup_reach ({columns}) SELECT survey_id, generation, {place}, version, {sums}"  # noqa: S608 - all of it is above
            f" FROM rollup_reach WHERE stretch < {SHIFT} GROUP BY survey_id, generation, {place}, version"
        )
    for name, _ in NAMES:
        op.drop_column("rollup_asked", name)
    for name in ("agent", "team"):
        op.drop_index(f"ix_response_of_{name}", table_name="response")


def _remade(keys, rows):
    """The reach with these keys, beside the survey and the generation, and rows made of those that it had."""
    op.execute("CREATE TABLE kept AS SELECT * FROM rollup_reach")
    op.drop_table("rollup_reach")
    op.create_table(
        "rollup_reach",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, kind, autoincrement=False, nullable=False) for name, kind in keys),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in REACH),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id", "generation", *(name for name, _ in keys)),
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO rollup_reach {rows}")
    op.drop_table("kept")


def _tell(here, away, gone):
    """Let the database tell roll-ups what becomes of invitations, in these words."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    write = _on_postgresql if on_postgresql else _on_sqlite
    if gone and on_postgresql:  # so that nobody changes one before it goes
        gone += " FOR UPDATE OF gone"
    write("invitation_made", "AFTER INSERT ON invitation", (here,))
    # PostgreSQL tells of rows that went with others when all of them are gone, and the interaction may be one of those.
    first = "BEFORE" if gone and on_postgresql else "AFTER"
    write("invitation_gone", f"{first} DELETE ON invitation", (away,), when=THERE)
    write("invitation_went_on", f"AFTER {TOUCHED} ON invitation", (away, here), when=CHANGED)
    write("interaction_gone", "BEFORE DELETE ON interaction", (gone,) if gone else ())


def _on_sqlite(name, event, steps, when="1"):
    op.execute(f"DROP TRIGGER IF EXISTS {name}")
    if steps:
        op.execute(f"CREATE TRIGGER {name} {event} WHEN {when} BEGIN {'; '.join(steps)}; END")


def _on_postgresql(name, event, steps, when="true"):
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {event.split()[-1]}")
    op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    if not steps:
        return
    # A condition with a query cannot stand in the trigger itself.
    body = f"IF {when} THEN {'; '.join(steps)}; END IF; RETURN {'OLD' if event.startswith('BEFORE') else 'NULL'};"
    before = f"WHEN ({when})" if when != THERE else ""
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    op.execute(f"CREATE TRIGGER {name} {event} FOR EACH ROW {before} EXECUTE FUNCTION {name}()")
