from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import select

from base.db import db
from feedback.response import Response
from surveys.reply import Reply
from surveys.scale import SCALES


def replies(invitation_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Reply]:
    """What was answered to these invitations, by invitation id. The key of a submission is what an index knows."""
    keys = [str(ident) for ident in invitation_ids]
    columns = (Response.invitation_id, Response.id, Response.metric, Response.score)
    found = select(*columns, Response.flagged_at, Response.released_at).where(Response.submission_key.in_(keys))
    return {
        row.invitation_id: Reply(
            response_id=row.id,
            score=row.score,
            scale=SCALES[row.metric],
            band=SCALES[row.metric].band(row.score),
            set_aside=row.flagged_at is not None and row.released_at is None,
        )
        for row in db.session.execute(found)
    }
