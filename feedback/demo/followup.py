"""How the demo company follows its detractors up: cases of the last days, some of them won back."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, transaction
from feedback import casebook, casework
from feedback.case import STAGES, By, Case
from feedback.case_reason import USUAL, CaseReason
from feedback.case_rule import CaseRule, Ruling
from feedback.demo.company import PEOPLE, ZONE, Company
from feedback.response import Response
from feedback.revision import Given
from surveys.contact import Contact
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.timing import Window

DAYS = 8
"""How long ago the company began."""
LEFT_ALONE = timedelta(days=2)
"""Cases that are younger than this nobody has worked on yet."""

WRITTEN = (
    "I am sorry for how this went. I have read everything you told us and asked the colleagues who were there.",
    "Thank you for telling us so openly. This is not how it should have been, and I want to put it right.",
    "You are right, we let you down here. I have taken this over myself.",
)
ANSWERED = (
    "Thank you for writing. I would just like it to work.",
    "I did not expect an answer. If it is solved by Friday, I am content.",
    "Good to hear. You can call me after four.",
)
NOTED = (
    "Called twice, nobody picked up. @Cvetka, can you try tomorrow morning?",
    "The courier confirms that the parcel was left with a neighbour.",
    "Third one this month with the same model. @Boris, worth a look at the texts on the page?",
)


def tell(made: Company, now: datetime) -> None:
    """Let the rules begin some days ago, and follow up those who answered since."""
    began, people = now - timedelta(days=DAYS), _people()
    with transaction() as session:
        CaseRule.decide(
            session.get_one(Workspace, made.workspace_id), _ruling(made, people), at=began, by=made.admin_id
        )
    found = select(Response.id).where(Response.workspace_id == made.workspace_id, Response.created_at >= began)
    with transaction():
        for ident in db.session.scalars(found.order_by(Response.created_at, Response.id)).all():
            _open(db.session.get_one(Response, ident))
        cases = db.session.scalars(select(Case).order_by(Case.opened_at, Case.id)).all()
        for number, case in enumerate(cases):
            if case.opened_at < now - LEFT_ALONE:
                _work(case, people, random.Random(number), now)  # noqa: S311 - a story, not a secret
    with clock.standing_at(now - timedelta(days=1)):
        casework.ask_again(now - timedelta(days=1))
    _answer(now - timedelta(hours=5))


def _people() -> list[User]:
    found = {user.email: user for user in db.session.scalars(select(User))}
    return [found[email] for email, _name, _role in PEOPLE]


def _ruling(made: Company, people: Sequence[User]) -> Ruling:
    ana, boris, cvetka = (one.id for one in people)
    return Ruling(
        owner_by="turns",
        person_id=None,
        hours=24,
        window=Window(ZONE, "12345", 9, 17),
        follow_survey_id=made.surveys["csat"],
        follow_days=2,
        surveys=frozenset((made.surveys["nps"], made.surveys["csat"])),
        leads={},
        turns=frozenset((ana, boris, cvetka)),
        reasons=USUAL,
    )


def _open(response: Response) -> None:
    if casebook.opens(response):
        at = response.created_at + timedelta(minutes=1)
        with clock.standing_at(at):
            casebook.consider(response, at=at)


def _work(case: Case, people: Sequence[User], dice: random.Random, now: datetime) -> None:
    """What an owner does in the days after a case was opened; some cases get no further than the first steps."""
    owner = next(one for one in people if one.id == case.owner_id)
    at = case.opened_at + timedelta(hours=dice.randint(1, 6))
    steps = dice.choice((0, 2, 4, *(5,) * 20))
    rule, by = CaseRule.of_id(case.workspace_id), By(at, owner.id)
    if not steps:
        with clock.standing_at(at):
            case.note(dice.choice(NOTED), by, ident=new_id(), told=[])
        return
    with clock.standing_at(at):
        casework.write_to(case, dice.choice(WRITTEN), owner, key=new_id(), at=at)
    if dice.random() < 0.7:
        at += timedelta(hours=dice.randint(2, 20))
        address = db.session.get_one(Contact, case.contact_id).email
        with clock.standing_at(at):
            case.tell("received", By(at), text=dice.choice(ANSWERED), data={"from": address, "to": address})
    for stage in STAGES[1:steps]:
        at = min(at + timedelta(hours=dice.randint(1, 9)), now - timedelta(hours=1))
        with clock.standing_at(at):
            case.reach(stage, By(at, owner.id), rule=rule)
    if steps == len(STAGES):
        reason = dice.choice(CaseReason.all_of(case.workspace_id)[:4])
        with clock.standing_at(at):
            case.close(reason, By(at, owner.id))


def _answer(at: datetime) -> None:
    """Those who were asked again answer; most of them are content now."""
    dice = random.Random(7)  # noqa: S311 - a story, not a secret
    asked = select(Invitation).join(Case, Case.follow_invitation_id == Invitation.id)
    asked = asked.where(Invitation.status == "scheduled").order_by(Invitation.id)
    with transaction(), clock.standing_at(at):
        for invitation in db.session.scalars(
            asked.where(Invitation.status == "scheduled").order_by(Invitation.id)
        ).all():
            if dice.random() < 0.8:
                invitation.mark_sent(at=at - timedelta(hours=4))
                db.session.flush()
                _send(invitation, dice.choice((5, 4, 4, 3, 5, 2)), at)


def _send(invitation: Invitation, score: int, at: datetime) -> None:
    given = Given(score=score, comment=None, locale=invitation.locale or "en", form_id=uuid.uuid4().hex)
    ident = Response.submit(Link.by_token(invitation.token), given, at=at).id
    response = db.session.get_one(Response, ident)
    response.keep_reading(None, at=at)
    casebook.consider(response, at=at)
