"""What the page of results has beside the score: changes, the week by hours, drivers, properties, saved views."""

import re
from collections import Counter
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine

from base.db import db, transaction
from feedback.dashboard import MOST_RANKED
from feedback.saved_view import MOST as MOST_VIEWS
from feedback.saved_view import SavedView
from feedback.several import Several
from feedback.tally import EVERYTHING, counts
from feedback.tracked import TrackedProperty, counts_by_value
from feedback.trait import MOST_VALUES
from feedback.zoning import Interval
from surveys.rule import SendingRule, Terms
from tests.cast import AT, a_survey
from tests.feedback.answers import many_answers
from tests.feedback.test_results import matching, plain


@pytest.fixture(autouse=True)
def _that_friday():
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        yield


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support", at=AT - timedelta(days=60))


@pytest.fixture
def look(browser_of, cast):
    browser = browser_of(cast.cvetka)

    def show(query="", *, at="/w/acme/surveys/support/results", status=200):
        response = browser.get(f"{at}?{query}")
        assert response.status_code == status
        return response.text

    return show


def links(html, holding):
    found = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', html)]
    return [link for link in found if holding in link]


def test_the_trend_marks_when_version_and_rules_changed(cast, survey, look):
    many_answers(survey, [{"score": 9}])
    with transaction():
        SendingRule.decide(survey.id, Terms(sample=50), workspace_id=cast.workspace.id, at=AT - timedelta(days=4))
    with transaction():
        found = db.session.merge(survey)
        texts = {"en": {"question": "How likely, really?"}}
        found.save_draft(found.draft | {"texts": texts}, revision=found.draft_revision, at=AT)
        found.publish(at=AT - timedelta(days=2))
    page = look()
    assert page.count('<line class="chart-mark') == 2
    words = plain(page)
    assert "18 Nov Version 2 changed the question" in words
    assert "16 Nov Rules: the share that is asked" in words
    assert "16 Nov" not in plain(look("from=2026-11-18&to=2026-11-20"))


def test_each_hour_of_the_week_leads_to_its_answers(survey, look):
    many_answers(survey, [{"score": 9}] * 11 + [{"score": 3, "created_at": AT - timedelta(hours=5)}] * 2)
    (ten,) = set(links(look(), "weekday=4&hour=10"))  # 9:00 UTC is ten in Ljubljana
    page = look(ten.partition("?")[2].partition("#")[0])
    assert matching(page) == 11
    assert "Friday, 10–11" in plain(page)
    assert matching(look("weekday=4&hour=5")) == 2
    assert matching(look("weekday=9&hour=5")) == 13


def test_of_very_many_agents_those_with_the_most_answers_are_ranked(survey, look):
    rows = [{"score": 9, "agent": f"A{number:03}"} for number in range(MOST_RANKED + 20)]
    many_answers(survey, rows + [{"score": 9, "agent": "A119"}] * 11)
    page = look()
    assert f"Ranked are the {MOST_RANKED} with the most answers; 20 more have fewer each." in plain(page)
    assert re.search(r'class="row-link"[^>]*>(A\d+)', page)[1] == "A119"
    assert "A118" in re.findall(r'class="row-link"[^>]*>(A\d+)', look("agent=A118"))


def test_what_drives_the_score_is_said_in_words_where_it_is_sure(survey, look):
    rows = [{"score": 10, "agent": "Zala", "team": None}] * 60 + [{"score": 7, "agent": "Zala", "team": None}] * 20
    many_answers(survey, rows + [{"score": 0, "agent": "Vid", "team": None}] * 20)
    page = look()
    words = plain(page)
    assert "Without the answers of Vid, 20% of all answers, the score would be 35.0 points higher" in words
    assert "Without the answers of Zala, 80% of all answers, the score would be 140.0 points lower" in words
    assert "each interval is widened so that all hold together with 95%" in words
    assert links(page.partition('id="drivers"')[2], "agent=Vid")
    assert "What drives the score" not in look("agent=Vid")


def test_a_column_of_changes_is_not_headed_as_a_score_and_an_own_score_has_its_interval(survey, look):
    rows = [{"score": score, "agent": agent} for score in (0, 10) for agent in ("Vid", "Zala") for _ in range(20)]
    many_answers(survey, rows + [{"score": 0, "agent": "Vid"}] * 20)
    page = look()
    table = plain(page[page.index('class="table ranks drivers"') :])
    assert "Change without it Its own score Answers" in table
    assert "Score without it" not in table
    assert "Vid Agent 60 answers (60%) +20.0 (−8.5 to +46.9) −33 ± 25 60 (60%)" in table


