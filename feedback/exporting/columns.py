"""The columns of an export. Their names stay; new ones come at the end of their part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from surveys.question import TITLES, questions

COLUMNS: Final = {
    "response_id": "the response, for ever the same",
    "survey": "short name of the survey",
    "survey_name": "what staff call it",
    "version": "number of the version that the person saw",
    "metric": "what was measured: nps, csat, ces, …",
    "score": "the raw value on the scale of the metric",
    "band": "detractor, passive or promoter",
    "comment": "the words of the person",
    "comment_language": "language of the comment as it was read; und when nobody could tell",
    "sentiment": "negative, neutral, positive or mixed; empty when unscored",
    "polarity": "from -1 to 1",
    "themes": "what the comment speaks of, with commas between",
    "person": "name of the contact",
    "email": "address of the contact",
    "locale": "language in which the page was answered",
    "agent": "who handled the interaction",
    "team": "their team",
    "channel": "how it was handled",
    "interaction_source": "where the interaction came from",
    "interaction_id": "its number there",
    "link": "name of the open link by which the answer came",
    "created_at": "when the first answer came, UTC; noon of the day for anonymous answers",
    "updated_at": "when the answer that counts came, UTC",
    "revision": "number of the answer that counts",
    "counts": "whether it is part of the numbers",
    "flag_reason": "why it was set aside",
    "properties": "everything else that was told about the interaction, as JSON",
}
NUMBERS: Final = frozenset({"version", "score", "polarity", "revision"})
TRUTHS: Final = frozenset({"counts"})
MOMENTS: Final = frozenset({"created_at", "updated_at"})
PERSONAL: Final = frozenset({"person", "email"})
"""Left out for those who may not see people."""

MOST_ANSWERS: Final = 400
"""Columns of further answers: what spreadsheets and people can still use."""


def columns_of(documents: Sequence[Mapping[str, Any]], *, people: bool = True) -> tuple[str, ...]:
    """The columns of an export of a survey with versions of these `documents`, the newest first; none: of several.

    A further question is `q.<id>`; a line of a matrix is `q.<id>.<row>`.
    """
    names = [name for name in COLUMNS if people or name not in PERSONAL]
    further: dict[str, None] = {}
    for document in documents:
        for question in questions(document):
            if question.id not in TITLES:
                parts = question.rows or ("",)
                further |= {f"q.{question.id}.{part}" if part else f"q.{question.id}": None for part in parts}
    return (*names, *list(further)[:MOST_ANSWERS])
