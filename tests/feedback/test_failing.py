"""What the respondent meets when something of ours fails: never a lost word, never an answer that was not kept."""

import pytest
from sqlalchemy import text

from base.db import db, transaction
from base.grouping import _groups
from feedback import sentiment
from feedback.app import create_app
from feedback.response import Response
from tests.cast import a_survey, a_workspace, an_invitation
from tests.databases import KIND, settings_for


@pytest.fixture
def full_disk(app):
    """The database file may not grow by a page until the fixture's function is called."""
    if KIND != "sqlite":
        pytest.fail("asked for on the wrong database")
    lane = _groups[id(db.engine)].lane
    lane.do("VACUUM")  # pages that other tests left free are room too
    lane.do("PRAGMA max_page_count=1")
    yield lambda: lane.do("PRAGMA max_page_count=4294967294")
    lane.do("PRAGMA max_page_count=4294967294")


if KIND == "sqlite":

    def test_a_full_disk_keeps_the_words_on_the_page_and_recovers(client, link, send, form_of, request):
        send(link, score=1, comment="before")  # the shared transaction of this file exists from here on
        free = request.getfixturevalue("full_disk")
        fields = form_of(client.get(link).text) | {"score": 4, "comment": "Please <b>keep</b> this " * 400}
        replies = [client.post(link, data=fields | {"form_id": f"attempt-{n}"}) for n in range(40)]
        failed = [reply for reply in replies if reply.status_code == 503]
        assert failed
        assert failed[-1].headers["Retry-After"]
        assert "We could not save your answer just now" in failed[-1].text
        assert "Please &lt;b&gt;keep&lt;/b&gt; this" in failed[-1].text
        assert 'value="4" checked' in failed[-1].text
        kept = db.session.scalar(text("SELECT count(*) FROM response_revision"))
        assert kept == 1 + sum(reply.status_code == 303 for reply in replies)
        free()
        assert client.post(link, data=form_of(failed[-1].text) | {"score": 4}).status_code == 303
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"

    def test_every_connection_is_durable_and_strict(database_urls, tmp_path, send):
        app = create_app(settings_for(database_urls.fresh(), tmp_path))
        with app.app_context():
            asked = an_invitation(a_survey(a_workspace("Acme")))
            assert send(f"/s/{asked.token}", by=app.test_client(), score=9).status_code == 303
            lane = _groups[id(db.engine)].lane
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "mmap_size": 0, "trusted_schema": 0}
            for name, value in wanted.items():
                assert db.session.scalar(text(f"PRAGMA {name}")) in {value, None}
                assert (lane.execute(f"PRAGMA {name}").fetchone() or (None,))[0] in {value, None}
            db.session.remove()
            db.engine.dispose()


def test_an_answer_is_kept_with_its_job_or_not_at_all(app, client, link, form_of, run_jobs):
    queue = {"sqlite": "job", "postgresql": "procrastinate_jobs"}[KIND]
    fields = form_of(client.get(link).text) | {"score": 4, "comment": "Where does this go?"}
    with transaction() as session:
        session.execute(text(f"ALTER TABLE {queue} RENAME TO away"))
    try:
        reply = client.post(link, data=fields)
    finally:
        with transaction() as session:
            session.execute(text(f"ALTER TABLE away RENAME TO {queue}"))
    assert (reply.status_code, "Where does this go?" in reply.text) == (503, True)
    kept = "SELECT (SELECT count(*) FROM response), (SELECT count(*) FROM response_revision), "
    kept += "(SELECT count(*) FROM invitation WHERE answered_at IS NOT NULL), "
    kept += "(SELECT count(*) FROM event WHERE kind = 'response.submitted')"
    assert db.session.execute(text(kept)).one() == (0, 0, 0, 0)
    assert client.post(link, data=fields).status_code == 303
    assert (db.session.execute(text(kept)).one(), run_jobs()) == ((1, 1, 1, 1), 2)  # it is read, and alerts look at it


def test_a_database_that_cannot_be_asked_is_told_kindly(client, link, monkeypatch):
    from sqlalchemy.exc import OperationalError

    from surveys.link import Link

    def gone(_token):
        raise OperationalError("SELECT", None, Exception("gone"))

    monkeypatch.setattr(Link, "by_token", gone)
    for reply in (client.get(link), client.post(link, data={"score": 3, "comment": "kept?"})):
        assert reply.status_code == 503
        assert reply.headers["Retry-After"]
        assert "We will be right back" in reply.text


def test_an_engine_that_raises_loses_no_answer_and_is_asked_again(run_jobs, link, send, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("model missing")

    with monkeypatch.context() as patch:
        patch.setattr(sentiment, "read_all", broken)
        assert send(link, score=2, comment="Slow and rude").status_code == 303
        assert run_jobs() == 1
    kept = db.session.query(Response).one()
    assert (kept.score, kept.read_at, kept.sentiment_label) == (2, None, None)
    with transaction() as session:
        at_once = "job SET run_at = '2026-01-01 00:00:00'", "procrastinate_jobs SET scheduled_at = NULL"
        session.execute(text(f"UPDATE {at_once[KIND == 'postgresql']}"))
    assert run_jobs() == 2  # it is read, and alerts look at it
    assert db.session.query(Response).one().read_at is not None
