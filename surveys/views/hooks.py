"""Where helpdesks and shops call: an address with a secret. A call is kept and acknowledged; a job works it off."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from base import clock, throttle
from base.db import transaction
from base.errors import TooManyError
from base.jobs import enqueue
from base.swift import swift_reading, swift_transaction
from base.web import MAX_BODY, body_up_to, csrf, problem, public
from surveys import signing
from surveys.hook import Hook
from surveys.received_call import Parcel, ReceivedCall
from surveys.receiver import look_up, take_in

bp = Blueprint("hooks", __name__)

LONGEST_QUERY = 8 * 1024
FORGED_KEPT = 60
"""Calls with a wrong signature that are kept in an hour, of each source; a stranger fills no disk."""
TOO_LONG = "The body is longer than 256 KiB; send only the fields that are needed."
WORDS = {
    "signature": "The signature does not fit the body. Is the secret the same on both sides?",
    "signature_missing": "This source takes signed calls only, and this one has no signature.",
    "signature_old": "The signature is too old, or the clock of the sender is wrong.",
}


@bp.post("/hooks/<key>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF ships no types
@public("the address holds a secret, and calls may have to be signed")
@body_up_to(MAX_BODY)
def receive(key: str) -> ResponseReturnValue:
    """Keep a call. Nothing of it is read here but its signature, so the sender need not wait."""
    with swift_reading():
        hook = Hook.by_key(key)
    if len(request.query_string) > LONGEST_QUERY:
        return problem(414, "The query is longer than 8 KiB; send the fields in the body.")
    if (request.content_length or 0) > MAX_BODY:
        return problem(413, TOO_LONG)
    now, parcel = clock.now(), _parcel()
    wrong = _signature_problem(hook, parcel.body, now)
    if wrong is not None:
        _keep_forged(hook, parcel, wrong, now)
        return problem(401, WORDS[wrong])
    with swift_transaction():
        ident = hook.keep(parcel, at=now)
        enqueue(look_up if hook.asks_back else take_in, ident)
    return _accepted(str(ident))


def _parcel() -> Parcel:
    return Parcel(
        method=request.method,
        content_type=request.content_type or "",
        query=request.query_string.decode("utf-8", "replace").replace("\0", ""),
        body=request.get_data(cache=False),
    )


def _accepted(ident: str) -> Response:
    response = jsonify(id=ident, state="received")
    response.status_code = 202
    return response


def _signature_problem(hook: Hook, body: bytes, now: datetime) -> str | None:
    if not hook.signature_secret:
        return None
    return signing.problem(
        signing.SCHEMES[hook.signature_scheme],
        hook.signature_secret,
        body,
        signature=request.headers.get(hook.signature_header, ""),
        header=request.headers.get,
        now=now,
    )


def _keep_forged(hook: Hook, parcel: Parcel, wrong: str, now: datetime) -> None:
    """Show staff what was refused, unless there is too much of it."""
    try:
        with transaction():
            throttle.spend(f"hook:{hook.source_id.hex}", limit=FORGED_KEPT, per_seconds=3600, now=now)
    except TooManyError:
        return
    with transaction():
        ReceivedCall.keep(hook.source_id, parcel, at=now).settle("rejected", wrong, at=now)
