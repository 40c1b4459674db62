"""How an address is recognised without being kept, and which of two reasons to leave somebody alone counts."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
import uuid
from typing import Final, Literal

Reason = Literal["unsubscribed", "bounced", "complained", "by hand", "imported"]

REASONS: Final[tuple[Reason, ...]] = ("unsubscribed", "bounced", "complained", "by hand", "imported")
EVERYTHING: Final = uuid.UUID(int=0)
"""The scope of those who are asked nothing at all; any other scope is the id of a survey."""

_WEIGHT: Final = {"bounced": 0, "complained": 2}


def folded(address: str) -> str:
    """The address as it is compared: one person is one, however they capitalise."""
    return unicodedata.normalize("NFC", address).strip().lower()


def fingerprint(salt: str, address: str) -> str:
    """What an address is recognised by: HMAC-SHA-256 under the workspace's salt, 64 characters of hex.

    The salt lives as long as the workspace: unlike the secret key it is never rotated, or nobody would be recognised.
    """
    return hmac.new(salt.encode(), folded(address).encode(), hashlib.sha256).hexdigest()


def outweighs(new: str, old: str | None) -> bool:
    """Whether `new` takes the place of `old`.

    The first reason stays, with two exceptions: what a person wished is not lost behind mail that came back, and
    nothing is stronger than a complaint.
    """
    return old is None or _WEIGHT.get(new, 1) > _WEIGHT.get(old, 1)
