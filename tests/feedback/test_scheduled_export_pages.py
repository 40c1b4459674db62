"""The pages of scheduled exports: ordering one, seeing what was sent when, and everything by hand."""

import html
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select

from base.db import db, transaction
from base.events import Event
from feedback import shipper
from feedback.export_run import ExportRun
from feedback.export_schedule import ExportSchedule
from feedback.topic import Topic
from tests.cast import a_person, a_survey
from tests.feedback.readers import DAY, FRIDAY, answered

NEW = "/w/acme/exports/scheduled/new"
LIST = "/w/acme/exports"


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="After the ticket", at=FRIDAY - 60 * DAY)


def wish(*readers, **changes):
    form = {"title": "For the board", "survey": "", "stretch": "since", "kind": "csv", "cadence": "weekly"}
    form |= {"weekday": "0", "day": "1", "time": "06:00", "way": "mail", "locale": "en"}
    return form | {"readers": [str(one.id) for one in readers]} | changes


def only():
    db.session.rollback()
    return db.session.scalars(select(ExportSchedule)).one()


def test_what_is_ordered_is_shown_with_when_and_where_it_goes(cast, survey, browser_of):
    browser = browser_of(cast.cvetka)
    assert "Schedule one" in browser.get(LIST).text
    form = wish(cast.cvetka, survey=survey.slug, people="1")
    answer = browser.post(f"{NEW}?survey={survey.slug}&team=North&band=detractor&period=7d", data=form)
    assert answer.status_code == 303
    made = only()
    assert (made.survey_id, made.people, made.created_by) == (survey.id, True, cast.cvetka.id)
    assert made.wanted["filters"] == {"team": "North", "band": "detractor"}
    assert "since" not in made.wanted
    assert made.next_due_at == datetime(2026, 11, 23, 5, tzinfo=UTC)
    page = browser.get(answer.headers["Location"]).text
    for words in ("For the board", "Every Monday at 06:00", "Mon 23 Nov, 06:00", cast.cvetka.email, "team: North"):
        assert words in page
    assert "For the board" in browser.get(LIST).text
    told = db.session.scalars(select(Event).where(Event.kind == "export_schedule.made")).one()
    assert (told.actor, told.data) == (str(cast.cvetka.id), {"kind": "csv", "people": True, "way": "mail"})


def test_the_form_keeps_what_was_typed_and_says_what_is_missing(cast, survey, browser_of):
    browser = browser_of(cast.cvetka)
    for changes, words in (
        ({"title": ""}, "Give it a name"),
        ({"readers": []}, "Choose at least one person, or let the files go into a folder."),
        ({"cadence": "monthly", "day": "32"}, "Choose a day from 1 to 31."),
        ({"time": ""}, "Choose an hour."),
        ({"kind": "doc"}, "Not a valid choice"),
        ({"readers": [str(cast.dmitri.id)]}, "Choose people of this workspace."),
    ):
        answer = browser.post(NEW, data=wish(cast.ana) | {"title": "Kept"} | changes)
        assert answer.status_code == 422, words
        assert words in html.unescape(answer.text), words
        assert changes.get("title") == "" or 'value="Kept"' in answer.text
    assert db.session.scalars(select(ExportSchedule)).all() == []


def test_viewers_cannot_be_chosen_for_they_may_have_no_file(cast, survey, browser_of):
    a_person("Eva", cast.workspace, "viewer")
    page = browser_of(cast.cvetka).get(NEW).text
    assert "eva@acme.example" not in page
    assert "boris@acme.example" in page


