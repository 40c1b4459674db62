"""What happens around cases: colleagues are told, customers are written to and write back, and are asked again."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from sqlalchemy import select

from accounts.user import User
from accounts.workspace import Workspace
from base import clock, courier, throttle
from base.courier import Filled
from base.db import db, new_id, reading, transaction
from base.errors import ConflictError, TooManyError
from base.jobs import job
from base.mail import OUT
from base.outbox import Mail
from feedback import case_emails, quoting
from feedback.case import By, Case
from feedback.case_customer import Customer
from feedback.case_emails import Answering
from feedback.case_entry import CaseEntry, notice_key, reply_key
from feedback.case_owner import workers
from feedback.case_rule import SOURCE, CaseRule
from feedback.response import Response
from surveys import jobs as surveys_jobs
from surveys import mailroom
from surveys.contact import Contact
from surveys.dispatch import mail_key
from surveys.intake import Occasion
from surveys.quarantine import Quarantine, last_asked, lock_contacts
from surveys.returning import Letter, Returned
from surveys.rule import SendingRule
from surveys.survey import Survey
from surveys.version import Version

KIND, NOTICE = "case", "case-notice"
"""Kinds of mails: to a customer, to staff."""
HEARD_A_DAY = 50
"""Mails that one case takes in: a loop between two programs ends here at the latest."""
LONGEST = 20_000
ATTEMPTS = 3
"""How often a mail to staff is written anew at once because the case was changed meanwhile."""
AT_ONCE = 200
"""Cases that one tick looks at."""
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,180}@[!-;=?-~]{1,180}>")

log = logging.getLogger("afterword.jobs")


@job
def tell_people(entry_id: uuid.UUID) -> None:
    """Write to whom an entry speaks: once a person, and only those who may still work on cases. What was written of a
    person who is erased or joined with another meanwhile is written anew.
    """
    for _ in range(ATTEMPTS):
        with reading() as session:
            entry = session.get(CaseEntry, entry_id)
            case = session.get(Case, entry.case_id) if entry else None
            if entry is None or case is None:
                return
            case_id, of, whose = case.id, case.workspace_id, _whose(case)
            workspace = session.get_one(Workspace, of)
            able = {str(user.id): user for user in workers(of)}
            readers = [able[ident] for ident in entry.data.get("tell", ()) if ident in able]
            mails = [(one.id, case_emails.notice(workspace, case, entry, one, at=clock.now())) for one in readers]
        with transaction():
            same = Case.locked(case_id)
            if same is None or db.session.get(CaseEntry, entry_id, populate_existing=True) is None:
                return  # erased meanwhile
            if _whose(same) == whose:
                for reader_id, message in mails:
                    about = {"workspace_id": str(of), "user_id": str(reader_id)}
                    key = notice_key(entry_id, reader_id)
                    courier.post(message, kind=NOTICE, dedupe_key=key, workspace_id=of, at=clock.now(), about=about)
                return
    raise ConflictError("The person of a case changed whenever a mail was written; it is tried again.")


def _whose(case: Case) -> tuple[uuid.UUID | None, bool]:
    return case.contact_id, CaseEntry.forgotten(case.id)


def write_to(case: Case, words: str, writer: User, *, key: uuid.UUID, at: datetime) -> bool:
    """Send a customer what somebody of the staff wrote; whether it is new. The same form twice is one mail.

    ConflictError with what to do instead where nothing may be written. Needs a transaction.
    """
    if CaseEntry.known(key):
        return False
    customer = Customer.of(case)
    if customer.address is None:
        raise ConflictError("There is no address to write to any more.")
    if customer.left_alone is not None:
        raise ConflictError("Nothing is written to this address any more.")
    workspace, response = (
        db.session.get_one(Workspace, case.workspace_id),
        db.session.get_one(Response, case.response_id),
    )
    mail_id = new_id()
    what = Answering(words=words, writer=writer, mail_id=mail_id, **_thread(case, response))
    message = case_emails.reply(workspace, response, customer, what, at=at)
    about = {"case_id": str(case.id)} | ({"contact_id": str(case.contact_id)} if case.contact_id else {})
    filled = Filled(
        id=mail_id,
        sheet=None,
        kept=message.as_bytes(policy=OUT).decode("ascii"),
        kind=KIND,
        dedupe_key=reply_key(key),
        to_address=parseaddr(str(message["To"]))[1],
        subject=str(message["Subject"]),
        workspace_id=case.workspace_id,
        stream_id=case.id,
        about=about,
    )
    courier.post_all([filled], at=at)
    by = By(at, writer.id)
    known = {"to": customer.address, "message_id": courier.message_id(mail_id)}
    case.tell("sent", by, ident=key, text=words, mail_id=mail_id, data=known)
    case.reach("responded", by)
    return True


def _thread(case: Case, response: Response) -> dict[str, str | None]:
    """Which mail this one follows: the last of the conversation, else the one that asked."""
    key = mail_key(response.invitation_id) if response.invitation_id else ""
    asked = Mail.headings_of([key]).get(key) if key else None
    last = CaseEntry.last_mail(case.id)
    subject = f"Re: {asked[1]}" if asked and asked[1] else None
    return {"subject": subject, "in_reply_to": last or (asked[0] if asked else None)}


def came_back(mail: Mail, returned: Returned, letter: Letter, at: datetime) -> bool:
    """Something came back to a mail of a case. Whether a person's words are in the case, with nothing left out."""
    ident = mail.about.get("case_id")
    case = Case.locked(uuid.UUID(ident)) if ident else None
    if case is None or returned.kind not in {"reply", "auto-reply", "hard", "soft", "complaint"}:
        return False
    if CaseEntry.forgotten(case.id):
        return False
    try:
        throttle.spend(f"case:{case.id}", limit=HEARD_A_DAY, per_seconds=86400, now=at)
    except TooManyError:
        return False
    if returned.kind in {"hard", "soft", "complaint"}:
        case.tell("undelivered", By(at), mail_id=mail.id, data={"why": returned.kind, "tell": _listeners(case)})
        return False
    return _hear(case, mail, letter, automatic=returned.kind == "auto-reply", at=at)


