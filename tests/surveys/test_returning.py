"""What comes back by mail is told apart: recorded reports of the programs that write them, and bytes of nobody."""

import importlib.util
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.returning import Letter, classify, refusal

RECORDED = Path(__file__).parent / "bounces"


def expected():
    spec = importlib.util.spec_from_file_location("expected_bounces", RECORDED / "expected.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EXPECTED


EXPECTED = expected()


def recorded(name):
    return (RECORDED / f"{name}.eml").read_bytes()


def test_every_recorded_message_has_its_line_in_the_table_and_there_are_enough():
    assert {path.stem for path in RECORDED.glob("*.eml")} == set(EXPECTED)
    reports = [kind for kind, _, _ in EXPECTED.values() if kind in {"hard", "soft", "delayed", "complaint"}]
    assert len(reports) >= 40


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_recorded_message_is_what_it_is(name):
    found = classify(recorded(name))
    assert (found.kind, found.status, found.address) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_line_ends_of_another_program_change_nothing(name):
    found = classify(recorded(name).replace(b"\n", b"\r\n"))
    assert (found.kind, found.status, found.address) == EXPECTED[name]


@pytest.mark.parametrize("name", ["postfix-user-unknown", "qmail-no-mailbox", "reply-plain"])
def test_a_line_of_a_mail_file_on_top_changes_nothing(name):
    found = classify(b"From MAILER-DAEMON Fri Nov 20 09:00:14 2026\n" + recorded(name))
    assert found.kind == EXPECTED[name][0]


@pytest.mark.parametrize("name", ["postfix-blocklisted", "gmail-unauthenticated", "ms365-not-authorized", "qmail-spam"])
def test_what_a_policy_refuses_is_never_counted_against_the_address(name):
    assert classify(recorded(name)).counted is False


@pytest.mark.parametrize(
    "name", ["postfix-mailbox-full", "gmail-over-quota", "postfix-host-not-found", "postfix-expired"]
)
def test_what_may_be_the_address_own_fault_is_counted(name):
    assert classify(recorded(name)).counted is True


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("550 5.1.1 <m@c.example>: Recipient address rejected: User unknown", "hard"),
        ("550 No such user here", "hard"),
        ("550 5.4.1 Recipient address rejected: Access denied. [XX.prod.protection.outlook.com]", "hard"),
        ("550 sorry, user over quota (#5.1.1)", "soft"),
        ("554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using zen.spamhaus.org", "soft"),
        ("550 5.7.1 Relaying denied", "soft"),
        ("550 5.1.8 Sender address rejected: Domain not found", "soft"),
        ("552 5.3.4 Message size exceeds fixed limit", "soft"),
        ("553 sorry, your envelope sender domain does not exist, sender rejected", "soft"),
        ("550 Administrative prohibition", "soft"),
    ],
)
def test_words_at_the_door_speak_of_the_recipient_or_of_something_else(words, kind):
    assert refusal(words).kind == kind


def test_hostile_forms_cost_little():
    head = b"From: mailer-daemon@x.example\nReturn-Path: <>\nSubject: Undelivered\n"
    forms = [
        head + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000,
        head + b"\nfailed\n" + b" \n" * 500_000,
        head + b"\nfailed: " + b"sender mailbox no such " * 50_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)),
        b"From: " + b"(" * 500_000 + b"\n\nx",
        b"Content-Type: multipart/report; " + b"a*0=b;a=c;" * 50_000 + b"\n\nx",
    ]
    for form in forms:
        began = time.process_time()
        classify(form)
        assert time.process_time() - began < 2


pieces = st.sampled_from(
    [
        *(
            b"Content-Type: multipart/report; boundary=b\n",
            b"Content-Type: message/delivery-status\n",
            b"--b\n",
            b"--b--\n",
        ),
        *(b"Content-Type: message/feedback-report\n", b"Content-Type: message/rfc822\n", b"Feedback-Type: abuse\n"),
        *(
            b"Content-Transfer-Encoding: base64\n",
            b"Content-Transfer-Encoding: quoted-printable\n",
            b"\n",
            b"\r\n",
            b"\0",
        ),
        *(b"Status: 5.1.1\n", b"Action: failed\n", b"Final-Recipient: rfc822; a@b.example\n", b"From: \xff <a@b>\n"),
        *(
            b"Subject: =?utf-8?b?\xff?=\n",
            b"Subject: =?x-none?q?a?=\n",
            b"Return-Path: <>\n",
            b"Content-Type: text/html\n",
        ),
        *(
            b"Content-Type: text/plain; charset*=x''%ff\n",
            b"Content-Type: text/plain; charset=utf-7\n",
            b"Precedence: bulk\n",
        ),
        *(
            b"Auto-Submitted: auto-replied; x\n",
            b"could not be delivered\n",
            b"550 5.1.1 user unknown",
            b"Content-Type: ;\n",
        ),
        *(b"Content-Type: text/plain; charset=idna\n", b"Content-Type: text/plain; charset=zlib\n", b"<a b='"),
    ]
)


@settings(max_examples=500)
@given(st.lists(pieces | st.binary(max_size=40), max_size=25).map(b"".join))
def test_no_bytes_make_it_stumble(raw):
    found = classify(raw)
    assert found.kind in {"hard", "soft", "delayed", "complaint", "auto-reply", "reply", "unknown"}
    found.words.encode()
    (found.address or "").encode("ascii")


@settings(max_examples=300)
@given(st.sampled_from(sorted(EXPECTED)), st.integers(0, 4000), st.binary(max_size=30), st.integers(0, 200))
def test_a_broken_report_does_not_make_it_stumble(name, at, put, cut):
    raw = recorded(name)
    classify(raw[:at] + put + raw[at + cut :])


def test_an_encoding_that_takes_seconds_to_read_is_none():
    letter = Letter.read(b"From: a@b.example\r\nContent-Type: text/plain; charset=Punycode\r\n\r\nxn-a9")
    assert letter.text == "xn-a9"
