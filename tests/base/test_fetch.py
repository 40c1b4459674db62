"""Somebody else's server is asked warily; whatever it does comes back as a value."""

import socket

import pytest

from base import fetch
from base.fetch import Failure, Fetched, Taken
from tests.feedback.alerts import a_channel
from tests.surveys.helpdesk import a_desk

pytestmark = pytest.mark.web


@pytest.fixture
def desk():
    with a_desk() as helpdesk:
        yield helpdesk


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://0.0.0.0:{port}/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
    ],
)
def test_a_private_address_is_never_connected_to(app, desk, address):
    found = fetch.get_json(address.format(port=desk.address.rpartition(":")[2]), {})
    assert isinstance(found, Failure)
    assert desk.asked == []


def test_a_private_address_may_be_allowed(app, desk, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    desk.known["/x"] = {"id": 1}
    assert fetch.get_json(f"{desk.address}/x", {"apikey": "k"}) == Fetched({"id": 1})
    assert desk.asked == [("/x", "k")]


def test_passwords_and_proxies_of_the_environment_are_not_used(app, desk, monkeypatch, tmp_path):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    desk.known["/x"] = {}
    assert fetch.get_json(f"{desk.address}/x", {}) == Fetched({})


@pytest.mark.parametrize(
    "address", ["", "ftp://a.example/", "file:///etc/passwd", "http://", "no address", "http://a b/"]
)
def test_what_is_no_address_is_a_failure_for_good(app, address):
    found = fetch.get_json(address, {})
    assert isinstance(found, Failure)


def test_nobody_there_is_worth_another_try(app, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        found = fetch.get_json(f"http://127.0.0.1:{closed.getsockname()[1]}/", {})
    assert isinstance(found, Failure)
    assert not found.final


@pytest.mark.parametrize("how", ["stall", "drip", "drip headers"])
def test_a_server_that_takes_its_time_is_left_at_the_end_of_the_whole_patience(app, desk, monkeypatch, how):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    monkeypatch.setattr(fetch, "PATIENCE", 0.2)
    desk.trouble = [(how, None)]
    assert fetch.get_json(f"{desk.address}/x", {}) == Failure("no answer in time", final=False)


def test_a_body_that_ends_too_early_is_worth_another_try(app, desk, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    desk.trouble, desk.patience = [("drip", None)], 0
    found = fetch.get_json(f"{desk.address}/x", {})
    assert isinstance(found, Failure)
    assert not found.final


def test_what_is_sent_arrives_as_json_and_the_words_come_back(app, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    with a_channel((202, "taken,\n thank you")) as channel:
        assert fetch.post_json(channel.address, {"text": "Žaga"}) == Taken(202, "taken, thank you")
    assert channel.heard == [("/services/T0/B0/secretXYZ9", "application/json; charset=utf-8", {"text": "Žaga"})]


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (404, True), (410, True), (429, False), (500, False), (503, False)]
)
def test_a_refusal_has_the_words_of_the_other_side(app, monkeypatch, status, final):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    with a_channel((status, "no_service " + "x" * 2000)) as channel:
        found = fetch.post_json(channel.address, {})
    assert (found.final, found.status, len(found.words)) == (final, status, 500)
    assert found.words.startswith("no_service xxx")


def test_nobody_follows_to_another_address(app, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    with a_channel((302, "")) as channel:
        found = fetch.post_json(channel.address, {})
    assert (found.final, found.status, len(channel.heard)) == (True, 302, 1)


def test_nothing_is_sent_into_a_private_network(app):
    with a_channel() as channel:
        found = fetch.post_json(channel.address, {"text": "secret"})
    assert isinstance(found, Failure)
    assert found.final
    assert channel.heard == []
