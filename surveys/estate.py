"""What this room holds about a person, for `holding`."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, delete, func, or_, select, update

from base import events
from base.db import Model, db
from base.delivery import FILED
from base.events import Event
from base.outbox import Mail
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.holding import Erasing, Holding, Subject, Told, mail_keys, plain, said
from surveys.intent import Intent
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.received_call import ReceivedCall
from surveys.source import Source
from surveys.suppression import Suppression
from surveys.upload import RefusedRow, Upload

ERASED = "erased"
"""What stands in a mail's row where its words and its address were."""

_LEFT_OUT = ("workspace_id", "token_hash", "search_key", "address_hash")


def _rows(table: type[Model], *wanted: ColumnElement[bool]) -> Told:
    found = db.session.scalars(select(table).where(*wanted).order_by(*table.__mapper__.primary_key))
    return [plain(row, *_LEFT_OUT) for row in found]


def _run(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))


def _move(table: Any) -> Any:
    def move(old: uuid.UUID, new: uuid.UUID) -> None:
        _run(update(table).where(table.contact_id == old).values(contact_id=new))

    return move


def _mails(subject: Subject) -> ColumnElement[bool]:
    """By address, and by what they asked about: an address may have been corrected since. What the person wrote back
    went on to the workspace's own address, and names them inside.
    """
    keys = [*mail_keys(subject.invitation_ids), *(f"reply:{ident}" for ident in _returned(subject))]
    named = [func.lower(Mail.kept).contains(address, autoescape=True) for address in subject.addresses]
    theirs = or_(Mail.to_address == subject.email, Mail.dedupe_key.in_(keys), (Mail.kind == "reply") & or_(*named))
    return theirs & (Mail.workspace_id == subject.workspace_id)


def _untold(subject: Subject) -> ColumnElement[bool]:
    """Mails that wait to go and belong to no workspace, for they would tell who did not answer an anonymous survey."""
    return Mail.dedupe_key.in_(mail_keys(subject.invitation_ids)) & Mail.workspace_id.is_(None)


def _returned(subject: Subject) -> list[uuid.UUID]:
    return list(db.session.scalars(select(Bounce.id).where(Bounce.contact_id == subject.contact_id)))


def _tell_mails(subject: Subject) -> Told:
    names = ("kind", "to_address", "subject", "state", "created_at", "sent_at", "raw")
    found = db.session.scalars(select(Mail).where(_mails(subject)).order_by(Mail.created_at))
    return [{name: said(getattr(mail, name)) for name in names} for mail in found]


def _erase_mails(subject: Subject, erasing: Erasing) -> None:
    """Words and address go. What waits is taken back; what is on its way is not tried again."""
    erase_mails(list(db.session.scalars(select(Mail.id).where(_mails(subject) | _untold(subject)))), erasing)


def erase_mails(idents: list[uuid.UUID], erasing: Erasing) -> None:
    """Leave of these mails only that there was one, and forget their files where mails are filed."""
    gone: dict[str, Any] = {"to_address": ERASED, "subject": ERASED, "raw": "", "about": {}}
    gone |= {"reason": case((Mail.reason.is_not(None), ERASED))}  # servers repeat the address in what they say
    gone |= {"reply": case((Mail.reply.startswith(FILED), Mail.reply))}
    waiting = {"state": "suppressed", "reason": ERASED}
    for ident in idents:
        _run(update(Mail).where(Mail.id == ident, Mail.state.in_(("queued", "sending"))).values(**waiting))
        _run(update(Mail).where(Mail.id == ident).values(**gone))
        events.record("mail.erased", ident, workspace_id=None, at=erasing.at)


def _calls(subject: Subject) -> list[ReceivedCall]:
    """Calls of helpdesks about the person: those that became an interaction, and those kept that name the address."""
    of = select(ReceivedCall).join(Source, Source.id == ReceivedCall.source_id)
    of = of.where(Source.workspace_id == subject.workspace_id)
    theirs = select(Interaction.id).where(Interaction.contact_id == subject.contact_id)
    known = list(db.session.scalars(of.where(ReceivedCall.interaction_id.in_(theirs))))
    kept = db.session.scalars(of.where(ReceivedCall.interaction_id.is_(None)))
    return known + [call for call in kept if any(call.names(address) for address in subject.addresses)]


