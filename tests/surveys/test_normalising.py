import time
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.mail import mailbox
from surveys.normalising import UnfitError, email_address, locale_tag, moment, zone_name

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("slovenian", "sl"),
        ("sl_SI", "sl-SI"),
        ("SL", "sl"),
        ("slv", "sl"),
        ("Slovenščina", "sl"),
        ("polski", "pl"),
        ("Ελληνικά", "el"),
        ("русский", "ru"),
        ("angleščina", "en"),
        ("en-us", "en-US"),
        ("pl_PL.UTF-8", "pl-PL"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("sr-Latn", "sr-Latn"),
        ("de@euro", "de"),
    ],
)
def test_a_language_has_one_tag_however_it_is_written(written, tag):
    assert locale_tag(written) == tag


@pytest.mark.parametrize("written", ["Klingonish", "xx", "sl-SI-extra-long-tail", "", "12", "-", "s"])
def test_an_unknown_language_is_refused(written):
    with pytest.raises(UnfitError, match="locale"):
        locale_tag(written)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-11-20T08:15:00Z", "2026-11-20T08:15"),
        ("2026-11-20T08:15:00+02:00", "2026-11-20T06:15"),
        ("2026-11-20 08:15", "2026-11-20T07:15"),
        ("2026-11-20 08:15:00 UTC", "2026-11-20T08:15"),
        ("2026-11-20", "2026-11-19T23:00"),
        ("20.11.2026 08:15", "2026-11-20T07:15"),
        ("20. 11. 2026", "2026-11-19T23:00"),
        ("20/11/2026", "2026-11-19T23:00"),
        ("5.7.2026 8.05", "2026-07-05T06:05"),
        ("20-11-2026 08:15:30", "2026-11-20T07:15:30"),
        ("2026/11/20 8:15", "2026-11-20T07:15"),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_workspace(written, utc):
    assert moment(written, zone=LJUBLJANA, now=NOW) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_still_is_a_moment():
    assert moment("29.03.2026 02:30", zone=LJUBLJANA, now=NOW) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["11/22/2026", "31.02.2026", "yesterday", "0001-01-01", "45983", "20261120", "1.1.1"]
)
def test_what_is_no_date_is_refused(written):
    with pytest.raises(UnfitError, match="moment"):
        moment(written, zone=LJUBLJANA, now=NOW)


def test_the_day_after_tomorrow_is_the_future():
    assert moment("23.11.2026 10:00", zone=LJUBLJANA, now=NOW)
    with pytest.raises(UnfitError, match="future"):
        moment("24.11.2026 14:00", zone=LJUBLJANA, now=NOW)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Ana.Novak+x@Example.COM", "Ana.Novak+x@example.com"),
        ("info@čebela.example.com", "info@čebela.example.com"),
        ("info@xn--ebela-gya.example.com", "info@čebela.example.com"),
        ("nikos@παράδειγμα.gr", "nikos@παράδειγμα.gr"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("MAILTO:ana@example.com?subject=Hello", "ana@example.com"),
        ("<ana@example.com>", "ana@example.com"),
        ("Ana Novak <ana@example.com>", "ana@example.com"),
        ('"Novak, Ana" <ana@example.com>;', "ana@example.com"),
        ("'ana@example.com'", "ana@example.com"),
        ("„ana@example.com“", "ana@example.com"),
        (" ana@example.com\u00a0", "ana@example.com"),
        ("ana@example.com.", "ana@example.com"),
        ("ana@example.com,", "ana@example.com"),
        ("ana@example.com;", "ana@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
    ],
)
def test_an_address_is_brought_into_the_form_mail_is_sent_to(written, address):
    assert email_address(written) == address


@pytest.mark.parametrize(
    "written",
    ["ana@example.com, bo@example.com", "ana@example.com;bo@example.com", "ana@example.com bo@example.com",
     "ana@example.com/bo@example.com", "Ana <ana@example.com>, Bo <bo@example.com>"],
)  # fmt: skip
def test_two_addresses_in_a_cell_are_refused_as_two(written):
    with pytest.raises(UnfitError, match="several"):
        email_address(written)


@pytest.mark.parametrize(
    "written", ["νίκος@example.com", "žiga@example.com", "ana.š@čebela.example.com", "用户@example.com"]
)
def test_letters_before_the_at_that_mail_servers_refuse_are_told_so(written):
    with pytest.raises(UnfitError, match="foreign"):
        email_address(written)


@settings(max_examples=300)
@given(st.text("ab.@<>\"', ;:čž=-_\r\n\u200b", max_size=30) | st.emails())
def test_whatever_is_taken_for_an_address_can_be_mailed_to(written):
    try:
        address = email_address(written)
    except UnfitError:
        return
    assert mailbox("", address).domain.isascii()
    assert email_address(address) == address


@pytest.mark.parametrize(
    ("written", "zone"),
    [("Europe/Ljubljana", "Europe/Ljubljana"), ("europe/ljubljana", "Europe/Ljubljana"), (" UTC ", "UTC"),
     ("America/New York", "America/New_York"), ("Tokyo Standard Time", "Asia/Tokyo")],
)  # fmt: skip
def test_a_time_zone_is_known_however_it_is_written(written, zone):
    assert zone_name(written) == zone


@pytest.mark.parametrize("written", ["Mars/Olympus", "", "../../etc/passwd", "GMT+99", "x" * 500])
def test_an_unknown_time_zone_is_refused(written):
    with pytest.raises(UnfitError, match="zone"):
        zone_name(written)


@pytest.mark.parametrize(
    "written",
    [
        *("", "@", "ana", "ana@", "@example.com", "a b@example.com", "a..b@example.com", "a@b", "a@b@c.com", "=1+1"),
        *('"a b"@example.com', "ana@example.com\r\nBcc: bo@example.com", "ana@[127.0.0.1]", "ana@exa mple.com", "<>"),
        *(
            "ana@-example.com",
            "mailto:",
            "ana@example..com",
            "=cmd|' /C calc'!A0",
            ".ana@example.com",
            "a" * 65 + "@b.com",
        ),
    ],
)
def test_what_is_no_address_is_refused(written):
    with pytest.raises(UnfitError, match="email"):
        email_address(written)


@given(st.text(max_size=60))
def test_any_text_is_an_answer_or_unfit(text):
    for read in (email_address, locale_tag, lambda value: moment(value, zone=LJUBLJANA, now=NOW)):
        with suppress(UnfitError):
            assert read(text)


def test_fifty_thousand_addresses_take_less_than_a_second():
    start = time.perf_counter()
    for number in range(50_000):
        email_address(f"customer.{number}@example{number % 50}.com")
    assert time.perf_counter() - start < 1
