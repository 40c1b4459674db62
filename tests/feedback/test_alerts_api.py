"""Alerts through the REST API: made, changed, switched off and on, deleted, and what they said."""

import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from base.db import db, transaction
from base.events import Event
from feedback.alert import Alert
from feedback.notice import Attempt, Notice
from feedback.recipient import Recipient
from tests.cast import a_response, a_survey, an_api_key, an_invitation
from tests.feedback.alerts import an_alert
from tests.feedback.readers import FRIDAY

SECRET = "https://hooks.example/services/T0/B0/verysecretXYZ9"
ALERTS = "/api/v1/alerts"
WISH = {
    "name": "Very unhappy",
    "band": "detractor",
    "below": -0.2,
    "words": ["refund", "never  again"],
    "team": "North",
    "property_name": "plan",
    "property_value": "gold",
    "cool_down": 240,
    "mails": ["Cvetka@acme.example", "x@partner.example"],
    "locale": "sl",
}


@pytest.fixture(autouse=True)
def friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture
def api(app, cast):
    """Calls with a key of the workspace, or of another one."""

    def call(method, path, json=None, *, workspace=cast.workspace, **more):
        headers = {"Authorization": f"Bearer {an_api_key(workspace)}", **more}
        return app.test_client().open(path, method=method, json=json, headers=headers)

    return call


def kept(ident):
    db.session.rollback()
    return db.session.get(Alert, ident, populate_existing=True)


def test_an_alert_is_made_like_on_the_page_and_told_with_all_that_is_known(api, cast, browser_of):
    survey = a_survey(cast.workspace)
    made = api("POST", ALERTS, WISH | {"surveys": [survey.slug]})
    assert made.status_code == 201
    told = made.json
    recipients = told.pop("recipients")
    assert told == {
        "id": told["id"],
        "name": "Very unhappy",
        "kind": "response",
        "surveys": [str(survey.id)],
        "band": "detractor",
        "below": -0.2,
        "words": ["refund", "never again"],
        "agent": None,
        "team": "North",
        "channel": None,
        "language": None,
        "property_name": "plan",
        "property_value": "gold",
        "days": 7,
        "least": 30,
        "cool_down": 240,
        "locale": "sl",
        "off_at": None,
        "created_at": FRIDAY.isoformat().replace("+00:00", "Z"),
    }
    assert {(one["kind"], one["address"], one["name"], one["stopped_at"]) for one in recipients} == {
        ("mail", "cvetka@acme.example", "Cvetka", None),
        ("mail", "x@partner.example", "", None),
    }
    assert api("GET", f"{ALERTS}/{told['id']}").json == made.json
    assert api("GET", ALERTS).json == {"data": [made.json], "next_cursor": None}
    typed = {name: value for name, value in WISH.items() if name != "mails"} | {"kind": "response", "which": "chosen"}
    typed |= {"words": "refund, never again", "people": "cvetka@acme.example", "others": "x@partner.example"}
    browser_of(cast.cvetka).post("/w/acme/alerts/new", data=typed | {"surveys": str(survey.id)})
    (by_hand,) = [one for one in api("GET", ALERTS).json["data"] if one["id"] != told["id"]]
    assert {(one["address"], one["name"]) for one in by_hand.pop("recipients")} == {
        (one["address"], one["name"]) for one in recipients
    }
    assert by_hand == told | {"id": by_hand["id"]}


def test_a_name_is_enough_and_the_rest_is_as_a_new_form_has_it(api, cast):
    told = api("POST", ALERTS, {"name": "All"}).json
    assert (told["kind"], told["surveys"], told["words"], told["recipients"]) == ("response", None, [], [])
    assert (told["days"], told["least"], told["cool_down"], told["locale"]) == (7, 30, 60, "en")
    alert = kept(Alert.all_of(cast.workspace.id)[0].id)
    assert (alert.created_by, alert.covers_from) == (None, FRIDAY)
    assert alert.next_look_at > FRIDAY
    assert db.session.scalar(select(Event.actor).where(Event.kind == "alert.made")).startswith("key:")


