"""What comments of a period speak of, counted from the comments themselves: phrases of one language, a workspace's own
topics, and the tags that its people gave.

Of very many comments the newest are counted, of the period and of the one before alike.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, select, true

from base.db import db
from feedback import weighing
from feedback.metric import simultaneous
from feedback.patterning import Patterns
from feedback.phrase import Phrases, lines, place_in
from feedback.ranging import Range
from feedback.response import Response
from feedback.searching import words_of
from feedback.sentiment.gleaning import LANGUAGES
from feedback.sharing import NO_SHIFT, Share, Shift, shift
from feedback.tag import Tag, Tagging
from feedback.tally import COUNTED, EVERYTHING, Filters, conditions
from feedback.topic import Topic
from feedback.zoning import Interval

MOST = 10_000
"""Comments that a page looks at, of either period."""
NEGATIVE = "negative"


class Scope(NamedTuple):
    """Whose comments: those of a workspace, or of one survey of it; of these the ones that pass `filters`."""

    workspace_id: uuid.UUID
    survey_id: uuid.UUID | None = None
    filters: Filters = EVERYTHING


@dataclass(frozen=True)
class Line:
    """One thing that comments speak of. `key` is a phrase's lemmas, or the id of a topic or a tag."""

    key: str
    name: str
    of_all: Share
    """Of the comments that are looked at."""
    negative: Share
    """Of those that speak of it and whose sentiment could be told."""
    shift: Shift
    """Against the period before, as surely as so many that might have been shown ask for. Of tags nothing is said: how
    often one is given tells how diligently people tag, too.
    """


@dataclass(frozen=True)
class TopicTally:
    """`n` comments were counted, `since` is the moment of the oldest of them when there are more in the period."""

    n: int
    since: datetime | None
    languages: Mapping[str, int]
    """How many of them are in each language whose words are known, most first; those only whose phrases are kept."""
    elsewhere: int
    """How many are in other languages, or in one that could not be told."""
    language: str | None
    """Whose phrases these are."""
    phrases: Sequence[Line]
    topics: Sequence[Line]
    tags: Sequence[Line]
    unread: int
    """How many of them and of those of the period before were read before phrases were kept: they can have none, so
    they count for no phrase, in neither period.
    """

    @classmethod
    def of(cls, scope: Scope, period: Range, *, language: str | None = None) -> TopicTally:
        """`language` None, or one that nobody wrote in: that of most comments."""
        now, before = Window.of(scope, period.interval), Window.of(scope, period.previous)
        known, known_before = now.kept(), before.kept()
        spoken_in = Counter(row.language for row in known.rows.values() if row.language in LANGUAGES)
        languages = dict(spoken_in.most_common())
        spoken = language if language in languages else next(iter(languages), None)
        topics, tags = Topic.all_of(scope.workspace_id), Tag.all_of(scope.workspace_id)
        tagged = now.tagged()
        in_use = [tag for tag in tags if tag.id in tagged]
        shown, texts = known.phrases(spoken)
        # Phrases are chosen by what the comments are full of now, which is a look at each that might have been chosen.
        might = len(_often(known.counts(spoken) + known_before.counts(spoken)))
        whole = _Comparison(now, before, simultaneous(2 * len(topics)))
        narrow = _Comparison(known.within(spoken), known_before.within(spoken), simultaneous(2 * might))
        earlier, _ = known_before.phrases(spoken, only=shown)
        own_now, own_before = now.speaking(topics), before.speaking(topics)
        return cls(
            n=len(now.rows),
            since=now.since,
            languages=languages,
            elsewhere=sum(row.language not in LANGUAGES for row in now.rows.values()),
            language=spoken,
            phrases=_largest(narrow.line(key, texts[key], shown[key], earlier.get(key, set())) for key in shown),
            topics=_largest(whole.line(str(one.id), one.name, own_now[one.id], own_before[one.id]) for one in topics),
            tags=_largest(
                replace(whole.line(str(one.id), one.name, tagged[one.id], ()), shift=NO_SHIFT) for one in in_use
            ),
            unread=len(now.rows) + len(before.rows) - len(known.rows) - len(known_before.rows),
        )


Idents = Collection[uuid.UUID]


