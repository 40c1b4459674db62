"""Due invitations become mails of the outbox, many in one transaction.

No job is needed for an invitation: what is due is asked of the table itself, survey by survey, so that a large one
does not keep a small one waiting. Whether a person may be asked is decided again in the transaction that writes the
mail; what is written there is asked for, and nobody is asked twice.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from base import clock, courier
from base.db import new_id, reading, transaction
from base.errors import InvalidError
from surveys import emails, room, stationery
from surveys.dispatch import Dispatch
from surveys.invitation import Invitation
from surveys.logo import look_of
from surveys.sending import may_send

log = logging.getLogger("afterword.sender")


def write_due(over: Callable[[], bool]) -> int:
    """Write mails for what is due, while there is room for them and until nothing is or `over`; how many were
    settled.
    """
    return room.fill(Invitation.surveys_due, _write_some, over)


def _write_some(survey_id: uuid.UUID, limit: int) -> int:
    """Write what can be written from stencils in one transaction; the others are composed before they are written."""
    now = clock.now()
    with transaction():
        idents = Invitation.due(survey_id, now, limit=limit)
        settled, unknown = _settle_all(idents, {}, now)
    return settled + (write(unknown) if unknown else 0)


def write(idents: Sequence[uuid.UUID]) -> int:
    """Write the mails of these invitations, or keep why they are not written; how many were settled. They are composed
    before the write lock is taken.
    """
    now = clock.now()
    with reading():
        mails = {one.invitation.id: _prepared(one, now) for one in Dispatch.many(idents) if _goes(one, now)}
    with transaction():
        return _settle_all(Invitation.still_unasked(idents), mails, now)[0]


@dataclass(frozen=True)
class _Prepared:
    """A mail and the version that it asks with; none when the address cannot be mailed to."""

    version_id: uuid.UUID
    ident: uuid.UUID
    mail: stationery.Written | None


def _goes(one: Dispatch, now: datetime) -> bool:
    return one.invitation.asked_at is None and may_send(one.facts, now).kind == "send"


def _prepared(
    one: Dispatch, now: datetime, *, write: Callable[[stationery.Occasion], stationery.Written] = stationery.written
) -> _Prepared:
    assert one.version is not None
    invitation, contact, workspace, version = one.invitation, one.contact, one.workspace, one.version
    ident = new_id()
    occasion = stationery.Occasion(
        version_id=version.id,
        document=version.document,
        locale=one.locale,
        to=emails.Recipient(
            address=contact.email,
            name=contact.name,
            company=workspace.name,
            reply_to=workspace.reply_to,
            person=one.person,
            look=look_of(workspace, version.document),
        ),
        links=emails.links(invitation.token, contact.id, one.survey.id, one.locale),
        message_id=courier.message_id(ident),
        at=now,
    )
    try:
        return _Prepared(version.id, ident, write(occasion))
    except InvalidError:
        return _Prepared(version.id, ident, None)


def _settle_all(
    idents: Sequence[uuid.UUID], mails: Mapping[uuid.UUID, _Prepared], now: datetime
) -> tuple[int, list[uuid.UUID]]:
    """Decide about each, and keep what follows: how many were settled, and which are first to be composed. Needs a
    transaction.
    """
    if not idents:
        return 0, []
    found = [one for one in Dispatch.many(idents, alone=True) if one.invitation.asked_at is None]
    going: list[courier.Filled] = []
    asked: dict[uuid.UUID, list[uuid.UUID]] = {}
    unknown: list[uuid.UUID] = []
    for one in found:
        try:
            prepared = mails.get(one.invitation.id)
            mail = _settle(one, now, partial(_mail, one, prepared, now))
        except stationery.UnknownError:
            unknown.append(one.invitation.id)
        else:
            if mail is not None and one.version is not None:
                going.append(mail)
                asked.setdefault(one.version.id, []).append(one.invitation.id)
    courier.post_all(going, at=now)
    for version_id, some in asked.items():
        Invitation.mark_all_asked(some, version_id, at=now)
    return len(found) - len(unknown), unknown


def _mail(one: Dispatch, prepared: _Prepared | None, now: datetime) -> _Prepared:
    if prepared is not None and one.version is not None and prepared.version_id == one.version.id:
        return prepared
    return _prepared(one, now, write=stationery.from_stencil)


def _settle(one: Dispatch, now: datetime, make: Callable[[], _Prepared]) -> courier.Filled | None:
    """The mail if it may go out; else what was decided is kept with the invitation."""
    invitation, decision = one.invitation, may_send(one.facts, now)
    if decision.reason is not None:
        invitation.skip(decision.reason, at=now)
    elif decision.until is not None and decision.cause is not None:
        invitation.postpone(decision.until, decision.cause)
    elif decision.kind == "hold":
        invitation.reason = decision.cause
    elif decision.kind == "send" and one.version is not None:
        prepared = make()
        if prepared.mail is None:
            invitation.skip("undeliverable", at=now)
            return None
        one.asked[one.survey.id] = now
        return _filled(one, prepared, prepared.mail)
    return None


def _filled(one: Dispatch, prepared: _Prepared, mail: stationery.Written) -> courier.Filled:
    return courier.Filled(
        id=prepared.ident,
        sheet=mail.sheet,
        kept=mail.kept,
        kind="invitation",
        dedupe_key=one.key,
        to_address=mail.to_address,
        subject=mail.subject,
        workspace_id=one.invitation.workspace_id,
        stream_id=one.survey.id,
        about={"invitation_id": str(one.invitation.id)},
    )
