"""Somebody else's server is asked warily; whatever it does comes back as a value."""

import socket

import pytest

from base import fetch
from base.fetch import Failure, Fetched
from tests.surveys.helpdesk import a_desk


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
