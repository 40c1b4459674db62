"""The results page: its sentences, its filters in the address, its list of answers."""

import re
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from sqlalchemy import event

from base.db import db, transaction
from base.prepared import Prepared
from tests.cast import AT, a_draft, a_response, a_survey, an_invitation
from tests.feedback.answers import many_answers

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)> {{ 7*7 }}'


@pytest.fixture(autouse=True)
def _that_friday():
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        yield


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support")


@pytest.fixture
def look(cast, browser_of):
    """`look("band=promoter")`: the words of the page that Cvetka sees at this address."""
    browser = browser_of(cast.cvetka)

    def show(query="", *, slug="support", status=200):
        response = browser.get(f"/w/acme/surveys/{slug}/results?{query}")
        assert response.status_code == status
        return response.text

    return show


@contextmanager
def statements(monkeypatch):
    """The SQL that is executed meanwhile, by SQLAlchemy or past it."""
    seen, execute = [], Prepared._execute

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    def noted(prepared, values):
        seen.append(str(prepared.statement))
        return execute(prepared, values)

    event.listen(db.engine, "before_cursor_execute", note)
    with monkeypatch.context() as patched:
        patched.setattr(Prepared, "_execute", noted)
        yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def attributes(html):
    """Every attribute of every tag, as a browser reads them."""
    names = []
    parser = HTMLParser()
    parser.handle_starttag = lambda _tag, attrs: names.extend(name for name, _ in attrs)
    parser.feed(html)
    return names


def shown(html):
    return [int(score) for score in re.findall(r'class="score score-\w+">.*?</span>(\d+)<', html)]


def matching(html):
    return int(re.search(r"([\d,]+) answers? match", html)[1].replace(",", ""))


def test_a_score_never_stands_alone(survey, look):
    many_answers(survey, [{"score": 10}] * 50 + [{"score": 7}] * 30 + [{"score": 2}] * 20)
    words = plain(look())
    assert "+30 ± 16 100 answers" in words
    assert "Promoters (9–10) minus detractors (0–6)" in words
    assert "With 95% confidence it lies between +14 and +44." in words
    assert "Mean answer 7.5 ± 0.6." in words
    assert "Promoters 50 50% ± 10 Passives 30 30% ± 10 Detractors 20 20% ± 9" in words
    assert "10 Promoter 50 50% 95% interval 40–60%" in words  # a row of the distribution
    assert "Nobody answered in the 30 days before, so there is nothing to compare with." in words


def test_a_whole_mean_is_told_as_exactly_as_its_interval(survey, look):
    many_answers(survey, [{"score": 8}] * 12)
    assert "Mean answer 8.0 ± 1.9." in plain(look())


def test_one_answer_has_no_mean(survey, look):
    many_answers(survey, [{"score": 10}])
    words = plain(look())
    assert "Promoters 1 100% (21 to 100%)" in words
    assert "Mean answer" not in words


@pytest.mark.parametrize(("earlier", "sentence"), [
    (10, "No clear change against the 30 days before"), (0, "↑ Up 100 points against the 30 days before"),
])  # fmt: skip
def test_a_change_is_told_as_a_person_would(survey, look, earlier, sentence):
    many_answers(survey, [{"score": 10}] * 40)
    before = AT - timedelta(days=40)
    many_answers(survey, [{"score": earlier, "created_at": before}] * 20 + [{"score": 10, "created_at": before}] * 20)
    assert sentence in plain(look())


def test_below_ten_answers_the_score_is_grey_and_says_so(survey, look):
    many_answers(survey, [{"score": 10}] * 9)
    page = look()
    assert "verdict-few" in page
    assert "too few to say much" in page


def test_each_filter_is_in_the_address_and_narrows(survey, look):
    many_answers(survey, [
        {"score": 9, "agent": "Vid", "team": "North", "channel": "chat", "locale": "sl"},
        {"score": 8, "agent": "Zala", "comment": "fine", "language": "en", "sentiment_label": "neutral", "read_at": AT},
        {"score": 2, "agent": None, "comment": "αργά", "language": "el", "read_at": AT},
        {"score": 1, "comment": "new"},
        {"score": 0, "created_at": AT - timedelta(days=40)},
        {"score": 5, "flagged_at": AT},
    ])  # fmt: skip
    expected = {
        "": 4, "band=detractor": 2, "agent=Zala": 1, "agent=-": 1, "team=North": 4, "channel=chat": 1, "language=el": 1,
        "language=-": 1, "sentiment=neutral": 1, "sentiment=unscored": 2, "sentiment=unread": 1, "commented=1": 3,
        "score=9": 1, "version=1": 4, "period=90d": 5, "from=2026-10-11&to=2026-10-11": 1, "agent=Vid&channel=chat": 1,
        "band=nonsense&sentiment=x&version=y&score=99&order=z&by=q": 4,
    }  # fmt: skip
    assert {query: matching(look(query)) for query in expected} == expected
    assert "No answers match" in look("version=2")
    assert "Unscored, language Greek" in look("agent=-")
    assert "Not read yet" in look("sentiment=unread")


