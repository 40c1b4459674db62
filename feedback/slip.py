"""The rows of a first answer, whichever way it came, and whether the same page was sent before."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from base.claiming import Columns
from base.db import Model, new_id
from base.errors import ConflictError
from feedback.answer import Answer
from feedback.response import Response, told_of
from feedback.revision import FIRST, Given, Revision, Sent
from surveys.door import Door
from surveys.link import Link


def sent_as(given: Given, ident: uuid.UUID, earlier: Sequence[Sent]) -> int | None:
    """As which `earlier` revision of a response the same page was sent; ConflictError when it said something else."""
    for revision in earlier:
        if revision.form_id == given.form_id:
            if not revision.says(given) or set(Answer.of(ident, revision.number)) != set(given.pieces):
                raise ConflictError("This page was sent before with another answer.")
            return revision.number
    return None


def first_values(link: Link | Door, given: Given, at: datetime) -> dict[str, Any]:
    """The values of a first answer and its revision, all but the key of the submission."""
    return {
        "v_id": new_id(),
        "v_workspace_id": link.workspace_id,
        "v_survey_id": link.survey_id,
        "v_version_id": link.version_id,
        "v_invitation_id": link.invitation_id,
        "v_contact_id": link.contact_id,
        "v_link_id": link.link_id,
        "v_metric": link.metric,
        **{f"v_{name}": value for name, value in (content(given, at) | link.facts).items()},
        "v_at": at,
        "v_number": 1,
        "v_form_id": given.form_id,
        "v_opened_at": given.opened_at,
        "v_client": given.client or None,
        "v_signs": " ".join(given.signs) or None,
        "v_event_data": told_of(1, given.suspicion),
    }


def content(given: Given, at: datetime) -> dict[str, Any]:
    """What changes in a response with each revision."""
    reason = given.suspicion
    return {
        "score": given.score,
        "comment": given.comment,
        "locale": given.locale,
        "updated_at": at,
        "flagged_at": at if reason else None,
        "flag_reason": reason,
    }


ROWS: Mapping[type[Model], Columns] = MappingProxyType(
    {
        Response: {
            **{column: f"v_{column}" for column in ("id", "workspace_id", "survey_id", "version_id", "invitation_id")},
            **{column: f"v_{column}" for column in ("contact_id", "link_id", "submission_key", "metric", "score")},
            **{column: f"v_{column}" for column in ("comment", "locale", "agent", "team", "channel", "properties")},
            **{column: f"v_{column}" for column in ("updated_at", "flagged_at", "flag_reason")},
            "created_at": "v_at",
            "revision": "v_number",
        },
        Revision: FIRST,
    }
)
"""The rows of a first answer, with the names of their values."""
