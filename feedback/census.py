"""One look at the rows that pass filters: everything that is counted apart of them, at once."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, select

from feedback import counting
from feedback.counting import MEASURES, NAMED, Cells, Cut
from feedback.response import Response
from feedback.rollup import face
from feedback.tally import Filters, counted
from feedback.zoning import Interval

PORTION = 2_000
"""Rows that are in memory at once."""


def census(
    connection: Connection, survey_id: uuid.UUID, interval: Interval, filters: Filters, cuts: Collection[Cut]
) -> Cells:
    """What `cuts` hold of the responses that first came in `interval`; of names only how often each score was given.

    Rows are counted here and not by a GROUP BY: it would have to sort all of them, by names and by what they say.
    """
    names = [name for name in NAMED if name in cuts]
    query = select(face, Response.score, *(getattr(Response, name) for name in names))
    query = query.where(*counted(survey_id, interval, filters))
    faces: Counter[str] = Counter()
    scores: list[Counter[tuple[str | None, int]]] = [Counter() for _ in names]
    said, each = itemgetter(0), [itemgetter(place, 1) for place, _ in enumerate(names, start=2)]
    for portion in _portions(connection, query):
        faces.update(map(said, portion))
        for known, of in zip(scores, each, strict=True):
            known.update(map(of, portion))
    found: Cells = defaultdict(lambda: [0] * len(MEASURES))
    for whole, n in faces.items():
        for key, places in counting.unnamed(whole):
            counting.add(found[key], places, n)
    for name, known in zip(names, scores, strict=True):
        for (value, score), n in known.items():
            found[name, counting.named(value)][score] += n
    return dict(found)


def _portions(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """The rows of a query, some at a time."""
    if connection.dialect.name != "sqlite":
        yield from connection.execute(query, execution_options={"yield_per": PORTION}).partitions()
        return
    # As the driver makes them, which it does one by one: what SQLAlchemy makes of them cost as much again as the rest.
    with connection.execute(query) as result:
        while portion := result.cursor.fetchmany(PORTION):
            yield portion
