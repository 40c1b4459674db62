"""Alerts for tests, made by the product's own verbs, and a channel that they speak in: a real server on loopback."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sqlalchemy import select

from base.db import db, new_id, transaction
from base.outbox import Mail
from feedback.alert import Alert, Rule
from feedback.alerting import Conditions
from feedback.notice import Notice
from feedback.recipient import Addressee, Recipient
from feedback.response import Response
from feedback.revision import Given
from surveys.link import Link
from surveys.survey import Survey
from tests.cast import a_survey
from tests.feedback.readers import FRIDAY

BOSS = (Addressee("cvetka@acme.example", "Cvetka"),)


def an_alert(workspace, *, at=FRIDAY, channel=None, by=None, **wish):
    """A rule that mails Cvetka of detractors unless `wish` says otherwise; `channel` is (kind, address)."""
    conditions = Conditions(**wish.pop("like", {"band": "detractor"}))
    rule = {"name": "Very unhappy", "kind": "response", "conditions": conditions, "mails": BOSS} | wish
    with transaction():
        alert = Alert.make(workspace.id, Rule(**rule), at=at, by=by)
        if channel:
            Recipient.add_channel(alert.id, *channel, "#support", at=at)
    return alert


def notices():
    db.session.rollback()
    return list(db.session.scalars(select(Notice).order_by(Notice.id).execution_options(populate_existing=True)))


def alert_mails():
    db.session.rollback()
    return list(db.session.scalars(select(Mail).where(Mail.kind == "alert").order_by(Mail.created_at, Mail.id)))


def an_anonymous_survey(workspace, *, at):
    """A survey that is anonymous since it was published again."""
    survey = a_survey(workspace, at=at)
    with transaction() as session:
        found = session.get_one(Survey, survey.id)
        found.save_draft({**found.draft, "anonymous": True}, revision=1, at=at)
        found.publish(at=at)
    return survey


def answer_anonymously(asked, score, comment, moment):
    given = Given(score=score, comment=comment, locale="en", form_id=new_id().hex)
    with transaction():
        return Response.submit(Link.by_token(asked.token), given, at=moment)


class Channel(BaseHTTPRequestHandler):
    """Takes what is posted, and says what the test wants it to say."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers["Content-Type"], json.loads(body)))
        status, words = self.server.answers.pop(0) if self.server.answers else (200, "ok")
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(words.encode())))
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, *_words):
        """Tests are quiet."""


@contextmanager
def a_channel(*answers):
    """A channel that listens while the block runs. `.answers` are those that it has still to give."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Channel)
    server.daemon_threads = True
    server.heard, server.answers = [], list(answers)
    server.address = f"http://127.0.0.1:{server.server_port}/services/T0/B0/secretXYZ9"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
