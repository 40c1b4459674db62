"""Where mail servers send what they could not deliver: an address of its own for every mail, signed.

`bounces+<id of the mail, 32 hex><MAC, 16 hex>@domain`, all in lower case, because some servers write it so. An id
holds the moment it was made (UUIDv7), so the address needs no time of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import current_app

LIFE = timedelta(days=30)
"""How long after the mail was sent its address is believed. Servers keep trying for five days and more before they
give up, and a complaint comes when somebody reads their mail; afterwards a leaked address has no power any more."""

_SHAPE = re.compile(r"([A-Za-z0-9_.-]{1,15})\+([0-9a-f]{32})([0-9a-f]{16})@([a-z0-9.-]{1,190})", re.IGNORECASE)


def of(mail_id: uuid.UUID) -> str | None:
    """The return path of a mail, or None when the operator named no address for bounces."""
    address: str | None = current_app.config["SETTINGS"].bounce_address
    return None if address is None else at(address, mail_id)


def at(address: str, mail_id: uuid.UUID) -> str:
    """The return path of a mail where mail for `address` arrives."""
    local, _, domain = address.partition("@")
    return f"{local}+{mail_id.hex}{_mac(current_app.config['SECRET_KEY'], mail_id)}@{domain}"


def looks_signed(text: str) -> bool:
    """Whether an address of that shape is in `text`, whoever made it."""
    return _SHAPE.search(text) is not None


def mail_ids(text: str) -> Iterator[uuid.UUID]:
    """The ids of mails in whose return paths, found anywhere in `text`, our signature holds."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    for found in _SHAPE.finditer(text):
        ident = uuid.UUID(found[2])
        if any(hmac.compare_digest(_mac(key, ident), found[3].lower()) for key in keys):
            yield ident


def alive(sent_at: datetime, now: datetime) -> bool:
    """Whether what comes back to a mail sent at `sent_at` still counts."""
    return now - sent_at <= LIFE


def _mac(key: str, ident: uuid.UUID) -> str:
    return hmac.new(key.encode(), f"return path:{ident.hex}".encode(), hashlib.sha256).hexdigest()[:16]
