"""A signature is right, or says in which way it is not."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from surveys.signing import SCHEMES, problem, sign

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BODY = b'{"id": 1}'
MOMENTS = {"zendesk": NOW.isoformat(), "chatwoot": str(int(NOW.timestamp()))}


def judged(name, signature, *, secret="s3cret", body=BODY, moment=None):
    scheme = SCHEMES[name]
    headers = {scheme.timestamp_header: MOMENTS.get(name) if moment is None else moment}
    return problem(scheme, secret, body, signature=signature, header=headers.get, now=NOW)


@pytest.mark.parametrize("name", SCHEMES)
def test_each_way_to_sign_is_understood(name):
    right = sign(SCHEMES[name], "s3cret", BODY, moment=MOMENTS.get(name, ""))
    assert judged(name, right) is None
    assert judged(name, f"{SCHEMES[name].digest}={right}") is None
    assert judged(name, right, secret="other") == "signature"
    assert judged(name, right, body=BODY + b" ") == "signature"
    assert judged(name, "") == "signature_missing"
    for nonsense in ("x", "é", right[:-2], "=" * 40, "\0"):
        assert judged(name, nonsense) == "signature"


def test_the_schemes_are_those_of_the_senders():
    raw = hmac.new(b"s3cret", BODY, hashlib.sha256).digest()
    assert judged("sha256-base64", base64.b64encode(raw).decode()) is None
    assert judged("sha256-hex", raw.hex().upper()) is None
    stamped = MOMENTS["zendesk"].encode() + BODY
    assert judged("zendesk", base64.b64encode(hmac.new(b"s3cret", stamped, hashlib.sha256).digest()).decode()) is None
    stamped = MOMENTS["chatwoot"].encode() + b"." + BODY
    assert judged("chatwoot", "sha256=" + hmac.new(b"s3cret", stamped, hashlib.sha256).hexdigest()) is None


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(hours=-1)])
def test_an_old_signature_could_be_a_copy(name, age):
    signed = NOW - age
    moment = signed.isoformat() if name == "zendesk" else str(int(signed.timestamp()))
    right = sign(SCHEMES[name], "s3cret", BODY, moment=moment)
    assert judged(name, right, moment=moment) == "signature_old"


@pytest.mark.parametrize("moment", ["", "soon", "9" * 40, "2026-11-20"])
def test_a_moment_that_is_none_is_no_excuse(moment):
    right = sign(SCHEMES["chatwoot"], "s3cret", BODY, moment=moment)
    assert judged("chatwoot", right, moment=moment) == "signature_old"
