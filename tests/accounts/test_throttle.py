import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from accounts import hashing
from base import throttle
from base.db import db, transaction
from base.errors import TooManyError
from base.throttle import Bucket

WRONG = "wrong wrong wrong"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Counting is what is tested here; a hash takes 50 ms."""
    monkeypatch.setattr(hashing, "matches", lambda kept, password: kept is not None and password != WRONG)


@pytest.fixture
def frozen():
    with time_machine.travel("2026-11-22T09:00:00Z", tick=False) as travel:
        yield travel


def test_after_ten_wrong_tries_the_page_says_when_to_come_back(client, ana, sign_in, frozen):
    for _try in range(10):
        assert sign_in(client, "ana@acme.example", WRONG).status_code == 422
    answer = sign_in(client, "ana@acme.example", WRONG)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "360"
    assert "Try again in 6 minutes." in answer.text
    frozen.shift(timedelta(minutes=6))
    assert sign_in(client, "ana@acme.example").status_code == 303


def test_the_limit_is_the_same_for_an_address_of_nobody(client, cast, sign_in, frozen):
    codes = [sign_in(client, "nobody@acme.example", WRONG).status_code for _try in range(11)]
    assert codes == [422] * 10 + [429]


def test_neither_headers_nor_extra_fields_nor_spelling_move_the_limit(client, ana, sign_in, frozen):
    for number in range(10):
        headers = {"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"}
        sign_in(client, " ANA@acme.example", WRONG, headers=headers, extra=str(number))
    headers = {"X-Forwarded-For": "10.9.9.9", "Forwarded": "for=10.9.9.9"}
    assert sign_in(client, "ana@acme.example", WRONG, headers=headers, username="x").status_code == 429


def test_many_addresses_together_get_twenty_tries_an_hour_at_one_account(client, ana, sign_in, frozen):
    checked = 0
    for number in range(120):
        frozen.shift(timedelta(seconds=30))
        checked += sign_in(client, "ana@acme.example", WRONG, address=f"192.0.2.{number}").status_code == 422
    assert checked <= 20


def test_strangers_cannot_lock_the_owner_out_of_a_browser_once_used(app, client, ana, sign_in, frozen):
    sign_in(client, "ana@acme.example")
    client.post("/sign-out")
    stranger = app.test_client()
    for number in range(15):
        last = sign_in(stranger, "ana@acme.example", WRONG, address=f"192.0.2.{number}")
    assert last.status_code == 429
    assert sign_in(client, "ana@acme.example").status_code == 303


def test_one_address_may_not_try_many_accounts(client, cast, sign_in, frozen):
    codes = [sign_in(client, f"person{number}@acme.example", WRONG).status_code for number in range(41)]
    assert codes == [422] * 40 + [429]


def test_right_tries_do_not_use_the_limit_up(client, ana, sign_in, frozen):
    for _try in range(25):
        assert sign_in(client, "ana@acme.example").status_code == 303


def test_a_refused_try_stays_counted(app, frozen):
    now = frozen_now()
    for _try in range(2):
        with transaction():
            throttle.spend("k", limit=2, per_seconds=60, now=now)
    with pytest.raises(TooManyError) as refused, transaction():
        throttle.spend("k", limit=2, per_seconds=60, now=now)
    assert refused.value.retry_after == 30
    assert db.session.scalar(select(Bucket.level)) == 2


def test_a_household_of_ipv6_addresses_is_one_client():
    assert throttle.network("2001:db8:1:2:aaaa::1") == throttle.network("2001:db8:1:2:bbbb::2")
    assert throttle.network("2001:db8:1:2::1") != throttle.network("2001:db8:1:3::1")
    assert throttle.network("::ffff:192.0.2.1") == throttle.network("192.0.2.1")
    assert throttle.network(None) == "unknown"


def frozen_now():
    from base import clock

    return clock.now()


def test_first_tries_at_the_same_instant_are_all_counted(app, frozen):
    """Eight browsers send the first try of a key together; none fails, and no try is lost."""
    start, now = threading.Barrier(8), frozen_now()

    def first_try():
        with app.app_context():
            start.wait()
            with transaction():
                throttle.spend("together", limit=20, per_seconds=60, now=now)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(first_try) for _one in range(8)]:
            done.result(timeout=30)
    assert db.session.scalar(select(Bucket.level).where(Bucket.key == "together")) == 8
