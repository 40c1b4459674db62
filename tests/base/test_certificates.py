"""A mail goes over a protected connection only to the server it claims to be; else it waits, and people see why."""

import ssl
import subprocess

import pytest
from sqlalchemy import select

from base import clock, courier
from base.db import db, transaction
from base.outbox import Mail
from base.smtp import SmtpTransport
from feedback import schedule
from tests.base.test_smtp import Postbox, letter, listening

pytestmark = pytest.mark.web

KINDS = {
    "self-signed": ("IP:127.0.0.1", 2),
    "expired": ("IP:127.0.0.1", -1),
    "of somebody else": ("DNS:mail.elsewhere.example", 2),
}


@pytest.fixture(params=KINDS)
def flawed(request, tmp_path):
    """A server's TLS, and what we trust: all but the self-signed one is trusted, so that only its flaw counts."""
    names, days = KINDS[request.param]
    key, signing, chain = tmp_path / "key.pem", tmp_path / "request.pem", tmp_path / "chain.pem"
    openssl = ("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", key)
    subprocess.run([*openssl, "-out", signing], check=True, capture_output=True)
    extension = tmp_path / "names"
    extension.write_text(f"subjectAltName={names}\n")
    signed = ("openssl", "x509", "-req", "-in", signing, "-signkey", key, "-days", str(days), "-extfile", extension)
    subprocess.run([*signed, "-out", chain], check=True, capture_output=True)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain, key)
    return serving, ssl.create_default_context(cafile=None if request.param == "self-signed" else chain)


def test_nothing_is_sent_and_everything_waits_where_the_certificate_does_not_hold(app, cast, run_jobs, flawed):
    serving, trust = flawed
    postbox, usual = Postbox(), app.extensions["afterword.transport"]
    with listening(postbox, tls_context=serving, require_starttls=True) as port:
        app.extensions["afterword.transport"] = SmtpTransport(f"smtp://127.0.0.1:{port}?starttls=required", trust=trust)
        try:
            for number in range(3):
                with transaction():
                    courier.post(
                        letter(f"Mail {number}"),
                        kind="test",
                        dedupe_key=f"test:{number}",
                        workspace_id=cast.workspace.id,
                        at=clock.now(),
                    )
            run_jobs()
            schedule.tick(clock.now())
        finally:
            app.extensions["afterword.transport"] = usual
    assert not postbox.mails
    mails = db.session.scalars(select(Mail)).all()
    assert [(mail.state, "CERTIFICATE_VERIFY_FAILED" in (mail.reason or "")) for mail in mails] == [
        ("queued", True)
    ] * 3


def test_the_outbox_tells_what_the_matter_is(app, cast, run_jobs, browser_of, flawed):
    test_nothing_is_sent_and_everything_waits_where_the_certificate_does_not_hold(app, cast, run_jobs, flawed)
    assert "CERTIFICATE_VERIFY_FAILED" in browser_of(cast.ana).get("/w/acme/outbox").text
