"""Which sites may show a survey inside their pages: whatever somebody pastes, read as an origin."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import idna

MOST: Final = 20
"""Sites of one link."""

_HOST: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


def origin_of(written: str) -> str | None:
    """`shop.example/page` as `https://shop.example`, `http://localhost:8080/` without its end; None when it is none.

    What comes out has only letters that a Content-Security-Policy may hold.
    """
    text = written.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except (ValueError, idna.IDNAError):
        return None
    if parts.scheme not in {"https", "http"} or parts.username is not None or len(host) > 200:
        return None
    usual = {"https": 443, "http": 80}[parts.scheme]
    end = "" if port in (None, usual) else f":{port}"
    return f"{parts.scheme}://{host}{end}" if _HOST.fullmatch(host) else None


def origins(written: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The origins of all lines, each once and in order; and the lines that name none."""
    lines = [line for line in re.split(r"[\s,;]+", written) if line]
    found = {line: origin_of(line) for line in lines}
    good = dict.fromkeys(origin for origin in found.values() if origin)
    return tuple(good), tuple(line for line, origin in found.items() if origin is None)
