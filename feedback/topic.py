from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, Uuid, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import InvalidError, NotFoundError
from feedback.patterning import (
    LONGEST_WORD,
    MOST_WORDS,
    Patterns,
    parts_of,
    problem_with,
    typed_words,
)
from feedback.response import Response
from feedback.searching import Part, words_of
from feedback.tally import COUNTED
from surveys.folding import folded

LONGEST_NAME = 40
MOST = 50
"""Topics of a workspace."""
LOOKED_AT = 1_000
"""Newest comments that a list of words is tried on while it is written."""
MOST_CHARACTERS = 500_000
"""Of these comments together: words are tried at every pause in typing, and long comments take their time."""
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """Of `m` newest comments, how many `n` speak of it, and the newest of these."""

    n: int
    m: int
    examples: tuple[str, ...]


class Topic(Model):
    """What a workspace looks for in comments: a name, and words of which one is enough."""

    __tablename__ = "topic"
    __table_args__ = (Index("uq_topic_workspace_key", "workspace_id", "key", unique=True),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    key: Mapped[str] = mapped_column(String(LONGEST_NAME * 3))
    """The name as it is compared with others."""
    words: Mapped[str] = mapped_column(Text)
    """One a line, as they were typed."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Topic:
        """The topic of this workspace, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.id == ident))
        if found is None:
            raise NotFoundError("topic", ident)
        return found

    @classmethod
    def called(cls, workspace_id: uuid.UUID, name: str) -> Topic:
        """The topic with this name, however it is written, or NotFoundError."""
        found = db.session.scalar(select(cls).where(cls.workspace_id == workspace_id, cls.key == _key(name)))
        if found is None:
            raise NotFoundError("topic", name)
        return found

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[Topic]:
        """The topics of a workspace by name."""
        return list(db.session.scalars(select(cls).where(cls.workspace_id == workspace_id).order_by(cls.key)))

    @classmethod
    def make(
        cls, workspace_id: uuid.UUID, name: str, words: str, *, at: datetime, by: uuid.UUID | None = None
    ) -> uuid.UUID:
        """A new topic; its id. Needs a transaction. InvalidError, naming the field, for what cannot be one."""
        name, told = _checked(name, words)
        if (db.session.scalar(select(func.count()).where(cls.workspace_id == workspace_id)) or 0) >= MOST:
            raise _refused("name", f"There are {MOST} topics already. Remove one that nobody needs.")
        ident = new_id()
        row = {"id": ident, "workspace_id": workspace_id, "name": name, "key": _key(name), "words": "\n".join(told)}
        if not insert_once(cls, row | {"created_at": at, "created_by": by}):
            raise _taken()
        _tell("topic.made", ident, workspace_id, at, by, name)
        return ident

    def change(self, name: str, words: str, *, at: datetime, by: uuid.UUID | None = None) -> None:
        """Call it so and look for these words from now on, in older comments too. InvalidError as for a new one."""
        name, told = _checked(name, words)
        if (name, "\n".join(told)) == (self.name, self.words):
            return
        try:
            with db.session.begin_nested():
                self.name, self.key, self.words = name, _key(name), "\n".join(told)
        except IntegrityError as error:
            raise _taken() from error
        _tell("topic.changed", self.id, self.workspace_id, at, by, name)

    def remove(self, *, at: datetime, by: uuid.UUID | None = None) -> None:
        _tell("topic.removed", self.id, self.workspace_id, at, by, self.name)
        db.session.execute(delete(Topic).where(Topic.id == self.id))

    @property
    def word_list(self) -> list[str]:
        return self.words.splitlines()

    @property
    def parts(self) -> tuple[Part, ...]:
        """What a comment must have one of."""
        return parts_of(self.word_list)


def tried(workspace_id: uuid.UUID, words: str) -> Trial:
    """What a list of words would find; InvalidError, naming the field, when it is none."""
    patterns = Patterns([parts_of(_checked_words(words))])
    commented = select(Response.comment).where(Response.workspace_id == workspace_id, Response.comment.is_not(None))
    newest = commented.where(COUNTED).order_by(Response.created_at.desc(), Response.id.desc()).limit(LOOKED_AT)
    found, looked_at, left = list[str](), 0, MOST_CHARACTERS
    for comment in db.session.scalars(newest):
        left -= len(comment or "")
        if left < 0:
            break
        looked_at += 1
        if comment and patterns.spoken(words_of(comment)):
            found.append(comment)
    return Trial(len(found), looked_at, tuple(found[:EXAMPLES]))


def _checked(name: str, words: str) -> tuple[str, Sequence[str]]:
    """Both as they are kept; InvalidError that names every field that is wrong."""
    name, wrong, told = " ".join(name.replace("\0", "").split()), dict[str, str](), list[str]()
    if not _key(name) or not any(sign.isalnum() for sign in name):
        wrong["name"] = "Write a name with letters or digits."
    elif len(name) > LONGEST_NAME:
        wrong["name"] = f"Use at most {LONGEST_NAME} characters."
    try:
        told = _checked_words(words)
    except InvalidError as error:
        wrong |= error.fields
    if wrong:
        raise InvalidError(f"Not accepted: {', '.join(wrong)}.", wrong)
    return name, told


def _checked_words(words: str) -> list[str]:
    told = list(typed_words(words))
    problem = next(filter(None, map(_problem, told)), None)
    if not told:
        problem = "Write at least one word."
    elif len(told) > MOST_WORDS:
        problem = f"Use at most {MOST_WORDS} words; these are {len(told)}."
    if problem:
        raise _refused("words", problem)
    return told


def _problem(word: str) -> str | None:
    """What is wrong with one word of a list."""
    if len(word) > LONGEST_WORD:
        return f"“{word[:20]}…” is longer than {LONGEST_WORD} characters."
    return problem_with(word)


def _key(name: str) -> str:
    return " ".join(folded(name).split())[: LONGEST_NAME * 3]


def _refused(field: str, problem: str) -> InvalidError:
    return InvalidError(f"Not accepted: {field}.", {field: problem})


def _taken() -> InvalidError:
    return _refused("name", "Another topic is called so. Choose another name.")


def _tell(kind: str, ident: uuid.UUID, workspace_id: uuid.UUID, at: datetime, by: uuid.UUID | None, name: str) -> None:
    actor = str(by) if by else None
    events.record(kind, ident, workspace_id=workspace_id, at=at, actor=actor, data={"name": name})
