"""Secrets that travel in links, and how they are kept.

A survey token is derived from the invitation's id with the secret key, so that the database holds only its hash and
a reminder can still carry the same link. Signed values are for links that need no row of their own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from typing import Any

from flask import current_app
from itsdangerous import BadData, TimedSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from base.errors import NotFoundError

_SIGNED = re.compile(r"[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}")


def new_secret(prefix: str = "", *, size: int = 32) -> str:
    """A fresh secret of `size` random bytes, URL-safe, after `prefix`."""
    return prefix + secrets.token_urlsafe(size)


def digest(secret: str) -> str:
    """What we keep of a secret of ≥ 128 random bits: its SHA-256 in hex (64 characters)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derived(purpose: str, ident: object) -> str:
    """A token of 128 bits (22 characters) for `ident`: HMAC-SHA256 under the secret key, cut to 16 bytes."""
    key = current_app.config["SECRET_KEY"].encode()
    mac = hmac.new(key, f"{purpose}:{ident}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")


def link(path: str) -> str:
    """The address of `path` that people outside can open. It comes from the settings, never from a Host header."""
    return f"{current_app.config['PUBLIC_URL']}{path}"


class _Serializer(URLSafeTimedSerializer):
    """Does not try to make short values shorter: that takes longer than all the rest."""

    def dump_payload(self, obj: Any) -> bytes:
        value = TimedSerializer.dump_payload(self, obj)
        return base64_encode(value) if len(value) < 100 else super().dump_payload(obj)


def _serializer(purpose: str) -> _Serializer:
    return _serializer_of(purpose, *current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"])


@lru_cache(maxsize=64)
def _serializer_of(purpose: str, *keys: str) -> _Serializer:
    return _Serializer(list(keys), salt=f"afterword.{purpose}", signer_kwargs={"digest_method": hashlib.sha256})


def sign(purpose: str, value: Any) -> str:
    """`value` signed for one `purpose`; another purpose does not accept it."""
    token = _serializer(purpose).dumps(value)
    return token if isinstance(token, str) else token.decode()


def unsign(purpose: str, token: str, *, max_age: int | None = None) -> Any:
    """The signed value, or NotFoundError when the signature, the purpose or the age (seconds) is wrong.

    One value has one signature: other spellings that base64 would read the same, with letters around it, are none.
    """
    mac = token.rpartition(".")[2]
    if not _SIGNED.fullmatch(token) or base64_encode(base64_decode(mac)) != mac.encode():
        raise NotFoundError("link")
    try:
        return _serializer(purpose).loads(token, max_age=max_age)
    except BadData as error:
        raise NotFoundError("link") from error
