"""The pages of sources: made with an address that is shown once, mapped with a call in view, replayed, kept apart."""

import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import func, select

import config
from base.db import db, transaction
from surveys.forms.steps import STEPS
from surveys.invitation import Invitation
from surveys.received_call import ReceivedCall
from surveys.recipes import KINDS
from surveys.source import Source, SourceSurvey
from tests.cast import AT, a_survey
from tests.surveys.helpdesk import FORM, a_source, calls_of, connected, now_of, only_call, secured

AT_HOME = "/w/acme/sources"
CALL = b'{"ticket": {"id": 9, "who": {"mail": "ana@customer.example", "first": "Ana", "last": "Kos"}, "plan": "gold"}}'
CHOSEN = {
    "field-email": "/ticket/who/mail",
    "field-external_id": "/ticket/id",
    "field-name": "/ticket/who/first + /ticket/who/last",
}


@pytest.fixture
def browser(browser_of, cast):
    return browser_of(cast.boris)


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace)


@pytest.fixture
def desk(cast, client, survey, run_jobs):
    """A source with a call that nobody has mapped yet."""
    source, path = a_source(cast.workspace, "generic", survey)
    client.post(path, data=CALL, content_type="application/json")
    run_jobs()
    return source


def at(source, tail=""):
    return f"{AT_HOME}/{source.id}{tail}"


def once_of(page):
    """What the form of a page will make its source of."""
    return {"once": re.search(r'name="once" type="hidden" value="([^"]+)"', page.text)[1]}


def pressed(browser, path):
    """The page that a press of a button leads to."""
    return browser.get(browser.post(path).headers["Location"]).text


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_is_made_and_its_address_is_shown_once(browser, client, survey, kind):
    page = browser.post(f"{AT_HOME}/new", data={"name": "Desk", "kind": kind, "surveys": [str(survey.id)]})
    assert page.status_code == 201
    address = re.search(r"http://surveys\.example(/hooks/[\w-]+)", page.text)[1]
    source = db.session.scalars(select(Source)).one()
    assert (source.slug, source.recipe) == ("desk", kind)
    assert [asked.id for asked in source.surveys()] == [survey.id]
    assert client.post(address, data=b"id=1").status_code == 202
    assert address.rpartition("/")[2] not in browser.get(at(source)).text
    words = unescape(page.text)
    for step in STEPS[kind]:
        assert str(step.text) in words
        assert step.code is None or step.code.replace("ADDRESS", f"http://surveys.example{address}") in words


def test_the_same_form_makes_one_source_however_often_it_is_sent(browser):
    form = once_of(browser.get(f"{AT_HOME}/new")) | {"name": "Desk", "kind": "zendesk"}
    first, again = (browser.post(f"{AT_HOME}/new", data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    shown = [re.search(r"/hooks/[\w-]{32}", page.text)[0] for page in (first, again)]
    assert shown[0] == shown[1]
    assert db.session.scalar(select(func.count()).select_from(Source)) == 1


def test_a_form_sent_again_does_not_bring_an_earlier_address_back(browser, client):
    form = once_of(browser.get(f"{AT_HOME}/new")) | {"name": "Desk", "kind": "zendesk"}
    earlier = re.search(r"/hooks/[\w-]{32}", browser.post(f"{AT_HOME}/new", data=form).text)[0]
    browser.post(at(db.session.scalars(select(Source)).one(), "/rotate"))
    assert earlier not in browser.post(f"{AT_HOME}/new", data=form).text
    assert client.post(earlier, data=b"id=1").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Source)) == 1


def test_who_goes_back_to_the_form_and_changes_it_is_asked_once_more(browser):
    form = once_of(browser.get(f"{AT_HOME}/new")) | {"name": "Desk", "kind": "zendesk"}
    browser.post(f"{AT_HOME}/new", data=form)
    page = browser.post(f"{AT_HOME}/new", data=form | {"name": "Shop", "kind": "shopify"})
    assert page.status_code == 409
    assert "This form has added “Desk” already." in page.text
    assert 'value="Shop"' in page.text
    assert browser.post(f"{AT_HOME}/new", data=once_of(page) | {"name": "Shop", "kind": "shopify"}).status_code == 201
    assert sorted(db.session.scalars(select(Source.name))) == ["Desk", "Shop"]


