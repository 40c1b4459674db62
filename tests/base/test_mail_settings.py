"""Settings of mail: what is wrong with one is told at the start, by its name."""

import pytest

import config
from config import SettingError
from feedback import cli
from feedback.app import create_app
from tests.base.test_sealing import key


def load(tmp_path, **values):
    return config.load(
        {"AFTERWORD_DATA_DIR": str(tmp_path)} | {f"AFTERWORD_{name}": text for name, text in values.items()}
    )


def test_without_them_mails_are_neither_signed_nor_come_back_elsewhere(tmp_path):
    settings = load(tmp_path)
    assert (settings.bounce_address, settings.dkim_key, settings.dkim_selector) == (None, None, None)


def test_a_bounce_address_is_kept_as_mail_servers_write_it(tmp_path):
    assert load(tmp_path, BOUNCE_ADDRESS="Bounces@Surveys.Example").bounce_address == "Bounces@surveys.example"


@pytest.mark.parametrize(
    "address",
    [
        "bounces",
        "@surveys.example",
        "a b@surveys.example",
        "much-too-long-name@s.example",
        "b+x@s.example",
        "b@localhost",
    ],
)
def test_a_bounce_address_that_cannot_work_is_told(tmp_path, address):
    with pytest.raises(SettingError, match="AFTERWORD_BOUNCE_ADDRESS"):
        load(tmp_path, BOUNCE_ADDRESS=address)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"DKIM_KEY": "-----BEGIN PRIVATE KEY-----"}, "AFTERWORD_DKIM_SELECTOR"),
        ({"DKIM_SELECTOR": "s2026"}, "AFTERWORD_DKIM_KEY"),
        ({"DKIM_KEY": "/etc/dkim.pem", "DKIM_SELECTOR": "s2026"}, "AFTERWORD_DKIM_KEY"),
        ({"DKIM_KEY": "-----BEGIN PRIVATE KEY-----", "DKIM_SELECTOR": "s 2026"}, "AFTERWORD_DKIM_SELECTOR"),
        ({"DKIM_KEY_FILE": "/nowhere/key.pem", "DKIM_SELECTOR": "s2026"}, "AFTERWORD_DKIM_KEY_FILE"),
    ],
)
def test_half_or_wrong_settings_of_dkim_are_told(tmp_path, values, name):
    with pytest.raises(SettingError) as told:
        load(tmp_path, **values)
    assert told.value.name == name


def test_a_broken_key_stops_the_start(tmp_path):
    broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    with pytest.raises(SettingError, match="AFTERWORD_DKIM_KEY: is no private key"):
        create_app(load(tmp_path, DKIM_KEY=broken, DKIM_SELECTOR="s2026"))


def test_check_tells_the_dns_record_in_pieces_that_fit(tmp_path):
    (tmp_path / "key.pem").write_text(key("genrsa", "2048"))
    found = {"DKIM_KEY_FILE": str(tmp_path / "key.pem"), "DKIM_SELECTOR": "s2026", "MAIL_FROM": "A <a@acme.example>"}
    app = create_app(load(tmp_path, **found))
    told = app.test_cli_runner().invoke(cli.database.check).output
    assert "s2026._domainkey.acme.example. IN TXT" in told
    pieces = told.partition("IN TXT ")[2].strip().strip('"').split('" "')
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 255
    assert "".join(pieces) == app.extensions["afterword.seal"].record[1]
