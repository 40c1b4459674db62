"""Mail that another program received for us: bounces, complaints, and what people answered."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, request
from pydantic import Field

from accounts.access import requires_key
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.errors import AfterwordError, InvalidError
from base.openapi import operation
from base.schema import Schema, decode
from surveys import mailroom

bp = Blueprint("api_inbound", __name__)

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
FIELDS = ("email", "body-mime", "message")
"""What services call the whole message in their forms."""


class InboundQuery(Schema):
    recipient: Annotated[
        str | None, Field(max_length=320, description="The address that the message was delivered to.")
    ] = None
    form: Annotated[
        Literal["mime"] | None, Field(description="Means nothing here; some services ask for an address that ends so.")
    ] = None


class InboundOut(Schema):
    status: str
    """received, or known when the same message was here before."""


@bp.post("/api/v1/mail/inbound")
@requires_key
@operation(
    "Hand over a received mail as it came (RFC 5322): a bounce, a complaint or a reply; the same one twice counts once",
    query=InboundQuery,
    raw=("message/rfc822", "text/plain", "application/octet-stream", *FORMS),
    answers={200: InboundOut},
    limit=mailroom.LARGEST,
)
def take(*, workspace: Workspace, query: InboundQuery) -> InboundOut:
    """Every message is answered with success, whatever it claims: whoever forged one learns nothing, nobody retries."""
    posted = request.mimetype in FORMS
    raw = _in_form() if posted else request.get_data(cache=False)
    if not mailroom.is_message(raw):
        wanted = f"in a field called {' or '.join(FIELDS)}" if posted else "as the body"
        raise InvalidError(f"There is no mail here: send the whole message with its headers {wanted}.")
    with transaction():
        new = mailroom.receive(raw, query.recipient or _named(), workspace_id=workspace.id, at=clock.now())
    return InboundOut(status="received" if new else "known")


def _in_form() -> bytes:
    for name in FIELDS:
        if name in request.files:
            return bytes(request.files[name].read())
        if name in request.form:
            return request.form[name].encode("utf-8", "surrogateescape")
    return b""


def _named() -> str:
    """The recipient as services name it beside the message: in a field, or in an envelope of JSON."""
    if request.mimetype not in FORMS:
        return ""
    if "recipient" in request.form:
        return request.form["recipient"]
    try:
        envelope = decode(request.form.get("envelope", "{}").encode())
    except AfterwordError:
        return ""
    to = envelope.get("to") if isinstance(envelope, dict) else None
    return str(to[0]) if isinstance(to, list) and to else ""