def test_a_filter_of_blanks_is_none(survey, look):
    many_answers(survey, [{"score": 9}])
    blank = "band=%20&sentiment=%E2%80%A8&order=%09&by=%20&agent=%20&language=%20&score=%20"
    assert matching(look(blank)) == matching(look("")) == 1


def test_a_period_that_makes_no_sense_is_told_and_the_usual_one_shown(survey, look):
    many_answers(survey, [{"score": 9}])
    assert "The dates in the address make no sense" in look("from=2026-12-01&to=2026-01-01")
    assert "1 answer matches" in look("period=forever")


@pytest.mark.parametrize("order", ["newest", "worst"])
def test_paging_visits_every_answer_once_and_leads_back(survey, look, order):
    rows = [{"score": n * 7 % 11, "created_at": AT - timedelta(minutes=n // 4)} for n in range(60)]
    made = {str(ident) for ident in many_answers(survey, rows)}

    def walk(page, rel):
        pages = [page]
        while link := re.search(rf'rel="{rel}" href="/w/acme/surveys/support/results\?([^#"]+)', pages[-1]):
            pages.append(look(link[1].replace("&amp;", "&")))
        return pages, [re.findall(r'id="r-([0-9a-f-]+)"', page) for page in pages]

    pages, there = walk(look(f"order={order}"), "next")
    assert [len(part) for part in there] == [25, 25, 10]
    assert {ident for part in there for ident in part} == made
    assert walk(pages[-1], "prev")[1] == there[::-1]
    if order == "worst":
        scores = [score for page in pages for score in shown(page)]
        assert scores == sorted(scores)


def test_a_damaged_place_is_the_beginning(survey, look):
    many_answers(survey, [{"score": 9}])
    assert matching(look("after=%00nonsense&before=AAAA")) == 1


def test_each_number_leads_to_the_answers_behind_it(survey, look):
    many_answers(survey, [{"score": 10, "agent": "Vid"}] * 6 + [{"score": 3, "agent": "Zala", "comment": "slow"}] * 5)
    page = look("period=7d")
    for address, n in re.findall(
        r'href="/w/acme/surveys/support/results\?([^"#]*band=\w+)#answers".*?band-count">(\d+)', page
    ):
        assert matching(look(address.replace("&amp;", "&"))) == int(n)
    assert "results?period=7d&amp;agent=Zala" in page
    assert matching(look("period=7d&agent=Zala")) == 5
    assert "results?period=7d&amp;score=3#answers" in page
    assert "results?period=7d&amp;sentiment=unread#answers" in page


def test_what_is_set_aside_is_named_apart_with_the_way_there(survey, look):
    many_answers(survey, [{"score": 9}, {"score": 0, "flagged_at": AT}])
    page = look()
    assert "1 answer to this survey is set aside" in page
    assert "/w/acme/responses?flagged=1&amp;survey=support" in page


def test_words_of_customers_stay_words(survey, look):
    many_answers(survey, [{"score": 1, "comment": HOSTILE, "agent": HOSTILE, "team": "'\"><b>", "channel": "<i>"}])
    page = look()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in page
    assert not [name for name in attributes(page) if name == "style" or name.startswith("on")]


def test_a_newcomer_is_told_what_will_be_here(cast, look):
    a_draft(cast.workspace, name="Draft")
    assert "This survey is a draft." in look(slug="draft")
    survey = a_survey(cast.workspace, name="Fresh")
    assert "Nobody was asked yet" in look(slug="fresh")
    invitation = an_invitation(survey)
    assert "1 person was asked." in look(slug="fresh")
    a_response(invitation, 9, at=AT - timedelta(days=80))
    assert "Nobody answered in this period" in look(slug="fresh")


def test_results_belong_to_their_workspace(cast, survey, look, browser_of):
    a_survey(cast.elsewhere, name="Theirs")
    look(slug="theirs", status=404)
    assert browser_of(cast.dmitri).get("/w/acme/surveys/support/results").status_code == 404


def test_a_page_takes_few_statements_however_much_there_is(survey, look, monkeypatch):
    many_answers(survey, [{"score": 9}])
    with statements(monkeypatch) as few:
        look()
    many_answers(survey, [{"score": n % 11, "agent": f"A{n}", "comment": "x"} for n in range(120)])
    with transaction():
        db.session.merge(survey).publish(at=AT)
    with statements(monkeypatch) as many:
        look("period=90d&by=day")
    reads = [sql for sql in many if sql.lstrip().upper().startswith("SELECT")]
    assert len(reads) <= 23
    assert len(many) <= len(few) + 1
