"""What this room holds about a person, for `surveys.holding`: answers, and the digests and alerts that told of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, delete, func, or_, select, update

from base.db import db, new_id
from base.outbox import Mail
from feedback import retraction
from feedback.answer import Answer
from feedback.case import Case
from feedback.case_entry import WORDS, CaseEntry
from feedback.export import Export
from feedback.export_run import ExportRun
from feedback.note import Note
from feedback.phrase import Phrases
from feedback.response import ERASED, Response
from feedback.revision import Revision
from feedback.theme import Theme
from surveys.estate import erase_mails
from surveys.holding import Erasing, Holding, Subject, Told, plain
from surveys.question import CONTACT, questions
from surveys.survey import Survey
from surveys.version import Version

_UNREAD = ("language", "sentiment_label", "polarity", "confidence", "engine", "engine_version", "heard")


def _run(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))


def _idents(subject: Subject) -> list[uuid.UUID]:
    """Which answers are theirs: by contact, by invitation, and those that nobody is known to have given with an
    address of theirs in them, as one leaves it at an open link.
    """
    keys = [str(ident) for ident in subject.invitation_ids]  # what an index knows them by
    left = Response.id.in_(_left(subject)) & Response.contact_id.is_(None)
    theirs = or_(Response.contact_id == subject.contact_id, Response.submission_key.in_(keys), left)
    wanted = select(Response.id).where(Response.workspace_id == subject.workspace_id, theirs)
    return list(db.session.scalars(wanted.order_by(Response.id)))


def _left(subject: Subject) -> list[uuid.UUID]:
    """Answers with a consent to be contacted at an address of theirs. An index finds them by the question."""
    asking = select(Version.document).join(Survey, Survey.id == Version.survey_id)
    asking = asking.where(Survey.workspace_id == subject.workspace_id, cast(Version.document, Text).contains(CONTACT))
    asked = {one.id for document in db.session.scalars(asking) for one in questions(document) if one.kind == CONTACT}
    here = (Answer.question.in_(asked), Answer.part == CONTACT)
    wanted = select(Answer.response_id).where(*here, func.lower(func.trim(Answer.text)).in_(subject.addresses))
    return list(db.session.scalars(wanted))


def _responses(subject: Subject, *, held: bool = False) -> list[Response]:
    """`held`: whoever reads one of them just now, or opens its case, ends first or finds it erased. Needs a
    transaction, and to come before anything else of theirs is touched.
    """
    wanted = select(Response).where(Response.id.in_(_idents(subject))).order_by(Response.id)
    wanted = wanted.with_for_update(key_share=True) if held else wanted
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def _tell(subject: Subject) -> Told:
    told = []
    for response in _responses(subject):
        answers = select(Answer).where(Answer.response_id == response.id)
        further = {
            "revisions": [plain(one, "response_id") for one in Revision.all_of(response.id)],
            "answers": [_said(plain(one, "response_id")) for one in db.session.scalars(answers)],
            "themes": [{"theme": one.theme, "polarity": one.polarity} for one in response.themes],
            "phrases": Phrases.keys_of(response.id),
            "notes": [{"text": note.text, "at": note.at.isoformat()} for note, _ in Note.of(response.id)],
        }
        told.append(plain(response, "workspace_id") | further)
    return told


def _said(answer: dict[str, Any]) -> dict[str, Any]:
    day = answer["day"]
    return answer | {"day": day.isoformat() if day else None}


def _erase(subject: Subject, erasing: Erasing) -> None:
    """Scores stay in the numbers without a person, unless they are to go too."""
    found = _responses(subject, held=True)
    retraction.retract(found, at=erasing.at)
    for response in found:
        if erasing.answers_too:
            _run(delete(Response).where(Response.id == response.id))
        else:
            _unname(response, erasing.at)


def _unname(response: Response, at: datetime) -> None:
    """Leave of an answer its scores, its choices and where it belongs; nothing they wrote, nor who it was."""
    key, number = f"{ERASED}{new_id().hex}", response.revision
    _run(delete(Revision).where(Revision.response_id == response.id, Revision.number != number))
    wordless = {"comment": None, "client": None, "opened_at": None, "form_id": key[:40]}
    _run(update(Revision).where(Revision.response_id == response.id).values(**wordless))
    _run(delete(Theme).where(Theme.response_id == response.id))
    _run(delete(Phrases).where(Phrases.response_id == response.id))
    _run(delete(Note).where(Note.response_id == response.id))
    theirs = Answer.response_id == response.id
    written = (Answer.choice.is_(None) & Answer.number.is_(None)) | (Answer.part == CONTACT)
    _run(delete(Answer).where(theirs, written))
    _run(update(Answer).where(theirs).values(text=None, day=None))
    whose: dict[str, Any] = {"contact_id": None, "invitation_id": None, "submission_key": key, "properties": {}}
    whose |= {"comment": None, "read_at": at, **dict.fromkeys(_UNREAD)}
    _run(update(Response).where(Response.id == response.id).values(**whose))


def _move(old: uuid.UUID, new: uuid.UUID) -> None:
    _run(update(Response).where(Response.contact_id == old).values(contact_id=new))


def _move_cases(old: uuid.UUID, new: uuid.UUID) -> None:
    _run(update(Case).where(Case.contact_id == old).values(contact_id=new))


def _end_files(subject: Subject, erasing: Erasing) -> None:
    """Files that wait to be fetched may name the person: the next tick takes them away, and makes those anew that lie
    in the folder of scheduled exports. It comes while their answers are known as theirs, and are under the lock.
    """
    _run(update(Export).where(Export.workspace_id == subject.workspace_id).values(expires_at=erasing.at))
    found = select(Response.created_at).where(Response.id.in_(_idents(subject)))
    ExportRun.spoil(subject.workspace_id, db.session.scalars(found.distinct()))


def _tell_cases(subject: Subject) -> Told:
    return [
        plain(case, "workspace_id", "closed_by", "owner_id")
        | {"trail": [plain(entry, "case_id", "actor") for entry in CaseEntry.of(case.id)]}
        for case in _cases(subject)
    ]


def _cases(subject: Subject) -> list[Case]:
    """Theirs, and those about an answer, or in which staff wrote to an address, that they left at an open link."""
    here = (Mail.workspace_id == subject.workspace_id, Mail.kind == "case")
    written = db.session.scalars(select(Mail.about).where(*here, Mail.to_address.in_(subject.addresses)))
    wanted = {uuid.UUID(about["case_id"]) for about in written if "case_id" in about}
    about = Case.response_id.in_(_idents(subject))
    theirs = or_(Case.contact_id == subject.contact_id, Case.id.in_(wanted), about)
    found = select(Case).where(Case.workspace_id == subject.workspace_id, theirs)
    return list(db.session.scalars(found.order_by(Case.id)))


def _held(subject: Subject) -> list[Case]:
    """Their cases, under the write lock: what is written in one meanwhile is there, or finds nobody any more. Answers
    come before cases, as with whoever opens one; mails of alerts and digests wait for them, too.
    """
    _responses(subject, held=True)
    wanted = select(Case).where(Case.id.in_([case.id for case in _cases(subject)])).order_by(Case.id)
    return list(db.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)))


def _erase_cases(subject: Subject, erasing: Erasing) -> None:
    """What was said in them goes, with the mails that told of it; how they went stays, and whoever owns one sees why
    there is nobody to follow up any more.
    """
    for case in _held(subject):
        keys = [key for entry in CaseEntry.of(case.id) for key in entry.mail_keys]
        erase_mails(list(db.session.scalars(select(Mail.id).where(Mail.dedupe_key.in_(keys)))), erasing)
        _run(delete(CaseEntry).where(CaseEntry.case_id == case.id, CaseEntry.kind.in_(WORDS)))
        case.forget(at=erasing.at)


HOLDINGS = (
    Holding(name="cases", tell=_tell_cases, erase=_erase_cases, move=_move_cases),
    Holding(name="files", tell=lambda _: [], erase=_end_files),
    Holding(name="responses", tell=_tell, erase=_erase, move=_move),
)
