from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import exists, select

from base.db import db
from feedback.answer import Answer
from feedback.case import Case
from feedback.response import Response
from surveys.contact import Contact
from surveys.question import CONTACT
from surveys.suppressing import EVERYTHING
from surveys.suppression import Suppression, Whom

WISH = (Answer.part == CONTACT, Answer.choice == "yes")


@dataclass(frozen=True)
class Customer:
    """Whom a case is about, as far as one can write to them."""

    name: str | None
    address: str | None
    """None once they were erased."""
    contact: Contact | None
    left_alone: Suppression | None
    """Why nothing may be written to them."""

    @classmethod
    def of(cls, case: Case) -> Customer:
        """The contact's address; of whoever came by an open link, the one that they left."""
        contact = db.session.get(Contact, case.contact_id) if case.contact_id else None
        address = contact.email if contact else wished_address(case.response_id)
        standing = None
        if address:
            whom = Whom(case.workspace_id, address.lower(), contact.id if contact else None)
            standing = Suppression.standing(whom, EVERYTHING)
        return cls(contact.name if contact else None, address, contact, standing)

    @property
    def called(self) -> str | None:
        """What they are called."""
        return self.name or self.address


def wishes_contact(response: Response) -> bool:
    """Whether the answer that counts asks to be contacted."""
    said = (Answer.response_id == response.id, Answer.revision == response.revision)
    return bool(db.session.scalar(select(exists().where(*said, *WISH))))


def wished_address(response_id: uuid.UUID) -> str | None:
    """The address that they left to be contacted at, in the answer that counts."""
    counts = (Response.id == Answer.response_id) & (Response.revision == Answer.revision)
    wanted = select(Answer.text).join(Response, counts).where(Answer.response_id == response_id, *WISH)
    found = db.session.scalar(wanted.limit(1))
    return found if found and "@" in found else None
