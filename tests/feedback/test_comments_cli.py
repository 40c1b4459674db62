"""Reading comments from the command line."""

import json

from sqlalchemy import update

from base.db import db, transaction
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
