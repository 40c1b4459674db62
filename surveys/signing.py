"""Whether a call was signed with the secret that we share with its sender: HMAC in the forms that senders use."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=15)
"""How far the moment in a signature may lie from ours; an older one could be a copy of a true call."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a signature is made: the digest, how it is written, and the moment that is signed with the body, if any."""

    digest: str
    encoding: str
    timestamp_header: str | None = None
    joint: bytes = b""
    """What stands between the moment and the body."""


SCHEMES: Map[str, Scheme] = {
    "sha256-hex": Scheme("sha256", "hex"),
    "sha256-base64": Scheme("sha256", "base64"),
    "sha1-hex": Scheme("sha1", "hex"),
    "sha1-base64": Scheme("sha1", "base64"),
    "zendesk": Scheme("sha256", "base64", "X-Zendesk-Webhook-Signature-Timestamp"),
    "chatwoot": Scheme("sha256", "hex", "X-Chatwoot-Timestamp", b"."),
}
"""By the name that a source keeps. A `sha256=` or `sha1=` before the signature is understood with each."""


def sign(scheme: Scheme, secret: str, body: bytes, *, moment: str = "") -> str:
    """The signature that a sender writes into the header."""
    mac = hmac.new(secret.encode(), moment.encode() + scheme.joint + body, getattr(hashlib, scheme.digest)).digest()
    return mac.hex() if scheme.encoding == "hex" else base64.b64encode(mac).decode()


def problem(
    scheme: Scheme, secret: str, body: bytes, *, signature: str, header: Callable[[str], str | None], now: datetime
) -> str | None:
    """None for a right signature, else "signature_missing", "signature" or "signature_old".

    `header` gives a header of the call by its name.
    """
    written = signature.strip().removeprefix(f"{scheme.digest}=")
    if not written:
        return "signature_missing"
    moment = (header(scheme.timestamp_header) or "").strip() if scheme.timestamp_header else ""
    expected = _bytes(sign(scheme, secret, body, moment=moment), scheme.encoding)
    if not hmac.compare_digest(expected, _bytes(written, scheme.encoding)):
        return "signature"
    if scheme.timestamp_header and not _fresh(moment, now):
        return "signature_old"
    return None


def _bytes(written: str, encoding: str) -> bytes:
    """The digest as bytes, so that capitals of hex do not matter; none for what is no digest."""
    try:
        return bytes.fromhex(written) if encoding == "hex" else base64.b64decode(written, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _fresh(moment: str, now: datetime) -> bool:
    try:
        if moment.isascii() and moment.isdigit():
            signed = datetime.fromtimestamp(int(moment[:12]), UTC)
        else:
            signed = datetime.fromisoformat(moment)
            signed = signed if signed.tzinfo else signed.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(now - signed) <= TOLERANCE
