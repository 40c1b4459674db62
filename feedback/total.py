"""The answers of all surveys of a workspace, of all time: what lists of surveys show."""

from __future__ import annotations

import uuid
from itertools import chain

from sqlalchemy import and_, func, select

from base.db import db
from feedback import tally
from feedback.counting import SCORES, add, score_of, scores_of
from feedback.ledger import MOST_PENDING
from feedback.response import Response
from feedback.rollup import Rollup, RollupState, gone_faces, pending_faces
from feedback.snapshot import snapshot
from feedback.spanning import HIGHEST
from feedback.tally import SET_ASIDE, Counts
from surveys.survey import Survey


def counts_of_all(workspace_id: uuid.UUID) -> dict[uuid.UUID, Counts]:
    """How many counted responses each survey of a workspace ever got with each score. Four statements."""
    scores = [func.sum(Rollup.__table__.c[name]) for name in SCORES]
    mine = select(Survey.id).where(Survey.workspace_id == workspace_id)
    read = and_(RollupState.survey_id == Rollup.survey_id, RollupState.generation == Rollup.generation)
    ever = (Rollup.cut == "all", Rollup.stretch >= HIGHEST)
    with snapshot() as connection:
        surveys = connection.scalars(mine).all()
        query = select(Rollup.survey_id, *scores).join(RollupState, read).where(Rollup.survey_id.in_(surveys), *ever)
        rows = connection.execute(query.group_by(Rollup.survey_id))
        found = {survey_id: [int(n) for n in numbers] for survey_id, *numbers in rows}
        changed = connection.execute(pending_faces(surveys).limit(MOST_PENDING + 1)).all()
        if len(changed) > MOST_PENDING:
            return tally.counts_of_all(workspace_id)
        for survey_id, weight, said in chain(
            ((row.survey_id, 1, row.face) for row in changed),
            ((row.survey_id, -1, row.counted_as) for row in changed),
            ((row.survey_id, -1, row.counted_as) for row in connection.execute(gone_faces(surveys))),
        ):
            if said:
                add(found.setdefault(survey_id, [0] * len(SCORES)), [score_of(said)], weight)
    by_survey = {survey_id: scores_of(numbers) for survey_id, numbers in found.items()}
    return {survey_id: counts for survey_id, counts in by_survey.items() if counts}


def aside_of_all(workspace_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """How many answers to invitations are set aside, of each survey that has any. By an index of them."""
    theirs = (Response.workspace_id == workspace_id, SET_ASIDE, Response.invitation_id.is_not(None))
    query = select(Response.survey_id, func.count()).where(*theirs).group_by(Response.survey_id)
    return dict(db.session.execute(query).all())
