from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Uuid, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from base import events
from base.db import Model, Moment, db, insert_once, new_id
from base.errors import InvalidError, NotFoundError
from surveys.folding import folded

LONGEST = 40
MOST_ON_ONE = 20
"""Tags that one response may have."""
MOST = 500
"""Tags of a workspace."""
HUES = 6
TAKEN = "Another tag is called so by now. Try again, and the two become one."
CHANGED = "The other tag was changed meanwhile. Look at the tags again."


@dataclass(frozen=True, slots=True)
class Known:
    """A tag and how many responses have it."""

    tag: Tag
    n: int


class Tag(Model):
    """A word of a workspace for what its people see in answers. A tag that was merged leads to the one it became."""

    __tablename__ = "tag"
    __table_args__ = (
        Index("uq_tag_workspace_key", "workspace_id", "key", unique=True),
        Index("ix_tag_into_id", "into_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    workspace_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("workspace.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(LONGEST))
    key: Mapped[str] = mapped_column(String(LONGEST * 3))
    """The name as it is compared, so that "Délai" and "delai" are one tag; of a merged tag its id."""
    into_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("tag.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @property
    def hue(self) -> int:
        """Which of the colours marks it, 1 to `HUES`; its name is always beside it."""
        return self.id.int % HUES + 1

    @classmethod
    def of(cls, workspace_id: uuid.UUID, ident: uuid.UUID) -> Tag:
        """The tag of this workspace, or NotFoundError."""
        mine = (cls.workspace_id == workspace_id, cls.id == ident, cls.into_id.is_(None))
        found = db.session.scalar(select(cls).where(*mine))
        if found is None:
            raise NotFoundError("tag", ident)
        return found

    @classmethod
    def called(cls, workspace_id: uuid.UUID, name: str, *, hold: bool = False) -> Tag | None:
        """The tag with this name, however it is written. `hold`: nobody merges it until the transaction ends."""
        wanted = select(cls).where(cls.workspace_id == workspace_id, cls.key == key_of(name))
        return db.session.scalar(wanted.with_for_update(read=True) if hold else wanted)

    @classmethod
    def all_of(cls, workspace_id: uuid.UUID) -> list[Tag]:
        """The tags of a workspace by name."""
        mine = select(cls).where(cls.workspace_id == workspace_id, cls.into_id.is_(None))
        return list(db.session.scalars(mine.order_by(cls.key)))

    @classmethod
    def counted(cls, workspace_id: uuid.UUID) -> list[Known]:
        """The same with how many responses have each."""
        n = select(func.count()).where(Tagging.tag_id == cls.id).correlate(cls).scalar_subquery()
        mine = select(cls, n).where(cls.workspace_id == workspace_id, cls.into_id.is_(None)).order_by(cls.key)
        return [Known(tag, count) for tag, count in db.session.execute(mine)]

    @classmethod
    def make(cls, workspace_id: uuid.UUID, name: str, *, at: datetime, by: uuid.UUID | None) -> Tag:
        """The tag with this name, made if it is new. Needs a transaction. InvalidError for a name that is none."""
        name = checked(name)
        found = cls.called(workspace_id, name, hold=True)
        if found is not None:
            return found
        if len(cls.all_of(workspace_id)) >= MOST:
            raise InvalidError("Not accepted: name.", {"name": f"There are {MOST} tags already. Merge some of them."})
        ident = new_id()
        row = {"id": ident, "workspace_id": workspace_id, "name": name, "key": key_of(name), "into_id": None}
        if insert_once(cls, row | {"created_at": at, "created_by": by}):
            _tell("tag.made", ident, workspace_id, at, by, {"name": name})
        found = cls.called(workspace_id, name, hold=True)
        assert found is not None
        return found

    @classmethod
    def family(cls, ident: uuid.UUID) -> list[uuid.UUID]:
        """The id of the tag that this one is by now, and behind it those that were merged into it."""
        known = db.session.get(cls, ident, populate_existing=True)
        living = db.session.get(cls, known.into_id) if known and known.into_id else known
        return living.aliases() if living else [ident]

    def aliases(self) -> list[uuid.UUID]:
        """The ids of this tag and of what was merged into it."""
        return [self.id, *db.session.scalars(select(Tag.id).where(Tag.into_id == self.id))]

    def rename(self, name: str, *, at: datetime, by: uuid.UUID | None) -> Tag:
        """Call it so from now on; where another tag is called so, the two become that one. The tag that is left."""
        name = checked(name)
        other = Tag.called(self.workspace_id, name)
        if other is not None and other.id != self.id:
            self.merge(other, at=at, by=by)
            return other
        self._alone()
        told = {"from": self.name, "to": name}
        try:
            with db.session.begin_nested():
                self.name, self.key = name, key_of(name)
        except IntegrityError as error:
            raise InvalidError("Not accepted: name.", {"name": TAKEN}) from error
        _tell("tag.renamed", self.id, self.workspace_id, at, by, told)
        return self

    def merge(self, other: Tag, *, at: datetime, by: uuid.UUID | None) -> None:
        """Let every response with this tag have the other instead. Needs a transaction. NotFoundError when this one is
        gone by now, InvalidError when the other is not called so any more.
        """
        key = other.key
        self._alone(other)
        if other.into_id is not None or other.key != key:
            raise InvalidError("Not accepted: name.", {"name": CHANGED})
        has = select(Tagging.response_id).where(Tagging.tag_id == other.id)
        db.session.flush()
        _run(delete(Tagging).where(Tagging.tag_id == self.id, Tagging.response_id.in_(has)))
        _run(update(Tagging).where(Tagging.tag_id == self.id).values(tag_id=other.id))
        _run(update(Tag).where(Tag.into_id == self.id).values(into_id=other.id))
        self.into_id, self.key = other.id, self.id.hex
        _tell("tag.merged", self.id, self.workspace_id, at, by, {"from": self.name, "into": other.name})

    def _alone(self, *others: Tag) -> None:
        """Keep tags from everybody else, in one order for all, and look at them again."""
        wanted = select(Tag).where(Tag.id.in_([self.id, *(one.id for one in others)])).order_by(Tag.id)
        held = db.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()
        if self not in held or self.into_id is not None:
            raise NotFoundError("tag", self.id)
        if len(held) <= len(others):
            raise InvalidError("Not accepted: name.", {"name": CHANGED})

    def remove(self, *, at: datetime, by: uuid.UUID | None) -> None:
        """Take it away, from all responses too."""
        _tell("tag.removed", self.id, self.workspace_id, at, by, {"name": self.name})
        db.session.flush()
        _run(delete(Tag).where(Tag.id == self.id))


class Tagging(Model):
    """That a response has a tag, since when and by whom."""

    __tablename__ = "response_tag"
    __table_args__ = (Index("ix_response_tag_tag_id", "tag_id", "response_id"),)

    response_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    @classmethod
    def add(cls, response_id: uuid.UUID, tag: Tag, *, at: datetime, by: uuid.UUID | None) -> None:
        """Give a response a tag; once is enough. Needs a transaction."""
        has = set(cls.ids_of(response_id))
        if tag.id not in has and len(has) >= MOST_ON_ONE:
            raise InvalidError("Not accepted: name.", {"name": f"One answer has at most {MOST_ON_ONE} tags."})
        insert_once(cls, {"response_id": response_id, "tag_id": tag.id, "at": at, "by": by})

    @classmethod
    def take(cls, response_id: uuid.UUID, tag_id: uuid.UUID) -> None:
        """Take a tag from a response."""
        _run(delete(cls).where(cls.response_id == response_id, cls.tag_id == tag_id))

    @classmethod
    def ids_of(cls, response_id: uuid.UUID) -> list[uuid.UUID]:
        """The tags of one response."""
        return list(db.session.scalars(select(cls.tag_id).where(cls.response_id == response_id)))

    @classmethod
    def ids_of_each(cls, response_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
        """The tags of each response that has any."""
        found: dict[uuid.UUID, list[uuid.UUID]] = {}
        rows = select(cls.response_id, cls.tag_id).where(cls.response_id.in_(response_ids))
        for response_id, tag_id in db.session.execute(rows):
            found.setdefault(response_id, []).append(tag_id)
        return found

    @classmethod
    def of(cls, response_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Tag]]:
        """The tags of each response, by name."""
        rows = select(cls.response_id, Tag).join(Tag, Tag.id == cls.tag_id)
        found: dict[uuid.UUID, list[Tag]] = {ident: [] for ident in response_ids}
        for ident, tag in db.session.execute(rows.where(cls.response_id.in_(response_ids)).order_by(Tag.key)):
            found[ident].append(tag)
        return found


def key_of(name: str) -> str:
    """A name as it is compared with others."""
    return " ".join(folded(name).split())[: LONGEST * 3]


def checked(name: str) -> str:
    """The name without needless spaces; InvalidError, naming the field, when it is empty or too long."""
    name = " ".join(name.replace("\0", "").split())
    if not key_of(name) or not any(sign.isalnum() for sign in name):
        raise InvalidError("Not accepted: name.", {"name": "Write a name with letters or digits."})
    if len(name) > LONGEST:
        raise InvalidError("Not accepted: name.", {"name": f"Use at most {LONGEST} characters."})
    return name


def _tell(
    kind: str, ident: uuid.UUID, workspace_id: uuid.UUID, at: datetime, by: uuid.UUID | None, data: dict[str, str]
) -> None:
    events.record(kind, ident, workspace_id=workspace_id, at=at, actor=str(by) if by else None, data=data)


def _run(statement: object) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[attr-defined]
