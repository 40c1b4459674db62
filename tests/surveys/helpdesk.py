"""Sources for tests, calls to them, and a helpdesk that can be asked back: a real server on loopback."""

import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from base.db import db, transaction
from surveys import receiving, signing
from surveys.picking import with_values
from surveys.received_call import ReceivedCall
from surveys.recipes import recipe
from surveys.source import Source
from tests.cast import AT

FORM = "application/x-www-form-urlencoded"


def a_source(workspace, kind="generic", *surveys, name="Desk", at=AT):
    """A source that asks these surveys, and the path of its address."""
    with transaction():
        source, secret = Source.create(workspace.id, name, kind, at=at)
        source.change(name=name, survey_ids=[survey.id for survey in surveys], at=at)
    return source, f"/hooks/{secret}"


def secured(source, secret, *, header=None, scheme=None):
    """The same source, which takes signed calls only from now on."""
    with transaction():
        own = db.session.get(Source, source.id)
        header, scheme = header or own.signature_header, scheme or own.signature_scheme
        own.secure(secret=secret, header=header, scheme=scheme, at=AT)
    return own


def connected(source, address, key="key-1"):
    """The same source, whose helpdesk is asked back there."""
    with transaction():
        db.session.get(Source, source.id).connect({"base_url": address, "api_key": key}, at=AT)


def signature_of(source, body, moment=""):
    """What the sender writes into the header."""
    return signing.sign(signing.SCHEMES[source.signature_scheme], source.signature_secret, body, moment=moment)


def calls_of(source):
    """The calls of a source as they are now, the oldest first."""
    _look_again()
    query = db.select(ReceivedCall).where(ReceivedCall.source_id == source.id).order_by(ReceivedCall.id)
    return list(db.session.scalars(query))


def now_of(source):
    """The source as it is now."""
    _look_again()
    return db.session.get(Source, source.id)


def _look_again():
    db.session.rollback()
    db.session.expire_all()


def only_call(source):
    (call,) = calls_of(source)
    return call


def changed_sample(kind, **values):
    """The recorded body of a recipe with other values in the fields that it has, as JSON."""
    known = recipe(kind)
    told = receiving.read(known.sample.body, known.sample.content_type, "")
    return json.dumps(with_values(told.body, known.mapping, values)).encode()


class Answers(BaseHTTPRequestHandler):
    """Says what the test wants it to say, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        desk = self.server.desk
        desk.asked.append((self.path, self.headers.get("apikey")))
        status, value = desk.next_for(self.path)
        if status == "stall":
            time.sleep(desk.patience)
            return
        if status.__class__ is str:
            self._drip(desk, status)
            return
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", value["to"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, desk, what):
        """A byte now and then, so that each wait is short and the whole is not: of the body, or of the headers."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        if what == "drip":
            self.end_headers()
        else:
            self.flush_headers()
        self.close_connection = True
        until = time.monotonic() + desk.patience
        with suppress(OSError):
            while time.monotonic() < until:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
            self.wfile.write(b"\r\n\r\n" + b" " * 1000 if desk.patience else b"")

    def log_message(self, *_words):
        """Tests are quiet."""


class Desk:
    """LiveAgent as far as it matters: tickets, agents and departments by id, and ways to go wrong."""

    def __init__(self, address):
        found = recipe("liveagent").sample.found["liveagent"]
        self.address, self.asked, self.trouble, self.patience = address, [], [], 3.0
        ticket = found["ticket"] | {"channel_type": "E"}
        self.known = {
            f"/api/v3/tickets/{ticket['id']}": ticket,
            f"/api/v3/tickets/{ticket['code']}": ticket,
            f"/api/v3/agents/{ticket['agentid']}": found["agent"],
            f"/api/v3/departments/{ticket['departmentid']}": found["department"],
        }
        self.ticket = ticket

    def next_for(self, path):
        if self.trouble:
            return self.trouble.pop(0)
        return (200, self.known[path]) if path in self.known else (404, {"message": "not found"})


@contextmanager
def a_desk():
    """A helpdesk that listens while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    server.desk = Desk(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