def _owner(case: Case) -> list[str]:
    """Who is told that it is late: its owner, while they may work on cases."""
    known = {user.id for user in workers(case.workspace_id)}
    return [str(case.owner_id)] if case.owner_id in known else []


def _listeners(case: Case) -> list[str]:
    """Who is told what comes back: the owner, else whoever wrote last."""
    found = str(case.owner_id) if case.owner_id else CaseEntry.last_writer(case.id)
    return [found] if found else []


def _hear(case: Case, mail: Mail, letter: Letter, *, automatic: bool, at: datetime) -> bool:
    own, rest = quoting.split(letter.text[:LONGEST])
    files = [name for part in letter.own_parts() if (name := part.get_filename())]
    data: dict[str, Any] = {"from": letter.sender[:320], "quoted": rest, "files": len(files), "to": mail.to_address}
    found = _MESSAGE_ID.fullmatch(letter.header("Message-ID"))
    if automatic:
        case.tell("auto", By(at), text=own, mail_id=mail.id, data=data)
        return True
    data |= {"message_id": found[0] if found else None, "tell": _listeners(case)}
    case.tell("received", By(at), text=own, mail_id=mail.id, data=data)
    return not files  # those go on to the workspace's reply address, with the whole mail


def reply_failed(mail: Mail, at: datetime) -> None:
    """No server took a mail to a customer, or it was taken back: the case says so, and its owner is told."""
    if mail.state == "failed":  # the person first, then the case, as an erasure holds them
        mailroom.refused(mail, at)
    ident = mail.about.get("case_id")
    case = Case.locked(uuid.UUID(ident)) if ident else None
    if case is not None:
        case.tell("undelivered", By(at), mail_id=mail.id, data={"why": mail.state, "tell": _listeners(case)})


def may_still_go(about: Mapping[str, Any], _at: datetime) -> str | None:
    """Why a mail to a customer must not go any more, found out when it is about to."""
    case = db.session.get(Case, uuid.UUID(about["case_id"])) if about.get("case_id") else None
    if case is None:
        return "withdrawn"
    customer = Customer.of(case)
    if customer.address is None:  # erased since
        return "withdrawn"
    return "suppressed" if customer.left_alone else None