def test_a_form_of_another_workspace_names_no_source_here(browser, browser_of, cast):
    stranger = browser_of(cast.dmitri)
    there = once_of(stranger.get("/w/elsewhere/sources/new"))
    filled = there | {"name": "Desk", "kind": "zendesk"}
    assert stranger.post("/w/elsewhere/sources/new", data=filled).status_code == 201
    assert browser.post(f"{AT_HOME}/new", data=filled).status_code == 201
    assert db.session.scalar(select(func.count()).select_from(Source)) == 2


@pytest.mark.parametrize(
    "wrong",
    [{}, {"name": "Desk"}, {"kind": "generic"}, {"name": "Desk", "kind": "other"}, {"name": " ", "kind": "generic"}],
)
def test_what_is_missing_is_named_and_nothing_is_lost(browser, wrong):
    page = browser.post(f"{AT_HOME}/new", data=wrong)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'value="Desk"' in page.text or wrong.get("name") != "Desk"


def test_names_may_be_the_same_and_addresses_never(cast):
    slugs = [
        a_source(cast.workspace, name=name)[0].slug for name in ("Desk", "Desk", "CSV", "Ž" * 120, "Ž" * 120, "🎉")
    ]
    assert slugs == ["desk", "desk-2", "csv-2", "z" * 36, "z" * 36 + "-2", "workspace"]
    assert a_source(cast.elsewhere, name="Desk")[0].slug == "desk"


def test_the_list_says_who_is_asked_and_when_it_was_called(browser, desk, survey):
    page = browser.get(AT_HOME).text
    assert survey.name in page
    assert "Any other program" in page
    assert "none yet" not in page
    assert AT_HOME in browser.get("/w/acme/contacts").text


def test_the_mapping_page_offers_each_value_of_a_call(browser, desk):
    page = browser.get(at(desk)).text
    for path, value in (("/ticket/who/mail", "ana@customer.example"), ("/ticket/id", "9"), ("/ticket/plan", "gold")):
        assert f'<option value="{path}">{path} · {value}</option>' in page
    assert "/ticket/who/first + /ticket/who/last" in page
    assert "Refused" in page


def test_a_preview_says_what_would_become_and_keeps_nothing(browser, desk, survey):
    part = browser.post(at(desk, "/preview"), data=CHOSEN).text
    assert f"{survey.name} would ask about it." in part
    assert "Ana Kos" in part
    assert "<html" not in part
    assert "holds no id" in browser.post(at(desk, "/preview"), data={"field-email": "/ticket/who/mail"}).text
    assert now_of(desk).mapping["fields"]["email"] == "email"


def test_a_mapping_is_kept_and_the_refused_call_replayed(browser, desk, run_jobs, outbox):
    kept = CHOSEN | {
        "keep": ["/ticket/plan", "/ticket/plan"],
        "when-path": "/ticket/plan",
        "when-done": "gold, , silver",
    }
    assert browser.post(at(desk, "/mapping"), data=kept).status_code == 303
    mapping = now_of(desk).mapping
    assert mapping["properties"] == {"plan": "/ticket/plan"}
    assert mapping["when"] == {"path": "/ticket/plan", "done": ["gold", "silver"], "cancel": []}
    replay = at(desk, f"/calls/{only_call(desk).id}/replay")
    page = pressed(browser, replay)
    assert "Taken in: The question is on its way" in page
    run_jobs()
    assert len(outbox()) == 1
    assert "Already asked about" in pressed(browser, replay)
    run_jobs()
    assert len(outbox()) == 1
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 1


@pytest.mark.parametrize("missing", ["field-email", "field-external_id"])
def test_a_mapping_that_asks_nobody_is_refused_and_what_was_chosen_stays(browser, desk, missing):
    page = browser.post(at(desk, "/mapping"), data={**CHOSEN, missing: "", "field-agent": "/ticket/plan"})
    assert page.status_code == 422
    assert "Choose which field" in page.text
    assert '<option value="/ticket/plan" selected>' in page.text
    assert "/ticket/plan" not in str(now_of(desk).mapping)


