"""Looking changes nothing: GET and HEAD of every address leave every row of the database as it was."""

import pytest

from base.db import db
from feedback.views import visiting
from tests.town import missing, routes, rows

pytestmark = pytest.mark.web

LOOKED = {
    "intent": "every visit to a link, kept apart from answers",
    "rollup_asked": "that an invitation's link was opened, to be counted",
    "heartbeat": "when the clock last ticked",
    "procrastinate_workers": "which worker was alive when",
}
SEEN = {"last_seen_at", "last_used_at", "clicked_at", "opened"}
"""When a session or a key was last used, a link first opened, and how often an open one: known because somebody
looked.
"""


def held():
    """All rows that looking must not change."""
    return {name: found for name, found in rows(leave=SEEN).items() if name not in LOOKED}


def addresses(app, towns):
    """Every address that answers to GET: of things that are here, that are elsewhere, and that are nowhere."""
    here, there = towns
    build = app.url_map.bind("localhost").build
    for rule in routes(app):
        own = here.values_of(rule)
        yield build(rule.endpoint, own)
        if own:
            yield build(rule.endpoint, there.values_of(rule))
            yield build(rule.endpoint, missing(own))


def look_at_all(app, paths, client):
    for method in ("HEAD", "GET"):
        for path in paths:
            assert client.open(path, method=method).status_code != 500, path
    app.extensions[visiting.KEY].gatherer.flush()
    app.extensions[visiting.KEY].openings.flush()
    db.session.rollback()


def changed(before, after):
    return {
        name: (sorted(set(before[name]) - set(after[name])), sorted(set(after[name]) - set(before[name])))
        for name in before
        if before[name] != after[name]
    }


@pytest.mark.parametrize("who", ["stranger", "admin", "key"])
def test_looking_at_every_address_changes_no_row_queues_no_work_and_sends_no_mail(
    app, towns, client, browser_of, run_jobs, outbox, who
):
    here, _ = towns
    paths = list(addresses(app, towns))
    client = browser_of(here.admin) if who == "admin" else client
    if who == "key":
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {here.key}"
    run_jobs()
    before, mails = held(), len(outbox())
    look_at_all(app, paths, client)
    assert changed(before, held()) == {}
    assert run_jobs() == 0
    assert len(outbox()) == mails


def test_the_comparison_would_see_a_change(app, towns, browser_of):
    here, _ = towns
    before = held()
    browser_of(here.admin).post(f"/w/acme/digests/{here.digest_id}/pause")
    assert {"digest", "event"} <= set(changed(before, held()))
