"""What every answer says about itself to browsers, at every address and in every error."""

import dataclasses
import re
from http.cookies import SimpleCookie

import pytest

from accounts import hashing
from accounts.user import User
from base import clock
from base.db import transaction
from feedback.app import create_app
from tests.conftest import Visitor
from tests.town import missing, routes

pytestmark = pytest.mark.web

FRAMED = {"outbox.html", "issues.sent_mail", "issues.preview_mail", "previewing.preview", "previewing.look"}
FRAMED |= {"looks.preview"}
"""Mails and pages in a sandbox inside our own pages: mails carry their styles in themselves, and nothing runs there."""

KEPT = {"/logo/": "max-age=31536000, immutable", "/embed.js": "max-age=3600", "/o/kiosk.js": "max-age=3600"}
"""What is the same for everybody: pictures that never change, and scripts at addresses that stay."""


def policy_of(reply):
    """The Content-Security-Policy as {directive: words}."""
    directives = [part.split() for part in reply.headers["Content-Security-Policy"].split(";") if part.strip()]
    return {words[0]: words[1:] for words in directives}


def gaps(reply, *, endpoint=""):
    """What an answer lacks; its name in words."""
    csp, found = policy_of(reply), []
    scripts = csp.get("script-src", csp.get("default-src", ["nothing said"]))
    styles = csp.get("style-src", csp.get("default-src", ["nothing said"]))
    sandboxed = "sandbox" in csp and "allow-scripts" not in csp["sandbox"] and scripts == ["'none'"]
    if {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"} & set(scripts):
        found.append(f"scripts {scripts}")
    if "'unsafe-inline'" in styles and not (endpoint in FRAMED and sandboxed):
        found.append(f"styles {styles}")
    for name, allowed in (("default-src", ["'none'"]), ("base-uri", ["'none'"])):
        if csp.get(name) != allowed:
            found.append(f"{name} {csp.get(name)}")
    if csp.get("frame-ancestors") not in (["'none'"], ["'self'"]) or csp.get("form-action") not in (
        ["'none'"],
        ["'self'"],
    ):
        found.append(f"frames or forms {csp}")
    wanted = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    wanted["Cross-Origin-Opener-Policy"] = "same-origin"
    kept = [lasts for start, lasts in KEPT.items() if reply.request.path.startswith(start)]
    if kept and reply.status_code == 200:
        wanted["Cache-Control"] = f"public, {kept[0]}"
    elif not reply.request.path.startswith("/static/"):
        wanted["Cache-Control"] = "no-store"
    found += [
        f"{name}: {reply.headers.get(name)}" for name, value in wanted.items() if reply.headers.get(name) != value
    ]
    if "Access-Control-Allow-Origin" in reply.headers:
        found.append("other sites may read it")
    if re.search(r"werkzeug|python|flask", reply.headers.get("Server", ""), re.IGNORECASE):
        found.append("tells what it runs on")
    return found


def crawl(app, town, client, method="GET"):
    """Every route of a method, asked once: {address: what it lacks}."""
    return {
        rule.rule: gaps(client.open(town.path(app, rule), method=method), endpoint=rule.endpoint)
        for rule in routes(app, method)
    }


def told(found):
    return {address: lacks for address, lacks in found.items() if lacks}


def test_every_answer_to_a_stranger_says_all_of_it(app, town, client):
    assert told(crawl(app, town, client)) == {}
    assert told(crawl(app, town, client, "HEAD")) == {}


def test_every_answer_to_an_admin_says_all_of_it(app, town, browser_of):
    assert told(crawl(app, town, browser_of(town.admin))) == {}


def test_every_answer_of_the_api_says_all_of_it(app, town, client):
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {town.key}"
    assert told(crawl(app, town, client)) == {}


def test_every_form_sent_empty_or_without_its_token_says_all_of_it(app, town, client, browser_of, csrf):
    assert told(crawl(app, town, client, "POST")) == {}
    assert told(crawl(app, town, browser_of(town.admin), "POST")) == {}


def test_every_error_page_says_all_of_it(app, town, browser_of, cast):
    admin, designer = browser_of(town.admin), browser_of(cast.boris)
    build = app.url_map.bind("localhost").build
    replies = [admin.get(build(rule.endpoint, missing(town.values_of(rule)))) for rule in routes(app) if rule.arguments]
    replies += [
        admin.get("/nowhere"),
        admin.get("/api/v1/nowhere"),
        admin.get("/static/nowhere.css"),
        admin.delete("/sign-in"),
        admin.open("/sign-in", method="TRACE"),
        admin.get("/w/acme/settings/people/not-an-id"),
        admin.post("/sign-in", data={"email": "x" * 300_000}),
        admin.post("/api/v1/invitations", json={}),
        designer.get("/w/acme/settings"),
        admin.get("/", headers={"Host": "elsewhere.example"}),
    ]
    assert {reply.status_code for reply in replies} >= {400, 401, 403, 404, 405, 413}
    found = {f"{reply.request.path} {reply.status}": gaps(reply) for reply in replies}
    assert told(found) == {}


def test_an_unexpected_error_says_all_of_it_and_shows_nothing_of_itself(database_urls, settings, monkeypatch):
    app = create_app(dataclasses.replace(settings, testing=False))
    for path in ("/sign-in", "/api/v1/openapi.json"):
        endpoint = app.url_map.bind("localhost").match(path)[0]
        monkeypatch.setitem(app.view_functions, endpoint, lambda **_: 1 / 0)
        reply = app.test_client().get(path)
        assert reply.status_code == 500
        assert gaps(reply) == []
        assert "ZeroDivision" not in reply.text
        assert "Traceback" not in reply.text


@pytest.fixture
def secure(app, settings):
    """The same service as people reach it by https."""
    made = create_app(dataclasses.replace(settings, public_url="https://surveys.example"))
    made.test_client_class = Visitor
    return made.test_client()


def test_by_https_browsers_are_told_to_stay_with_it_everywhere(app, town, secure):
    missing_it = [
        rule.rule
        for rule in routes(app)
        if not secure.get(town.path(app, rule), base_url="https://surveys.example")
        .headers.get("Strict-Transport-Security", "")
        .startswith("max-age=31536000")
    ]
    assert missing_it == []


def test_by_https_cookies_stay_on_this_host_and_out_of_scripts(cast, secure):
    with transaction() as session:
        session.get_one(User, cast.ana.id).change_password(hashing.keep("a long enough word"), at=clock.now())
    base = {"base_url": "https://surveys.example"}
    page = secure.get("/sign-in", **base)
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)[1]
    form = {"email": "ana@acme.example", "password": "a long enough word", "csrf_token": token}
    reply = secure.post("/sign-in", data=form, **base)
    assert reply.status_code == 303
    lines = page.headers.getlist("Set-Cookie") + reply.headers.getlist("Set-Cookie")
    names = set()
    for line in lines:
        for name, morsel in SimpleCookie(line).items():
            names.add(name)
            assert name.startswith("__Host-"), line
            assert (morsel["secure"], morsel["httponly"], morsel["samesite"].lower()) == (True, True, "lax"), line
            assert (morsel["path"], morsel["domain"]) == ("/", ""), line
    assert len(names) == 3
