"""Anonymous means anonymous: whatever the database holds, nothing leads from an answer to the person who gave it."""

import io
import json
import re
import uuid
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from base import clock
from base.db import db, transaction
from feedback import schedule
from feedback.reach import Reach
from feedback.response import Response
from feedback.revision import Revision
from feedback.views import visiting
from feedback.zoning import Interval
from surveys.funnel import Funnel
from surveys.history import History
from surveys.intent import Intent
from surveys.invitation import LIFE, Invitation
from surveys.survey import Survey
from tests.cast import a_contact, a_response, a_survey, an_api_key, an_invitation, an_open_link
from tests.town import rows

MORNING = datetime(2026, 11, 20, 8, 17, 23, 456789, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
"""In Ljubljana."""
OWN_TIMES = {"throttle", "heartbeat", "alembic_version", "open_link"}
"""Tables that know moments of the instance or of a link, and no answer."""


@pytest.fixture
def survey(cast):
    """Published, and anonymous since it was published again."""
    survey = a_survey(cast.workspace, locales=("en", "sl"), at=MORNING - timedelta(days=9))
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        found.save_draft({**found.draft, "anonymous": True}, revision=1, at=MORNING - timedelta(days=9))
        found.publish(at=MORNING - timedelta(days=9))
    return survey


@pytest.fixture
def invited(survey):
    """Four people who were asked the day before."""
    before = MORNING - timedelta(days=1)
    names = ("ana", "bor", "cene", "dora")
    return [an_invitation(survey, email=f"{name}@staff.example", at=before, agent=f"Boss of {name}") for name in names]


@pytest.fixture
def answered(app, invited, survey, client, form_of, run_jobs):
    """Two of them answered in the morning, minutes apart, and everything that follows was done."""
    for number, invitation in enumerate(invited[:2]):
        with time_machine.travel(MORNING + timedelta(minutes=7 * number), tick=True):
            page = client.get(f"/s/{invitation.token}/{number}")
            assert "This survey is anonymous" in page.text
            data = form_of(page.text) | {"score": str(number), "comment": f"Words number {number}, terrible."}
            reply = client.post(f"/s/{invitation.token}", data=data, headers={"User-Agent": "Their very own browser"})
            assert reply.status_code == 303
    with time_machine.travel(MORNING + timedelta(minutes=30), tick=True):
        app.extensions[visiting.KEY].gatherer.flush()
        run_jobs()
        schedule.tick(clock.now())
        run_jobs()
    db.session.rollback()
    return list(db.session.scalars(select(Response).order_by(Response.score)))


def held():
    return {table: found for table, found in rows().items() if table not in OWN_TIMES}


def moment_of(ident):
    return datetime.fromtimestamp((ident.int >> 80) / 1000, UTC)


def test_an_answer_holds_nothing_of_who_gave_it(answered):
    for response in answered:
        assert (response.contact_id, response.invitation_id, response.link_id) == (None, None, None)
        assert (response.agent, response.team, response.channel, response.properties) == (None, None, None, {})
        assert response.created_at == response.updated_at == response.read_at == NOON
        assert moment_of(response.id) == NOON
        assert response.anonymous
        (revision,) = Revision.all_of(response.id)
        assert (revision.submitted_at, revision.opened_at, revision.client) == (NOON, None, None)


def test_no_table_leads_from_an_answer_to_a_person(answered, invited):
    """Every value of every row that knows the answers is compared with every value of every row that knows people."""
    told = held()
    ours = {str(one.id) for one in answered} | {one.id.hex for one in answered}
    ours |= {one.submission_key for one in answered}
    knows_answers = {(table, row) for table, found in told.items() for row in found if any(key in row for key in ours)}
    known = {"response", "response_revision", "response_phrases", "event", "concordance"}
    assert {table for table, _row in knows_answers} == known
    people = {str(one.id) for one in invited} | {one.id.hex for one in invited}
    people |= {value for one in invited for value in (str(one.contact_id), one.contact_id.hex, one.token)}
    people |= {value for one in invited for value in (str(one.interaction_id), one.token_hash, "@staff.example")}
    people |= {"Boss of", "Their very own browser"}
    leads = {(table, key) for table, row in knows_answers for key in people if key in row}
    assert leads == set()


def test_no_moment_of_that_morning_is_kept_beside_an_answer_or_a_person(answered):
    """Nor in an id: those that are made of time say noon."""
    precise = re.compile(r"2026-11-20[ T]08:|2026, 11, 20, 8, ")
    sharp = {(table, row) for table, found in held().items() for row in found if precise.search(row)}
    assert sharp == set()
    first, last = (
        int(one.timestamp() * 1000) for one in (MORNING - timedelta(minutes=5), MORNING + timedelta(minutes=20))
    )
    # Whole words only: half of a hash is no id, and some halves look like one that was made in the year 10786.
    written = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\b")
    every = {(table, found) for table, held_ in held().items() for row in held_ for found in written.findall(row)}
    ids = {(table, uuid.UUID(found)) for table, found in every}
    assert {(table, one) for table, one in ids if one.version == 7 and first <= one.int >> 80 <= last} == set()


def test_the_invitation_only_knows_that_it_was_used(answered, invited, survey, cast):
    for invitation in invited[:2]:
        kept = db.session.get(Invitation, invitation.id, populate_existing=True)
        assert (kept.status, kept.answered_at, kept.clicked_at) == ("answered", None, None)
    assert db.session.scalars(select(Intent)).all() == []
    funnel = Funnel.of(survey.id)
    assert (funnel.asked, funnel.clicked, funnel.answered) == (4, 2, 2)
    interval = Interval(MORNING - timedelta(days=3), MORNING + timedelta(days=3))
    reach = Reach.of(survey.id, interval)
    assert (reach.asked, reach.answered, reach.beside) == (4, 2, 2)
    steps = History.of(a_contact(cast.workspace, "ana@staff.example")).chapters[0].requests[0].steps
    assert [step for _at, step in steps] == ["asked", "sent"]


def test_answers_of_a_day_have_no_order_of_their_own(answered):
    """Their ids share the moment; the rest of them is chance."""
    assert len({one.id.int >> 80 for one in answered}) == 1


def test_the_comment_is_read_by_the_tick(answered):
    assert {one.sentiment_label for one in answered} == {"negative"}


def test_answering_again_is_told_kindly_and_changes_nothing(answered, invited, client, form_of):
    link = f"/s/{invited[0].token}"
    with time_machine.travel(MORNING + timedelta(hours=1), tick=True):
        page = client.get(link)
        assert page.status_code == 200
        assert "As nobody can tell which one is yours, it can no longer be changed." in page.text
        assert "<form" not in page.text
        again = client.post(link, data={"score": "10", "form_id": "another-form-1234"})
        assert again.status_code == 200
        assert "it can no longer be changed" in again.text
        assert "Thank you!" in client.get(f"{link}/thanks").text
        assert "Change my answer" not in client.get(f"{link}/thanks").text
    db.session.rollback()
    assert [one.score for one in db.session.scalars(select(Response).order_by(Response.score))] == [0, 1]


def test_the_same_page_sent_twice_is_one_answer(invited, client, form_of):
    link = f"/s/{invited[2].token}"
    data = form_of(client.get(link).text) | {"score": "5", "comment": "Twice."}
    assert [client.post(link, data=data).status_code for _ in range(2)] == [303, 303]
    assert len(db.session.scalars(select(Response)).all()) == 1
    assert "it can no longer be changed" in client.post(link, data=data | {"score": "6"}).text


def test_the_form_is_not_kept_by_its_name(invited, client, form_of):
    link = f"/s/{invited[2].token}"
    data = form_of(client.get(link).text) | {"score": "5"}
    client.post(link, data=data)
    db.session.rollback()
    assert not any(data["form_id"] in row for found in rows().values() for row in found)


def test_texts_and_questions_do_not_depend_on_who_is_asked(survey, client):
    texts = {"en": {"question": "How are you, {{ contact.email | friend }}?", "gold.title": "And as a gold member?"}}
    show = {"match": "all", "conditions": [{"about": "interaction", "property": "agent", "is": ["Vid"]}]}
    asked = [{"id": "score", "kind": "score"}, {"id": "gold", "kind": "yesno", "show": show}]
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        found.save_draft({**found.draft, "questions": asked, "texts": texts}, revision=2, at=clock.now())
        found.publish(at=clock.now())
    page = client.get(f"/s/{an_invitation(survey, at=clock.now()).token}").text
    assert "How are you, friend?" in page
    assert "gold member" not in page


def test_an_answer_by_an_open_link_does_not_say_by_which(survey, client, form_of):
    link = an_open_link(survey, team="North", agent="Vid", properties={"desk": "7"}, cap=9, at=clock.now())
    page = client.get(f"/o/{link.slug}").text
    data = form_of(page) | {"score": "4", "opened_at": ""}
    for _ in range(2):
        assert client.post(re.search(r'action="([^"]+)"', page)[1], data=data).status_code == 303
    db.session.rollback()
    (response,) = db.session.scalars(select(Response))
    assert (response.link_id, response.team, response.agent, response.properties) == (None, None, None, {})
    assert response.created_at.hour in {11, 10}
    assert db.session.get(type(link), link.id, populate_existing=True).answered == 1


def test_staff_read_that_it_is_anonymous(answered, cast, browser_of, client):
    browser = browser_of(cast.cvetka)
    listed = browser.get("/w/acme/responses").text
    assert listed.count('<span class="comment-who">Anonymous</span>') == 2
    page = browser.get(f"/w/acme/responses/{answered[0].id}").text
    assert "nobody learns whose answer this is" in page
    assert "staff.example" not in page + listed
    people = browser.get("/w/acme/contacts").text
    assert people.count("No answer known") == 8  # four people, each in the table and for phones
    key = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    data = client.get("/api/v1/responses", headers=key).json["data"]
    assert {(one["email"], one["invitation_id"], one["anonymous"]) for one in data} == {(None, None, True)}


def test_nothing_offers_staff_what_anonymous_answers_do_not_keep(answered, survey, cast, browser_of):
    at, browser = f"/w/acme/surveys/{survey.slug}", browser_of(cast.boris)
    results = browser.get(f"{at}/results?from=2026-11-01&to=2026-11-30").text
    assert "its answers keep no agent, team or channel" in results
    assert 'id="language-title"' in results
    for name in ("agent", "team", "channel"):
        assert f'id="{name}-title"' not in results
        assert f'name="{name}"' not in results
        assert f'id="{name}"' not in browser.get(f"{at}/links/new").text
    assert "keep no team, agent, channel" in browser.get(f"{at}/links/new").text
    page = browser.get(at).text
    assert '<span class="tag tag-outline">Anonymous</span>' in page
    assert "nobody learns whose answer is whose" in page


def test_names_from_before_a_survey_was_anonymous_are_still_compared(cast, browser_of):
    survey = a_survey(cast.workspace, at=MORNING - timedelta(days=9))
    a_response(an_invitation(survey, at=MORNING - timedelta(days=2), agent="Ana Novak", team=None), 9)
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        found.save_draft({**found.draft, "anonymous": True}, revision=1, at=MORNING)
        found.publish(at=MORNING)
    results = browser_of(cast.boris).get(f"/w/acme/surveys/{survey.slug}/results?from=2026-11-01&to=2026-11-30").text
    assert 'id="agent-title"' in results
    assert 'id="team-title"' not in results


def test_what_looks_like_a_program_is_still_set_aside(invited, client, form_of):
    link = f"/s/{invited[3].token}"
    client.get(f"{link}/all")
    data = form_of(client.get(link).text) | {"score": "0"}
    client.post(link, data=data)
    (response,) = db.session.scalars(select(Response))
    assert response.flag_reason == "decoy"
    assert response.flagged_at.minute == 0


def test_answers_given_stay_anonymous_when_the_survey_is_not_any_more(answered, invited, survey, client):
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        found.save_draft({**found.draft, "anonymous": False}, revision=2, at=clock.now())
        found.publish(at=clock.now())
    assert "it can no longer be changed" in client.get(f"/s/{invited[0].token}").text
    assert "This survey is anonymous" in client.get(f"/s/{invited[2].token}").text
    assert {one.anonymous for one in db.session.scalars(select(Response))} == {True}


def test_nobody_is_told_which_invitation_was_answered(answered, invited, cast, client):
    key = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    told = [client.get(f"/api/v1/invitations/{one.id}", headers=key).json["status"] for one in invited]
    assert set(told) == {"sent"}


@pytest.mark.parametrize("ticks", [0, 1])
def test_nobody_is_told_who_answered_when_the_links_are_over(answered, invited, cast, client, browser_of, ticks):
    key = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    with time_machine.travel(MORNING + LIFE + timedelta(days=1), tick=False):
        for _ in range(ticks):
            schedule.tick(clock.now())
        db.session.rollback()
        boris, ana = browser_of(cast.boris), browser_of(cast.ana)
        statuses = [db.session.get_one(Invitation, one.id).status for one in invited]
        assert len(set(statuses)) == 2  # the database knows who answered
        told = {client.get(f"/api/v1/invitations/{one.id}", headers=key).json["status"] for one in invited}
        assert told == {"expired"}
        pages = [boris.get(f"/w/acme/contacts/{one.contact_id}").text for one in invited]
        assert {tuple(re.findall(r'class="step step-(\w+)"', page)) for page in pages} == {("asked", "sent", "expired")}
        people = boris.get("/w/acme/contacts").text
        assert people.count("No answer known") == 8  # four people, each in the table and for phones
        files = [ana.get(f"/w/acme/contacts/{one.contact_id}/data.zip").data for one in invited]
        data = [json.loads(zipfile.ZipFile(io.BytesIO(one)).read("data.json")) for one in files]
        assert {invitation["status"] for one in data for invitation in one["invitations"]} == {"expired"}
