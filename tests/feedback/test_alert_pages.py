"""Alerts in the browser: made, changed, switched off, removed; channels, tests, history; and the reader's own link."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from base.db import db, transaction
from base.events import Event
from feedback.alert import Alert
from feedback.alert_emails import stop_url
from feedback.recipient import Recipient
from tests.cast import a_response, a_survey, an_invitation
from tests.feedback.alerts import a_channel, alert_mails, an_alert, notices
from tests.feedback.readers import FRIDAY, HOUR

SECRET = "https://hooks.example/services/T0/B0/verysecretXYZ9"
FORM = {
    "name": "Very unhappy",
    "kind": "response",
    "which": "all",
    "band": "detractor",
    "below": "-0.2",
    "words": "refund, never again ,refund",
    "team": "North",
    "property_name": "plan",
    "property_value": "gold",
    "cool_down": "240",
    "people": "cvetka@acme.example",
    "others": "x@partner.example\n",
    "locale": "sl",
}


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture
def cvetka(cast, browser_of):
    return browser_of(cast.cvetka)


def the_alert(cast):
    db.session.rollback()
    [alert] = Alert.all_of(cast.workspace.id)
    return db.session.get(Alert, alert.id, populate_existing=True)


def test_an_empty_list_says_what_an_alert_is(cvetka):
    page = cvetka.get("/w/acme/alerts").text
    assert "Nobody is alerted yet" in page
    assert "/w/acme/alerts/new" in page


def test_a_new_alert_tells_whoever_makes_it_until_they_say_otherwise(cast, cvetka):
    boxes = re.findall(r'<input[^>]*name="people"[^>]*>', cvetka.get("/w/acme/alerts/new").text)
    assert [box for box in boxes if "checked" in box] == [box for box in boxes if cast.cvetka.email in box] != []


def test_the_form_offers_names_that_answers_bring(cast, cvetka):
    a_response(an_invitation(a_survey(cast.workspace), agent="Špela", team="North", channel="chat"), 2)
    a_response(an_invitation(a_survey(cast.elsewhere), agent="Somebody else"), 2)
    page = cvetka.get("/w/acme/alerts/new").text
    for field, name in (("agent", "Špela"), ("team", "North"), ("channel", "chat")):
        assert f'list="{field}-names"' in page
        assert f'<datalist id="{field}-names"><option value="{name}"></option></datalist>' in page


def test_a_rule_is_made_and_said_in_words(cast, cvetka):
    survey = a_survey(cast.workspace)
    chosen = FORM | {"which": "chosen", "surveys": [str(survey.id)]}
    assert cvetka.post("/w/acme/alerts/new", data=chosen).status_code == 303
    alert = the_alert(cast)
    assert alert.chosen == [survey.id]
    assert (alert.conditions.below, alert.conditions.words, alert.cool_down) == (-0.2, ("refund", "never again"), 240)
    assert (alert.created_by, alert.locale) == (cast.cvetka.id, "sl")
    assert {(one.address, one.name) for one in Recipient.of_alert(alert.id)} == {
        ("cvetka@acme.example", "Cvetka"),
        ("x@partner.example", ""),
    }
    for page in (cvetka.get("/w/acme/alerts").text, cvetka.get(f"/w/acme/alerts/{alert.id}").text):
        assert "A detractor · comment below −0.2 · comment says “refund”, “never again” · team North" in page
    assert "4 hours" in cvetka.get(f"/w/acme/alerts/{alert.id}").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Give the alert a name"),
        ({"kind": "shout"}, "Not a valid choice."),
        ({"which": "chosen"}, "Choose at least one survey."),
        ({"others": "x@partner.example\nnobody"}, "“nobody” is not an email address."),
        ({"property_value": ""}, "A property needs both its name and its value."),
        ({"kind": "drop", "agent": "Vid"}, "one agent, team, channel or language at a time"),
        ({"kind": "drop", "least": "5"}, "Choose a number from 20 to 10000."),
        ({"words": ",".join(f"w{number}" for number in range(51))}, "At most 50 words"),
        ({"words": "refund, re*fund"}, "“re*fund”: * may only stand at the end, as in deliver*."),
        ({"words": "r*"}, "“r*”: write at least 2 letters right in front of *."),
        ({"language": "xx"}, "Not a valid choice."),
        ({"people": "stranger@acme.example"}, "&#39;stranger@acme.example&#39; is not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(cast, cvetka, change, words):
    reply = cvetka.post("/w/acme/alerts/new", data=FORM | change)
    assert reply.status_code == 422
    assert words in reply.text or words.replace("&#39;", "") in reply.text.replace("&#39;", "")
    assert 'value="North"' in reply.text
    assert Alert.all_of(cast.workspace.id) == []


def test_an_alert_of_a_name_that_no_answer_has_says_so_and_what_may_be_meant(cast, cvetka):
    a_response(an_invitation(a_survey(cast.workspace), agent="Špela", team="North", channel="chat"), 2)
    alert = an_alert(cast.workspace, like={"agent": "spela", "team": "Nort", "channel": "telex"})
    page = cvetka.get(f"/w/acme/alerts/{alert.id}").text
    assert "No answer of the last 2,000 has the team “Nort” so far" in page
    assert "The nearest name that they have is “North”." in page
    assert "No answer of the last 2,000 has the channel “telex” so far" in page
    assert "the agent “spela”" not in page
    assert f'href="/w/acme/alerts/{alert.id}/edit">Correct it' in page


def test_words_with_a_semicolon_inside_stay_one_phrase_when_a_rule_is_changed(cast, cvetka):
    alert = an_alert(cast.workspace, like={"words": ("never; again", "refund*")})
    assert 'value="never  again, refund*"' in cvetka.get(f"/w/acme/alerts/{alert.id}/edit").text


def test_a_rule_is_changed_and_keeps_its_channels(cast, cvetka):
    alert = an_alert(cast.workspace, channel=("slack", SECRET))
    address = f"/w/acme/alerts/{alert.id}/edit"
    page = cvetka.get(address).text
    assert 'value="Very unhappy"' in page
    assert cvetka.post(address, data=FORM | {"kind": "drop", "days": "14", "least": "50"}).status_code == 303
    changed = the_alert(cast)
    assert (changed.kind, changed.days, changed.least, changed.words, changed.band) == ("drop", 14, 50, None, None)
    assert {one.kind for one in Recipient.of_alert(alert.id)} == {"mail", "slack"}
    page = cvetka.get(f"/w/acme/alerts/{alert.id}").text
    assert "The score of 14 days drops clearly against the 14 before · team North" in page
    assert "fewer than one alarm in two years" in page


def test_a_language_is_chosen_by_its_name_and_one_that_was_typed_once_stays(cast, cvetka):
    a_response(an_invitation(a_survey(cast.workspace), locale="ja"), 2, locale="ja")
    alert = an_alert(cast.workspace, like={"language": "xx"})
    address = f"/w/acme/alerts/{alert.id}/edit"
    page = cvetka.get(address).text
    for option in ('value="">Any', 'value="sl">Slovenian', 'value="ja">Japanese', 'selected value="xx">xx'):
        assert f"<option {option}</option>" in page
    assert cvetka.post(address, data=FORM | {"language": "xx"}).status_code == 303
    assert the_alert(cast).language == "xx"
    assert cvetka.post(address, data=FORM | {"language": "sl"}).status_code == 303
    assert "language Slovenian" in cvetka.get("/w/acme/alerts").text


def test_a_program_that_switched_it_off_is_nobody(cast, cvetka):
    ident = an_alert(cast.workspace).id
    with transaction():
        the_alert(cast).switch_off(at=FRIDAY, actor="key:of a program")
    assert "Switched off on 20 Nov 2026 by a program" in cvetka.get(f"/w/acme/alerts/{ident}").text


def test_it_is_switched_off_by_somebody_at_a_moment_and_removed(cast, cvetka):
    ident = an_alert(cast.workspace).id
    assert cvetka.post(f"/w/acme/alerts/{ident}/off").status_code == 303
    assert (the_alert(cast).off_at, the_alert(cast).off_by) == (FRIDAY, cast.cvetka.id)
    assert "Switched off on 20 Nov 2026 by Cvetka" in cvetka.get(f"/w/acme/alerts/{ident}").text
    cvetka.post(f"/w/acme/alerts/{ident}/on")
    assert the_alert(cast).off_at is None
    cvetka.post(f"/w/acme/alerts/{ident}/remove")
    assert Alert.all_of(cast.workspace.id) == []
    kinds = db.session.scalars(select(Event.kind).where(Event.subject_id == ident).order_by(Event.id)).all()
    assert kinds == ["alert.made", "alert.off", "alert.on", "alert.removed"]


def test_a_channel_is_added_and_its_address_shown_never_again(cast, cvetka):
    alert = an_alert(cast.workspace)
    channel = {"channel_kind": "slack", "title": "#support", "address": SECRET}
    add = f"/w/acme/alerts/{alert.id}/channels"
    assert cvetka.post(add, data=channel).status_code == 303
    page = cvetka.get(f"/w/acme/alerts/{alert.id}").text
    assert "hooks.example/…XYZ9" in page
    assert "verysecret" not in page
    assert cvetka.post(add, data=channel).status_code == 409
    [_mail, place] = Recipient.of_alert(alert.id)
    cvetka.post(f"/w/acme/alerts/{alert.id}/recipients/{place.id}/remove")
    assert db.session.get(Recipient, place.id, populate_existing=True).address == "hooks.example/…XYZ9"
    assert cvetka.post(add, data=channel).status_code == 303
    assert db.session.get(Recipient, place.id, populate_existing=True).address == SECRET


@pytest.mark.parametrize(
    "address",
    [
        *("", "hooks.example", "http://hooks.example/x", "https://a:b@hooks.example/", "https://127.0.0.1/x"),
        *("https://[::1]/", "https://localhost/x", "https://10.1.2.3/x", "ftp://hooks.example/", "https://[bad/"),
    ],
)
def test_what_is_no_address_of_a_channel_is_refused_and_comes_back(cast, cvetka, address):
    alert = an_alert(cast.workspace)
    channel = {"channel_kind": "teams", "title": "Care", "address": address}
    reply = cvetka.post(f"/w/acme/alerts/{alert.id}/channels", data=channel)
    assert reply.status_code == 422
    assert 'value="Care"' in reply.text
    assert len(Recipient.of_alert(alert.id)) == 1


def test_a_test_goes_to_a_mail_and_to_a_channel_and_is_seen(app, cast, cvetka, run_jobs, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    with a_channel((500, "out of order")) as channel:
        alert = an_alert(cast.workspace, channel=("mattermost", channel.address))
        for one in Recipient.of_alert(alert.id):
            assert cvetka.post(f"/w/acme/alerts/{alert.id}/recipients/{one.id}/test").status_code == 303
        run_jobs()
    assert [notice.trigger for notice in notices()] == ["test", "test"]
    assert "This is a test of “Very unhappy”" in channel.heard[0][2]["text"]
    assert alert_mails()[0].subject == "This is a test of “Very unhappy”"
    page = cvetka.get(f"/w/acme/alerts/{alert.id}").text
    assert "HTTP 500 – out of order" in page
    assert "Next try" in page


def test_tests_are_limited(cast, cvetka):
    alert = an_alert(cast.workspace)
    [boss] = Recipient.of_alert(alert.id)
    for _ in range(9):
        cvetka.post(f"/w/acme/alerts/{alert.id}/recipients/{boss.id}/test")
    assert len(notices()) == 6


def test_the_history_says_when_to_whom_about_what_and_goes_back(cast, cvetka, run_jobs):
    survey = a_survey(cast.workspace)
    alert = an_alert(cast.workspace, cool_down=15, at=FRIDAY - HOUR)
    asked = an_invitation(survey, at=FRIDAY - HOUR)
    response = a_response(asked, 1, "Nobody called back.", at=FRIDAY)
    run_jobs()
    [boss] = Recipient.of_alert(alert.id)
    page = cvetka.get(f"/w/acme/alerts/{alert.id}").text
    for words in ("20 Nov, ", "Cvetka", "1 answer", f"/w/acme/responses/{response.id}", "sent"):
        assert words in page
    for number in range(24):
        with time_machine.travel(FRIDAY + number * timedelta(hours=2), tick=False):
            db.session.rollback()
            cvetka.post(f"/w/acme/alerts/{alert.id}/recipients/{boss.id}/test")
    page = cvetka.get(f"/w/acme/alerts/{alert.id}").text
    assert str(response.id) not in page
    older = notices()[-20].id
    assert str(response.id) in cvetka.get(f"/w/acme/alerts/{alert.id}?before={older}").text


def test_the_link_in_the_mail_stops_it_without_signing_in(cast, client, cvetka, run_jobs):
    alert = an_alert(cast.workspace, locale="sl")
    [boss] = Recipient.of_alert(alert.id)
    link = stop_url(boss.id).removeprefix("http://surveys.example")
    assert "Želite ustaviti ta opozorila?" in client.get(link).text
    assert Recipient.of(alert.id, boss.id).stopped_at is None
    assert "ustavljena" in client.post(link, data={"List-Unsubscribe": "One-Click"}).text
    stopped = db.session.get(Recipient, boss.id, populate_existing=True)
    assert (stopped.stopped_at, stopped.stopped_by) == (FRIDAY, "recipient")
    assert "Stopped by its reader on" in cvetka.get(f"/w/acme/alerts/{alert.id}").text
    assert "spet vključena" in client.post(link, data={"resume": "1"}).text
    assert db.session.get(Recipient, boss.id, populate_existing=True).stopped_at is None
    assert client.get("/alert/stop/nothing").status_code == 404


def test_a_viewer_sees_no_alert(cast, browser_of):
    from tests.cast import a_person

    alert = an_alert(cast.workspace)
    viewer = browser_of(a_person("Eva", cast.workspace, "viewer"))
    assert viewer.get(f"/w/acme/alerts/{alert.id}").status_code == 403
    assert ">Alerts<" not in viewer.get("/w/acme/surveys").text
    assert browser_of(cast.dmitri).get(f"/w/acme/alerts/{alert.id}").status_code == 404
    assert browser_of(cast.dmitri).get(f"/w/elsewhere/alerts/{alert.id}").status_code == 404
