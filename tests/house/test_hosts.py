"""Only our own address goes into mails, and only our own names are served, whatever a request claims."""

import re

import pytest

from base.db import db
from base.outbox import Mail
from tests.town import routes

pytestmark = pytest.mark.web

FOREIGN = [
    "evil.example",
    "evil.example:80",
    "surveys.example.evil.example",
    "evilsurveys.example",
    "127.0.0.1.evil.example",
]
LIES = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Original-Host": "evil.example",
    "X-Host": "evil.example",
    "Forwarded": "for=1.2.3.4;host=evil.example;proto=https",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "444",
    "X-Original-URL": "//evil.example/",
}
ADDRESS = re.compile(r"https?://[^\s\"'<>)]+")


def ask_for_every_mail(town, client, admin, **request):
    """Every request that makes a mail, one after the other; their statuses."""
    survey, digest = f"/w/acme/surveys/{town.survey.slug}", f"/w/acme/digests/{town.digest_id}"
    order = {"email": "new@acme.example", "cadence": "daily", "time": "08:00", "zone": "UTC", "locale": "en"}
    order |= {"which": "all", "when_empty": "short", "name": "New"}
    key = {"Authorization": f"Bearer {town.key}"} | request.pop("headers", {})
    asked = {"survey": town.survey.slug, "email": "zoja@customer.example", "locale": "sl"}
    asked["interaction"] = {"source": "api", "external_id": "1"}
    replies = [
        client.post("/forgot-password", data={"email": town.admin.email}, headers=key, **request),
        admin.post("/w/acme/settings/people", data={"email": "n@n.example", "role": "viewer"}, headers=key, **request),
        admin.post(f"{survey}/test", data={"locale": "en"}, headers=key, **request),
        admin.post(f"{digest}/issues/{town.issue_id}/again", headers=key, **request),
        admin.post("/w/acme/digests/new", data=order, headers=key, **request),
        client.post("/api/v1/invitations", json=asked, headers=key, **request),
    ]
    if replies[4].status_code == 303:
        there = replies[4].headers["Location"]
        replies.append(admin.post(f"{there}/send", headers=key, **request))
    return [reply.status_code for reply in replies]


def test_a_foreign_host_is_refused_at_every_address(app, town, browser_of):
    admin = browser_of(town.admin)
    let_in = {
        (host, rule.rule): reply.status
        for host in FOREIGN
        for rule in routes(app)
        if (reply := admin.get(town.path(app, rule), headers={"Host": host})).status_code != 400
        or "evil" in str(reply.headers)
        or host in reply.text
    }
    assert let_in == {}


def test_a_foreign_host_makes_no_mail(app, town, client, browser_of, run_jobs, outbox):
    run_jobs()
    before = len(outbox())
    statuses = ask_for_every_mail(town, client, browser_of(town.admin), headers={"Host": "evil.example"})
    run_jobs()
    assert set(statuses) == {400}
    assert len(outbox()) == before


def test_mails_name_no_host_but_ours_whatever_the_request_claims(app, town, client, browser_of, run_jobs, outbox):
    run_jobs()
    before = len(outbox())
    statuses = ask_for_every_mail(town, client, browser_of(town.admin), headers=LIES)
    run_jobs()
    assert all(status in {200, 201, 303} for status in statuses), statuses
    mails = outbox()[before:]
    kinds = set(db.session.scalars(db.select(Mail.kind)))
    assert len(mails) == len(statuses) - 1  # all but the order of a digest
    assert kinds >= {"reset", "invite", "invitation", "digest"}
    for mail in mails:
        texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        texts += [str(value) for value in mail.values()]
        assert "evil.example" not in mail.as_string() + "".join(texts)
        found = [url for text in texts for url in ADDRESS.findall(text)]
        ours = [url for url in found if "surveys.example" in url]
        assert ours
        assert [url for url in found if not url.startswith(("http://surveys.example/", "http://www.w3.org/"))] == []


def test_claims_of_proxies_change_no_page(app, town, browser_of):
    admin = browser_of(town.admin)
    led_away = {
        rule.rule: reply.headers.get("Location", "a link on the page")
        for rule in routes(app)
        if b"evil.example"
        in (reply := admin.get(town.path(app, rule), headers=LIES)).data + str(reply.headers).encode()
    }
    assert led_away == {}