def test_properties_keep_the_names_that_they_have(browser, cast, survey):
    source, _ = a_source(cast.workspace, "shopify", survey)
    known = dict(source.mapping["properties"])
    keep = [*known.values(), "/shipping_address/city", "/customer/state"]
    chosen = {f"field-{name}": path for name, path in source.mapping["fields"].items()} | {"keep": keep}
    assert browser.post(at(source, "/mapping"), data=chosen).status_code == 303
    assert now_of(source).mapping["properties"] == known | {
        "city": "/shipping_address/city",
        "state": "/customer/state",
    }


def test_the_page_looks_at_the_call_that_was_chosen(browser, desk, client, cast):
    first = only_call(desk)
    with transaction():
        ReceivedCall.keep(
            desk.id,
            type("Parcel", (), {"method": "POST", "content_type": FORM, "query": "", "body": b"other=1"}),
            at=AT,
        )
    assert "other · 1" in browser.get(at(desk)).text
    page = browser.get(at(desk, f"?call={first.id}")).text
    assert "/ticket/plan · gold" in page
    for nothing in ("nonsense", str(cast.ana.id)):
        assert browser.get(at(desk, f"?call={nothing}")).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_sample_asks_the_person_who_tries_it(browser, cast, survey, run_jobs, outbox, kind):
    source, _ = a_source(cast.workspace, kind, survey)
    for _ in range(2):
        page = pressed(browser, at(source, "/sample"))
        assert "Taken in: The question is on its way" in page
    run_jobs()
    assert [mail["To"].addresses[0].addr_spec for mail in outbox()] == [cast.boris.email] * 2


def test_a_forged_call_is_never_one_press_away(browser, cast, client, survey):
    source, path = a_source(cast.workspace, "generic", survey)
    secured(source, "s3cret", header="X-Sign", scheme="sha256-hex")
    client.post(path, data=b"id=1&email=eve@customer.example", content_type=FORM)
    assert "Replay" not in browser.get(at(source)).text
    assert browser.post(at(source, f"/calls/{only_call(source).id}/replay")).status_code == 409
    assert db.session.scalars(select(Invitation)).all() == []


def test_secrets_are_not_shown_again(browser, cast):
    source, _ = a_source(cast.workspace, "liveagent")
    asked = {"base_url": "https://acme.ladesk.com/agent/", "api_key": "top-secret-key"}
    assert browser.post(at(source, "/helpdesk"), data=asked).status_code == 303
    signed = {"secret": "hush-hush", "header": "X-Sign", "scheme": "sha1-hex"}
    assert browser.post(at(source, "/signature"), data=signed).status_code == 303
    own = now_of(source)
    assert own.settings == {"base_url": "https://acme.ladesk.com", "api_key": "top-secret-key"}
    assert (own.signature_secret, own.signature_header, own.signature_scheme) == ("hush-hush", "X-Sign", "sha1-hex")
    page = browser.get(at(source)).text
    assert "top-secret-key" not in page
    assert "hush-hush" not in page
    assert "https://acme.ladesk.com" in page
    assert (
        browser.post(at(source, "/helpdesk"), data={"base_url": "https://acme.ladesk.com", "api_key": ""}).status_code
        == 303
    )
    assert (
        browser.post(
            at(source, "/signature"), data={"secret": "", "header": "X-Sign", "scheme": "sha1-hex"}
        ).status_code
        == 303
    )
    own = now_of(source)
    assert (own.settings["api_key"], own.signature_secret) == ("top-secret-key", "hush-hush")
    browser.post(at(source, "/signature"), data={"header": "X-Sign", "scheme": "sha1-hex", "unsigned": "y"})
    assert now_of(source).signature_secret is None


def test_a_kept_key_goes_to_no_other_address(browser, cast):
    source, _ = a_source(cast.workspace, "liveagent")
    connected(source, "https://acme.ladesk.com")
    page = browser.post(at(source, "/helpdesk"), data={"base_url": "https://evil.example", "api_key": ""})
    assert page.status_code == 422
    assert "Enter the key that belongs to this account." in page.text
    assert now_of(source).settings["base_url"] == "https://acme.ladesk.com"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "acme.ladesk.com",
        "http://acme.ladesk.com",
        "https://",
        "https://a:b@c.example",
        "https://a.example?x",
        "https://a.example:99999999",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_named(browser, cast, address):
    source, _ = a_source(cast.workspace, "liveagent")
    page = browser.post(at(source, "/helpdesk"), data={"base_url": address, "api_key": "k"})
    assert page.status_code == 422
    assert now_of(source).settings == {}


