"""From asked to answered: a share is one of those asked who pass the same filters, or it is not said."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from feedback import jobs, reach
from feedback.dashboard import Dashboard
from feedback.figure import Figures
from feedback.ranging import chosen
from feedback.reach import Reach
from feedback.several import Several
from feedback.tally import EVERYTHING, Filters
from tests.cast import AT, a_response, a_survey, an_invitation
from tests.feedback.answers import many_answers

PERIOD = chosen({"period": "30d"}, AT, "Europe/Ljubljana")
GOLD = Filters(trait="plan", equals="gold")


@pytest.fixture
def survey(cast):
    """Ten were asked; two of them have the plan gold, and both answered, in English, of Vid."""
    survey = a_survey(cast.workspace, name="Support")
    for number in range(10):
        gold = number < 2
        facts = {"agent": "Vid" if number < 4 else "Zala", "properties": {"plan": "gold", "seats": 5} if gold else {}}
        asked = an_invitation(survey, email=f"{number}@customer.example", **facts)
        if gold:
            a_response(asked, 9)
    return survey


def reach_of(survey, filters):
    return Dashboard.of(survey, PERIOD, filters=filters).reach


@pytest.fixture
def look(cast, browser_of):
    browser = browser_of(cast.cvetka)

    def show(query):
        with time_machine.travel(AT + timedelta(hours=3), tick=False):
            html = browser.get(f"/w/acme/surveys/support/results?{query}").text
        card = html[html.index('id="reach-title"') + len('id="reach-title">') :]
        return " ".join(re.sub(r"<[^>]+>", " ", card[: card.index("</section>")]).split())

    return show


@pytest.mark.parametrize(("filters", "asked", "answered"), [
    (GOLD, 2, 2),
    (Filters(trait="plan", equals=""), 8, 0),
    (Filters(trait="plan"), 2, 2),
    (Filters(trait="seats", least=5), 2, 2),
    (Filters(trait="seats", most=4.5), 0, 0),
    (replace(GOLD, agent="Vid"), 2, 2),
    (replace(GOLD, agent="Zala"), 0, 0),
    (replace(GOLD, version=1), 2, 2),
    (Filters(agent="Vid", team="North"), 4, 2),
])  # fmt: skip
def test_those_asked_are_narrowed_by_what_they_were_asked_about(survey, filters, asked, answered):
    found = reach_of(survey, filters)
    assert (found.asked, found.sent, found.answered, found.wider) == (asked, asked, answered, None)


@pytest.mark.parametrize("filters", [
    Filters(language="en"), Filters(sentiment="unread"), Filters(band="promoter"), Filters(language="en", agent="Vid"),
    replace(GOLD, language="en"),
])  # fmt: skip
def test_what_only_answers_have_makes_no_share_of_those_asked(survey, filters):
    assert reach_of(survey, filters).wider == "said"
    jobs.roll_up(AT)
    with Figures.of(survey.id) as figures:
        assert figures.reach(PERIOD.interval, filters) == Reach.of(survey.id, PERIOD.interval, filters)
        assert figures.reach(PERIOD.interval, EVERYTHING).wider is None


def test_too_many_are_not_looked_at_for_a_property(survey, monkeypatch):
    monkeypatch.setattr(reach, "MOST_ASKED", 9)
    found = reach_of(survey, GOLD)
    assert (found.asked, found.answered, found.wider) == (10, 2, "many")
    assert reach_of(survey, replace(GOLD, agent="Vid")).wider is None
    assert reach_of(survey, replace(GOLD, language="en")).wider == "said"


def test_of_several_surveys_there_is_a_share_only_if_there_is_one_of_each(cast, survey):
    other = a_survey(cast.workspace, name="Shop")
    with Several.of([other.id, survey.id]) as both:
        assert both.reach(PERIOD.interval, GOLD).wider is None
        assert both.reach(PERIOD.interval, Filters(language="en")).wider == "said"


def test_the_page_says_a_share_only_of_those_who_pass_the_same_filters(survey, look, monkeypatch):
    assert "Answered 2 20% 95% interval: 6 to 51% Commented 0 0%" in look("")
    words = look("trait=plan&equals=gold")
    assert words.startswith("From asked to answered Asked 2 Mail sent 2 100%")
    assert "Answered 2 100% 95% interval: 34 to 100% Commented 0 0%" in words
    words = look("language=en")
    assert "Answered 2 Commented 0 Without shares: what you filter by is only known" in words
    monkeypatch.setattr(reach, "MOST_ASKED", 9)
    assert "Answered 2 Commented 0 Without shares: too many were asked" in look("trait=plan&equals=gold")


def test_more_answers_than_were_asked_are_no_share_and_no_mishap(cast, look):
    """As of a version that was published while the mails were on their way."""
    many_answers(a_survey(cast.workspace, name="Support"), [{"score": 9}] * 3)
    words = look("")
    assert words.startswith("From asked to answered Asked 1 Mail sent 1 100%")
    assert "Answered 3 Commented 0 0%" in words
