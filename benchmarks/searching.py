"""How fast comments are searched and narrowed: `python -m benchmarks.searching`.

    .venv/bin/python -m benchmarks.searching [--database sqlite|postgresql] [--rows 10000,100000] [--rounds 30]
        [--kept DIR]

The rows of `benchmarks.reading`, but every response has a comment, of 8 to 30 words of which some are in every third
comment and most in a few (Zipf's law, 30,000 words). Comments are in four of ten answers or fewer elsewhere, so a
million rows here are what a search meets among two and a half million responses. Then pages of 50 are asked for, the
rows themselves with their people included, and how many there are as the page tells it. Milliseconds of the clock, in
brackets of the processor.
"""

from __future__ import annotations

import time
from bisect import bisect
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import accumulate
from typing import Any

from sqlalchemy import func, insert, select

from base.db import db, reading, transaction
from benchmarks.ground import analyse, ground, made, options, tell, whole
from benchmarks.reading import survey_with_versions, surveyed, times
from benchmarks.town import CHUNK, COLUMNS, LABELS, THEMES, Rows, Town, write
from feedback import inbox
from feedback.concordance import Concordance, document_of
from feedback.feed import Query
from feedback.response import Response
from feedback.searching import place_of, wish_of
from feedback.tally import Filters

SOUNDS = ("ka", "lo", "mi", "ne", "ru", "so", "ta", "ve", "zi", "po", "du", "ghe", "šta", "ža", "ló", "ńi")
KNOWN = 30_000
WEIGHTS = list(accumulate(1 / (rank + 2) for rank in range(KNOWN)))
PLACES = {name: place for place, name in enumerate(COLUMNS["response"])}
BATCH = 5_000


def word(rank: int) -> str:
    """The word of this rank; the first ones are short."""
    said, left = "", rank + len(SOUNDS)
    while left:
        left, sound = divmod(left, len(SOUNDS))
        said += SOUNDS[sound]
    return said


class Speakers(Town):
    """People who always say something."""

    def _answered(self, made: Rows, of: tuple[Any, Any], about: tuple[str, str, str], at: datetime) -> None:
        super()._answered(made, of, about, at)
        row, dice = list(made["response"][-1]), self.chance
        ranks = (bisect(WEIGHTS, dice.random() * WEIGHTS[-1]) for _ in range(dice.randint(8, 30)))
        row[PLACES["comment"]] = " ".join(word(rank) for rank in ranks).capitalize()
        row[PLACES["language"]], row[PLACES["sentiment_label"]] = row[PLACES["locale"]], dice.choice(LABELS)
        themes = dice.sample(THEMES, 2)
        row[PLACES["heard"]] = " ".join(f"{theme}=" for theme in themes)
        made["response"][-1] = tuple(row)
        while made["response_theme"] and made["response_theme"][-1][0] == row[0]:
            made["response_theme"].pop()
        made["response_theme"] += [(row[0], theme, 0.0) for theme in themes]


def fill() -> tuple[float, int]:
    """Let all comments be found, as a migration does; seconds, and how many there were."""
    began, after, done, taken = time.perf_counter(), None, 0, set[int]()
    on_postgresql = db.engine.dialect.name == "postgresql"
    while True:
        with reading() as session:
            rows = select(Response.__table__).order_by(Response.id).limit(BATCH)
            found = session.execute(rows if after is None else rows.where(Response.id > after)).all()
        if not found:
            return time.perf_counter() - began, done
        made = []
        for row in found:
            place = place_of(row.created_at, row.id)
            while place in taken:
                place += 1
            taken.add(place)
            said = document_of(row, postgresql=on_postgresql)
            made.append({"place": place, "response_id": row.id, "document": said})
        with transaction() as session:
            session.execute(insert(Concordance), made)
        after, done = found[-1].id, done + len(found)


def wishes(query: dict[str, Any]) -> Iterator[tuple[str, Query]]:
    """What is looked for, by what is special about it."""
    common, usual, rare = word(0), word(300), word(25_000)
    for name, typed in (
        ("nothing, the newest page", ""), ("a very common word", f"{common} "), ("a usual word", f"{usual} "),
        ("a rare word", f"{rare} "), ("a word that nobody said", "qwertz "),
        ("two very common words", f"{common} {word(1)} "),
        ("a common and a rare word", f"{common} {rare} "), ("a phrase of common words", f'"{common} {word(1)}"'),
        ("one letter", common[0]), ("two letters", word(300)[:2]), ("four letters", word(5_000)[:4]),
    ):  # fmt: skip
        yield name, Query(**query, wish=wish_of(typed))
    some = {"band": "detractor", "sentiment": "negative"}
    for name, typed, filters in (
        ("an agent", "", Filters(agent="Agent 190")),
        ("a common word of an agent", f"{common} ", Filters(agent="Agent 190")),
        ("band, sentiment, language, theme", "", Filters(**some, language="el", theme="price")),  # type: ignore[arg-type]
        ("the same, agent and a common word", f"{common} ", Filters(**some, agent="Agent 190", theme="price")),  # type: ignore[arg-type]
        ("a property that nobody has", "", Filters(trait="plan", equals="gold")),
        ("filters that exclude each other", f"{common} ", Filters(agent="Agent 190", team="Team 1")),
    ):
        yield name, Query(**query, wish=wish_of(typed), filters=filters)


def filled(number: int) -> Iterator[str]:
    """All comments, ready to be found; what that took."""
    survey, versions = survey_with_versions()
    town = Speakers(survey, versions, number)
    for start in range(0, number, CHUNK):
        write(town.rows(range(start, min(number, start + CHUNK))))
    db.session.rollback()  # what is read from now on has these rows
    took, done = fill()
    analyse()
    made(f"{number} comments to search")
    yield f"{done:,} comments can be found after {took:.0f} s ({1000 * took / done:.2f} ms each)"


def measure(number: int, rounds: int) -> Iterator[str]:
    if not whole(f"{number} comments to search"):
        yield from filled(number)
    survey, _ = surveyed()
    middle = str(db.session.scalar(select(func.max(Concordance.place) / 2 + func.min(Concordance.place) / 2)) or 0)
    middle = middle.partition(".")[0]
    for name, query in wishes({"workspace_id": survey.workspace_id, "commented": True}):
        yield f"{name}: {times(partial(inbox.page, query, limit=50), rounds)}"
        yield f"  in the middle: {times(partial(inbox.page, query, limit=50, after=middle), rounds)}"
        yield f"  how many: {times(partial(inbox.size, query), rounds)}"


def main() -> None:
    known = options(__doc__, rounds=30)
    known.add_argument("--rows", default="10000,100000")
    chosen = known.parse_args()
    for number in map(int, chosen.rows.split(",")):
        with ground(chosen):
            tell(f"{chosen.database}, {number:,} comments", measure(number, chosen.rounds))


if __name__ == "__main__":
    main()