def reader_gone(about: Mapping[str, Any], _at: datetime) -> str | None:
    """Why what tells staff of a case must not go any more, found out when it is about to."""
    reader = about.get("user_id")
    if reader is None or any(str(one.id) == reader for one in workers(uuid.UUID(about["workspace_id"]))):
        return None
    return "Its reader may not work on cases here any more."


def not_to_be_written_to(mails: Sequence[Mail]) -> set[uuid.UUID]:
    """Of failed mails to customers those that must not be tried again."""
    return {mail.id for mail in mails if may_still_go(mail.about, clock.now()) is not None}


def remind_overdue(now: datetime) -> None:
    """Tell each owner once when the due time of a case passes; part of every tick."""
    with reading():
        found = Case.untold(now, limit=AT_ONCE)
    for ident in found:
        try:
            with transaction():
                case = Case.locked(ident)
                if case is not None and case.closed_at is None and case.reminded_at is None and case.due_at <= now:
                    case.reminded_at = now
                    case.tell("overdue", By(now), data={"tell": _owner(case)})
        except Exception:
            log.exception("the owner of case %s could not be reminded; the next tick tries again", ident)
            db.session.rollback()


def ask_again(now: datetime) -> None:
    """Ask those whose case was resolved a while ago; part of every tick. One that fails does not keep the others."""
    with reading():
        found = Case.to_ask(now, limit=AT_ONCE)
    for ident, contact_id in found:
        try:
            with transaction():
                lock_contacts([contact_id] if contact_id else [])
                case = Case.locked(ident)
                if case is not None and case.follow_due_at is not None and case.follow_due_at <= now:
                    _ask(case, now)
        except Exception:
            log.exception("the customer of case %s could not be asked again; the next tick tries again", ident)
            db.session.rollback()


def _ask(case: Case, now: datetime) -> None:
    """By the sending rules of the survey. It is not exempt from quarantine, and waits for its end."""
    rule = CaseRule.of_id(case.workspace_id)
    survey = db.session.get(Survey, rule.follow_survey_id) if rule.follow_survey_id else None
    contact = db.session.get(Contact, case.contact_id) if case.contact_id else None
    case.follow_due_at = None
    if survey is None or contact is None or not can_ask(survey):
        case.tell("asked", By(now), data={"not": "survey" if contact else "person"})
        return
    response = db.session.get_one(Response, case.response_id)
    facts = {name: getattr(response, name) for name in ("agent", "team", "channel")}
    workspace = db.session.get_one(Workspace, case.workspace_id)
    alone = Quarantine(SendingRule.of(survey.id).quarantine_days, workspace.quarantine_days)
    until = alone.until(survey.id, last_asked([contact.id]).get(contact.id, {}))
    send_at = max(now, until) if until else now
    occasion = Occasion(email=contact.email, source=SOURCE, external_id=str(case.id), send_at=send_at, **facts)
    [(invitation, _)] = surveys_jobs.ask(survey, [occasion], at=now)
    db.session.flush()
    case.follow_invitation_id = invitation.id
    case.tell("asked", By(now), data={"invitation": str(invitation.id), "survey": survey.name})


def undo(case_id: uuid.UUID, stage: str, by: By) -> None:
    """A stage of a case is not reached after all. An invitation that was to ask whether all is well now, and that waits
    for the end of quarantine, is taken back. Needs a transaction.
    """
    whose = db.session.scalar(select(Case.contact_id).where(Case.id == case_id))
    lock_contacts([whose] if whose else [])  # the person first, then the case, as an erasure holds them
    case = Case.locked(case_id)
    if case is None:
        return
    case.undo(stage, by)
    asked = stage == "resolved" and case.follow_invitation_id is not None
    if asked and surveys_jobs.cancel(case.workspace_id, SOURCE, str(case_id), at=by.at):
        case.follow_invitation_id = None


def can_ask(survey: Survey) -> bool:
    """Whether a survey can ask after a case: open, and not anonymous, for then nobody could tell whose answer it is."""
    version = Version.newest(survey.id)
    return survey.is_open and version is not None and not version.document.get("anonymous")
