"""Roll-ups made anew, and what must hold around them: crashes, many at once, deletion, promises to the anonymous."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from base import clock
from base.db import db, transaction
from base.prepared import Prepared
from feedback import fold, generation, jobs, ledger, tally
from feedback.cli.rollups import feedback
from feedback.dashboard import Dashboard
from feedback.figure import Figures
from feedback.ranging import chosen
from feedback.reach import Reach
from feedback.response import Response
from feedback.rollup import Rollup, RollupAsked, RollupGone, RollupReach, RollupState, pending_rows
from feedback.spanning import WIDTHS, Calendar, Span, span, whole_days
from feedback.zoning import Interval, day_start
from surveys.intent import Intent
from surveys.survey import Survey
from tests.cast import AT, a_response, a_survey, an_invitation
from tests.feedback.answers import many_answers

ZONE = "Europe/Ljubljana"
PERIOD = chosen({"period": "30d"}, AT, ZONE)
TRIGGERS = {"response_gone", "invitation_gone", "invitation_made", "invitation_went_on", "interaction_gone"}
TRIGGERS |= {"response_reworded", "response_rephrased"}


@pytest.fixture
def survey(cast):
    """Forty answers of some days, counted."""
    made = a_survey(cast.workspace)
    many_answers(made, [{"score": n % 11, "created_at": AT - timedelta(hours=7 * n)} for n in range(40)])
    jobs.roll_up(AT)
    return made


@pytest.fixture
def rebuild(app):
    return lambda *options: app.test_cli_runner().invoke(feedback, ["rebuild", *options])


def spoil():
    with transaction() as session:
        session.execute(update(Rollup).values(score_9=Rollup.__table__.c.score_9 + 5))


def assert_right(survey):
    with Figures.of(survey.id) as figures:
        assert figures.counts(PERIOD.interval) == tally.counts(survey.id, PERIOD.interval)
        assert figures.counts_by("agent", PERIOD.interval) == tally.counts_by("agent", survey.id, PERIOD.interval)


def state_of(survey):
    return db.session.get(RollupState, survey.id, populate_existing=True)


@given(st.integers(1, 3_000), st.integers(0, 2_000), st.integers(1, 4_000), st.integers(0, 1_500))
def test_few_stretches_are_all_days_once_and_no_others(oldest, lived, first, days):
    """Days that have nothing in them may come along."""
    newest, end = oldest + lived, first + days
    found = span(first, end, oldest, newest)
    told = Counter()
    for stretches, sign in ((found.more, 1), (found.less, -1)):
        for stretch in stretches:
            level, place = divmod(stretch, 10_000_000)
            for day in range(place * WIDTHS[level], (place + 1) * WIDTHS[level]):
                told[day] += sign
    assert [told[day] for day in range(oldest, newest)] == [int(first <= day < end) for day in range(oldest, newest)]
    assert len(found.more) + len(found.less) <= 2 * 2 * 4 + lived // 256 + 2


def test_a_period_until_today_is_one_long_stretch_less_a_few_older_days():
    today = date(2026, 11, 19).toordinal()
    found = span(today - 89, today + 1, today - 1_000, today + 1)
    assert (len(found.more), len(found.less)) == (1, 4)
    assert span(today - 5_000, today + 1, today + 1, today + 1) == Span()


@pytest.mark.parametrize("zone", [ZONE, "America/Havana", "Asia/Beirut", "Pacific/Chatham", "Australia/Lord_Howe"])
def test_moments_belong_to_the_days_that_zones_say(zone):
    calendar = Calendar(zone)
    for day in (date(2026, 3, 29) + timedelta(days=n) for n in range(-40, 260)):
        start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
        for at in (start, start + (end - start) / 2, end - timedelta(microseconds=1)):
            assert calendar.day(at) == day.toordinal()


def test_hours_around_whole_days_are_told_apart():
    noon = datetime(2026, 11, 1, 11, tzinfo=UTC)
    slot = whole_days(Interval(noon, noon + timedelta(days=3)), ZONE)
    assert (slot.end - slot.first, len(slot.rims)) == (2, 2)
    assert whole_days(Interval(noon, noon + timedelta(hours=30)), ZONE).days is None
    assert whole_days(Interval(noon, noon), ZONE).rims == ()


def test_what_was_counted_wrong_is_right_again(survey, rebuild):
    spoil()
    result = rebuild()
    assert result.exit_code == 0, result.output
    assert "1 surveys, 41 rows" in result.output
    assert_right(survey)
    assert state_of(survey).generation == 2
    for table in (Rollup, RollupReach):
        assert set(db.session.scalars(select(table.generation))) == {2}


def test_one_survey_is_made_anew_alone(cast, survey, rebuild):
    other = a_survey(cast.workspace, "csat", name="Other")
    many_answers(other, [{"score": 3}])
    jobs.roll_up(AT)
    assert "1 surveys" in rebuild("--workspace", "acme", "--survey", "other").output
    assert (state_of(survey).generation, state_of(other).generation) == (1, 2)
    assert rebuild("--survey", "other").exit_code == 1


def test_what_was_interrupted_goes_on(survey, rebuild):
    spoil()
    with transaction():
        generation.begin(survey.id, ZONE)
    with transaction():
        assert generation.advance(survey.id, limit=25) == 25
    assert generation.remaining(survey.id) == 16
    with Figures.of(survey.id) as figures:
        assert figures.counts(PERIOD.interval) != tally.counts(survey.id, PERIOD.interval)
    assert "16 rows" in rebuild().output
    assert state_of(survey).generation == 2
    assert_right(survey)


def test_what_changes_while_counts_are_made_anew_counts_in_both(survey, monkeypatch):
    """Rows that the next generation knows already, and rows that it does not know yet, change, go and come."""
    monkeypatch.setattr(generation, "FEWEST", 3)
    people = [f"c{n}@customer.example" for n in range(8)]
    asked = [an_invitation(survey, email=email, at=AT - timedelta(days=20 - n)) for n, email in enumerate(people)]
    told = [a_response(one, 9, "good") for one in asked]
    jobs.roll_up(AT)
    with transaction():
        generation.begin(survey.id, ZONE)
    half = [60, 3]
    for size in half:
        with transaction():
            assert generation.advance(survey.id, limit=size)
    for n in (0, 7):
        with transaction() as session:
            session.execute(update(Response).where(Response.id == told[n].id).values(score=1, comment=None))
            session.execute(delete(Response).where(Response.id == told[n - 1 if n else 1].id))
            Intent.keep([{"invitation_id": asked[n].id, "at": AT, "kind": "open", "score": 3, "client": "x"}])
    a_response(an_invitation(survey, email="late@customer.example", at=AT - timedelta(days=25)), 0)
    with transaction():
        assert fold.fold(survey.id, ZONE, limit=100)
    jobs.roll_up(AT)
    assert (state_of(survey).generation, state_of(survey).next_generation) == (2, None)
    assert_right(survey)
    with Figures.of(survey.id) as figures:
        assert figures.ledger.changes == []
        assert figures.reach(PERIOD.interval) == Reach.of(survey.id, PERIOD.interval)


def test_the_service_ends_what_was_begun(survey):
    spoil()
    with transaction():
        generation.begin(survey.id, ZONE)
    jobs.roll_up(AT)
    assert state_of(survey).next_generation is None
    assert_right(survey)


def test_a_workspace_that_moves_gets_days_of_its_new_zone(cast, survey):
    with transaction():
        db.session.merge(cast.workspace).change({"zone": "Pacific/Auckland"}, at=AT)
    period = chosen({"period": "30d"}, AT, "Pacific/Auckland")
    before = Dashboard.of(survey, period, "day").trend
    jobs.roll_up(AT)
    assert (state_of(survey).zone, state_of(survey).next_zone) == ("Pacific/Auckland", None)
    assert Dashboard.of(survey, period, "day").trend == before


def test_a_crash_leaves_rows_and_counts_as_they_were(survey):
    many_answers(survey, [{"score": 3}] * 4)

    def crash():
        with transaction():
            assert fold.fold(survey.id, ZONE, limit=100)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert len(db.session.execute(pending_rows(survey.id)).all()) == 4
    assert_right(survey)
    jobs.roll_up(AT)
    assert_right(survey)


def test_with_very_much_that_waits_rows_are_counted(survey, monkeypatch):
    many_answers(survey, [{"score": 3}] * 4)
    monkeypatch.setattr(ledger, "MOST_PENDING", 3)
    assert_right(survey)
    with Figures.of(survey.id) as figures:
        assert figures.ledger.changes is None


def test_a_survey_that_is_deleted_takes_its_counts_along(survey):
    with transaction() as session:
        session.execute(delete(Survey).where(Survey.id == survey.id))
    for table in (Rollup, RollupReach, RollupState, RollupGone, RollupAsked):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_numbers_stand_still_while_they_are_counted(app, survey):
    """Somebody reads while what waits is counted and roll-ups are made anew, in many small transactions."""
    many_answers(survey, [{"score": 9, "agent": f"A{n % 7}"} for n in range(120)])
    expected, ident, faults = tally.counts(survey.id, PERIOD.interval), survey.id, []

    def steps_of(step, *whom):
        done = 1
        while done:
            with transaction():
                done = step(*whom, limit=3)

    def count():
        with app.app_context():
            try:
                steps_of(fold.fold, ident, ZONE)
                with transaction():
                    generation.begin(ident, ZONE)
                steps_of(generation.advance, ident)
                steps_of(lambda whom, limit: generation.sweep(whom), ident)
            except Exception as fault:  # noqa: BLE001 - told by the test
                faults.append(fault)
            finally:
                db.session.remove()

    worker = threading.Thread(target=count)
    worker.start()
    while worker.is_alive():
        db.session.rollback()
        with Figures.of(ident) as figures:
            assert figures.counts(PERIOD.interval) == expected
            assert sum(sum(of.values()) for of in figures.counts_by("agent", PERIOD.interval).values()) == 160
    worker.join()
    assert faults == []


def test_what_no_generation_needs_any_more_is_deleted_piece_by_piece_and_nothing_else(survey, monkeypatch):
    """One is read, one was given up, and one grows when the zone changes in the middle."""
    for zone in ("Asia/Tokyo", "America/Lima"):
        with transaction():
            generation.begin(survey.id, zone)
            generation.advance(survey.id, limit=20)

    def held():
        tables = [select(of.generation, func.count()).group_by(of.generation) for of in (Rollup, RollupReach)]
        return [dict(db.session.execute(of).all()) for of in tables]

    before, pieces = held(), 0
    monkeypatch.setattr(generation, "SWEPT", 3)
    while survey.id in generation.littered():
        with transaction():
            assert generation.sweep(survey.id)
        pieces += 1
    assert held() == [{at: n for at, n in of.items() if at != 2} for of in before]
    assert 2 in before[0]
    assert pieces > 3


def test_that_somebody_answered_anonymously_waits_nowhere_beside_the_answer(cast):
    survey = a_survey(cast.workspace, anonymous=True)
    asked = an_invitation(survey)
    jobs.roll_up(AT)
    a_response(asked, 9, "good")
    assert db.session.scalar(select(func.count()).select_from(RollupAsked)) == 0
    assert Dashboard.of(survey, PERIOD).reach.answered == 1
    jobs.roll_up(clock.now())
    kept = db.session.scalars(select(Response)).one()
    assert (kept.counted_as, kept.asked_at) == ("9 beside unread ?", None)


def test_the_database_tells_what_is_deleted_or_goes_on(app):
    """A migration that copies a table on SQLite loses its triggers; it has to make them again."""
    known = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with db.engine.connect() as connection:
        found = set(connection.exec_driver_sql(known[connection.dialect.name]).scalars())
    assert found >= TRIGGERS


def test_what_waits_is_found_by_its_index_whatever_the_database_believes(cast):
    """SQLite's statistics may be of a day on which everything waited; PostgreSQL looks how large the index is."""
    survey = a_survey(cast.workspace)
    many_answers(survey, [{"score": 9}] * 2_000)
    query = pending_rows(survey.id).limit(10)
    with db.engine.connect() as connection:
        compiled = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    jobs.roll_up(AT)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
            connection.exec_driver_sql("DROP TABLE sqlite_stat1")
        else:
            connection.exec_driver_sql("VACUUM ANALYZE response")
            plan = connection.exec_driver_sql("EXPLAIN " + compiled.replace("%", "%%")).all()
    assert "ix_response_uncounted" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


def test_cells_are_found_by_their_stretches(cast, monkeypatch):
    """All of a period, and of each column: by their key, and not by a look at those of all days."""
    survey, asked = a_survey(cast.workspace), []
    many_answers(survey, [{"score": n % 11, "created_at": AT - timedelta(days=n)} for n in range(40)])
    jobs.roll_up(AT)
    execute = Prepared._execute

    def noted(prepared, values):
        cursor, ready = execute(prepared, values)
        asked.append((ready.text, ready.parameters(values)))
        return cursor, ready

    monkeypatch.setattr(Prepared, "_execute", noted)
    Dashboard.of(survey, PERIOD)
    plans = []
    with db.engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        cursor = connection.connection.cursor()
        if not on_sqlite:
            cursor.execute("SET enable_seqscan = off")
        for text, values in [one for one in asked if "rollup.value" in one[0]]:
            cursor.execute(f"EXPLAIN {'QUERY PLAN' if on_sqlite else ''} {text}", values)
            plans.append(str(cursor.fetchall()))
        connection.rollback()
    assert len(plans) >= 2
    key = "generation=? AND cut=? AND stretch=?" if on_sqlite else "stretch = ANY"
    assert all(key in plan and (on_sqlite or "Index Cond" in plan) for plan in plans)
