"""What alerts said: messages with what they told and what became of them, as the pages and the API show them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from base.db import db
from base.outbox import Mail
from feedback.notice import Attempt, Notice
from feedback.recipient import Drop, Recipient
from feedback.response import Response
from surveys.survey import Survey

SHOWN = 4
"""Answers of a message that the history leads to."""


@dataclass(frozen=True)
class Said:
    """One message as the history shows it."""

    notice: Notice
    recipient: Recipient
    mail: Mail | None
    answers: list[Response]
    drops: list[tuple[Drop, Survey]]
    attempts: list[Attempt]

    @property
    def state(self) -> str:
        """What became of it: the mail's own state, where there is a mail."""
        return self.mail.state if self.mail else self.notice.state

    @classmethod
    def of(cls, notices: Sequence[Notice]) -> list[Said]:
        """Messages with what they told and what became of them; without what was removed while it is looked for."""
        recipients = _by_id(Recipient, {notice.recipient_id for notice in notices})
        mails = _by_id(Mail, {notice.mail_id for notice in notices if notice.mail_id})
        attempts = Attempt.of([notice.id for notice in notices])
        drops = {notice.id: notice.drops for notice in notices}
        some = {notice.id: notice.some_of_its_answers(SHOWN) for notice in notices}
        responses = _by_id(Response, {ident for idents in some.values() for ident in idents})
        surveys = _by_id(Survey, {drop.survey_id for some in drops.values() for drop in some})
        return [
            cls(
                notice,
                recipients[notice.recipient_id],
                mails.get(notice.mail_id) if notice.mail_id else None,
                [responses[ident] for ident in some[notice.id] if ident in responses],
                [(drop, surveys[drop.survey_id]) for drop in drops[notice.id] if drop.survey_id in surveys],
                attempts.get(notice.id, []),
            )
            for notice in notices
            if notice.recipient_id in recipients
        ]


def _by_id(kind: Any, idents: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    found = db.session.scalars(select(kind).where(kind.id.in_(idents))) if idents else ()
    return {one.id: one for one in found}
