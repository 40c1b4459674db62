"""Who gets in where: every role at every door of the staff, with own, foreign and missing things."""

import re

import pytest

from accounts import policy
from accounts.policy import PERMISSIONS
from base import clock
from tests.cast import a_person
from tests.town import missing, permission_of, routes

pytestmark = pytest.mark.web


@pytest.fixture
def people(cast, towns):
    """One person a role of Acme."""
    viewer = a_person("Eva", cast.workspace, "viewer", at=clock.now())
    return {"viewer": viewer, "manager": cast.cvetka, "designer": cast.boris, "admin": cast.ana}


@pytest.fixture
def ask(app):
    """`ask(client, method, rule, values)`: the answer of that route."""

    def call(client, method, rule, values):
        address = app.url_map.bind("localhost").build(rule.endpoint, values, method=method, force_external=False)
        return client.open(address, method=method, data={"role": "viewer"} if method == "POST" else None)

    return call


def staff_routes(app):
    """(method, rule, permission) of every door in a workspace."""
    return [
        (method, rule, permission_of(app, rule))
        for method in ("GET", "POST")
        for rule in routes(app, method)
        if permission_of(app, rule) in PERMISSIONS
    ]


def told(reply, *names):
    """What a person sees of an answer, without the names that were asked for and without what differs every time."""
    text = reply.get_data(as_text=True)
    for name in sorted(map(str, names), key=len, reverse=True):
        text = text.replace(name, "…")
    return reply.status_code, re.sub(r"[A-Za-z0-9_.-]{60,}", "…", text)


def test_a_stranger_is_sent_to_the_sign_in_page_whatever_they_ask_for(app, towns, client, ask):
    wrong = {}
    here, _ = towns
    for method, rule, _permission in staff_routes(app):
        own = here.values_of(rule)
        for values in (own, missing(own), missing(own) | {"workspace": "nowhere"}):
            reply = ask(client, method, rule, values)
            if reply.status_code != 302 or not reply.headers["Location"].startswith("/sign-in"):
                wrong[method, rule.rule] = reply.status
    assert wrong == {}


def test_every_role_gets_in_exactly_where_the_policy_says(app, towns, people, browser_of, ask):
    wrong = {}
    here, _ = towns
    for role, person in people.items():
        browser = browser_of(person)
        for method, rule, permission in staff_routes(app):
            if method == "POST" and policy.may(role, permission):
                continue  # those change things: below
            reply = ask(browser, method, rule, here.values_of(rule))
            expected = {200, 302} if policy.may(role, permission) else {403}
            if reply.status_code not in expected or "/sign-in" in reply.headers.get("Location", ""):
                wrong[role, method, rule.rule] = reply.status
    assert wrong == {}


@pytest.mark.parametrize("role", policy.ROLES)
def test_whoever_may_change_something_is_not_turned_away(app, towns, people, browser_of, ask, role):
    """An empty form may be refused for what it lacks, never for who sends it."""
    wrong = {}
    here, _ = towns
    browser = browser_of(people[role])
    for method, rule, permission in staff_routes(app):
        if method == "POST" and policy.may(role, permission):
            reply = ask(browser, method, rule, here.values_of(rule))
            if reply.status_code not in {200, 303, 409, 422} or "/sign-in" in reply.headers.get("Location", ""):
                wrong[rule.rule] = reply.status
    assert wrong == {}


def test_what_is_foreign_looks_like_what_is_missing(app, towns, browser_of, ask):
    wrong = {}
    here, there = towns
    admin = browser_of(here.admin)
    for method, rule, _permission in staff_routes(app):
        own, theirs = here.values_of(rule), there.values_of(rule)
        nothing = missing(own)
        if nothing == own:  # no thing is named but the workspace
            continue
        foreign = theirs | {"workspace": own["workspace"]}
        a, b = ask(admin, method, rule, foreign), ask(admin, method, rule, nothing)
        if (a.status_code, b.status_code) != (404, 404) or told(a, *foreign.values()) != told(b, *nothing.values()):
            wrong[method, rule.rule] = a.status, b.status
    assert wrong == {}


def test_another_workspace_looks_like_none(app, towns, browser_of, ask):
    wrong = {}
    here, there = towns
    stranger = browser_of(there.admin)
    for method, rule, _permission in staff_routes(app):
        own = here.values_of(rule)
        nowhere = own | {"workspace": "nowhere"}
        a, b = ask(stranger, method, rule, own), ask(stranger, method, rule, nowhere)
        if (a.status_code, b.status_code) != (404, 404) or told(a, *own.values()) != told(b, *nowhere.values()):
            wrong[method, rule.rule] = a.status, b.status
    assert wrong == {}


def test_a_key_opens_its_own_workspace_only(app, towns, client, ask):
    wrong = {}
    here, there = towns
    for method in ("GET", "POST"):
        for rule in routes(app, method):
            if permission_of(app, rule) != "api key":
                continue
            own, theirs = here.values_of(rule), there.values_of(rule)
            if ask(client, method, rule, own).status_code != 401:
                wrong[method, rule.rule, "no key"] = "let in"
            if not own:
                continue
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {here.key}"
            mine = ask(client, method, rule, own)
            a, b = ask(client, method, rule, theirs), ask(client, method, rule, missing(own))
            del client.environ_base["HTTP_AUTHORIZATION"]
            seen = (mine.status_code, a.status_code, b.status_code)
            # A form in the place of JSON is sent back before anybody looks whose things are meant.
            right = (415, 415, 415) if app.view_functions[rule.endpoint].operation.body else (200, 404, 404)
            if seen != right or told(a, *theirs.values()) != told(b, *missing(own).values()):
                wrong[method, rule.rule] = seen
    assert wrong == {}


def test_ids_in_a_body_are_held_to_the_same(app, towns, client, browser_of):
    here, there = towns
    key = {"Authorization": f"Bearer {here.key}"}
    asked = {"email": "a@customer.example", "interaction": {"source": "s", "external_id": "1"}}
    replies = [
        client.post("/api/v1/invitations", headers=key, json=asked | {"survey": name})
        for name in (str(there.survey.id), there.survey.slug, "no-such-survey")
    ]
    assert len({reply.status_code for reply in replies}) == 1
    assert replies[0].status_code in {404, 422}
    admin = browser_of(here.admin)
    order = {"email": "x@acme.example", "cadence": "daily", "time": "08:00", "zone": "UTC", "locale": "en"}
    order |= {"which": "chosen", "surveys": str(there.survey.id), "when_empty": "short"}
    assert admin.post("/w/acme/digests/new", data=order).status_code == 422
    listed = client.get(f"/api/v1/responses?survey={there.survey.id}", headers=key)
    assert listed.status_code == 404 or listed.json["data"] == []


def test_a_disabled_person_is_a_stranger_at_once(app, towns, people, browser_of, ask):
    here, _ = towns
    browser = browser_of(people["manager"])
    assert browser.get("/w/acme/contacts").status_code == 200
    browser_of(here.admin).post(f"/w/acme/settings/people/{people['manager'].id}/disable")
    assert browser.get("/w/acme/contacts").headers["Location"].startswith("/sign-in")
