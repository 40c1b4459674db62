"""Failed mails back into the queue, as staff ask, unless the room that they come from has something against it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from base import events
from base.outbox import Mail

Objection = Callable[[Sequence[Mail]], set[uuid.UUID]]
"""From mails of one kind to the ids of those that must not go any more."""

_objections: dict[str, Objection] = {}


def wire(objections: Mapping[str, Objection]) -> None:
    """Say who is asked about mails of a kind. Called once, by the composition root."""
    _objections.clear()
    _objections.update(objections)


def retry(mails: Sequence[Mail], *, at: datetime, actor: str | None) -> int:
    """Try these mails again, those that may go; how many there are. Needs a transaction."""
    going = [mail for mail in mails if mail.retriable]
    for kind in {mail.kind for mail in going} & set(_objections):
        held = _objections[kind]([mail for mail in going if mail.kind == kind])
        going = [mail for mail in going if mail.id not in held]
    for mail in going:
        mail.retry(at=at)
        events.record("mail.retried", mail.id, workspace_id=mail.workspace_id, at=at, actor=actor)
    return len(going)
