"""The pages on which a designer has people asked regularly."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from base import clock
from base.db import db, transaction
from base.events import Event
from surveys import recurring
from surveys.contact import Contact
from surveys.recurrence import Recurrence, Rhythm
from surveys.rule import SendingRule, Terms
from surveys.segment import Segment
from surveys.survey import Survey
from tests.cast import AT, a_contact, a_draft, a_survey, an_invitation

PLAIN = {"months": "3", "match": "all", "most": ""}
GOLD = {"conditions-0-about": "contact:", "conditions-0-name": "plan", "conditions-0-values": "gold"}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(AT, tick=False) as clock_:
        yield clock_


@pytest.fixture
def boris(cast, browser_of):
    return browser_of(cast.boris)


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace)


def path(survey, *parts):
    return "/".join(["/w/acme/surveys", survey.slug, "regularly", *parts])


def words(browser, address):
    return " ".join(browser.get(address).text.split())


def kept(survey):
    return db.session.get(Recurrence, survey.id, populate_existing=True)


def test_an_empty_page_says_what_will_be_there_and_the_surveys_page_leads_to_it(boris, survey):
    assert "Choose whom and how often" in words(boris, path(survey))
    assert "regularly/edit" in boris.get(f"/w/acme/surveys/{survey.slug}").text


def test_what_was_decided_is_kept_and_asks_nobody_before_it_is_started(boris, survey, cast):
    a_contact(cast.workspace, properties={"plan": "gold"})
    a_contact(cast.workspace, "zala@x.example", properties={"plan": "silver"})
    assert boris.post(path(survey, "edit"), data=PLAIN | GOLD | {"months": "6", "most": "20"}).status_code == 303
    one = kept(survey)
    plan = {"match": "all", "conditions": [{"about": "contact", "property": "plan", "is": ["gold"]}]}
    assert one.rhythm == Rhythm(months=6, conditions=plan, most=20)
    assert (one.started_at, one.changed_by, one.running) == (None, cast.boris.id, False)
    page = words(boris, path(survey))
    assert "people if plan is gold" in page
    assert '<p class="outlook-number">1</p>' in page
    assert "20 people a day" in page
    form = words(boris, path(survey, "edit"))
    assert 'value="20"' in form
    assert 'value="gold"' in form


def test_who_unsubscribed_from_this_survey_only_is_counted_as_not_to_be_asked(cast, survey):
    other = a_survey(cast.workspace, "csat")
    for name, left in (("a", survey.id), ("b", other.id), ("c", None), ("d", False)):
        ident = a_contact(cast.workspace, f"{name}@x.example", properties={"plan": "gold"}).id
        if left is not False:
            with transaction() as session:
                session.get_one(Contact, ident).suppress("unsubscribed", at=AT, survey_id=left)
    gold = {"match": "all", "conditions": [{"about": "contact", "property": "plan", "is": ["gold"]}]}
    for conditions in ({}, gold):
        segment = Segment(cast.workspace.id, Recurrence(conditions=conditions).show)
        assert segment.size(survey.id) == (4, 2)
        assert segment.size(a_survey(cast.workspace, "ces").id) == (4, 1)


def test_the_dialog_says_what_will_happen_and_started_it_shows_the_next_days(boris, survey, cast, traveller):
    for one in range(130):
        a_contact(cast.workspace, f"p{one}@x.example")
    boris.post(path(survey, "edit"), data=PLAIN)
    assert "130 people: about 2 each workday, the first on Monday 23 November." in words(boris, path(survey))
    boris.post(path(survey, "start"))
    assert (kept(survey).running, kept(survey).people, kept(survey).started_by) == (True, 130, cast.boris.id)
    assert "still being given their turn" in words(boris, path(survey))
    recurring.ask_regularly(clock.now())
    page = words(boris, path(survey))
    assert "still being given their turn" not in page
    assert '<p class="outlook-number">40</p>' in page  # two on each of twenty workdays
    assert "Mon 23 Nov" in page
    told = words(boris, f"/w/acme/surveys/{survey.slug}")
    assert "130 people have their turn, the next on Monday 23 November." in told


def test_where_nothing_comes_in_the_next_days_it_says_when_something_does(boris, survey, cast, traveller):
    an_invitation(survey)
    boris.post(path(survey, "edit"), data=PLAIN)
    boris.post(path(survey, "start"))
    recurring.ask_regularly(clock.now())
    page = words(boris, path(survey))
    assert "1 person has their turn, the next on Monday 22 February." in page
    assert "outlook-frame" not in page


def test_it_can_be_stopped_and_both_are_told_with_who_did_it(boris, survey, cast):
    boris.post(path(survey, "edit"), data=PLAIN)
    boris.post(path(survey, "start"))
    boris.post(path(survey, "stop"))
    assert (kept(survey).running, kept(survey).stopped_by) == (False, cast.boris.id)
    assert "Boris" in words(boris, path(survey))
    kinds = db.session.scalars(select(Event.kind).where(Event.subject_id == survey.id)).all()
    assert set(kinds) >= {"survey.rhythm_changed", "survey.recurring_started", "survey.recurring_stopped"}


def test_started_twice_it_goes_on_as_it_was(boris, survey, traveller):
    boris.post(path(survey, "edit"), data=PLAIN)
    boris.post(path(survey, "start"))
    plan = kept(survey).plan
    traveller.move_to(AT + DAY)
    boris.post(path(survey, "start"))
    assert (kept(survey).plan, kept(survey).started_at) == (plan, AT)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"months": "4"}, "Not a valid choice"),
        ({"months": ""}, "Choose how often."),
        ({"most": "0"}, "A number from 1 to 1,000,000, or nothing."),
        ({"most": "many"}, "Write a whole number, or nothing."),
        ({"conditions-0-about": "contact:", "conditions-0-values": "gold"}, "Write the name of the property"),
        ({"conditions-0-about": "interaction:team", "conditions-0-values": ""}, "Write at least one value"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(boris, survey, values, says):
    typed = PLAIN | {"conditions-1-about": "contact:locale", "conditions-1-values": "sl, hr"} | values
    answer = boris.post(path(survey, "edit"), data=typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="sl, hr"' in answer.text
    assert kept(survey) is None


def test_a_draft_and_a_closed_survey_cannot_be_started(boris, survey, cast):
    draft = a_draft(cast.workspace, "ces")
    for one in (draft, survey):
        boris.post(path(one, "edit"), data=PLAIN)
    with transaction() as session:
        session.get_one(Survey, survey.id).close(at=AT)
    for one in (draft, survey):
        assert "regularly/start" not in boris.get(path(one)).text
        assert boris.post(path(one, "start")).status_code == 409
        assert not kept(one).running


def test_whoever_may_only_look_finds_no_button_and_the_foreign_find_nothing(cast, survey, boris, browser_of):
    boris.post(path(survey, "edit"), data=PLAIN)
    cvetka, dmitri = browser_of(cast.cvetka), browser_of(cast.dmitri)
    assert "regularly/start" not in cvetka.get(path(survey)).text
    assert cvetka.post(path(survey, "start")).status_code == 403
    assert dmitri.get(path(survey)).status_code == 404
    assert boris.post("/w/acme/surveys/none/regularly/start").status_code == 404
    assert boris.post(path(a_survey(cast.workspace, "ces"), "stop")).status_code == 404


def test_a_quarantine_as_long_as_the_rhythm_is_warned_of(boris, survey, cast):
    boris.post(path(survey, "edit"), data=PLAIN)
    assert "The quarantine is as long as the rhythm" not in words(boris, path(survey))
    for terms, warned in (
        (Terms(quarantine_days=90), True),
        (Terms(quarantine_days=90, when_quarantined="defer"), False),
    ):
        with transaction():
            SendingRule.decide(survey.id, terms, workspace_id=cast.workspace.id, at=AT)
        assert ("The quarantine is as long as the rhythm" in words(boris, path(survey))) is warned


def test_a_day_limit_that_is_too_low_says_how_long_it_takes(boris, survey, cast):
    for one in range(132):
        a_contact(cast.workspace, f"p{one}@x.example")
    boris.post(path(survey, "edit"), data=PLAIN | {"most": "1"})
    assert "With at most 1 a day it takes about 6 months" in words(boris, path(survey))


def test_the_persons_page_says_that_it_was_their_turn(boris, survey, cast, traveller, run_jobs, browser_of):
    person = a_contact(cast.workspace)
    boris.post(path(survey, "edit"), data=PLAIN)
    boris.post(path(survey, "start"))
    for day in range(95):
        traveller.move_to(datetime(2026, 11, 20, 9, tzinfo=UTC) + day * DAY)
        recurring.ask_regularly(clock.now())
    run_jobs()
    traveller.move_to(AT + 95 * DAY)
    page = words(browser_of(cast.boris), f"/w/acme/contacts/{person.id}")
    assert "Asked regularly" in page
    assert str(survey.id) not in page


def test_who_unsubscribed_is_left_out_of_the_number(boris, survey, cast):
    for one in range(3):
        a_contact(cast.workspace, f"p{one}@x.example")
    with transaction():
        Contact.keep(cast.workspace.id, "p0@x.example", at=AT).suppress("unsubscribed", at=AT)
    boris.post(path(survey, "edit"), data=PLAIN)
    page = words(boris, path(survey))
    assert '<p class="outlook-number">2</p>' in page
    assert "1 of them unsubscribed" in page
