from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import select

from accounts.policy import may
from accounts.role import Role
from accounts.user import User
from accounts.workspace import Workspace
from base import tokens
from base.db import db
from base.errors import NotFoundError
from base.events import Event
from feedback.digest import Digest
from feedback.report import Report
from surveys.survey import Survey

PAUSE = "digest-pause"
READ = "digest-read"
OPEN_FOR = timedelta(days=30)
"""How long the links of a mail open to guests."""
LETTERS = 16
"""Of the digest of an address, in links that are for its reader only."""

Reader = Literal["staff", "member", "guest"]
"""Who will follow the links: staff who look at a preview; the recipient, who signs in; the recipient, who has no
account and is shown what the digest tells, nothing else.
"""


@dataclass(frozen=True)
class Way:
    """Where the links of one part of a digest's mail lead."""

    home: str
    digest_id: uuid.UUID
    issue_id: uuid.UUID
    address: str
    reader: Reader
    until: datetime
    """When links for guests end."""

    @classmethod
    def of(cls, workspace: Workspace, report: Report, *, at: datetime, staff: bool = False) -> Way:
        reader: Reader = "staff" if staff else "member" if _signs_in(report.digest) else "guest"
        order = report.digest
        return cls(f"/w/{workspace.slug}", order.id, report.issue.id, order.recipient_email, reader, at + OPEN_FOR)

    @property
    def whole(self) -> str:
        """Everybody whom it tells of."""
        if self.reader == "guest":
            return read_url(self.issue_id, self.address, self.until)
        here = f"{self.home}/digests/{self.digest_id}"
        # An issue that is only looked at has no page.
        return tokens.link(f"{here}/issues/{self.issue_id}/open") if self.reader == "member" else tokens.link(here)

    def answer(self, response_id: uuid.UUID) -> str:
        """One of them."""
        if self.reader == "guest":
            return f"{self.whole}#a-{response_id.hex}"
        if self.reader == "member":
            return f"{self.whole}?answer={response_id}"
        return tokens.link(f"{self.home}/responses/{response_id}")

    def case(self, case_id: uuid.UUID) -> str | None:
        """A case; guests have none."""
        return self._following(f"?case={case_id}", f"cases/{case_id}")

    @property
    def overdue(self) -> str | None:
        """All cases that are overdue."""
        return self._following("?case=overdue", "cases?show=overdue")

    def _following(self, of_issue: str, here: str) -> str | None:
        if self.reader == "guest":
            return None
        return self.whole + of_issue if self.reader == "member" else tokens.link(f"{self.home}/{here}")

    def results(self, survey: Survey) -> str | None:
        """The numbers of a survey; a guest has them in the mail."""
        if self.reader == "guest":
            return None
        if self.reader == "member":
            return f"{self.whole}?survey={survey.slug}"
        return tokens.link(f"{self.home}/surveys/{survey.slug}/results")


def read_url(issue_id: uuid.UUID, address: str, until: datetime) -> str:
    """Where a recipient without account reads an issue: until then, and as long as the digest goes to this address."""
    value = f"{issue_id.hex}.{int(until.timestamp())}.{_whose(address)}"
    return tokens.link(f"/digest/read/{tokens.sign(READ, value)}")


@dataclass(frozen=True)
class Leave:
    """What a guest's link allows."""

    issue_id: uuid.UUID
    until: datetime
    whose: str

    @classmethod
    def by(cls, token: str) -> Leave:
        """NotFoundError for a link that is none of ours."""
        ident, until, whose = str(tokens.unsign(READ, token)).split(".")
        return cls(uuid.UUID(ident), datetime.fromtimestamp(int(until), UTC), whose)

    def opens(self, digest: Digest, now: datetime) -> bool:
        """Whether it still does: in time, and the digest still goes to whom it was sent."""
        return digest.ended_at is None and now < self.until and self.whose == _whose(digest.recipient_email)


def _whose(address: str) -> str:
    return tokens.digest(address)[:LETTERS]


def pause_url(*digests: Digest) -> str:
    """Where the recipient pauses these digests, all theirs, without signing in."""
    parts = [*(one.id.hex for one in digests), _whose(digests[0].recipient_email)]
    return tokens.link(f"/digest/pause/{tokens.sign(PAUSE, '.'.join(parts))}")


def pausable(token: str) -> list[Digest]:
    """Those of the link that were not removed and still go to whom it was sent; one mail may bring several.
    NotFoundError when there are none.
    """
    parts = str(tokens.unsign(PAUSE, token)).split(".")
    whose = parts.pop() if len(parts[-1]) == LETTERS else None
    found = [db.session.get(Digest, uuid.UUID(ident)) for ident in parts]
    theirs = [one for one in found if one is not None and one.ended_at is None and _still(one, whose)]
    if not theirs:
        raise NotFoundError("link", token)
    return theirs


def _still(digest: Digest, whose: str | None) -> bool:
    """Links of earlier versions do not say whose they are: they hold until anything in the order is changed."""
    if whose is not None:
        return whose == _whose(digest.recipient_email)
    changes = select(Event.id).where(Event.subject_id == digest.id, Event.kind == "digest.changed")
    return db.session.scalar(changes.limit(1)) is None


def _signs_in(digest: Digest) -> bool:
    """Whether the recipient has an account that may look at digests here."""
    user = User.by_email(digest.recipient_email)
    if user is None or user.disabled_at is not None:
        return False
    role = db.session.get(Role, (digest.workspace_id, user.id))
    return role is not None and may(role.name, "digests.view")
