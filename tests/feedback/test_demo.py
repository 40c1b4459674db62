"""The demo company: its story holds together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.workspace import Workspace
from base.db import db
from feedback.answer import Answer
from feedback.case import Case
from feedback.case_rule import CaseRule
from feedback.demo import company, desk, followup, gate, history, opinion
from feedback.response import Response
from feedback.tag import Tag, Tagging
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.funnel import Funnel
from surveys.invitation import Invitation
from surveys.received_call import ReceivedCall
from surveys.suppression import Suppression
from surveys.survey import Survey

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.long
def test_the_story_holds_together_and_what_comes_to_the_company_by_itself_is_there(app: Flask) -> None:
    """In one test: a day of the story takes seconds."""
    history.tell(NOW, days=6, progress=lambda *_: None)
    names = {metric: name for metric, name, _ in company.SURVEYS}
    told = db.session.scalars(select(Survey).where(Survey.name == names["csat"])).one()
    funnel = Funnel.of(told.id)
    assert funnel.asked >= funnel.sent >= funnel.clicked > funnel.answered > 0
    given = db.session.scalars(select(Answer).where(Answer.question == "still_open")).all()
    known = {text for texts in opinion.OPEN.values() for text in texts}
    assert given
    assert {one.text for one in given} <= known
    unresolved = set(
        db.session.scalars(select(Answer.response_id).where(Answer.question == "resolved", Answer.choice == "no"))
    )
    assert {one.response_id for one in given} <= unresolved
    calls = db.session.scalars(select(ReceivedCall)).all()
    assert [(call.state, call.reason) for call in calls if call.state != "processed"] == [("rejected", "email")]
    assert len(calls) == len(gate.CALLS)
    bounce = db.session.scalars(select(Bounce)).one()
    assert (bounce.kind, bounce.status) == ("hard", "5.1.1")
    assert b"User unknown" in bounce.raw
    contact = db.session.get_one(Contact, bounce.contact_id)
    assert contact.suppressed_reason == "bounced"
    assert "User unknown" in (Suppression.of_contact(contact.id)[0].evidence or "")
    left_alone = sorted(db.session.scalars(select(Suppression.reason)))
    assert left_alone == sorted(["bounced", "unsubscribed", "by hand", *["imported"] * len(gate.LEFT_ALONE)])
    assert_recovery_is_asked_apart()
    assert_tags_say_what_comments_say()


def assert_recovery_is_asked_apart():
    again = db.session.scalars(select(Survey).where(Survey.name == followup.AGAIN)).one()
    assert db.session.scalars(select(CaseRule.follow_survey_id)).all() == [again.id]
    asked = select(Invitation.survey_id).join(Case, Case.follow_invitation_id == Invitation.id)
    assert set(db.session.scalars(asked)) == {again.id}
    answers = db.session.scalars(select(Response).where(Response.survey_id == again.id)).all()
    assert len({one.created_at.replace(minute=0, second=0, microsecond=0) for one in answers}) > len(answers) / 2 > 0
    assert len({one.locale for one in answers}) > 1


def assert_tags_say_what_comments_say():
    given = select(Tag.name, Response.sentiment_label).join(Tagging, Tagging.tag_id == Tag.id)
    given = given.join(Response, Response.id == Tagging.response_id).where(Tag.name.in_(desk.TAGS.values()))
    assert db.session.scalars(select(Workspace.reply_to)).all() == [company.CARE]
    signs = {name: label for (_, label), name in desk.TAGS.items()}
    told = db.session.execute(given).all()
    assert len(told) > 3
    assert all(signs[name] == label for name, label in told)
