"""How often a password may be tried. Values in, limits out; `base.throttle` counts them.

A bucket of n tries that drains n an hour lets at most 2·n through in any hour: 20 for one account from all browsers
that never signed in to it. Strangers cannot lock the owner out, because the owner's own browser (known by a signed
cookie from an earlier sign-in) counts in a bucket of its own.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import NamedTuple

HOUR = 3600
PER_ACCOUNT = 10
PER_DEVICE = 10
PER_CLIENT = 40


class Bucket(NamedTuple):
    """`limit` tries in `per_seconds` for all that share `key`."""

    key: str
    limit: int
    per_seconds: int


def sign_in(email: str, *, client: str, device: str | None) -> tuple[Bucket, ...]:
    """What one try to sign in counts in: the client's bucket, then its browser's own or the account's."""
    if device:
        own = Bucket(f"sign-in:device:{_short(device)}", PER_DEVICE, HOUR)
    else:
        own = Bucket(f"sign-in:account:{_short(email)}", PER_ACCOUNT, HOUR)
    return Bucket(f"sign-in:client:{client}", PER_CLIENT, HOUR), own


def reset(email: str, *, client: str) -> tuple[Bucket, ...]:
    """What one request of a reset mail counts in."""
    return Bucket(f"reset:client:{client}", 20, HOUR), Bucket(f"reset:account:{_short(email)}", 4, HOUR)


def present_password(user_id: uuid.UUID) -> Bucket:
    """How often somebody who is signed in may get their own present password wrong."""
    return Bucket(f"password:{user_id.hex}", PER_ACCOUNT, HOUR)


def _short(text: str) -> str:
    return hashlib.sha256(text.strip().casefold().encode()).hexdigest()[:32]