@pytest.mark.web
@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        ({"name": ""}, "name", "Give the alert a name; it stands in the subject."),
        ({"name": "x" * 121}, "name", "Must have at most 120 characters."),
        ({"kind": "shout"}, "kind", "Must be 'response' or 'drop'."),
        ({"surveys": []}, "surveys", "Choose at least one survey."),
        ({"surveys": ["support", "nothing"]}, "surveys[1]", "There is no such survey, or it was never published."),
        ({"mails": ["x@partner.example", "nobody"]}, "mails", "“nobody” is not an email address."),
        ({"mails": [f"x{n}@partner.example" for n in range(51)]}, "mails", "At most 50 people, please."),
        ({"property_value": None}, "property_value", "A property needs both its name and its value."),
        ({"words": [f"w{number}" for number in range(51)]}, "words", "At most 50 words or phrases, please."),
        ({"words": ["one, two"]}, "words[0]", "Must be a word or a phrase, without commas and semicolons."),
        ({"words": ["*fund"]}, "words", "“*fund”: * may only stand at the end"),
        ({"below": -0.3}, "below", "Must be -0.5, -0.2 or 0."),
        ({"cool_down": 61}, "cool_down", "Must be 15, 60, 240 or 1440."),
        ({"days": 8}, "days", "Must be 7, 14 or 28."),
        ({"least": 5}, "least", "Choose a number from 20 to 10000."),
        ({"locale": "tlh"}, "locale", "Must be "),
        ({"language": "xx"}, "language", "Not a valid choice."),
        ({"words": [f"{number}{'x' * 150}" for number in range(14)]}, "words", "At most 2000 letters"),
        ({"kind": "drop"}, "band", "Only an alert of answers looks at this."),
        ({"kind": "drop", "below": 0}, "below", "Only an alert of answers looks at this."),
        ({"covers_from": "2020-01-01T00:00:00Z"}, "covers_from", "There is no such field."),
    ],
)
def test_what_the_page_would_not_take_is_refused_at_its_field_and_nothing_is_made(api, cast, wish, field, words):
    a_survey(cast.workspace, name="Support")
    refused = api("POST", ALERTS, WISH | wish)
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    told = {one["field"]: one["detail"] for one in refused.json["errors"]}
    assert told[field].startswith(words)
    assert Alert.all_of(cast.workspace.id) == []


@pytest.mark.web
def test_what_a_drop_may_not_have_is_told_as_on_the_page(api):
    drop = {"name": "Falling", "kind": "drop"}
    refused = api("POST", ALERTS, drop | {"agent": "Vid", "team": "North"})
    detail = "A score can be watched for one agent, team, channel or language at a time."
    assert refused.json["errors"] == [{"field": "agent", "detail": detail}]
    assert api("POST", ALERTS, drop | {"team": "North", "days": 14, "least": 50}).json["days"] == 14
    assert api("POST", ALERTS, {"kind": "drop"}).json["errors"] == [
        {"field": "name", "detail": "This field is required."}
    ]


def test_any_language_that_there_is_narrows_and_one_kept_of_old_does_not_hinder_changes(api, cast):
    assert api("POST", ALERTS, WISH | {"language": "hr-BA"}).json["language"] == "hr-BA"
    alert = an_alert(cast.workspace, name="Old", like={"language": "xx"})
    changed = api("PATCH", f"{ALERTS}/{alert.id}", {"cool_down": 15})
    assert (changed.status_code, changed.json["language"]) == (200, "xx")


def test_a_change_touches_what_it_says_and_leaves_the_rest(api, cast):
    survey = a_survey(cast.workspace)
    alert = an_alert(
        cast.workspace, channel=("slack", SECRET), like={"band": "detractor", "team": "North", "words": ("bad", "sad")}
    )
    before = api("GET", f"{ALERTS}/{alert.id}").json
    changed = api("PATCH", f"{ALERTS}/{alert.id}", {"cool_down": 15, "team": None, "surveys": [str(survey.id)]})
    assert changed.status_code == 200
    assert changed.json == before | {"cool_down": 15, "team": None, "surveys": [str(survey.id)]}
    assert api("PATCH", f"{ALERTS}/{alert.id}", {"surveys": None, "words": None}).json["words"] == []
    assert kept(alert.id).all_surveys
    told = api("PATCH", f"{ALERTS}/{alert.id}", {"mails": ["x@partner.example"]}).json["recipients"]
    assert [(one["kind"], one["address"]) for one in told] == [
        ("mail", "x@partner.example"),
        ("slack", "hooks.example/…XYZ9"),
    ]
    drop = api("PATCH", f"{ALERTS}/{alert.id}", {"kind": "drop"}).json
    assert (drop["kind"], drop["band"], drop["words"]) == ("drop", None, [])
    for wrong in ({"name": None}, {"kind": None}, {"least": None}, {"cool_down": None}, {"locale": None}):
        refused = api("PATCH", f"{ALERTS}/{alert.id}", wrong)
        assert refused.status_code == 422
        assert [one["field"] for one in refused.json["errors"]] == list(wrong)
    assert api("GET", f"{ALERTS}/{alert.id}").json == drop


