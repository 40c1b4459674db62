"""Numbers read from roll-ups, beside a count of the rows at the same moment, whatever happened and whoever is late."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from base.db import db, new_id, transaction
from feedback import census, fold, generation, jobs, tally, total
from feedback.figure import Figures
from feedback.reach import Reach
from feedback.response import Response
from feedback.revision import Given
from feedback.rollup import Rollup, RollupGone, RollupState
from feedback.sentiment import Reading
from feedback.tally import EVERYTHING, FACETS, NAMELESS, Filters
from feedback.theme import Theme
from feedback.zoning import Interval, days_between, local_date
from surveys.contact import Contact
from surveys.intent import Intent
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.survey import Survey
from tests.cast import AT, a_response, a_survey, a_workspace, an_invitation

ZONES = ("UTC", "Europe/Ljubljana", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
FROM, UNTIL = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
"""Clocks change in Europe on 25 October and in America on 1 November."""

moments = st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 19), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
whom = st.integers(0, 20)
"""Which of the responses; of fewer, one of them."""
comments = st.sampled_from([None, "slow", "prijazno"])
readings = st.builds(
    Reading,
    language=st.sampled_from(["en", "sl", "und"]),
    label=st.sampled_from(["negative", "positive", "mixed", "neutral", None]),
    polarity=st.just(0.0),
    confidence=st.just(0.9),
    themes=st.sampled_from([(), (("delivery", -0.6),), (("delivery", 0.6), ("price", 0.0))]),
    engine=st.just("ngram"),
    engine_version=st.just("1"),
)
facts = {
    "agent": st.sampled_from(["Vid", "Zala", None]),
    "team": st.sampled_from(["North", None]),
    "channel": st.sampled_from(["email", "chat"]),
}


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch):
    """So that roll-ups are found half made, and rows come in several portions."""
    monkeypatch.setattr(generation, "FEWEST", 6)
    monkeypatch.setattr(census, "PORTION", 2)


answers = st.tuples(st.just("answer"), st.integers(0, 10), comments, moments, st.fixed_dictionaries(facts))
flagged = st.tuples(st.just("flagged"), st.integers(0, 10), comments, moments)
steps = st.one_of(
    answers,
    flagged,
    st.tuples(st.just("again"), whom, st.integers(0, 10), comments, st.booleans()),
    st.tuples(st.just("again"), whom, st.integers(0, 10), comments, st.just(False)),
    st.tuples(st.just("release"), whom),
    st.tuples(st.just("read"), whom, readings),
    st.tuples(st.just("read"), whom, readings),
    st.tuples(st.just("unname"), whom),
    st.tuples(st.just("delete"), whom),
    st.tuples(st.just("erase"), whom),
    st.tuples(st.just("ask"), moments, st.booleans(), st.fixed_dictionaries(facts)),
    st.tuples(st.just("cancel"), whom),
    st.tuples(st.just("click"), whom),
    st.tuples(st.just("skip"), whom),
    st.tuples(st.just("publish")),
    st.tuples(st.just("zone"), st.sampled_from(ZONES)),
    st.tuples(st.just("rebuild")),
)
work = st.sampled_from(
    [(), (), (("tick",),), (("fold", 1),), (("fold", 100),), (("fold", 100), ("advance", 1)), (("advance", 1),)]
)
"""What jobs manage between one step and the next."""

histories = st.tuples(
    st.lists(st.one_of(answers, answers, flagged), min_size=3, max_size=6),
    st.lists(st.tuples(work, steps), min_size=3, max_size=9),
)


class History:
    """A survey to which things happen, one after the other, by the product's own verbs where it has them."""

    def __init__(self, zone):
        self.workspace = a_workspace(f"W{new_id().hex}", zone=zone)
        self.survey = a_survey(self.workspace)
        self.number = 0

    def happens(self, step):
        kind, *values = step
        getattr(self, f"_{kind}")(*values)
        db.session.rollback()
        db.session.expire_all()

    def _one(self, number):
        found = db.session.scalars(select(Response).where(Response.survey_id == self.survey.id).order_by(Response.id))
        rows = found.all()
        return rows[number % len(rows)] if rows else None

    def _answer(self, score, comment, at, facts, signs=()):
        self.number += 1
        asked = an_invitation(self.survey, email=f"{new_id().hex}@customer.example", at=at, **facts)
        a_response(asked, score, comment, at=at, locale=("en", "sl-SI")[self.number % 2], signs=signs)

    def _flagged(self, score, comment, at):
        self._answer(score, comment, at, {}, signs=("decoy",))

    def _again(self, number, score, comment, suspicious):
        response = self._one(number)
        if response is None or response.invitation_id is None:
            return
        said = Given(score, comment, "en", new_id().hex, signs=("decoy",) if suspicious else ())
        link = Link.by_token(db.session.get(Invitation, response.invitation_id).token)
        with transaction():
            Response.submit(link, said, at=response.updated_at + timedelta(minutes=5))

    def _change(self, number, change):
        response = self._one(number)
        if response is not None:
            with transaction() as session:
                change(session, session.get_one(Response, response.id))

    def _ask(self, at, sent, facts):
        an_invitation(self.survey, email=f"{new_id().hex}@customer.example", at=at, sent=sent, **facts)

    def _asked(self, number):
        found = select(Invitation).where(Invitation.survey_id == self.survey.id).order_by(Invitation.id)
        rows = db.session.scalars(found).all()
        return rows[number % len(rows)] if rows else None

    def _click(self, number):
        if asked := self._asked(number):
            with transaction():
                Intent.keep([{"invitation_id": asked.id, "at": AT, "kind": "open", "score": 3, "client": "x"}])

    def _skip(self, number):
        if asked := self._asked(number):
            with transaction() as session:
                session.get_one(Invitation, asked.id).skip("suppressed", at=AT)

    def _cancel(self, number):
        if asked := self._asked(number):
            with transaction() as session:
                session.execute(delete(Interaction).where(Interaction.id == asked.interaction_id))

    def _release(self, number):
        self._change(number, lambda _, response: response.release(at=AT, by=new_id()))

    def _read(self, number, reading):
        self._change(number, lambda _, one: one.keep_reading(reading if one.comment else None, at=AT))

    def _unname(self, number):
        gone = {"comment": None, "read_at": AT, "language": None, "sentiment_label": None}
        gone |= {"invitation_id": None, "contact_id": None, "submission_key": new_id().hex}

        def unname(session, response):
            session.execute(delete(Theme).where(Theme.response_id == response.id))
            session.execute(update(Response).where(Response.id == response.id).values(**gone))

        self._change(number, unname)

    def _delete(self, number):
        self._change(number, lambda session, one: session.execute(delete(Response).where(Response.id == one.id)))

    def _erase(self, number):
        self._change(number, lambda session, one: session.execute(delete(Contact).where(Contact.id == one.contact_id)))

    def _publish(self):
        with transaction() as session:
            survey = session.get_one(Survey, self.survey.id)
            self.number += 1
            texts = {"en": {"question": f"And now, {self.number}?"}}
            survey.save_draft(survey.draft | {"texts": texts}, revision=survey.draft_revision, at=AT)
            survey.publish(at=AT)

    def _fold(self, limit):
        with transaction():
            fold.fold(self.survey.id, self.zone, limit=limit)

    def _tick(self):
        jobs.roll_up(AT)

    def _zone(self, zone):
        with transaction():
            db.session.merge(self.workspace).change({"zone": zone}, at=AT)

    def _rebuild(self):
        with transaction():
            generation.begin(self.survey.id, self.zone)

    def _advance(self, limit):
        with transaction():
            generation.advance(self.survey.id, limit=limit)

    @property
    def zone(self):
        return db.session.merge(self.workspace, load=True).zone