def _erase_calls(subject: Subject, _erasing: Erasing) -> None:
    _run(delete(ReceivedCall).where(ReceivedCall.id.in_([call.id for call in _calls(subject)])))


def _tell_invitations(subject: Subject) -> Told:
    """As anybody may know them: that an anonymous survey was answered stays unsaid."""
    found = select(Invitation).where(Invitation.contact_id == subject.contact_id).order_by(Invitation.id)
    return [plain(row, *_LEFT_OUT) | {"status": row.told_status} for row in db.session.scalars(found)]


def _erase_examples(subject: Subject, _erasing: Erasing) -> None:
    """Rows of uploaded tables that a forecast shows: it goes on without them."""
    told = func.lower(cast(Upload.forecast, Text))
    named = or_(*(told.contains(address, autoescape=True) for address in subject.addresses))
    for upload in db.session.scalars(select(Upload).where(Upload.workspace_id == subject.workspace_id, named)):
        upload.forecast = {**upload.forecast, "examples": {}}


def _erase_events(subject: Subject, _erasing: Erasing) -> None:
    _run(delete(Event).where(Event.subject_id.in_([subject.contact_id, *subject.invitation_ids])))


def _move_events(old: uuid.UUID, new: uuid.UUID) -> None:
    _run(update(Event).where(Event.subject_id == old, Event.kind.startswith("contact.")).values(subject_id=new))


def _refused(subject: Subject) -> ColumnElement[bool]:
    """Cells of uploaded tables that name the person."""
    here = RefusedRow.upload_id.in_(select(Upload.id).where(Upload.workspace_id == subject.workspace_id))
    named = [func.lower(RefusedRow.value).contains(address, autoescape=True) for address in subject.addresses]
    if subject.name:
        named.append(RefusedRow.value.contains(subject.name, autoescape=True))
    return here & or_(*named)


def _erase_contact(subject: Subject, _erasing: Erasing) -> None:
    """Interactions, invitations and their visits go with it; what keeps the address from being asked stays."""
    here = Suppression.workspace_id == subject.workspace_id
    theirs = or_(Suppression.contact_id == subject.contact_id, Suppression.address.in_(subject.addresses))
    _run(update(Suppression).where(here, theirs).values(contact_id=None, address=None, evidence=None))
    _run(delete(Contact).where(Contact.id == subject.contact_id))


def _nothing(_subject: Subject, _erasing: Erasing) -> None:
    """Goes with the contact."""


HOLDINGS = (
    Holding(name="mails", tell=_tell_mails, erase=_erase_mails),
    Holding(
        name="calls",
        tell=lambda subject: [plain(call, "source_id") for call in _calls(subject)],
        erase=_erase_calls,
    ),
    Holding(
        name="returned_mails",
        tell=lambda subject: _rows(Bounce, Bounce.contact_id == subject.contact_id),
        erase=lambda subject, _: _run(delete(Bounce).where(Bounce.contact_id == subject.contact_id)),
        move=_move(Bounce),
    ),
    Holding(name="forecasts", tell=lambda _: [], erase=_erase_examples),
    Holding(
        name="refused_rows",
        tell=lambda subject: _rows(RefusedRow, _refused(subject)),
        erase=lambda subject, _: _run(delete(RefusedRow).where(_refused(subject))),
    ),
    Holding(
        name="events",
        tell=lambda subject: _rows(Event, Event.subject_id.in_([subject.contact_id, *subject.invitation_ids])),
        erase=_erase_events,
        move=_move_events,
    ),
    Holding(
        name="visits",
        tell=lambda subject: _rows(Intent, Intent.invitation_id.in_(subject.invitation_ids)),
        erase=_nothing,
    ),
    Holding(
        name="invitations",
        tell=_tell_invitations,
        erase=_nothing,
        move=_move(Invitation),
    ),
    Holding(
        name="interactions",
        tell=lambda subject: _rows(Interaction, Interaction.contact_id == subject.contact_id),
        erase=_nothing,
        move=_move(Interaction),
    ),
    Holding(
        name="suppressions",
        tell=lambda subject: _rows(Suppression, Suppression.contact_id == subject.contact_id),
        erase=_nothing,
    ),
    Holding(
        name="contact",
        tell=lambda subject: _rows(Contact, Contact.id == subject.contact_id),
        erase=_erase_contact,
    ),
)
