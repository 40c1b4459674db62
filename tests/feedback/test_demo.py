"""The demo company: its story holds together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from base.db import db
from feedback.answer import Answer
from feedback.demo import company, history, opinion
from surveys.funnel import Funnel
from surveys.survey import Survey

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def told(app: Flask) -> Survey:
    history.tell(NOW, days=4, progress=lambda *_: None)
    names = {metric: name for metric, name, _ in company.SURVEYS}
    return db.session.scalars(select(Survey).where(Survey.name == names["csat"])).one()


def test_who_says_that_it_is_not_resolved_says_what_is_still_open(told: Survey) -> None:
    given = db.session.scalars(select(Answer).where(Answer.question == "still_open")).all()
    known = {text for texts in opinion.OPEN.values() for text in texts}
    assert given
    assert {one.text for one in given} <= known
    unresolved = set(
        db.session.scalars(select(Answer.response_id).where(Answer.question == "resolved", Answer.choice == "no"))
    )
    assert {one.response_id for one in given} <= unresolved


def test_more_people_open_the_page_than_answer(told: Survey) -> None:
    funnel = Funnel.of(told.id)
    assert funnel.asked >= funnel.sent >= funnel.clicked > funnel.answered > 0
