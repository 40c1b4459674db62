"""What the pages of alerts say about rules and messages, in the staff's language."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from sqlalchemy import select

from base.db import db
from base.outbox import Mail
from feedback.alert import Alert
from feedback.notice import Attempt, Notice
from feedback.posting import NAMES
from feedback.recipient import Drop, Recipient
from feedback.response import Response
from surveys.scale import SCALES
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


def history(notices: Sequence[Notice]) -> list[Said]:
    """Messages with what they told and what became of them."""
    recipients = _by_id(Recipient, {notice.recipient_id for notice in notices})
    mails = _by_id(Mail, {notice.mail_id for notice in notices if notice.mail_id})
    attempts = Attempt.of([notice.id for notice in notices])
    drops = {notice.id: notice.drops for notice in notices}
    some = {notice.id: notice.some_of_its_answers(SHOWN) for notice in notices}
    responses = _by_id(Response, {ident for idents in some.values() for ident in idents})
    surveys = _by_id(Survey, {drop.survey_id for some in drops.values() for drop in some})
    return [
        Said(
            notice,
            recipients[notice.recipient_id],
            mails.get(notice.mail_id) if notice.mail_id else None,
            [responses[ident] for ident in some[notice.id]],
            [(drop, surveys[drop.survey_id]) for drop in drops[notice.id]],
            attempts.get(notice.id, []),
        )
        for notice in notices
    ]


def _by_id(kind: Any, idents: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    found = db.session.scalars(select(kind).where(kind.id.in_(idents))) if idents else ()
    return {one.id: one for one in found}


def score_words(response: Response) -> str:
    """What a link to an answer is called: "2 of 10"."""
    return str(gettext("%(score)s of %(high)s", score=response.score, high=SCALES[response.metric].high))


def kind_words(recipient: Recipient) -> str:
    """What sort of place a recipient is."""
    return NAMES.get(recipient.kind) or str(gettext("Mail"))


def rule_words(alert: Alert) -> str:
    """For example "A detractor · comment below −0.2 · team North"."""
    if alert.kind == "drop":
        told = [gettext("The score of %(days)s days drops clearly against the %(days)s before", days=alert.days)]
        return " · ".join([*told, *_segments(alert)])
    told = [_bands()[alert.band] if alert.band else gettext("Any score")]
    if alert.below is not None:
        told.append(gettext("comment below %(polarity)s", polarity=f"{alert.below:g}".replace("-", "−")))
    if words := alert.conditions.words:
        quoted = ", ".join(f"“{word}”" for word in words[:5]) + (" …" if len(words) > 5 else "")
        told.append(gettext("comment says %(words)s", words=quoted))
    return " · ".join([*told, *_segments(alert)])


def pause_words(alert: Alert) -> str:
    """How long a recipient is left alone after a message."""
    if alert.cool_down % 1440 == 0:
        return str(ngettext("%(num)s day", "%(num)s days", alert.cool_down // 1440))
    if alert.cool_down % 60 == 0:
        return str(ngettext("%(num)s hour", "%(num)s hours", alert.cool_down // 60))
    return str(ngettext("%(num)s minute", "%(num)s minutes", alert.cool_down))


def _bands() -> dict[str, str]:
    return {
        "detractor": gettext("A detractor"),
        "passive": gettext("A passive answer"),
        "promoter": gettext("A promoter"),
    }


def _segments(alert: Alert) -> list[str]:
    named = {
        gettext("agent"): alert.agent,
        gettext("team"): alert.team,
        gettext("channel"): alert.channel,
        gettext("language"): alert.language,
    }
    told = [f"{name} {value}" for name, value in named.items() if value]
    return told + ([f"{alert.property_name} = {alert.property_value}"] if alert.property_name else [])