def test_words_that_were_just_short_enough_are_no_hindrance_to_another_change(api, cast, browser_of):
    words = [f"{number:02}{'x' * 38}" for number in range(50)]
    one = f"{ALERTS}/{api('POST', ALERTS, {'name': 'Many', 'words': words}).json['id']}"
    assert api("PATCH", one, {"name": "Very many"}).json["words"] == words
    typed = {"name": "Very, very many", "kind": "response", "which": "all", "words": ", ".join(words)}
    typed |= {"band": "", "below": "", "days": "7", "least": "30", "cool_down": "60", "locale": "en"}
    edit = f"/w/acme/alerts/{one.rpartition('/')[2]}/edit"
    assert browser_of(cast.cvetka).post(edit, data=typed).status_code == 303
    assert api("GET", one).json["words"] == words


def test_changes_at_the_same_time_all_stay_and_one_channel_comes_once(app, cast):
    survey, alert, key = a_survey(cast.workspace), an_alert(cast.workspace), an_api_key(cast.workspace)
    one = f"{ALERTS}/{alert.id}"
    parts = {"name": "Other", "team": "North", "words": ["refund"], "surveys": [str(survey.id)], "days": 14}
    parts |= {"least": 50, "cool_down": 15, "locale": "sl"}
    calls = [("PATCH", one, {name: value}) for name, value in parts.items()]
    calls += [("POST", f"{one}/channels", {"kind": "slack", "name": "#support", "address": SECRET})] * 2
    start, replies = threading.Barrier(len(calls)), []

    def call(method, path, body):
        with app.app_context():
            start.wait()
            reply = app.test_client().open(path, method=method, json=body, headers={"Authorization": f"Bearer {key}"})
            replies.append((method, reply.status_code))

    threads = [threading.Thread(target=call, args=one) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [("PATCH", 200)] * len(parts) + [("POST", 201), ("POST", 409)]
    told = app.test_client().get(one, headers={"Authorization": f"Bearer {key}"}).json
    assert {name: told[name] for name in parts} == parts
    assert [row["kind"] for row in told["recipients"]] == ["mail", "slack"]


def test_whoever_stopped_the_messages_gets_no_test_either(api, cast, browser_of):
    alert = an_alert(cast.workspace)
    (boss,) = Recipient.of_alert(alert.id)
    with transaction():
        Recipient.of(alert.id, boss.id).stop(at=FRIDAY, by="recipient")
    place = f"{ALERTS}/{alert.id}/recipients/{boss.id}"
    refused = api("POST", f"{place}/test")
    assert (refused.status_code, "stopped the messages" in refused.json["detail"]) == (409, True)
    browser = browser_of(cast.cvetka)
    browser.post(f"/w/acme/alerts/{alert.id}/recipients/{boss.id}/test")
    assert "Its reader stopped the messages" in browser.get(f"/w/acme/alerts/{alert.id}").text
    assert api("GET", f"{ALERTS}/{alert.id}/notices").json["data"] == []
    api("POST", f"{place}/resume")
    assert api("POST", f"{place}/test").status_code == 200


def test_it_is_switched_off_and_on_and_deleted_by_a_program(api, cast):
    one = f"{ALERTS}/{an_alert(cast.workspace).id}"
    for _ in range(2):
        assert api("POST", f"{one}/off").json["off_at"] == api("GET", one).json["off_at"] is not None
    for _ in range(2):
        assert api("POST", f"{one}/on").json["off_at"] is None
    gone = api("DELETE", one)
    assert (gone.status_code, set(gone.json)) == (200, {"id", "at"})
    assert api("GET", one).status_code == api("DELETE", one).status_code == 404
    events = db.session.execute(select(Event.kind, Event.actor).where(Event.kind.like("alert.%")).order_by(Event.id))
    told = [(kind, (actor or "").partition(":")[0]) for kind, actor in events]
    assert told == [("alert.made", ""), ("alert.off", "key"), ("alert.on", "key"), ("alert.removed", "key")]


def test_what_it_said_is_listed_page_by_page_with_what_became_of_it(api, cast):
    alert = an_alert(cast.workspace, channel=("slack", SECRET))
    mail, slack = Recipient.of_alert(alert.id)
    with transaction():
        said = [Notice.claim(mail.id, at=FRIDAY, adding=[a_response(an_invitation(a_survey(cast.workspace)), 1).id])]
        said += [Notice.test(slack.id, at=FRIDAY + timedelta(minutes=n)) for n in range(2)]
        said[1].tried(
            Attempt(notice_id=said[1].id, at=FRIDAY, fine=False, status=404, words="no_team"), final=True, told=0
        )
        idents, told = [str(one.id) for one in said], str(said[0].members[0])
    notices = f"{ALERTS}/{alert.id}/notices"
    first = api("GET", f"{notices}?limit=2").json
    assert [one["id"] for one in first["data"]] == [idents[2], idents[1]]
    failed = first["data"][1]
    assert (failed["test"], failed["state"], failed["recipient"]["address"]) == (True, "failed", "hooks.example/…XYZ9")
    assert [(one["status"], one["words"], one["fine"]) for one in failed["attempts"]] == [(404, "no_team", False)]
    last = api("GET", f"{notices}?limit=2&cursor={first['next_cursor']}").json
    assert last["next_cursor"] is None
    assert [(one["id"], one["test"], one["told"], one["response_ids"]) for one in last["data"]] == [
        (idents[0], False, 1, [told])
    ]
    assert api("GET", f"{notices}?cursor=x").json["errors"] == [{"field": "cursor", "detail": "Must be an id."}]
    assert SECRET not in str(first) + str(last) + api("GET", ALERTS).text


def test_a_channel_is_added_tested_and_removed_and_its_address_told_never_again(api, cast):
    alert = an_alert(cast.workspace)
    one, channel = f"{ALERTS}/{alert.id}", {"kind": "slack", "name": "#support", "address": SECRET}
    added = api("POST", f"{one}/channels", channel)
    assert (added.status_code, added.json["address"]) == (201, "hooks.example/…XYZ9")
    assert added.json == api("GET", one).json["recipients"][1]
    assert api("POST", f"{one}/channels", channel).status_code == 409
    place = f"{one}/recipients/{added.json['id']}"
    tests = [api("POST", f"{place}/test") for _ in range(7)]
    assert [reply.status_code for reply in tests] == [200] * 6 + [429]
    assert int(tests[-1].headers["Retry-After"]) > 0
    anew = an_alert(cast.workspace, mails=(), channel=("slack", SECRET))
    assert api("POST", f"{ALERTS}/{anew.id}/recipients/{Recipient.of_alert(anew.id)[0].id}/test").status_code == 429
    assert (tests[0].json["test"], tests[0].json["recipient"], tests[0].json["state"]) == (True, added.json, "claimed")
    assert [one["id"] for one in api("GET", f"{one}/notices").json["data"]][-1] == tests[0].json["id"]
    with transaction():
        Recipient.of(alert.id, uuid.UUID(added.json["id"])).stop(at=FRIDAY, by="recipient")
    assert api("GET", one).json["recipients"][1]["stopped_at"] is not None
    assert api("POST", f"{place}/resume").json == added.json
    assert api("DELETE", place).status_code == 200
    assert [row["kind"] for row in api("GET", one).json["recipients"]] == ["mail"]
    for method, path in (("DELETE", place), ("POST", f"{place}/test"), ("POST", f"{place}/resume")):
        assert api(method, path).status_code == 404
    dotted = api("POST", f"{one}/channels", channel | {"address": "https://hooks.example/…/verysecret"})
    assert "verysec" not in dotted.text
    for wrong, words in (
        ({"address": "ftp://hooks.example/x"}, "This is no address of a channel; it begins with https://."),
        ({"address": "https://10.0.0.1/x"}, "This address leads into a private network"),
        ({"name": ""}, "Say what it is called, such as #support."),
        ({"kind": "irc"}, "Must be 'slack', 'teams' or 'mattermost'."),
    ):
        refused = api("POST", f"{one}/channels", channel | wrong)
        assert refused.status_code == 422
        assert [row["field"] for row in refused.json["errors"]] == list(wrong)
        assert refused.json["errors"][0]["detail"].startswith(words)


def test_alerts_of_another_workspace_are_not_there(api, cast):
    alert = an_alert(cast.workspace)
    one = f"{ALERTS}/{alert.id}"
    place = f"{one}/recipients/{Recipient.of_alert(alert.id)[0].id}"
    for method, path in (
        *(("GET", one), ("PATCH", one), ("DELETE", one), ("GET", f"{one}/notices")),
        *(("POST", f"{one}/off"), ("POST", f"{one}/on"), ("POST", f"{one}/channels")),
        *(("DELETE", place), ("POST", f"{place}/test"), ("POST", f"{place}/resume")),
    ):
        channel = {"kind": "slack", "name": "#mine", "address": SECRET}
        body = {"name": "Mine"} if method == "PATCH" else channel if path.endswith("channels") else None
        assert api(method, path, body, workspace=cast.elsewhere).status_code == 404
    assert api("GET", ALERTS, workspace=cast.elsewhere).json["data"] == []
    theirs = a_survey(cast.elsewhere, name="Theirs")
    assert api("PATCH", one, {"surveys": [str(theirs.id)]}).status_code == 422
    assert (kept(alert.id).name, kept(alert.id).off_at) == ("Very unhappy", None)


def test_a_request_that_is_sent_again_makes_no_second_alert(api, cast):
    key = {"Idempotency-Key": "9f2c: angry, once"}
    made, again = (api("POST", ALERTS, WISH, **key) for _ in range(2))
    assert (made.status_code, again.status_code, again.json) == (201, 200, made.json)
    api("PATCH", f"{ALERTS}/{made.json['id']}", {"name": "Changed"})
    assert api("POST", ALERTS, WISH, **key).json["name"] == "Changed"  # the alert as it is now
    other = api("POST", ALERTS, WISH | {"name": "Other"}, **key)
    assert (other.status_code, other.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert api("POST", ALERTS, WISH, workspace=cast.elsewhere, **key).status_code == 201
    assert api("POST", ALERTS, WISH).json["id"] != made.json["id"]
    assert len(Alert.all_of(cast.workspace.id)) == 2
    api("DELETE", f"{ALERTS}/{made.json['id']}")
    assert api("POST", ALERTS, WISH, **key).status_code == 201  # nothing of a deleted alert is remembered


@pytest.mark.parametrize("key", ["", "   ", "x" * 256, "ključ"])
def test_a_name_of_a_request_that_is_none_is_refused(api, cast, key):
    refused = api("POST", ALERTS, WISH, **{"Idempotency-Key": key.encode().decode("latin-1")})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert Alert.all_of(cast.workspace.id) == []


def test_a_request_that_was_refused_may_be_sent_again_with_its_name(api, cast):
    key = {"Idempotency-Key": "again"}
    assert api("POST", ALERTS, WISH | {"surveys": ["support"]}, **key).status_code == 422
    a_survey(cast.workspace, name="Support")
    assert api("POST", ALERTS, WISH | {"surveys": ["support"]}, **key).status_code == 201


def test_the_same_request_twice_at_one_time_is_one(app, cast):
    replies, start = [], threading.Barrier(2)
    headers = {"Authorization": f"Bearer {an_api_key(cast.workspace)}", "Idempotency-Key": "both"}

    def ask():
        with app.app_context():
            start.wait()
            replies.append(app.test_client().post(ALERTS, json=WISH, headers=headers))

    both = [threading.Thread(target=ask) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(reply.status_code for reply in replies) == [200, 201]
    assert len({reply.json["id"] for reply in replies}) == 1


def test_a_workspace_has_so_many_alerts_and_channels_and_is_told_so(api, cast, browser_of, monkeypatch):
    monkeypatch.setattr("feedback.alert.MOST", 2)
    monkeypatch.setattr("feedback.alert.MOST_CHANNELS", 1)
    first, second = (api("POST", ALERTS, WISH | {"name": name}).json["id"] for name in ("One", "Two"))
    refused = api("POST", ALERTS, WISH)
    assert (refused.status_code, "at most 2 alerts" in refused.json["detail"]) == (409, True)
    typed = {"name": "Three", "kind": "response", "which": "all", "band": "detractor", "below": ""}
    typed |= {"days": "7", "least": "30", "cool_down": "60", "locale": "en"}
    page = browser_of(cast.cvetka).post("/w/acme/alerts/new", data=typed | {"people": "cvetka@acme.example"})
    assert (page.status_code, "at most 2 alerts" in page.text, 'value="Three"' in page.text) == (409, True, True)
    assert api("POST", ALERTS, WISH, workspace=cast.elsewhere).status_code == 201
    channel = {"kind": "slack", "name": "#support", "address": SECRET}
    assert api("POST", f"{ALERTS}/{first}/channels", channel).status_code == 201
    refused = api("POST", f"{ALERTS}/{second}/channels", channel)
    assert (refused.status_code, "at most 1 channels" in refused.json["detail"]) == (409, True)
    typed = {"channel_kind": "slack", "title": "#other", "address": SECRET}
    page = browser_of(cast.cvetka).post(f"/w/acme/alerts/{second}/channels", data=typed)
    assert (page.status_code, "at most 1 channels" in page.text) == (409, True)
    assert len(api("GET", f"{ALERTS}/{second}").json["recipients"]) == len(WISH["mails"])
