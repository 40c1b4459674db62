"""How often each score was given, counted from the rows in plain SQL: whatever `figure` reads from roll-ups and by
`census` must be the same, and what neither can tell is counted here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, Uuid, bindparam, case, exists, false, func, literal, or_, select

from base.db import db
from base.prepared import Prepared
from feedback import attribute
from feedback.answer import Answer
from feedback.phrase import Phrases
from feedback.response import Response
from feedback.theme import SIDE, Theme
from feedback.zoning import Interval
from surveys.question import ANY, CONTACT
from surveys.scale import SCALES, Band, Scale
from surveys.version import Version

Segment = Literal["agent", "team", "channel", "language"]
Counts = dict[int, int]

FACETS: tuple[Segment, ...] = ("agent", "team", "channel", "language")

NAMELESS = ""
"""As a filter of a segment: those that have no agent, team, channel or known language."""

TIMED = Response.invitation_id.is_not(None) | Response.link_id.is_not(None)
"""Anonymous answers keep no hour: their moments say noon of their day."""

COUNTED = Response.flagged_at.is_(None) | Response.released_at.is_not(None)
"""What numbers are made of: suspicious submissions wait apart until staff release them."""

SET_ASIDE = Response.flagged_at.is_not(None) & Response.released_at.is_(None)
"""The others, said as their index says it."""

spoken = case((Response.comment.is_(None), Response.locale), else_=Response.language)
"""The language of a comment as it was read (None until then); without a comment, that of the page."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What narrows a view of responses. None does not narrow. `sentiment` is a label, "unscored" (a comment without
    a label) or "unread" (those of them that still wait for their reading).
    """

    band: Band | None = None
    score: int | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    language: str | None = None
    sentiment: str | None = None
    theme: str | None = None
    phrase: str | None = None
    """The lemmas of a phrase that the comment has, behind the language that it is written in: "en:delivery late"."""
    version: int | None = None
    metric: str | None = None
    """Those that were given by this metric, of lists and topics of a whole workspace."""
    question: str | None = None
    """Those that answered this question, with `value`: a choice, a row, a row and its rating ("r1:5"), a month of a
    date ("2026-11"), or with None anything.
    """
    value: str | None = None
    wants_contact: bool | None = None
    """Those that may be contacted; False: the others."""
    within: tuple[Interval, ...] | None = None
    """Those that first came in one of these, whose hours are known."""
    trait: str | None = None
    """Those whose property of this name `equals` a value ("": has none), or is a number from `least` to `most`."""
    equals: str | None = None
    least: float | None = None
    most: float | None = None


EVERYTHING = Filters()


def counts(survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING) -> Counts:
    """How many counted responses first came in `interval` with each score."""
    query = select(Response.score, func.count()).where(*counted(survey_id, interval, filters))
    return dict(db.session.execute(query.group_by(Response.score)).all())


def counts_by(
    segment: Segment, survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING
) -> dict[str | None, Counts]:
    """The same apart for each agent, team, channel or language; None where the response has none."""
    column = spoken if segment == "language" else getattr(Response, segment)
    query = select(column, Response.score, func.count()).where(*counted(survey_id, interval, filters))
    found: dict[str | None, Counts] = {}
    for name, score, n in db.session.execute(query.group_by(column, Response.score)):
        found.setdefault(name, {})[score] = n
    return found


def counts_over(survey_id: uuid.UUID, edges: Sequence[datetime], filters: Filters = EVERYTHING) -> list[Counts]:
    """The same apart for each stretch of time from one of the rising `edges` up to, and without, the next."""
    stretch = case(*((Response.created_at < edge, literal(number)) for number, edge in enumerate(edges[1:])))
    query = select(stretch.label("stretch"), Response.score, func.count())
    query = query.where(*counted(survey_id, Interval(edges[0], edges[-1]), filters))
    found: list[Counts] = [{} for _ in edges[1:]]
    for number, score, n in db.session.execute(query.group_by("stretch", Response.score)):
        found[number][score] = n
    return found


def counts_by_version(survey_id: uuid.UUID, interval: Interval | None = None) -> dict[int, Counts]:
    """How many counted responses to each version of a survey gave each score, of any time or first come in it."""
    query = select(Version.number, Response.score, func.count()).join(Version, Version.id == Response.version_id)
    query = query.where(Response.survey_id == survey_id, COUNTED)
    if interval is not None:
        query = query.where(Response.created_at >= interval.start, Response.created_at < interval.end)
    found: dict[int, Counts] = {}
    for number, score, n in db.session.execute(query.group_by(Version.number, Response.score)):
        found.setdefault(number, {})[score] = n
    return found


def counts_of_all(workspace_id: uuid.UUID) -> dict[uuid.UUID, Counts]:
    """How many counted responses each survey of a workspace ever got with each score."""
    query = select(Response.survey_id, Response.score, func.count()).where(
        Response.workspace_id == workspace_id, COUNTED
    )
    found: dict[uuid.UUID, Counts] = {}
    for survey_id, score, n in db.session.execute(query.group_by(Response.survey_id, Response.score)):
        found.setdefault(survey_id, {})[score] = n
    return found


def sentiments(survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, int]:
    """How many comments have each label; "unscored": read and left without one, "unread": not read yet."""
    unread = case((Response.read_at.is_(None), "unread"), else_="unscored")
    kind = func.coalesce(Response.sentiment_label, unread).label("kind")
    query = select(kind, func.count()).where(*counted(survey_id, interval, filters), Response.comment.is_not(None))
    return dict(db.session.execute(query.group_by("kind")).all())


def themes(survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, tuple[int, int, int]]:
    """Of how many comments each theme is spoken, and in how many of them rather badly and rather well."""
    bad, good = (case((side, 1), else_=0) for side in (Theme.polarity <= -SIDE, Theme.polarity >= SIDE))
    query = select(Theme.theme, func.count(), func.sum(bad), func.sum(good)).join(
        Response, Response.id == Theme.response_id
    )
    query = query.where(*counted(survey_id, interval, filters), Response.read_at.is_not(None))
    return {theme: (n, bad, good) for theme, n, bad, good in db.session.execute(query.group_by(Theme.theme))}


def theme_counts(survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING) -> dict[str, Counts]:
    """How often each score was given with a comment that speaks of each theme."""
    query = select(Theme.theme, Response.score, func.count()).join(Response, Response.id == Theme.response_id)
    query = query.where(*counted(survey_id, interval, filters), Response.read_at.is_not(None))
    found: dict[str, Counts] = {}
    for theme, score, n in db.session.execute(query.group_by(Theme.theme, Response.score)):
        found.setdefault(theme, {})[score] = n
    return found


def beside(survey_id: uuid.UUID, interval: Interval, filters: Filters = EVERYTHING) -> int:
    """How many counted responses came to no mail that we could name: by open links, and anonymous ones."""
    query = select(func.count()).where(*counted(survey_id, interval, filters), Response.invitation_id.is_(None))
    return db.session.scalar(query) or 0


def set_aside(workspace_id: uuid.UUID, survey_id: uuid.UUID | None = None) -> int:
    """How many flagged responses wait apart from the numbers, in a workspace or in one survey of it."""
    if survey_id is None:
        [[found]] = _ASIDE_OF_WORKSPACE.all({"whose": workspace_id})
    else:
        [[found]] = _ASIDE_OF_SURVEY.all({"whose": survey_id})
    return int(found)


# Each has an index of its own, that tells the number without a look at the rows.
_ASIDE_OF_WORKSPACE, _ASIDE_OF_SURVEY = (
    Prepared(select(func.count()).select_from(Response).where(own == bindparam("whose", type_=Uuid()), SET_ASIDE))
    for own in (Response.workspace_id, Response.survey_id)
)


def facet(filters: Filters) -> Segment | None:
    """The first of agent, team, channel and language that narrows."""
    return next((name for name in FACETS if getattr(filters, name) is not None), None)


def passes(filters: Filters, value: str | None) -> bool:
    """Whether answers with this value of the facet that narrows pass it; the same as `conditions` ask of rows."""
    name = facet(filters)
    wanted = getattr(filters, name) if name else None
    if wanted is None:
        return True
    if name == "language":
        if wanted == NAMELESS:
            return value in (None, "und")
        return value == wanted or str(value).startswith(f"{wanted}-")
    return value is None if wanted == NAMELESS else value == wanted


def conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """What rows of `Response` must satisfy to pass `filters`."""
    for name in ("agent", "team", "channel"):
        wanted = getattr(filters, name)
        if wanted == NAMELESS:
            yield getattr(Response, name).is_(None)
        elif wanted is not None:
            yield getattr(Response, name) == wanted
    if filters.band is not None:
        yield or_(*(_in_band(scale, filters.band) for scale in SCALES.values()))
    if filters.score is not None:
        yield Response.score == filters.score
    if filters.language is not None:
        yield _in_language(filters.language)
    if filters.sentiment is not None:
        yield _of_sentiment(filters.sentiment)
    yield from _spoken_of(filters)
    if filters.metric is not None:
        yield Response.metric == filters.metric
    if filters.version is not None:
        yield Response.version_id.in_(select(Version.id).where(Version.number == filters.version))
    yield from _about_further(filters)


def _spoken_of(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.theme is not None:
        spoken_of = exists().where(Theme.response_id == Response.id, Theme.theme == filters.theme)
        yield Response.read_at.is_not(None) & spoken_of.correlate(Response)
    if filters.phrase is not None:
        language, _, key = filters.phrase.partition(":")
        yield Response.read_at.is_not(None) & _in_language(language) & Phrases.has(Response.id, key)


def counted(survey_id: uuid.UUID, interval: Interval, filters: Filters) -> list[ColumnElement[bool]]:
    """What rows of `Response` must satisfy to count for a survey in an interval."""
    within = (Response.created_at >= interval.start, Response.created_at < interval.end)
    return [Response.survey_id == survey_id, *within, COUNTED, *conditions(filters)]


def _about_further(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.within is not None:
        yield TIMED
        moments = ((Response.created_at >= one.start) & (Response.created_at < one.end) for one in filters.within)
        yield or_(false(), *moments)
    if filters.trait is not None:
        yield attribute.passes(filters.trait, filters.equals, filters.least, filters.most)
    if filters.question is not None:
        yield _answered(Answer.question == filters.question, *_valued(filters.value or ANY))
    if filters.wants_contact is not None:
        wish = _answered(Answer.part == CONTACT, Answer.choice == "yes")
        yield wish if filters.wants_contact else ~wish


def _answered(*what: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the revision that counts has such an answer."""
    mine = (Answer.response_id == Response.id, Answer.revision == Response.revision)
    return select(Answer.response_id).where(*mine, *what).correlate(Response).exists()


def _valued(value: str) -> Iterator[ColumnElement[bool]]:
    row, _, rating = value.partition(":")
    if re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", value):
        year, month = map(int, value.split("-"))
        yield Answer.day >= date(year, month, 1)
        yield Answer.day < date(year + month // 12, month % 12 + 1, 1)
    elif rating.isdigit():
        yield Answer.part == row
        yield Answer.number == int(rating)
    elif value != ANY:
        yield (Answer.choice == value) | ((Answer.part == value) & Answer.number.is_not(None))


def _in_language(language: str) -> ColumnElement[bool]:
    if language == NAMELESS:
        return spoken.is_(None) | (spoken == "und")
    return (spoken == language) | spoken.startswith(f"{language}-", autoescape=True)


def _of_sentiment(sentiment: str) -> ColumnElement[bool]:
    without = Response.comment.is_not(None) & Response.sentiment_label.is_(None)
    if sentiment == "unread":
        return without & Response.read_at.is_(None)
    return without if sentiment == "unscored" else Response.sentiment_label == sentiment


def _in_band(scale: Scale, band: Band) -> ColumnElement[bool]:
    scores = scale.in_band(band)
    return (Response.metric == scale.key) & (Response.score.between(scores[0], scores[-1]) if scores else false())
