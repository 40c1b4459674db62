"""Who opened which link: noted for later, off the request's path, and remembered for a minute of suspicion."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from flask import Flask, current_app, request

from base.db import new_id, transaction
from base.gathering import Gatherer
from feedback.revision import Given
from feedback.submitting import Filled
from feedback.suspecting import Signs, Submission, Visit, signs_seen
from surveys import filling, stepping
from surveys.door import Door
from surveys.intent import Intent
from surveys.link import Link
from surveys.open_link import opened
from surveys.question import questions

KEY = "afterword.visits"

Noted = tuple[uuid.UUID, Visit]


class Visits:
    """Visits to links: the recent ones of this process in memory, all of them soon in the database.

    Of an open link only how often it was opened is kept.
    """

    def __init__(self, app: Flask, *, invitations: int = 5_000, each: int = 40) -> None:
        self._recent: OrderedDict[uuid.UUID, list[Visit]] = OrderedDict()
        self._lock = threading.Lock()
        self._invitations, self._each = invitations, each
        self.gatherer: Gatherer[Noted] = Gatherer(app, _keep)
        self.openings: Gatherer[str] = Gatherer(app, _count)

    def note(self, invitation_id: uuid.UUID, visit: Visit, *, written: bool = True) -> None:
        """Remember a visit; its row is written a moment later, or dropped under overload.

        Of an anonymous survey nothing is written: who looked when would tell whose answer came then.
        """
        with self._lock:
            seen = self._recent.setdefault(invitation_id, [])
            self._recent.move_to_end(invitation_id)
            if len(self._recent) > self._invitations:
                self._recent.popitem(last=False)
            if len(seen) >= self._each:
                del seen[0]
            seen.append(visit)
        if written:
            self.gatherer.put((invitation_id, visit))

    def recent(self, invitation_id: uuid.UUID) -> Sequence[Visit]:
        """The newest visits to this invitation's link that this process saw."""
        with self._lock:
            return tuple(self._recent.get(invitation_id, ()))


@dataclass(frozen=True, slots=True)
class Client:
    """The program that asks: what it calls itself, and a fingerprint of that and its address (16 hex digits)."""

    user_agent: str
    fingerprint: str


def client() -> Client:
    """Who sent this request."""
    return client_of(request.environ)


def client_of(environ: Mapping[str, Any]) -> Client:
    """The same, from the request as the web server tells it."""
    agent = environ.get("HTTP_USER_AGENT", "")
    mark = hashlib.blake2b(f"{environ.get('REMOTE_ADDR')}\n{agent}".encode("utf-8", "replace"), digest_size=8)
    return Client(agent, mark.hexdigest())


def given(way: Link | Door, filled: Filled, who: Client, *, locale: str, at: datetime) -> Given:
    """What was sent, with the signs that visits of this process show; a job looks again at all visits."""
    sending = Submission(
        at, who.fingerprint, filled.opened_at, way.delivered_at, who.user_agent, by_open_link=way.invitation_id is None
    )
    seen = visits().recent(way.invitation_id) if way.invitation_id else ()
    sent, document, reader = filled.sent, way.asked.document, way.reader(locale)
    assert sent.score is not None
    return Given(
        score=sent.score,
        comment=stepping.comment_of(sent, document, reader),
        pieces=filling.pieces(questions(document), sent.typed, reader),
        locale=locale,
        form_id=filled.form_id or new_id().hex,
        client=who.fingerprint,
        opened_at=filled.opened_at,
        signs=signs_seen(Signs(sending, seen)),
    )


def visits() -> Visits:
    found: Visits = current_app.extensions[KEY]
    return found


def note_visit(link: Link, *, at: datetime, score: int | None = None, decoy: bool = False) -> None:
    """Note that this request opened the link."""
    kind: Literal["head", "open", "decoy"]
    kind = "decoy" if decoy else "head" if request.method == "HEAD" else "open"
    seen = Visit(at=at, client=client().fingerprint, kind=kind, score=score)
    visits().note(link.invitation_id, seen, written=not link.anonymous)


def _keep(noted: Sequence[Noted]) -> None:
    with transaction():
        Intent.keep(
            [
                {"invitation_id": ident, "at": visit.at, "kind": visit.kind, "score": visit.score}
                | {"client": visit.client}
                for ident, visit in noted
            ]
        )


def _count(slugs: Sequence[str]) -> None:
    with transaction():
        opened(slugs)