def intervals(zone):
    """A month of local days, one day on which clocks change, and moments in the middle of days."""
    days = days_between(local_date(FROM, zone), local_date(UNTIL, zone), zone)
    change = datetime(2026, 10, 25, tzinfo=UTC)
    one = days_between(change.date(), change.date() + timedelta(days=1), zone)
    return days, one, Interval(FROM + timedelta(hours=7, minutes=3), UNTIL - timedelta(days=3, minutes=1))


NARROWED = (
    EVERYTHING,
    Filters(agent="Vid"),
    Filters(agent=NAMELESS, version=1),
    Filters(team="North"),
    Filters(team=NAMELESS),
    Filters(language="sl"),
    Filters(language=NAMELESS),
    Filters(version=2),
    Filters(channel="chat", version=1),
    Filters(agent="Vid", team="North"),
    Filters(agent="Zala", language="sl"),
    Filters(band="detractor"),
    Filters(channel="email", sentiment="negative"),
    Filters(team="North", theme="delivery"),
)


def assert_same(survey, zone, filters, *, only=slice(None)):
    """Everything that roll-ups tell equals what rows tell."""
    ident = survey.id
    for interval in intervals(zone)[only]:
        edges = [interval.start + timedelta(days=day) for day in range(4)] + [interval.end]
        edges = sorted(set(edges)) if interval.end > edges[3] else [interval.start, interval.end]
        with Figures.of(ident) as figures:
            assert figures.counts(interval, filters) == tally.counts(ident, interval, filters)
            assert figures.counts_over(edges, filters) == tally.counts_over(ident, edges, filters)
            for segment in FACETS:
                assert figures.counts_by(segment, interval, filters) == tally.counts_by(
                    segment, ident, interval, filters
                )
            assert figures.sentiments(interval, filters) == tally.sentiments(ident, interval, filters)
            assert figures.themes(interval, filters) == tally.themes(ident, interval, filters)
            assert figures.theme_counts(interval, filters) == tally.theme_counts(ident, interval, filters)
            assert figures.beside(interval, filters) == tally.beside(ident, interval, filters)
            beside = tally.beside(ident, interval, filters)
            assert figures.reach(interval, filters) == Reach.of(ident, interval, filters, beside=beside)
            assert figures.counts_by_version(interval) == tally.counts_by_version(ident, interval)
            assert figures.counts_by_version() == tally.counts_by_version(ident)
    assert total.counts_of_all(survey.workspace_id) == tally.counts_of_all(survey.workspace_id)