def test_where_nothing_is_sure_no_driver_is_named(survey, look):
    many_answers(survey, [{"score": score, "agent": agent} for agent in ("Vid", "Zala") for score in (10, 8, 3) * 6])
    assert "Nothing here drives the score for sure" in plain(look())


@pytest.fixture
def tracking(cast):
    """`tracking(product=False, minutes=True)`: the workspace compares by these; True is a number."""

    def choose(**chosen):
        with transaction():
            TrackedProperty.choose(cast.workspace.id, chosen, at=AT)

    return choose


def test_answers_are_compared_by_the_values_of_a_property(survey, look, tracking):
    tracking(product=False)
    rows = [{"score": 10, "properties": {"product": "Lamp"}}] * 30 + [
        {"score": 0, "properties": {"product": " Desk "}}
    ] * 12
    many_answers(survey, [*rows, {"score": 5, "properties": {}}, {"score": 5, "properties": {"product": None}}])
    page = look()
    ranks = page.partition('id="trait-1"')[2]
    assert re.findall(r'class="row-link"[^>]*>([^<]+)', ranks)[:3] == ["Lamp", "Desk", "Not told"]
    assert "Without product “Desk”" in plain(page)
    assert matching(look("trait=product&equals=Desk")) == 12
    assert matching(look("trait=product&equals=-")) == 2
    assert matching(look("trait=product")) == 42
    assert "product: Desk" in plain(look("trait=product&equals=Desk"))


@pytest.mark.parametrize("name", ['na"me ž', "back\\slash", "a.b[0]"])
def test_a_property_may_have_any_name(survey, tracking, look, name):
    tracking(**{name: False})
    many_answers(survey, [{"score": 9, "properties": {name: True}}] * 10 + [{"score": 9, "properties": {name: 4}}] * 11)
    ranks = look().partition('id="trait-1"')[2]
    assert re.findall(r'class="row-link"[^>]*>([^<]+)', ranks)[:2] == ["4", "true"]
    assert matching(look(urlencode({"trait": name, "equals": "true"}))) == 10


def test_a_number_is_read_by_quarters_that_lead_to_their_answers(survey, look, tracking):
    tracking(minutes=True)
    quick = [{"score": 10, "properties": {"minutes": str(n)}} for n in range(1, 21)]
    slow = [{"score": n % 7, "properties": {"minutes": n * 10.5}} for n in range(4, 64)]
    odd = [{"score": 9, "properties": {"minutes": text}} for text in ("soon", "1.2.3", "2026-01-02", "-", ".", "")]
    many_answers(survey, quick + slow + odd)
    page = look()
    words = plain(page)
    assert re.search(
        r"Answers with minutes up to 20 score 200 points more than those from 4\d\d(\.\d)? on \(± \d+\)", words
    )
    assert "6 answers have no such number." in words
    (first,) = set(links(page, "trait=minutes&least=1.0&most=20.0"))
    assert matching(look(first.partition("?")[2])) == 20
    assert matching(look("trait=minutes&least=42")) == 60
    assert matching(look("trait=minutes&least=nan&most=20")) == 20


@pytest.mark.parametrize(("each", "sentence"), [
    (9, "Too few answers to compare the lowest and the highest values."),
    (20, "Answers with minutes up to 1 score 200 points more than those from 4 on"),
])  # fmt: skip
def test_quarters_with_too_few_answers_are_not_called_alike(survey, look, tracking, each, sentence):
    tracking(minutes=True)
    scores = {1: 10, 2: 10, 3: 0, 4: 0}
    many_answers(survey, [{"score": score, "properties": {"minutes": n}} for n, score in scores.items()] * each)
    words = plain(look())
    assert sentence in words
    assert "No clear difference between the lowest" not in words


