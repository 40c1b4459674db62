"""Where in a survey a person stands: which page they sent, and whether it is kept or which page comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from surveys import branching, complaining, filling
from surveys.branching import Answers, Pages, Reader
from surveys.complaining import Problem
from surveys.filling import Typed
from surveys.question import COMMENT, SCORE, Document, questions
from surveys.wording import Texts

Go = Literal["send", "next", "back"]
ALL: Final = -1
"""The page of a browser that shows all questions at once, by script."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came from a page: its number (0 is the first, ALL all at once), what was pressed, and the answers so far.

    `typed` holds the fields of all questions, cleaned, of any length.
    """

    page: int = 0
    go: Go = "send"
    typed: Typed = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)

    @property
    def score(self) -> int | None:
        found = self.answers.get(SCORE)
        return found if isinstance(found, int) else None

    @property
    def comment(self) -> str:
        return filling.first(self.typed, COMMENT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of it: `kept`, or shown again at `page` with what is to be put right there."""

    kept: bool
    page: int = 0
    problems: tuple[Problem, ...] = ()


def read(form: Mapping[str, str], document: Document) -> Sent:
    """The fields of a posted page of this document."""
    asked, go = questions(document), form.get("go", "send")
    typed = filling.read(asked, form)
    return Sent(
        page=ALL if form.get("page") == "all" else filling.whole(form.get("page", ""), 0, 99) or 0,
        go="next" if go == "next" else "back" if go == "back" else "send",
        typed=typed,
        answers=filling.answers(asked, typed, document["metric"]),
    )


def judge(sent: Sent, document: Document, reader: Reader, texts: Texts) -> Verdict:
    """Whether the answer is whole; else the page that the person sees next."""
    asked = questions(document)
    cut = branching.pages(asked)
    here = min(sent.page, len(cut) - 1) if len(cut) > 1 else ALL
    if here != ALL and sent.go == "back":
        return Verdict(kept=False, page=branching.page_before(cut, here, sent.answers, reader))
    visible = branching.shown(asked, sent.answers, reader)
    if here != ALL and sent.go == "next":
        wrong = complaining.problems([one for one in cut[here] if one in visible], sent.typed, reader, texts)
        following = branching.page_after(cut, here, sent.answers, reader)
        if wrong:
            return Verdict(kept=False, page=here, problems=wrong)
        if following is not None:
            return Verdict(kept=False, page=following)
    wrong = complaining.problems(visible, sent.typed, reader, texts)
    if not wrong:
        return Verdict(kept=True)
    return Verdict(kept=False, page=ALL if here == ALL else _page_of(wrong[0], cut), problems=wrong)


def comment_of(sent: Sent, document: Document, reader: Reader) -> str | None:
    """The comment, if its question was shown."""
    visible = branching.shown(questions(document), sent.answers, reader)
    return sent.comment or None if any(question.id == COMMENT for question in visible) else None


def _page_of(problem: Problem, cut: Pages) -> int:
    return next((number for number, page in enumerate(cut) if any(one.id == problem.field for one in page)), 0)