@dataclass(frozen=True)
class Window:
    """The newest comments of an interval that were read and count."""

    scope: Scope
    interval: Interval
    rows: Mapping[uuid.UUID, Any]
    since: datetime | None = None

    @classmethod
    def of(cls, scope: Scope, interval: Interval) -> Window:
        columns = (Response.id, Response.created_at, Response.sentiment_label, Response.comment, Phrases.said)
        query = select(*columns, Response.language).outerjoin(Phrases, Phrases.response_id == Response.id)
        within = (Response.created_at >= interval.start, Response.created_at < interval.end)
        query = query.where(*_mine(scope), *within, *conditions(scope.filters))
        query = query.where(COUNTED, Response.comment.is_not(None), Response.read_at.is_not(None))
        newest = query.order_by(Response.created_at.desc(), _last(scope).desc()).limit(MOST + 1)
        rows: Sequence[Any] = db.session.connection().execute(newest).all()
        since = rows[MOST - 1].created_at if len(rows) > MOST else None
        return cls(scope, interval, {row.id: row for row in rows[:MOST]}, since)

    def kept(self) -> Window:
        """Those whose phrases are kept."""
        rows = {ident: row for ident, row in self.rows.items() if row.said is not None}
        return Window(self.scope, self.interval, rows, self.since)

    def within(self, language: str | None) -> Window:
        """Those in one language."""
        rows = {ident: row for ident, row in self.rows.items() if row.language == language}
        return Window(self.scope, self.interval, rows, self.since)

    def phrases(
        self, language: str | None, *, only: Mapping[str, Idents] | None = None
    ) -> tuple[dict[str, set[uuid.UUID]], dict[str, str]]:
        """Which comments have each phrase that is worth being shown (or each of `only`), and how most write it."""
        places: dict[str, dict[uuid.UUID, str]] = {}
        for row in self.rows.values():
            if row.language == language:
                for key, where in lines(row.said):
                    if only is None or key in only:
                        places.setdefault(key, {})[row.id] = where
        counts = {key: len(found) for key, found in places.items()}
        shown = weighing.chosen(counts) if only is None else list(places)
        texts = {key: _text(self._written(*at) for at in places[key].items()) for key in shown}
        return {key: set(places[key]) for key in shown}, texts

    def counts(self, language: str | None) -> Counter[str]:
        """How many comments in a language have each phrase."""
        rows = (row for row in self.rows.values() if row.language == language)
        return Counter(key for row in rows for key in {key for key, _ in lines(row.said)})

    def _written(self, ident: uuid.UUID, where: str) -> str:
        """A phrase as a comment has it."""
        return self.rows[ident].comment[slice(*place_in(where))]  # type: ignore[no-any-return] # a row knows no types

    def speaking(self, topics: Sequence[Topic]) -> dict[uuid.UUID, set[uuid.UUID]]:
        """Those that have one of the words of each own topic. Their texts are here, so going through them once is
        quicker than asking the index for every topic.
        """
        patterns, found = Patterns([one.parts for one in topics]), dict[int, list[uuid.UUID]]()
        if topics:
            for ident, row in self.rows.items():
                found.setdefault(patterns.spoken(words_of(row.comment)), []).append(ident)
        spoken: dict[uuid.UUID, set[uuid.UUID]] = {one.id: set() for one in topics}
        for bits, idents in found.items():
            for number, one in enumerate(topics):
                if bits >> number & 1:
                    spoken[one.id].update(idents)
        return spoken

    def tagged(self) -> dict[uuid.UUID, set[uuid.UUID]]:
        """Those that have each tag."""
        query = select(Tagging.tag_id, Tagging.response_id).join(Response, Response.id == Tagging.response_id)
        within = (Response.created_at >= (self.since or self.interval.start), Response.created_at < self.interval.end)
        found: dict[uuid.UUID, set[uuid.UUID]] = {}
        for tag_id, ident in db.session.execute(query.where(*_mine(self.scope), *within)):
            if ident in self.rows:
                found.setdefault(tag_id, set()).add(ident)
        return found


@dataclass(frozen=True)
class _Comparison:
    now: Window
    before: Window
    z: float

    def line(self, key: str, name: str, now: Idents, before: Idents) -> Line:
        told = [label for ident in now if (label := self.now.rows[ident].sentiment_label)]
        of_all = Share(len(now), len(self.now.rows))
        moved = shift(of_all, Share(len(before), len(self.before.rows)), z=self.z, exact=True)
        return Line(key, name, of_all, Share(told.count(NEGATIVE), len(told)), moved)


def _mine(scope: Scope) -> Iterator[ColumnElement[bool]]:
    if scope.survey_id is not None:
        yield Response.survey_id == scope.survey_id
    else:
        yield Response.workspace_id == scope.workspace_id


def _last(scope: Scope) -> ColumnElement[uuid.UUID]:
    """What tells apart comments of one moment. With the id alone SQLite takes the index that has all in this order, and
    walks through everybody's comments for those of one agent or team, who have an index too.
    """
    narrow = scope.survey_id is not None and (scope.filters.agent or scope.filters.team)
    return case((true(), Response.id)) if narrow else Response.id.expression


def _often(counts: Mapping[str, int]) -> list[str]:
    return [key for key, n in counts.items() if n >= weighing.FEWEST]


def _largest(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: -line.of_all.hits)


def _text(written: Iterable[str]) -> str:
    """How most write it, whatever their capitals and spaces; of equally many the first in the alphabet."""
    exact = Counter(" ".join(one.split()) for one in written)
    alike: Counter[str] = Counter()
    for one, n in exact.items():
        alike[one.casefold()] += n
    best = min(alike, key=lambda one: (-alike[one], one))
    return min((one for one in exact if one.casefold() == best), key=lambda one: (-exact[one], one.swapcase()))
