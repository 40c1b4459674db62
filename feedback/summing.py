"""What many people answered to one question, as a page draws it: shares, means, months, and the newest words."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from feedback.averaging import Mean, Sums, mean
from feedback.metric import ENOUGH, wilson_interval
from surveys.question import COMMENT, OTHER, SCORE, Document, Question, questions

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A few words of somebody, and where they stand."""

    response_id: uuid.UUID
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The answers to further questions as a database counts them. Ratings are apart by version, whose scales differ."""

    asked: Mapping[uuid.UUID, int]
    """Counted responses by version."""
    answered: Mapping[str, int]
    """People by question."""
    chosen: Mapping[str, Mapping[str, int]]
    rated: Mapping[tuple[str, str], Mapping[tuple[uuid.UUID, int], int]]
    """By question and row: how often in a version a rating was given."""
    months: Mapping[str, Mapping[tuple[int, int], int]]
    written: Mapping[str, Sequence[Said]]
    """The newest words by question: of texts, and of what "other" meant."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that could be chosen. Shares are per cent of those who answered; `gone` is offered no more."""

    id: str
    label: str
    count: int
    share: float
    low: float
    high: float
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One rating of a row: its part of the row's bar, in per cent of its width."""

    value: int
    count: int
    share: float
    x: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a rating matrix."""

    id: str
    label: str
    cells: tuple[Cell, ...]
    mean: Mean | None


@dataclass(frozen=True, slots=True)
class Month:
    """How many dates fell into a month; `height` is per cent of the fullest."""

    first: date
    count: int
    height: float

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Summary:
    """One question and what was answered. `asked` responses are to versions that have it; not everybody needs to have
    been shown it where it has a condition. `left_out` people rated on another scale.
    """

    question: Question
    title: str
    n: int
    asked: int
    note: str = ""
    """What tells a matrix of one dimension from those of others."""
    ends: tuple[str, str] = ("", "")
    gone: bool = False
    left_out: bool = False
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    months: tuple[Month, ...] = ()
    written: Sequence[Said] = field(default_factory=tuple)

    @property
    def too_few(self) -> bool:
        return self.n < ENOUGH


Edition = tuple[uuid.UUID, Document, Texts]
"""A version: its id, its document, and the words of its main language."""


def summaries(found: Found, editions: Sequence[Edition], *, first: Edition | None = None) -> list[Summary]:
    """Every further question in the order of the newest version, or of `first`; then those it does not ask any more
    that have answers. `editions` are the newest first.
    """
    leading = first or editions[0]
    rest = [edition for edition in editions if edition is not leading]
    known = {question.id for question in questions(leading[1])} | {SCORE, COMMENT}
    shown = [(question, leading, False) for question in questions(leading[1])]
    for edition in rest:
        for question in questions(edition[1]):
            if question.id not in known and found.answered.get(question.id):
                known.add(question.id)
                shown.append((question, edition, True))
    return [
        _summary(question, found, [edition, *(one for one in editions if one is not edition)], gone=gone)
        for question, edition, gone in shown
        if question.id not in {SCORE, COMMENT}
    ]


def _summary(question: Question, found: Found, editions: Sequence[Edition], *, gone: bool) -> Summary:
    words, ident, n = editions[0][2], question.id, found.answered.get(question.id, 0)
    same = {key: _asks(document, question) for key, document, _ in editions}
    scales = {key for key, other in same.items() if other and (other.low, other.high) == (question.low, question.high)}
    rated = {part: ratings for (asked, part), ratings in found.rated.items() if asked == ident}
    rows, left_out = _rows(question, rated, scales, [texts for _, _, texts in editions])
    return Summary(
        question=question,
        title=words.get(question.title_key) or ident,
        n=n,
        asked=sum(count for key, count in found.asked.items() if same.get(key)),
        note=words.get(f"{ident}.help", "") if question.dimension else "",
        ends=(words.get(f"{ident}.low_label", ""), words.get(f"{ident}.high_label", "")),
        gone=gone,
        left_out=left_out,
        choices=tuple(_choices(question, found.chosen.get(ident, {}), n, [texts for _, _, texts in editions])),
        rows=rows,
        months=_months(found.months.get(ident, {})) if question.kind == "date" else (),
        written=found.written.get(ident, ()),
    )


def _asks(document: Document, question: Question) -> Question | None:
    """The question of this document that is the same one."""
    return next((one for one in questions(document) if (one.id, one.kind) == (question.id, question.kind)), None)


def _choices(question: Question, chosen: Mapping[str, int], n: int, words: Sequence[Texts]) -> Iterator[Choice]:
    """In the order of the question; afterwards what an earlier version offered."""
    if question.kind not in {"one", "many", "yesno"}:
        return
    for ident in (*question.options, *(one for one in sorted(chosen) if one not in question.options)):
        count = chosen.get(ident, 0)
        n = max(n, count)
        low, high = wilson_interval(hits=count, n=n) if n else (0.0, 0.0)
        share = 100 * count / n if n else 0.0
        yield Choice(ident, _label(question, ident, words), count, share, low, high, ident not in question.options)


def _label(question: Question, choice: str, words: Sequence[Texts]) -> str:
    """A choice in the words of the newest version that offers it."""
    key = "other_label" if choice == OTHER else choice if question.kind == "yesno" else f"{question.id}.choice.{choice}"
    return next((texts[key] for texts in words if texts.get(key)), choice)


def _rows(
    question: Question,
    rated: Mapping[str, Mapping[tuple[uuid.UUID, int], int]],
    scales: set[uuid.UUID],
    words: Sequence[Texts],
) -> tuple[tuple[Row, ...], bool]:
    """The rows of a matrix from the ratings on its own scale, and whether there are others."""
    rows, left_out = [], False
    if question.kind != "matrix":
        return (), False
    for row in (*question.rows, *(one for one in sorted(rated) if one not in question.rows)):
        counts = dict.fromkeys(question.values, 0)
        for (version, value), count in rated.get(row, {}).items():
            if version in scales and value in counts:
                counts[value] += count
            else:
                left_out = True
        label = next((texts[key] for texts in words if texts.get(key := f"{question.id}.row.{row}")), row)
        middle = mean(Sums.counted(counts), question.low, question.high)
        if middle or row in question.rows:
            rows.append(Row(row, label, tuple(_cells(counts)), middle))
    return tuple(rows), left_out


def _cells(counts: Mapping[int, int]) -> Iterator[Cell]:
    n, x = sum(counts.values()), 0.0
    for value, count in counts.items():
        share = 100 * count / n if n else 0.0
        yield Cell(value, count, round(share, 2), round(x, 2))
        x += share


def _months(counts: Mapping[tuple[int, int], int]) -> tuple[Month, ...]:
    """Every month from the first to the last that has any; only those that do where that would be many."""
    if not counts:
        return ()
    most, (year, month), last = max(counts.values()), min(counts), max(counts)
    months = []
    while (year, month) <= last:
        months.append((year, month))
        year, month = year + month // 12, month % 12 + 1
    shown = months if len(months) <= 24 else sorted(counts)[-24:]
    return tuple(
        Month(date(year, month, 1), counts.get((year, month), 0), round(100 * counts.get((year, month), 0) / most, 2))
        for year, month in shown
    )
