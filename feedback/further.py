"""The answers to further questions, counted where they lie. Five statements, however many questions there are; only
the revision of a response that counts is looked at.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, extract, func, select

from base.db import db
from feedback.answer import Answer
from feedback.response import Response
from feedback.summing import Edition, Found, Said, Summary, summaries
from feedback.tally import EVERYTHING, Filters, counted
from feedback.zoning import Interval
from surveys import wording
from surveys.merging import NOBODY
from surveys.question import OTHER, questions, several
from surveys.survey import Survey
from surveys.version import Version

NEWEST = 5
"""Texts of a question that its summary shows."""


def edition(version: Version, company: str) -> Edition:
    """A version with the words of its main language, as somebody of whom nothing is known would read them."""
    texts = wording.effective(version.document, version.document["default_locale"])
    return version.id, version.document, wording.named(texts, company, NOBODY)


def of(
    survey: Survey, versions: Sequence[Version], company: str, interval: Interval, filters: Filters = EVERYTHING
) -> list[Summary]:
    """What was answered to each further question of a survey; nothing where no version has any."""
    if not any(several(version.document) for version in versions):
        return []
    editions = [edition(version, company) for version in versions]
    chosen = next((one.id for one in versions if one.number == filters.version), None)
    leading = next((one for one in editions if one[0] == chosen), None)
    kinds = {question.id: question.kind for one in reversed(editions) for question in questions(one[1])}
    return summaries(_found(survey.id, interval, filters, kinds), editions, first=leading)


def _found(survey_id: uuid.UUID, interval: Interval, filters: Filters, kinds: Mapping[str, str]) -> Found:
    wanted = counted(survey_id, interval, filters)
    asked = select(Response.version_id, func.count()).where(*wanted).group_by(Response.version_id)
    people = _current(Answer.question, func.count(Answer.response_id.distinct())).where(*wanted)
    columns = (Answer.question, Answer.part, Answer.choice, Answer.number, Response.version_id)
    values = _current(*columns, func.count()).where(*wanted, Answer.text.is_(None) | Answer.choice.is_not(None))
    chosen: dict[str, dict[str, int]] = {}
    rated: dict[tuple[str, str], dict[tuple[uuid.UUID, int], int]] = {}
    for question, part, choice, number, version, n in db.session.execute(values.group_by(*columns)):
        if choice is not None:
            into = chosen.setdefault(question, {})
            into[choice] = into.get(choice, 0) + n
        elif number is not None:
            rated.setdefault((question, part), {})[version, number] = n
    written = {ident for ident, kind in kinds.items() if kind in {"short", "long", "one", "many"}}
    return Found(
        asked=dict(db.session.execute(asked).all()),
        answered=dict(db.session.execute(people.group_by(Answer.question)).all()),
        chosen=chosen,
        rated=rated,
        months=_months(wanted) if "date" in kinds.values() else {},
        written=_newest(wanted, written) if written else {},
    )


def _current(*columns: Any) -> Select[Any]:
    """From the answers of the revisions that count."""
    same = (Answer.response_id == Response.id) & (Answer.revision == Response.revision)
    return select(*columns).select_from(Response).join(Answer, same)


def _months(wanted: Sequence[Any]) -> dict[str, dict[tuple[int, int], int]]:
    year, month = extract("year", Answer.day).label("year"), extract("month", Answer.day).label("month")
    query = _current(Answer.question, year, month, func.count()).where(*wanted, Answer.day.is_not(None))
    found: dict[str, dict[tuple[int, int], int]] = {}
    for question, in_year, in_month, n in db.session.execute(query.group_by(Answer.question, "year", "month")):
        found.setdefault(question, {})[int(in_year), int(in_month)] = n
    return found


def _newest(wanted: Sequence[Any], idents: Collection[str]) -> dict[str, list[Said]]:
    """The newest words of each of these questions: texts, and what "other" meant."""
    order = (Response.created_at.desc(), Response.id.desc())
    place = func.row_number().over(partition_by=Answer.question, order_by=order).label("place")
    words = Answer.text.is_not(None) & (Answer.choice.is_(None) | (Answer.choice == OTHER))
    query = _current(Answer.question, Response.id, Response.created_at, Answer.text, place)
    rows = query.where(*wanted, words, Answer.question.in_(sorted(idents))).subquery()
    newest = select(rows.c.question, rows.c.id, rows.c.created_at, rows.c.text).where(rows.c.place <= NEWEST)
    found: dict[str, list[Said]] = {}
    for question, ident, at, text in db.session.execute(newest.order_by(rows.c.question, rows.c.place)):
        found.setdefault(question, []).append(Said(ident, at, text))
    return found
