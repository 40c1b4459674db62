"""DKIM: our domain's signature under every mail, so that receivers believe who sent it.

A mail is signed when it is handed over, not when it is written: one that waited for days in the outbox carries a
signature of today, by the key that is published today.
"""

from __future__ import annotations

import base64
import re
from email.message import EmailMessage

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

from base.delivery import Delivery, Transport

HEADERS = tuple(
    b"from from to subject date message-id mime-version content-type content-language reply-to in-reply-to references "
    b"list-unsubscribe list-unsubscribe-post auto-submitted".split()
)
"""What the signature covers. From stands twice, so that nobody can add another one above ours; a name without a
header in the mail says that there was none, so that nobody can add that either.
"""
LEAST_BITS = 1024
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
_RSA_OID = bytes.fromhex("300d06092a864886f70d0101010500")


class Seal:
    """A private key, its name in the DNS (the selector) and the domain that it signs for."""

    def __init__(self, pem: str, selector: str, domain: str) -> None:
        """Raises ValueError with a sentence when `pem` is no private key of RSA (1024 bits or more) or Ed25519."""
        self.selector = selector
        self.domain = domain
        lines = "\n".join(line.strip() for line in pem.strip().splitlines())
        der = _der(lines)
        if der.startswith(_ED25519) and len(der) == len(_ED25519) + 32:
            self._start_ed25519(der[-32:])
        else:
            self._start_rsa(lines.encode())

    def _start_ed25519(self, seed: bytes) -> None:
        from nacl.signing import SigningKey

        self._algorithm, self._key = b"ed25519-sha256", base64.b64encode(seed)
        self._public = f"k=ed25519; p={base64.b64encode(bytes(SigningKey(seed).verify_key)).decode()}"

    def _start_rsa(self, pem: bytes) -> None:
        try:
            parts = parse_pem_private_key(pem)
            modulus, exponent = int(parts["modulus"]), int(parts["publicExponent"])
        except (UnparsableKeyError, ValueError, KeyError, IndexError, TypeError) as error:
            raise ValueError("is no private key of RSA or Ed25519 without a password, in PEM.") from error
        if modulus.bit_length() < LEAST_BITS:
            raise ValueError(f"has {modulus.bit_length()} bits; receivers believe no fewer than {LEAST_BITS}.")
        self._algorithm, self._key = b"rsa-sha256", pem
        numbers = _tagged(0x30, _number(modulus) + _number(exponent))
        public = _tagged(0x30, _RSA_OID + _tagged(0x03, b"\0" + numbers))
        self._public = f"k=rsa; p={base64.b64encode(public).decode()}"

    @property
    def record(self) -> tuple[str, str]:
        """The name and the text of the TXT record that receivers look for."""
        return f"{self.selector}._domainkey.{self.domain}", f"v=DKIM1; {self._public}"

    def sign(self, message: bytes) -> bytes:
        """`message` (CRLF line ends) with its signature on top."""
        signature = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self._key,
            signature_algorithm=self._algorithm,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(HEADERS),
        )
        return bytes(signature) + message


class SealingTransport:
    """Signs each mail and hands it on."""

    def __init__(self, transport: Transport, seal: Seal) -> None:
        self.transport = transport
        self.seal = seal

    def send(self, message: EmailMessage | bytes, *, envelope_from: str, to: str) -> Delivery:
        """A mail that cannot be signed is not sent: the reason stays with it, and it is tried again."""
        data = message if isinstance(message, bytes) else message.as_bytes()
        try:
            signed = self.seal.sign(data)
        except dkim.DKIMException as fault:
            return Delivery.transient(f"The mail could not be signed: {fault}")
        return self.transport.send(signed, envelope_from=envelope_from, to=to)

    def close(self) -> None:
        """Close what carries the mails."""
        self.transport.close()


def _der(pem: str) -> bytes:
    found = re.search(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\n(.*?)\n-----END", pem, re.DOTALL)
    if found is None:
        raise ValueError("is no private key of RSA or Ed25519 without a password, in PEM.")
    try:
        return base64.b64decode(found[1])
    except ValueError as error:
        raise ValueError("is damaged: what stands between its lines is not base64.") from error


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(length))) + length + content


def _number(value: int) -> bytes:
    return _tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))
