"""What the people of the demo company left beside the answers that they read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from base.db import db, transaction
from feedback.demo.company import Company
from feedback.glance import Glance
from feedback.note import Note
from feedback.response import Response
from feedback.tally import COUNTED

NEWEST = 120
"""Answers that somebody went through."""
TAGS = {
    ("courtesy", "positive"): "Praise for staff",
    ("delivery", "negative"): "Late parcel",
    ("price", "negative"): "Too expensive",
    ("product", "negative"): "For the shop",
}
"""What they call what is spoken of, and how, in a comment that is so as a whole."""
CLEAR = 0.15
"""From where on a theme is spoken of well or badly, and not only mentioned."""
CALLED = "Called back on the phone: the parcel was at the neighbour's. Sent a voucher."
AWAY = timedelta(hours=20)


def work(made: Company, now: datetime) -> None:
    """Tags on some of the newest comments, a note on two, and an admin who looked at them yesterday."""
    newest = select(Response).where(Response.workspace_id == made.workspace_id, Response.comment.is_not(None), COUNTED)
    by: dict[str, Any] = {"at": now - AWAY, "by": made.admin_id}
    with transaction():
        unhappy = 0
        for response in db.session.scalars(newest.order_by(Response.created_at.desc()).limit(NEWEST)).all()[5:]:
            if called := _called(response):
                response.add_tag(called, **by)
            if response.sentiment_label == "negative" and response.metric == "nps" and unhappy < 6:
                response.add_tag("Call back", **by)
                unhappy += 1
                if unhappy < 3:
                    Note.write(response.id, CALLED, **by)
        Glance.keep(made.admin_id, made.workspace_id, at=now - AWAY)


def _called(response: Response) -> str | None:
    """The tag of the first theme that is spoken of as the comment is as a whole."""
    label = response.sentiment_label or ""
    sign = {"positive": 1, "negative": -1}.get(label, 0)
    clear = (one.theme for one in response.themes if one.polarity * sign >= CLEAR)
    return next((TAGS[theme, label] for theme in clear if (theme, label) in TAGS), None)