def test_quarters_that_differ_by_chance_or_not_at_all_are_told_apart(survey, look, tracking):
    tracking(minutes=True)
    many_answers(survey, [{"score": n % 11, "properties": {"minutes": n // 11, "seats": 5}} for n in range(88)])
    assert "No clear difference between the lowest and the highest values." in plain(look())
    tracking(seats=True)
    assert "All have the same value: there is nothing to compare." in plain(look())


def test_of_very_many_values_those_with_the_most_answers_are_shown_and_the_rest_told(cast, survey, look, tracking):
    tracking(order=False)
    rows = [{"score": 9, "properties": {"order": f"O{number}"}} for number in range(MOST_VALUES + 50)]
    many_answers(survey, rows + [{"score": 9, "properties": {"order": "O149"}}] * 10)
    page = look()
    assert f"Ranked are the {MOST_VALUES} with the most answers; 50 more have fewer each." in plain(page)
    assert re.search(r'class="row-link"[^>]*>(O\d+)', page)[1] == "O149"
    period = Interval(AT - timedelta(days=1), AT + timedelta(days=1))
    other = a_survey(cast.workspace, name="Shop")
    many_answers(
        other, [{"score": 3, "properties": {"order": "O7"}}] * 5 + [{"score": 3, "properties": {"order": "S"}}] * 6
    )
    both = counts_by_value([survey.id, other.id], "order", period, EVERYTHING, most=3)
    assert {name: sum(of.values()) for name, of in both.counts.items()} == {"O149": 11, "O7": 6, "S": 6}
    every = counts_by_value([survey.id], "order", period, EVERYTHING, most=None)
    assert every.values == MOST_VALUES + 50
    assert sum(n for of in every.counts.values() for n in of.values()) == sum(counts(survey.id, period).values())


def test_a_designer_chooses_properties_and_too_many_are_refused_with_nothing_lost(cast, survey, browser_of):
    names = {f"p{number}": number for number in range(7)} | {"city": "Celje", "vip": True}
    many_answers(survey, [{"score": 9, "properties": names}])
    browser = browser_of(cast.boris)
    page = browser.get("/w/acme/properties").text
    assert "Celje" in page
    assert page.count("By quarters of the number") == 7
    refused = browser.post("/w/acme/properties", data={f"property:p{number}": "numbers" for number in range(7)})
    assert refused.status_code == 422
    assert "Choose at most 6" in refused.text
    assert refused.text.count('value="numbers" selected') == 7
    chosen = {"property:p0": "numbers", "property:city": "values", "property:vip": "", "property:p1": "nonsense"}
    assert browser.post("/w/acme/properties", data=chosen).status_code == 303
    assert TrackedProperty.of(cast.workspace.id) == {"city": False, "p0": True}
    assert browser_of(cast.cvetka).get("/w/acme/properties").status_code == 403


def test_the_workspaces_page_adds_up_the_surveys_of_a_metric_and_lists_them_all(cast, survey, look):
    other, csat = a_survey(cast.workspace, name="Shop"), a_survey(cast.workspace, "csat", name="Tickets")
    many_answers(survey, [{"score": 10}] * 30 + [{"score": 0, "agent": "Zala"}] * 10)
    many_answers(other, [{"score": 10, "comment": "fine", "read_at": AT}] * 20 + [{"score": 7}] * 20)
    many_answers(csat, [{"score": 5}] * 12)
    page = look(at="/w/acme/results")
    words = plain(page)
    assert re.search(r"Shop NPS \+50 ± \d+ – 40 Support NPS \+50 ± \d+ – 40 Tickets CSAT 100%", words)
    assert re.search(r"\+50 ± \d+ 80 answers", words)
    assert matching(page) == 80
    assert "Shop" in page.partition('id="answers"')[2]
    assert links(page, "/w/acme/surveys/tickets/results")
    assert matching(look("agent=Zala", at="/w/acme/results")) == 10
    assert "Satisfied customers" in look("metric=csat", at="/w/acme/results")
    assert matching(look("metric=csat&period=7d", at="/w/acme/results")) == 12


def test_the_workspaces_page_says_what_will_be_there_and_belongs_to_its_people(cast, look, browser_of):
    assert "No surveys yet" in look(at="/w/acme/results")
    a_survey(cast.workspace)
    assert "Nobody answered yet" in look(at="/w/acme/results")
    many_answers(a_survey(cast.elsewhere, name="Theirs"), [{"score": 9}] * 12)
    assert "Nobody answered yet" in look(at="/w/acme/results")
    assert browser_of(cast.dmitri).get("/w/acme/results").status_code == 404


def test_numbers_of_several_surveys_are_the_sums_of_each(cast, survey):
    other = a_survey(cast.workspace, name="Shop")
    many_answers(survey, [{"score": n % 11, "agent": "Vid", "comment": "x"} for n in range(30)])
    many_answers(other, [{"score": 9, "agent": "Vid"}, {"score": 2, "agent": None, "comment": "y"}])
    period = Interval(AT - timedelta(days=1), AT + timedelta(days=1))
    edges = [period.start, AT, period.end]
    with Several.of([survey.id, other.id]) as both:
        one, two = both.members
        assert both.counts_over(edges)[1] == Counter(one.counts_over(edges)[1]) + Counter(two.counts_over(edges)[1])
        assert both.counts_by("agent", period)["Vid"][9] == one.counts_by("agent", period)["Vid"][9] + 1
        assert both.sentiments(period) == {"unread": 31}
        assert both.reach(period).asked == 2
        assert (both.themes(period), both.theme_counts(period)) == ({}, {})


def test_a_view_is_saved_under_a_name_opened_again_and_taken_away(cast, survey, look, browser_of):
    many_answers(survey, [{"score": 9, "agent": "Vid"}] * 3 + [{"score": 2, "agent": "Zala"}])
    browser = browser_of(cast.cvetka)
    form = {"survey": "support", "query": "period=90d&agent=Vid&after=x&nonsense=1", "name": "  Vid,  this quarter "}
    saved = browser.post("/w/acme/views", data=form)
    assert saved.headers["Location"] == "/w/acme/surveys/support/results?period=90d&agent=Vid"
    page = look()
    assert 'href="?period=90d&amp;agent=Vid">Vid, this quarter</a>' in page
    assert matching(look("period=90d&agent=Vid")) == 3
    browser.post("/w/acme/views", data=form | {"query": "period=7d"})
    assert [(one.name, one.query) for one in SavedView.all_of(cast.workspace.id, survey.id)] == [
        ("Vid, this quarter", "period=7d")
    ]
    assert SavedView.all_of(cast.workspace.id) == []
    (delete,) = re.findall(r'action="(/w/acme/views/[^"]+/delete)"', look())
    assert browser_of(cast.dmitri).post(delete.replace("acme", "elsewhere")).status_code == 404
    assert browser.post(delete).status_code == 303
    assert SavedView.all_of(cast.workspace.id, survey.id) == []


def test_a_view_needs_a_name_and_a_page_has_not_too_many(cast, browser_of):
    browser = browser_of(cast.cvetka)
    asked = browser.post("/w/acme/views", data={"name": " ", "query": "period=7d"})
    assert asked.headers["Location"] == "/w/acme/results?period=7d"
    assert "The view needs a name." in browser.get("/w/acme/results").text
    browser.post("/w/acme/views", data={"name": "Long", "query": f"agent={'x' * 5000}"})
    assert "narrowed by too many words to be saved" in browser.get("/w/acme/results").text
    with transaction():
        for number in range(MOST_VIEWS):
            SavedView.keep(cast.workspace.id, None, f"V{number}", "", at=AT)
    browser.post("/w/acme/views", data={"name": "One more"})
    assert "one must go before another is kept" in browser.get("/w/acme/results").text
    assert len(SavedView.all_of(cast.workspace.id)) == MOST_VIEWS


def test_two_periods_or_two_groups_are_compared_and_lead_to_their_answers(survey, look):
    earlier = AT - timedelta(days=40)
    many_answers(survey, [{"score": 10, "agent": "Vid"}] * 40 + [{"score": 0, "agent": "Zala"}] * 20)
    many_answers(survey, [{"score": 0, "created_at": earlier}] * 30 + [{"score": 10, "created_at": earlier}] * 10)
    at = "/w/acme/surveys/support/results/beside"
    page = look(at=at)
    assert re.search(r"↑ \+83 points \(\+\d+ to \+\d+\) : the second side is higher\.", plain(page))
    hrefs = links(page, "/results?from=")
    assert [matching(look(href.partition("?")[2])) for href in dict.fromkeys(hrefs)] == [40, 60]
    days = "a_from=2026-11-01&a_to=2026-11-20&b_from=2026-11-01&b_to=2026-11-20"
    groups = look(f"{days}&a_whom=agent:Vid&b_whom=agent:Zala", at=at)
    assert re.search(r"↓ −200 points \(−\d+ to −\d+\) : the second side is lower\.", plain(groups))
    assert "on both sides" not in groups
    likes = look(f"{days}&a_whom=agent:Vid&b_whom=agent:Vid", at=at)
    assert re.search(r"(?<!\S)0 points \(−(\d+) to \+\1\) : no clear difference between the two\.", plain(likes))
    assert "interval of the difference" in plain(likes)
    assert '<option value="agent:Vid" selected>Vid</option>' in groups
    assert "40 answers are on both sides" in plain(look(f"{days}&a_whom=agent:Vid", at=at))
    assert "One side has no answers" in look(f"{days}&b_whom=agent:nobody", at=at)
    assert "The dates in the address make no sense" in look("a_from=2026-12-24&a_to=2026-01-01", at=at)