def test_it_is_changed_paused_resumed_made_by_hand_and_removed(cast, survey, browser_of, run_jobs, friday):
    answered(survey, 2, at=FRIDAY - DAY)
    browser = browser_of(cast.cvetka)
    here = browser.post(NEW, data=wish(cast.ana)).headers["Location"]
    assert 'value="For the board"' in browser.get(f"{here}/edit").text
    browser.post(f"{here}/edit", data=wish(cast.ana, cast.cvetka, cadence="daily", title="Daily"))
    changed = only()
    assert (changed.title, changed.stem, changed.next_due_at) == (
        *("Daily", "for-the-board"),
        datetime(2026, 11, 21, 5, tzinfo=UTC),
    )
    browser.post(f"{here}/pause")
    assert only().next_due_at is None
    assert "Resume" in browser.get(here).text
    browser.post(f"{here}/resume")
    browser.post(f"{here}/run")
    run_jobs()
    page = html.unescape(browser.get(here).text)
    for words in ("made by hand", "1 answer", "mails to 2 people", "Download", "sent"):
        assert words in page
    assert "Make it now" not in page
    browser.post(f"{here}/run")
    assert "Today's file of this export exists already." in html.unescape(browser.get(here).text)
    assert len(db.session.scalars(select(ExportRun)).all()) == 1
    browser.post(f"{here}/remove")
    assert f'href="{here}"' not in browser.get(LIST).text
    assert [browser.post(f"{here}/{what}").status_code for what in ("pause", "run", "remove")] == [404] * 3
    kinds = db.session.scalars(select(Event.kind).where(Event.subject_id == only().id).order_by(Event.id)).all()
    assert kinds == [f"export_schedule.{what}" for what in ("made", "changed", "paused", "resumed", "ended")]


def test_a_file_that_is_gone_is_made_again(cast, survey, browser_of, run_jobs, friday):
    browser = browser_of(cast.cvetka)
    here = browser.post(NEW, data=wish(cast.cvetka)).headers["Location"]
    browser.post(f"{here}/run")
    run_jobs()
    [run] = db.session.scalars(select(ExportRun))
    friday.shift(8 * DAY)
    browser = browser_of(cast.cvetka)
    shown = browser.get(here).text
    assert "Make it again" in shown
    assert "Download" not in shown
    browser.post(f"{here}/runs/{run.id}/again")
    run_jobs()
    assert "Download" in browser.get(here).text


def test_one_of_a_workspace_is_nobody_elses(cast, survey, browser_of):
    here = browser_of(cast.cvetka).post(NEW, data=wish(cast.cvetka)).headers["Location"]
    foreign = here.replace("/acme/", "/elsewhere/")
    dmitri = browser_of(cast.dmitri)
    assert [dmitri.get(path).status_code for path in (here, foreign, f"{foreign}/edit")] == [404] * 3
    assert [dmitri.post(f"{foreign}/{what}").status_code for what in ("pause", "run", "remove", "edit")] == [404] * 4
    assert shipper.claim_export(only().id, FRIDAY) is None


def test_what_narrows_it_is_said_whatever_it_is_and_can_be_taken_away(cast, survey, browser_of):
    browser = browser_of(cast.cvetka)
    with transaction():
        topic = Topic.make(cast.workspace.id, "Parcels", "parcel*, paket", at=FRIDAY)
    here = f"{NEW}?topic={topic}&flagged=only"
    for page in (browser.get(here).text, browser.get(browser.post(here, data=wish(cast.ana)).headers["Location"]).text):
        assert "any of: parcel*, paket" in page
        assert "set aside as suspicious" in page
    made = only()
    assert made.wanted["flagged"] is True
    edit = f"/w/acme/exports/scheduled/{made.id}/edit"
    assert 'name="everything"' in browser.get(edit).text
    browser.post(edit, data=wish(cast.ana, everything="1"))
    assert only().wanted == {"flagged": False}


@pytest.mark.parametrize("name", ["workspace", "endpoint", "_method", "_scheme", "_external", "_anchor", "self"])
def test_an_address_that_says_what_links_are_made_of_narrows_nothing(cast, survey, browser_of, name):
    browser = browser_of(cast.cvetka)
    answer = browser.get(f"/w/acme/exports/new?{name}=x&team=North")
    assert answer.status_code == 200
    assert f"{NEW}?team=North" in answer.text
    assert browser.post(f"/w/acme/exports?{name}=x", data={"kind": "doc"}).status_code == 303