@pytest.mark.parametrize("header", ["", "X Sign", "X:Sign", "X-\r\nSign: 1", "É"])
def test_a_header_that_is_none_is_named(browser, cast, header):
    source, _ = a_source(cast.workspace)
    page = browser.post(at(source, "/signature"), data={"secret": "s", "header": header, "scheme": "sha256-hex"})
    assert page.status_code == 422
    assert now_of(source).signature_secret is None


def test_whom_it_asks_can_change_and_only_in_its_workspace(browser, cast, desk, survey):
    other, foreign = a_survey(cast.workspace, "csat"), a_survey(cast.elsewhere)
    saved = browser.post(at(desk), data={"name": "Shop", "surveys": [str(other.id)]})
    assert saved.status_code == 303
    own = now_of(desk)
    assert (own.name, own.slug, [asked.id for asked in own.surveys()]) == ("Shop", "desk", [other.id])
    assert browser.post(at(desk), data={"name": "Shop", "surveys": [str(foreign.id)]}).status_code == 422
    with transaction() as session:
        session.delete(session.merge(other))
    assert db.session.scalars(select(SourceSurvey)).all() == []


def test_a_new_address_is_shown_once_and_a_closed_source_says_so(browser, desk):
    page = browser.post(at(desk, "/rotate"))
    assert re.search(r"http://surveys\.example/hooks/[\w-]{32}", page.text)
    assert "/hooks/" not in browser.get(at(desk)).text
    browser.post(at(desk, "/close"))
    assert "Closed since" in browser.get(at(desk)).text
    browser.post(at(desk, "/reopen"))
    assert "Closed since" not in browser.get(at(desk)).text


def test_words_of_strangers_stay_words(browser, cast, client, survey, run_jobs):
    source, path = a_source(cast.workspace, "generic", survey, name="<b>Desk</b>")
    evil = '"><script>alert(1)</script>'
    body = {evil: evil, "email": "eve@customer.example", "id": f"{evil}{{{{7*191}}}}", "product": evil}
    client.post(path, json=body)
    client.post(path, data=evil.encode(), content_type=evil[:1].strip('"') or "x/y")
    run_jobs()
    for call in calls_of(source):
        page = browser.get(at(source, f"?call={call.id}")).text
        assert "<script>alert" not in page
        assert "<b>Desk" not in page
        assert "1337" not in page
    part = browser.post(
        at(source, "/preview"), data={"field-email": "email", "field-external_id": evil, "keep": evil}
    ).text
    assert "<script>alert" not in part


def test_a_manager_may_not_and_strangers_see_nothing(browser_of, cast, desk):
    assert browser_of(cast.cvetka).get(AT_HOME).status_code == 403
    stranger = browser_of(cast.dmitri)
    call = only_call(desk)
    for path in (at(desk), at(desk).replace("acme", "elsewhere")):
        assert stranger.get(path).status_code == 404
        assert stranger.post(f"{path}/rotate").status_code == 404
        assert stranger.post(f"{path}/calls/{call.id}/replay").status_code == 404
        assert stranger.post(f"{path}/mapping", data=CHOSEN).status_code == 404


def test_a_call_of_another_source_is_no_call_of_this_one(browser, cast, desk):
    other, _ = a_source(cast.workspace, name="Other")
    call = only_call(desk)
    assert browser.get(at(other, f"?call={call.id}")).status_code == 404
    assert browser.post(at(other, f"/calls/{call.id}/replay")).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_each_recipe_has_a_page_with_the_same_steps(app, kind):
    page = (Path(config.ROOT) / "docs" / "sources" / f"{kind}.md").read_text(encoding="utf-8")
    plain = " ".join(page.split())
    for step in STEPS[kind]:
        assert " ".join(str(step.text).split()) in plain
        assert step.code is None or all(line.strip() in page for line in step.code.splitlines())
