"""Versions beside one another: where answers are hard to compare, and whether the score moved."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from base.db import transaction
from feedback.response import Response
from surveys.survey import Survey
from tests.cast import AT, a_survey
from tests.feedback.answers import many_answers

RESULTS = "/w/acme/surveys/support/results"


@pytest.fixture(autouse=True)
def _that_friday():
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        yield


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support", at=AT - timedelta(days=25))


@pytest.fixture
def look(cast, browser_of):
    browser = browser_of(cast.cvetka)
    return lambda path=RESULTS: browser.get(path).text


def publish(survey, at, **texts):
    with transaction() as session:
        found = session.get(Survey, survey.id)
        words = found.draft["texts"]["en"] | texts
        found.save_draft(found.draft | {"texts": {"en": words}}, revision=found.draft_revision, at=at)
        return found.publish(at=at)


def answered(survey, version, scores, at):
    idents = many_answers(survey, [{"score": score, "created_at": at} for score in scores])
    with transaction() as session:
        session.execute(update(Response).where(Response.id.in_(idents)).values(version_id=version.id))


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def two(survey):
    """Version 1 liked by half, version 2 with another question liked by all."""
    many_answers(survey, [{"score": score, "created_at": AT - timedelta(days=20)} for score in [10] * 20 + [0] * 20])
    newer = publish(survey, AT - timedelta(days=8), question="Would you come again?")
    answered(survey, newer, [10] * 40, AT - timedelta(days=3))
    return survey


def test_a_period_across_another_question_says_so(two, look):
    page = look()
    assert "Version 2 (12 Nov) changed the question. Compare versions" in plain(page)
    assert f'{RESULTS}/compare?a=1&amp;b=2"' in page
    assert page.count('class="chart-mark"') == 1


@pytest.mark.parametrize("query", ["?version=2", "?period=7d", "?from=2026-10-20&to=2026-11-10"])
def test_a_period_of_one_question_says_nothing(two, look, query):
    page = look(RESULTS + query)
    assert "changed the question" not in page
    assert "chart-mark" not in page


def test_other_words_of_the_mail_are_no_reason(survey, look):
    many_answers(survey, [{"score": 9}])
    publish(survey, AT - timedelta(days=8), mail_subject="A minute, please")
    assert "Not everybody answered the same" not in look()


def test_the_picker_has_each_version_with_its_date_and_answers(two, look):
    words = plain(look())
    assert "Version 2, since 12 Nov 2026 · 40 answers" in words
    assert "Version 1, since 26 Oct 2026 · 40 answers" in words
    assert "40 answers match" in plain(look(f"{RESULTS}?version=1"))


def test_two_versions_are_told_side_by_side(two, look):
    words = plain(look(f"{RESULTS}/compare"))
    assert re.search(r"↑ \+100 points \(\+\d+ to \+\d+\) : up from version 1 to version 2\.", words)
    assert "But version 2 changed the question, so part of it may be the asking." in words
    assert "Would you come again?" in words
    assert "How likely are you to recommend Acme to a friend or colleague?" in words
    assert words.count("40 answers") == 2


def test_a_difference_that_may_be_chance_is_called_so(survey, look):
    many_answers(survey, [{"score": score} for score in [10] * 8 + [0] * 6])
    newer = publish(survey, AT - timedelta(days=8), thanks_body="Thanks!")
    answered(survey, newer, [10] * 9 + [0] * 5, AT)
    words = plain(look(f"{RESULTS}/compare"))
    assert re.search(r"\+14 points \(−\d+ to \+\d+\) : no clear change from version 1 to version 2\.", words)
    assert "part of it may be the asking" not in words


@pytest.mark.parametrize("query", ["?a=9&b=1", "?a=x", "?a=1&b=1", "?a=2&b=1"])
def test_odd_choices_compare_the_newest_two(two, look, query):
    assert "from version 1 to version 2" in plain(look(f"{RESULTS}/compare{query}"))


def test_one_version_has_nothing_to_compare_with(survey, look):
    many_answers(survey, [{"score": 9}])
    assert "There is only one version" in look(f"{RESULTS}/compare")
    assert "All versions" not in look()


def test_few_answers_are_not_compared(survey, look):
    many_answers(survey, [{"score": 9}] * 20)
    publish(survey, AT, question="Well?")
    assert "One of them has no answers yet" in look(f"{RESULTS}/compare")
