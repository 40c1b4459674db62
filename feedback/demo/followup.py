"""How the demo company follows its detractors up: cases of the last days, some of them won back."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, reading, transaction
from feedback import casebook, casework, sentiment
from feedback.case import STAGES, By, Case
from feedback.case_reason import USUAL, CaseReason
from feedback.case_rule import CaseRule, Ruling
from feedback.demo import company
from feedback.demo.company import PEOPLE, ZONE, Company
from feedback.response import Response
from feedback.revision import Given
from surveys.contact import Contact
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.timing import Window

DAYS = 8
"""How long ago the company began."""
ANSWER = 0.8
"""Share of those who are asked again that answers."""
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

AGAIN = "After we put it right"
"""The survey that asks again; a survey of its own, for its answers would lift the score of any other."""
QUESTION = {
    "en": "How satisfied are you with the way we put it right?",
    "sl": "Kako ste zadovoljni s tem, kako smo zadevo uredili?",
    "pl": "Jak oceniają Państwo sposób, w jaki rozwiązaliśmy tę sprawę?",
    "el": "Πόσο ικανοποιημένοι είστε με τον τρόπο που το διορθώσαμε;",
    "ru": "Насколько вы довольны тем, как мы всё исправили?",
}
SAID = {
    "en": ("Thank you, it works now and somebody called me back.", "It is still not solved."),
    "sl": ("Hvala, zdaj dela in nekdo me je poklical nazaj.", "Zadeva še vedno ni rešena."),
    "pl": ("Dziękuję, teraz działa i ktoś do mnie oddzwonił.", "Sprawa nadal nie jest rozwiązana."),
    "el": ("Ευχαριστώ, τώρα λειτουργεί και με πήραν τηλέφωνο.", "Το θέμα ακόμα δεν έχει λυθεί."),
    "ru": ("Спасибо, теперь всё работает, и мне перезвонили.", "Вопрос до сих пор не решён."),
}
"""What the content and the others write, if anything."""


def tell(made: Company, now: datetime) -> None:
    """Let the rules begin some days ago, and follow up those who answered since."""
    began, people = now - timedelta(days=DAYS), _people()
    with transaction() as session:
        again = company.ask(made.workspace_id, AGAIN, _document(), began, made.admin_id)
        workspace = session.get_one(Workspace, made.workspace_id)
        CaseRule.decide(workspace, _ruling(made, people, again), at=began, by=made.admin_id)
    found = select(Response.id).where(Response.workspace_id == made.workspace_id, Response.created_at >= began)
    with transaction():
        for ident in db.session.scalars(found.order_by(Response.created_at, Response.id)).all():
            _open(db.session.get_one(Response, ident))
        cases = db.session.scalars(select(Case).order_by(Case.opened_at, Case.id)).all()
        for number, case in enumerate(cases):
            if case.opened_at < now - LEFT_ALONE:
                _work(case, people, random.Random(number), now)  # noqa: S311 - a story, not a secret
    _ask_again(now)
    _answer(now)


def _document() -> dict[str, Any]:
    texts = {locale: {"question": question} for locale, question in QUESTION.items()}
    return {"metric": "csat", "default_locale": "en", "locales": list(company.LANGUAGES), "texts": texts}


def _people() -> list[User]:
    found = {user.email: user for user in db.session.scalars(select(User))}
    return [found[email] for email, _name, _role in PEOPLE]


def _ruling(made: Company, people: Sequence[User], again: uuid.UUID) -> Ruling:
    ana, boris, cvetka = (one.id for one in people)
    return Ruling(
        owner_by="turns",
        person_id=None,
        hours=24,
        window=Window(ZONE, "12345", 9, 17),
        follow_survey_id=again,
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


def _ask_again(now: datetime) -> None:
    """Ask each at the moment that the rule names, as the ticks of those days would have done."""
    due = select(Case.follow_due_at).where(Case.follow_due_at <= now).order_by(Case.follow_due_at).distinct()
    with reading() as session:
        moments = [moment for moment in session.scalars(due) if moment is not None]
    for moment in moments:
        with clock.standing_at(moment):
            casework.ask_again(moment)


def _answer(now: datetime) -> None:
    """Those who were asked again answer, each in their own time and language; most of them are content now."""
    dice = random.Random(7)  # noqa: S311 - a story, not a secret
    asked = select(Invitation).join(Case, Case.follow_invitation_id == Invitation.id)
    asked = asked.where(Invitation.status == "scheduled", Invitation.send_at < now - timedelta(hours=4))
    with transaction():
        for invitation in db.session.scalars(asked.order_by(Invitation.send_at, Invitation.id)).all():
            with clock.standing_at(invitation.send_at):
                invitation.mark_sent(at=invitation.send_at)
                db.session.flush()
            at = _awake(invitation.send_at + timedelta(minutes=4 + dice.expovariate(1 / 400)))
            if dice.random() < ANSWER and at < now:
                with clock.standing_at(at):
                    _send(invitation, dice.choice((5, 4, 4, 3, 5, 2)), at, wordy=dice.random() < 0.5)


def _awake(at: datetime) -> datetime:
    """Nobody answers at night."""
    return at + timedelta(hours=7) if at.hour < 5 else at


def _send(invitation: Invitation, score: int, at: datetime, *, wordy: bool) -> None:
    spoken = db.session.get_one(Contact, invitation.contact_id).locale
    locale = spoken if spoken in SAID else "en"
    comment = SAID[locale][score < 4] if wordy else None
    given = Given(score=score, comment=comment, locale=locale, form_id=uuid.uuid4().hex)
    ident = Response.submit(Link.by_token(invitation.token), given, at=at).id
    response = db.session.get_one(Response, ident)
    response.keep_reading(sentiment.read(comment, locale_hint=locale) if comment else None, at=at)
    casebook.consider(response, at=at)