@pytest.mark.long
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(ZONES), histories, st.sampled_from(NARROWED), st.sets(st.sampled_from(NARROWED), max_size=3))
def test_every_number_equals_a_count_of_the_rows_at_that_moment(app, zone, history, filters, others):
    told = History(zone)
    first, then = history
    for step in first:
        told.happens(step)
    assert_same(told.survey, told.zone, EVERYTHING)
    for done, step in then:
        for one in (*done, step):
            told.happens(one)
        assert_same(told.survey, told.zone, filters)
    for _ in range(3):
        jobs.roll_up(AT)
        db.session.rollback()
    assert rolled_up(told)
    assert_same(told.survey, told.zone, filters)
    for narrowed in (EVERYTHING, *others):
        assert_same(told.survey, told.zone, narrowed, only=slice(1))


def rolled_up(told):
    """Whether nothing waits any more, and the roll-ups alone say everything in days of the workspace's zone."""
    state = db.session.get(RollupState, told.survey.id)
    answers = db.session.scalar(select(func.count()).where(Response.survey_id == told.survey.id))
    if state is None:
        return answers == 0
    waiting = [one for one in fold.waiting() if one[0] == told.survey.id]
    left = db.session.scalar(select(func.count()).where(RollupGone.survey_id == told.survey.id))
    old = select(func.count()).where(Rollup.survey_id == told.survey.id, Rollup.generation != state.generation)
    return not waiting and not left and state.zone == told.zone and not db.session.scalar(old)
