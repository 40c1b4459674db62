"""Asking somebody else's server, warily: what comes back is a value, whatever it did.

No private address (unless the operator allows it: AFTERWORD_FETCH_PRIVATE), no redirect, no proxy or password from the
environment, 7 seconds, 1 MiB. The address is resolved once and that very address is connected to, so a name cannot
point elsewhere between check and use. Never call it while a transaction is open.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import requests
import urllib3.exceptions
from flask import current_app
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress

from base import deadline
from base.db import writing

Answer = TypeVar("Answer")

PATIENCE = 7.0
"""Seconds for the whole of it; the connection has to stand after 3."""
LARGEST = 1024 * 1024
"""Bytes of an answer."""
BROKEN = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)
"""However a connection may end too early; bodies are read below `requests`, so both have their words for it."""
MOST_WORDS = 500
"""Bytes of what is kept of an answer that is only words."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The JSON that the server answered with."""

    value: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer, in words for staff. `final`: asking again would not help."""

    reason: str
    final: bool
    status: int | None = None
    words: str = ""
    """What the other side said, of an answer that was read all the same."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The server took what was sent (any 2xx), with these words."""

    status: int
    words: str


def get_json(url: str, headers: Mapping[str, str]) -> Fetched | Failure:
    """What a GET of `url` answers with, read as JSON."""
    wanted = {"Accept": "application/json", **headers}
    return _asked("GET", url, wanted, None, lambda response: _refused(response) or _parsed(_body(response)))


def post_json(url: str, value: Any) -> Taken | Failure:
    """Send `value` to `url` as JSON. Only whether it was taken counts, and the words that came back."""
    data = json.dumps(value, ensure_ascii=False).encode()
    return _asked("POST", url, {"Content-Type": "application/json; charset=utf-8"}, data, _taken)


def _asked(
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes | None,
    read: Callable[[requests.Response], Answer | Failure],
) -> Answer | Failure:
    assert not writing(), "nothing may wait for a network inside a transaction"
    until = time.monotonic() + PATIENCE
    try:
        with _manager().get_session() as session:
            session.trust_env = False
            deadline.keep(session, until)
            wanted = {"Accept-Encoding": "identity", **headers}
            with session.request(method, url, headers=wanted, data=data, stream=True) as response:
                return read(response)
    except InvalidIPAddress:
        return Failure("the address leads into a private network, which the operator has not allowed", final=True)
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
        return Failure("this is no address that can be asked", final=True)
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        return Failure("no answer in time", final=False)
    except requests.exceptions.SSLError:
        return Failure("its certificate is not valid", final=False)
    except (*BROKEN, ValueError) as error:
        return Failure(f"no connection ({type(error).__name__})", final=False)


def _manager() -> Manager:
    private = current_app.config["FETCH_PRIVATE"]
    return Manager(
        Config(
            ip_filter_enable=not private,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(3, PATIENCE),
            user_agent_override="Afterword",
        )
    )


def _taken(response: requests.Response) -> Taken | Failure:
    """Whether a message was taken; a body that cannot be read makes no difference to that."""
    status, failure = response.status_code, _refused(response) if not 200 <= response.status_code < 300 else None
    try:
        body = _body(response)
    except (*BROKEN, ValueError):
        body = b""
    words = "" if isinstance(body, Failure) else " ".join(body[:MOST_WORDS].decode("utf-8", "replace").split())
    return Taken(status, words) if failure is None else replace(failure, words=words)


def _refused(response: requests.Response) -> Failure | None:
    """What the status alone says; None when the body is worth reading."""
    status = response.status_code
    if status == 200:
        return None
    if 300 <= status < 400:
        return Failure(f"it sends us elsewhere (HTTP {status}); enter the final address", final=True, status=status)
    return Failure(f"HTTP {status}", final=status not in {408, 425, 429} and status < 500, status=status)


def _body(response: requests.Response) -> bytes | Failure:
    """The whole body, no more of it than we take."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return Failure("it answered packed, which was not asked for", final=True)
    read = bytearray()
    while True:
        piece = response.raw.read1(65536)
        if not piece:
            return bytes(read)
        read += piece
        if len(read) > LARGEST:
            return Failure("it answered with more than 1 MiB", final=True)


def _parsed(body: bytes | Failure) -> Fetched | Failure:
    if isinstance(body, Failure):
        return body
    try:
        return Fetched(json.loads(body))
    except (ValueError, RecursionError):
        return Failure("it did not answer with JSON", final=True)
