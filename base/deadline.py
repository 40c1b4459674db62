"""A moment by which a server has answered, headers and all.

The patience of a socket begins anew with every byte, so a server that drips would be waited for as long as it likes.
Here each wait is only as long as what is left of the whole.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

POOLS: Final[dict[str, type[HTTPConnectionPool]]] = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}


def keep(asking: requests.Session, until: float) -> None:
    """What servers answer to `asking` is read until then (`time.monotonic`); a TimeoutError comes afterwards."""
    answer = type("Answer", (_Answer,), {"until": until})
    for adapter in asking.adapters.values():
        if isinstance(adapter, HTTPAdapter):
            pools = {scheme: _pool(known, answer) for scheme, known in POOLS.items()}
            adapter.poolmanager.pool_classes_by_scheme = pools


def _pool(known: type[HTTPConnectionPool], answer: type[_Answer]) -> type[HTTPConnectionPool]:
    connection = type("Connection", (known.ConnectionCls,), {"response_class": answer})
    return type("Pool", (known,), {"ConnectionCls": connection})


class _Answer(HTTPResponse):
    until: float

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Hurried(self.fp.detach(), sock, self.until))


class _Hurried(io.RawIOBase):
    """What comes from a socket, for as long as there is time."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw, self._sock, self._until = raw, sock, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
