"""Cases for tests: a workspace's rules, and detractors who open cases by answering."""

from sqlalchemy import select

from base.db import db, transaction
from feedback.case import Case
from feedback.case_entry import CaseEntry
from feedback.case_rule import CaseRule, Ruling
from surveys.timing import Window
from tests.cast import AT, a_response, an_invitation

OFFICE = Window("Europe/Ljubljana", "12345", 9, 17)


def a_ruling(*surveys, owner_by="nobody", person=None, leads=None, turns=(), follow=None, **changes):
    """What a workspace decides: these surveys open cases, due within eight business hours."""
    usual = {"hours": 8, "window": OFFICE, "follow_days": 3, "reasons": ("Put right", "Could not be reached")}
    return Ruling(
        owner_by=owner_by,
        person_id=person and person.id,
        surveys=frozenset(one.id for one in surveys),
        leads={team: who.id for team, who in (leads or {}).items()},
        turns=frozenset(one.id for one in turns),
        follow_survey_id=follow and follow.id,
        **(usual | changes),
    )


def ruled(workspace, *surveys, at=AT, by=None, **ruling):
    with transaction():
        CaseRule.decide(workspace, a_ruling(*surveys, **ruling), at=at, by=by)


def told_us(survey, score, comment="Nobody called me back.", *, email="mara@customer.example", at=AT, **facts):
    """A customer's answer; its case follows when jobs run."""
    sent = {name: facts.pop(name) for name in ("signs", "pieces", "form_id") if name in facts}
    return a_response(an_invitation(survey, email=email, at=at, **facts), score, comment, **sent)


def cases():
    db.session.rollback()
    return list(db.session.scalars(select(Case).order_by(Case.id).execution_options(populate_existing=True)))


def trail(case):
    """The kinds of what happened to a case."""
    return [entry.kind for entry in CaseEntry.of(case.id)]
