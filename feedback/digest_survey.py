from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Uuid, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Model, Moment, db
from base.errors import NotFoundError
from surveys.survey import Survey

if TYPE_CHECKING:
    from feedback.digest import Digest


class DigestSurvey(Model):
    """A survey that a digest follows, when it does not follow all; of one that follows all, a survey it began to
    follow later than the rest.
    """

    __tablename__ = "digest_survey"

    digest_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("digest.id", ondelete="CASCADE"), primary_key=True)
    survey_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("survey.id", ondelete="CASCADE"), primary_key=True)
    covers_from: Mapped[datetime | None] = mapped_column(Moment)
    """Detractors of this survey answered since then belong to the digest; None: since those of the digest do."""

    @classmethod
    def follow(cls, digest: Digest, wanted: Iterable[uuid.UUID] | None, *, since: datetime | None) -> None:
        """Let a digest follow exactly these surveys, or all; those not followed before only `since` then."""
        everything = set(db.session.scalars(select(Survey.id).where(Survey.workspace_id == digest.workspace_id)))
        chosen = set(wanted) if wanted is not None else everything
        if not chosen <= everything:
            raise NotFoundError("survey", (chosen - everything).pop())
        known = set(db.session.scalars(select(cls.survey_id).where(cls.digest_id == digest.id)))
        before = known if not digest.all_surveys else everything
        if wanted is not None:
            db.session.execute(delete(cls).where(cls.digest_id == digest.id, cls.survey_id.not_in(chosen)))
        for survey_id in chosen - known:
            start = since if since is not None and survey_id not in before else None
            if wanted is not None or start is not None:
                db.session.add(cls(digest_id=digest.id, survey_id=survey_id, covers_from=start))
        db.session.flush()
