import re
import uuid

import pytest
from sqlalchemy import select

from accounts.apikey import ApiKey
from accounts.forms import LANGUAGES
from accounts.role import Role
from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from base.events import Event
from surveys.wording import LOCALES

PAGES = ["settings", "settings/people", "settings/keys", "outbox", "", "surveys"]


def kinds(workspace):
    return list(db.session.scalars(select(Event.kind).where(Event.workspace_id == workspace.id).order_by(Event.id)))


@pytest.mark.parametrize("page", PAGES)
def test_another_workspace_looks_exactly_like_none(cast, browser_of, page):
    dmitri = browser_of(cast.dmitri)
    foreign, missing = dmitri.get(f"/w/acme/{page}"), dmitri.get(f"/w/no-such-place/{page}")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.text == missing.text


def test_people_and_keys_of_another_workspace_cannot_be_touched(cast, browser_of):
    dmitri = browser_of(cast.dmitri)
    with transaction():
        key, _ = ApiKey.create(cast.workspace.id, "Shop", at=clock.now())
        ticket = Ticket.invite("eva@acme.example", workspace_id=cast.workspace.id, role="viewer", at=clock.now())
    for path in (
        f"keys/{key.id}/revoke",
        f"people/{cast.boris.id}/disable",
        f"people/{cast.boris.id}/enable",
        f"people/{cast.boris.id}/remove",
        f"people/{cast.boris.id}/role",
        f"people/invitations/{ticket.id}/withdraw",
        f"people/{uuid.uuid4()}/role",
    ):
        assert dmitri.post(f"/w/elsewhere/settings/{path}", data={"role": "viewer"}).status_code == 404, path
    assert db.session.scalar(select(ApiKey.revoked_at)) is None


def test_settings_are_for_admins(cast, browser_of):
    for person in (cast.boris, cast.cvetka):
        browser = browser_of(person)
        for page in ("settings", "settings/people", "settings/keys"):
            assert browser.get(f"/w/acme/{page}").status_code == 403


def test_a_lesser_role_counts_at_the_next_request(cast, browser_of):
    ana, boris = browser_of(cast.ana), browser_of(cast.boris)
    assert boris.get("/w/acme/outbox").status_code == 200
    assert ana.post(f"/w/acme/settings/people/{cast.boris.id}/role", data={"role": "viewer"}).status_code == 303
    assert boris.get("/w/acme/outbox").status_code == 403
    assert ana.post(f"/w/acme/settings/people/{cast.boris.id}/remove").status_code == 303
    assert boris.get("/w/acme/outbox").status_code == 404
    assert kinds(cast.workspace)[-2:] == ["role.changed", "person.removed"]


def test_the_last_admin_stays_one(cast, browser_of):
    ana = browser_of(cast.ana)
    assert ana.post(f"/w/acme/settings/people/{cast.ana.id}/role", data={"role": "viewer"}).status_code == 303
    assert "at least one admin" in ana.get("/w/acme/settings/people").text
    assert ana.post(f"/w/acme/settings/people/{cast.ana.id}/remove").status_code == 403
    assert ana.post(f"/w/acme/settings/people/{cast.ana.id}/disable").status_code == 403


def test_a_disabled_admin_does_not_count_as_the_other_one(cast, browser_of):
    ana = browser_of(cast.ana)
    ana.post(f"/w/acme/settings/people/{cast.boris.id}/role", data={"role": "admin"})
    ana.post(f"/w/acme/settings/people/{cast.boris.id}/disable")
    ana.post(f"/w/acme/settings/people/{cast.ana.id}/role", data={"role": "viewer"})
    assert ana.get("/w/acme/settings").status_code == 200


def test_somebody_of_two_workspaces_is_not_disabled_by_one(cast, browser_of):
    with transaction():
        Role.grant(cast.elsewhere.id, cast.boris.id, "viewer", at=clock.now())
    assert browser_of(cast.ana).post(f"/w/acme/settings/people/{cast.boris.id}/disable").status_code == 403
    assert browser_of(cast.boris).get("/account").status_code == 200


def test_invitations_are_listed_copied_and_taken_back(cast, client, browser_of):
    ana = browser_of(cast.ana)
    ana.post("/w/acme/settings/people", data={"email": "Eva@acme.example", "role": "manager"})
    ticket = db.session.scalars(select(Ticket)).one()
    assert ticket.email == "eva@acme.example"
    page = ana.get("/w/acme/settings/people").text
    assert ticket.link in page
    path = re.sub(r"^https?://[^/]+", "", ticket.link)
    assert client.get(path).status_code == 200
    ana.post(f"/w/acme/settings/people/invitations/{ticket.id}/withdraw")
    assert client.get(path).status_code == 404
    assert kinds(cast.workspace)[-2:] == ["person.invited", "person.uninvited"]


def test_a_second_invitation_replaces_the_first(cast, browser_of):
    ana = browser_of(cast.ana)
    for role in ("viewer", "manager"):
        ana.post("/w/acme/settings/people", data={"email": "eva@acme.example", "role": role})
    assert [ticket.role for ticket in Ticket.pending(cast.workspace.id, now=clock.now())] == ["manager"]


@pytest.mark.parametrize(
    ("email", "role"), [("no-address", "viewer"), ("boris@acme.example", "viewer"), ("e@x.example", "owner")]
)
def test_an_invitation_that_makes_no_sense_is_refused(cast, browser_of, email, role):
    answer = browser_of(cast.ana).post("/w/acme/settings/people", data={"email": email, "role": role})
    assert answer.status_code == 422
    assert not db.session.scalars(select(Ticket)).all()


