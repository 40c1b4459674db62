from email.message import EmailMessage

import pytest
import time_machine

from base.eml import EmlTransport
from base.errors import NotFoundError


def letter(subject):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ana <ana@shop.example>", "boris@customer.example", subject
    message.set_content("Kako je bilo? Πώς ήταν;")
    return message


def send(outbox, subject):
    return outbox.send(letter(subject), envelope_from="ana@shop.example", to="boris@customer.example")


def test_a_filed_mail_can_be_listed_and_read_back(tmp_path):
    outbox = EmlTransport(tmp_path / "outbox")
    with time_machine.travel("2026-11-20T08:00:00Z", tick=False):
        assert send(outbox, "Kako je bilo, Žiga?").kind == "sent"
    [line] = outbox.latest()
    assert line.name.startswith("20261120T080000000000Z-")
    assert (line.subject, line.to) == ("Kako je bilo, Žiga?", "boris@customer.example")
    assert "Πώς ήταν;" in outbox.read(line.name).get_content()


def test_the_newest_mail_comes_first_and_pages_follow_each_other(tmp_path):
    outbox = EmlTransport(tmp_path)
    with time_machine.travel("2026-11-20T08:00:00Z", tick=False) as clock:
        for number in range(5):
            send(outbox, f"Mail {number}")
            clock.shift(1)
    first = outbox.latest(2)
    second = outbox.latest(2, before=first[-1].name)
    assert [line.subject for line in first + second] == ["Mail 4", "Mail 3", "Mail 2", "Mail 1"]


@pytest.mark.parametrize(
    "name", ["../secret_key", "..%2fsecret_key", "20261120T080000000000Z-00000000", "", "a\0b", "x\n"]
)
def test_a_name_never_leads_out_of_the_outbox(tmp_path, name):
    (tmp_path / "secret_key.eml").write_text("secret")
    with pytest.raises(NotFoundError):
        EmlTransport(tmp_path / "outbox").read(name)


def test_files_that_are_no_mails_are_not_listed(tmp_path):
    (tmp_path / "notes.eml").write_text("Subject: mine")
    (tmp_path / ".20261120T080000000000Z-00000000.part").write_text("Subject: half")
    assert EmlTransport(tmp_path).latest() == []


def test_a_disk_that_cannot_take_the_mail_is_transient(tmp_path):
    (tmp_path / "outbox").write_text("a file where the directory should be")
    assert send(EmlTransport(tmp_path / "outbox"), "Mail").kind == "transient"