def test_a_key_is_shown_once_and_kept_as_a_hash(cast, browser_of):
    ana = browser_of(cast.ana)
    made = ana.post("/w/acme/settings/keys", data={"name": "Zendesk"})
    assert made.status_code == 201
    secret = re.search(r"aw_[0-9a-f]{8}_[\w-]{43}", made.text).group(0)
    assert secret not in ana.get("/w/acme/settings/keys").text
    kept = db.session.scalars(select(ApiKey)).one()
    assert kept.secret_hash != secret
    assert len(kept.secret_hash) == 64
    assert ana.post(f"/w/acme/settings/keys/{kept.id}/revoke").status_code == 303
    assert kinds(cast.workspace)[-2:] == ["apikey.created", "apikey.revoked"]


KEYS = "/w/acme/settings/keys"


def once_of(page):
    """What the form of a page will make its key of."""
    return {"once": re.search(r'name="once" type="hidden" value="([^"]+)"', page.text)[1]}


def key_shown(page):
    """The key that a page shows, if it shows one."""
    found = re.search(r'class="secret-text">(aw_[0-9a-f]{8}_[\w-]{43})<', page.text)
    return found and found[1]


def test_the_same_form_makes_one_key_however_often_it_is_sent(cast, browser_of):
    ana = browser_of(cast.ana)
    form = once_of(ana.get(KEYS)) | {"name": "Zendesk"}
    first, again = (ana.post(KEYS, data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert key_shown(first)
    assert key_shown(first) == key_shown(again)
    kept = db.session.scalars(select(ApiKey)).one()
    ana.post(f"{KEYS}/{kept.id}/revoke")
    assert key_shown(ana.post(KEYS, data=form)) is None
    assert db.session.scalars(select(ApiKey)).one().revoked_at
    assert ana.post(KEYS, data=once_of(again) | {"name": "Zendesk"}).status_code == 201


def test_who_goes_back_to_the_form_and_names_another_key_is_asked_once_more(cast, browser_of):
    ana = browser_of(cast.ana)
    form = once_of(ana.get(KEYS)) | {"name": "Zendesk"}
    ana.post(KEYS, data=form)
    page = ana.post(KEYS, data=form | {"name": "Export"})
    assert page.status_code == 409
    assert "This form has made “Zendesk” already." in page.text
    assert 'value="Export"' in page.text
    assert ana.post(KEYS, data=once_of(page) | {"name": "Export"}).status_code == 201
    assert sorted(db.session.scalars(select(ApiKey.name))) == ["Export", "Zendesk"]


def test_a_form_of_another_workspace_makes_a_key_of_its_own(cast, browser_of):
    filled = once_of(browser_of(cast.dmitri).get("/w/elsewhere/settings/keys")) | {"name": "Zendesk"}
    pages = [browser_of(cast.dmitri).post("/w/elsewhere/settings/keys", data=filled)]
    pages += [browser_of(cast.ana).post(KEYS, data=filled)]
    assert [page.status_code for page in pages] == [201, 201]
    assert key_shown(pages[0]) != key_shown(pages[1])


def test_the_settings_of_a_workspace_can_be_changed(cast, browser_of):
    ana = browser_of(cast.ana)
    values = {"name": "Acme & Sons", "default_locale": "pl", "zone": "Europe/Warsaw", "reply_to": "help@acme.example"}
    values["quarantine_days"] = "30"
    assert ana.post("/w/acme/settings", data=values | {"slug": "stolen", "id": "x"}).status_code == 303
    acme = db.session.get_one(Workspace, cast.workspace.id, populate_existing=True)
    assert (acme.name, acme.default_locale, acme.zone, acme.reply_to, str(acme.quarantine_days)) == tuple(
        values.values()
    )
    assert acme.slug == "acme"
    assert ana.post("/w/acme/settings", data=values | {"zone": "Mars/Olympus"}).status_code == 422
    assert ana.post("/w/acme/settings", data=values | {"reply_to": "x@y\r\nBcc: z@z.example"}).status_code == 422


def test_names_are_shown_as_text(cast, browser_of):
    with transaction():
        db.session.get_one(User, cast.boris.id).name = "<script>alert(1)</script>{{7*7}}"
    page = browser_of(cast.ana).get("/w/acme/settings/people").text
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_error_pages_say_what_to_do_signed_in_and_out(client, cast, browser_of):
    for browser in (client, browser_of(cast.ana)):
        answer = browser.get("/no/such/page")
        assert answer.status_code == 404
        assert "Nothing is here" in answer.text


def test_somebody_without_a_workspace_is_told_so(cast, browser_of):
    with transaction():
        Role.of(cast.workspace.id, cast.cvetka.id).remove(at=clock.now())
    assert "no workspace has you in it" in browser_of(cast.cvetka).get("/").text


def test_every_route_says_who_may_use_it(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in {
            "accounts",
            "welcome",
            "resets",
            "account",
            "settings",
            "team",
            "apikeys",
            "outbox",
        }:
            assert getattr(app.view_functions[rule.endpoint], "permission", None), rule.endpoint


def test_every_language_that_has_ready_made_words_can_be_a_workspaces(cast, browser_of):
    assert sorted(LANGUAGES) == sorted(LOCALES)
    page = browser_of(cast.ana).get("/w/acme/settings").text
    for name in ("Gaeilge", "العربية", "Srpski", "Türkçe"):
        assert name in page
