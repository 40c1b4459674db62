"""A page that asks for something rare looks at so many rows and says how far it came; the next one goes on."""

from datetime import timedelta

import pytest

from base import clock
from base.db import transaction
from feedback import inbox
from feedback.concordance import Concordance
from feedback.feed import Place, Query
from feedback.harvest import harvest
from feedback.response import Response
from feedback.searching import wish_of
from feedback.tally import Filters
from tests.cast import AT, a_survey, an_api_key
from tests.feedback.answers import many_answers

GOLD = Filters(trait="plan", equals="gold")


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support")


@pytest.fixture
def short(monkeypatch):
    """Pages look at few rows."""
    for name, rows in (("stretch.MOST", 10), ("stretch.FIRST", 3), ("inbox.LOOKED_AT", 10), ("unread.MOST", 6)):
        monkeypatch.setattr(f"feedback.{name}", rows)


def answers(survey, n, gold=(), **more):
    """`n` answers, the newest first, a minute apart; those at the places of `gold` have the plan."""
    rows = [
        {
            "score": 3,
            "created_at": AT - timedelta(minutes=place),
            "properties": {"plan": "gold"} if place in gold else {},
        }
        | more
        for place in range(n)
    ]
    return many_answers(survey, rows)


def read(idents):
    """Let comments be found by the index of words, as a reading does."""
    with transaction() as session:
        for ident in idents:
            response = session.get_one(Response, ident)
            response.read_at = AT
            Concordance.keep([(response, (), ())])


def pages(query, limit=2):
    """All pages of a list: how many entries each has and how far it looked, and all entries."""
    told, entries, after = [], [], None
    while len(told) < 99:
        page = inbox.page(query, limit=limit, after=after)
        told.append((len(page.entries), page.looked))
        entries += [entry.response.id for entry in page.entries]
        if page.older is None:
            return told, entries
        after = page.older
    raise AssertionError("The list goes on without an end.")


def test_a_list_of_all_answers_looks_at_so_many_and_goes_on_where_it_stopped(cast, survey, short):
    made = answers(survey, 34, gold=(0, 31, 33))
    query = Query(workspace_id=cast.workspace.id, filters=GOLD)
    told, entries = pages(query)
    minutes = [(AT - looked) // timedelta(minutes=1) if looked else None for _, looked in told]
    assert ([n for n, _ in told], minutes) == ([1, 0, 0, 2], [9, 19, 29, None])
    assert entries == [made[0], made[31], made[33]]


def test_a_list_without_a_match_ends_where_there_is_nothing_more(cast, survey, short):
    answers(survey, 13)
    query = Query(workspace_id=cast.workspace.id, filters=GOLD)
    assert [n for n, _ in pages(query)[0]] == [0, 0]
    last = inbox.page(query, limit=2, after=inbox.page(query, limit=2).older)
    assert (last.older, last.looked) == (None, None)
    assert last.newer is not None


def test_a_page_that_found_nothing_leads_back_without_losing_an_answer(cast, survey, short):
    made = answers(survey, 25, gold=(1, 2))
    query = Query(workspace_id=cast.workspace.id, filters=GOLD)
    first = inbox.page(query, limit=1)
    second = inbox.page(query, limit=1, after=first.older)
    nothing = inbox.page(query, limit=1, after=second.older)
    assert [entry.response.id for page in (first, second) for entry in page.entries] == made[1:3]
    assert (nothing.entries, nothing.looked is None) == ([], False)
    back = inbox.page(query, limit=1, before=nothing.newer)
    assert [entry.response.id for entry in back.entries] == [made[2]]


def test_going_towards_newer_ones_looks_at_no_more_rows_either(cast, survey, short):
    made = answers(survey, 40, gold=(5, 38))
    query = Query(workspace_id=cast.workspace.id, filters=GOLD)
    oldest = str(Place(AT - timedelta(minutes=39), made[39]))
    page, found, steps = inbox.page(query, limit=1, before=oldest), [], 0
    while page.newer and steps < 99:
        found, steps = found + [entry.response.id for entry in page.entries], steps + 1
        page = inbox.page(query, limit=1, before=page.newer)
    found += [entry.response.id for entry in page.entries]
    assert found == [made[38], made[5]]
    assert steps >= 3


@pytest.mark.parametrize("narrowed", [{}, {"filters": Filters(agent="Vid", trait="plan", equals="gold")}])
def test_an_agent_of_a_survey_is_looked_for_among_their_own_answers(cast, survey, short, narrowed):
    answers(survey, 30, agent="Zala")
    mine = answers(survey, 3, gold=(2,))
    found = pages(Query(workspace_id=cast.workspace.id, survey_id=survey.id, **{"filters": GOLD} | narrowed))
    assert found[1] == [mine[2]]
    assert (len(found[0]) == 1) is bool(narrowed)


def test_a_person_is_found_at_once_however_many_answered_since(cast, survey, short, client):
    answers(survey, 30)
    headers = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    ask = {"query_string": {"email": "nobody@customer.example"}, "headers": headers}
    assert client.get("/api/v1/responses", **ask).json == {"data": [], "next_cursor": None}


def test_comments_that_no_index_narrows_are_looked_at_in_the_same_way(cast, survey, short):
    made = answers(survey, 33, gold=(3, 31), comment="The parcel came")
    read(made)
    for wish in (None, wish_of("parcel")):
        told, entries = pages(Query(workspace_id=cast.workspace.id, commented=True, wish=wish, filters=GOLD), limit=5)
        assert entries == [made[3], made[31]]
        assert len(told) > 1


@pytest.mark.parametrize("apart", [timedelta(minutes=1), timedelta(0), timedelta(microseconds=300)])
def test_all_that_wait_are_found_by_their_words_however_many_they_are(cast, survey, short, apart):
    rows = [
        {"score": 3, "created_at": AT - n * apart, "comment": f"{'parcel' if n % 3 else 'shop'} {n}"} for n in range(31)
    ]
    with clock.standing_at(AT):  # ids of one moment are made by chance
        made = many_answers(survey, rows)
    query = Query(workspace_id=cast.workspace.id, wish=wish_of("shop"), filters=Filters(sentiment="unread"))
    _, entries = pages(query)
    assert sorted(entries) == sorted(made[::3])
    if apart > timedelta(milliseconds=1):
        assert entries == made[::3]


def test_what_waits_and_what_was_read_come_in_one_order_however_many_wait(cast, survey, short):
    made = answers(survey, 28, comment="The parcel came")
    read(made[1::3])
    _, entries = pages(Query(workspace_id=cast.workspace.id, wish=wish_of("parcel")), limit=3)
    assert entries == made


def test_words_that_wait_unread_do_not_hide_what_only_a_reading_tells(cast, survey, short):
    answers(survey, 30, comment="The parcel came")
    query = Query(workspace_id=cast.workspace.id, wish=wish_of("parcel"), filters=Filters(sentiment="negative"))
    assert pages(query) == ([(0, None)], [])


def test_a_file_has_what_the_list_has_to_its_end(cast, survey, short, monkeypatch):
    monkeypatch.setattr("feedback.harvest.BATCH", 4)
    made = answers(survey, 30, gold=(0, 1, 2, 3, 4, 29), comment="The parcel came")
    query = Query(workspace_id=cast.workspace.id, wish=wish_of("parcel"), filters=GOLD)
    told = [row["id"] for batch in harvest(query, further=False) for row in batch]
    assert told == [made[n] for n in (0, 1, 2, 3, 4, 29)]


def test_the_first_page_counts_while_it_is_at_it_and_says_what_it_did_not_see(cast, survey, short):
    answers(survey, 30, gold=range(0, 30, 2))
    whole, narrowed = (Query(workspace_id=cast.workspace.id, filters=one) for one in (Filters(), GOLD))
    assert inbox.page(whole, limit=2, most=5).size == inbox.Size(5, more=True)
    assert inbox.page(narrowed, limit=2, most=50).size == inbox.Size(5, so_far=True) == inbox.size(narrowed)
    assert inbox.page(whole, limit=2, after=inbox.page(whole, limit=2).older, most=5).size is None


def test_the_page_says_how_far_it_looked_and_where_to_go_on(cast, survey, short, browser_of):
    answers(survey, 25, gold=(22,))
    cvetka, at = browser_of(cast.cvetka), "/w/acme/responses?trait=plan&equals=gold"
    for _ in range(2):
        page = cvetka.get(at).text
        assert "Nothing yet" in page
        assert "Looked back to" in page
        at = page.split("Look further back")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        assert "trait=plan" in at
    page = cvetka.get(at).text
    assert page.count('class="inbox-row') == 1
    assert "Look further back" not in page


def test_the_api_answers_an_empty_page_with_a_cursor_until_all_was_looked_at(cast, survey, short, client):
    made = answers(survey, 25, gold=(22,))
    headers = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    asked, found, cursor, steps = {"property_name": "plan", "property_value": "gold"}, [], None, 0
    while steps == 0 or (cursor and steps < 99):
        query = asked | ({"cursor": cursor} if cursor else {})
        told = client.get("/api/v1/responses", query_string=query, headers=headers).json
        found, cursor, steps = found + told["data"], told["next_cursor"], steps + 1
    assert [one["id"] for one in found] == [str(made[22])]
    assert steps == 3


def test_a_page_of_the_list_is_searched_once(cast, survey, browser_of, monkeypatch):
    answers(survey, 3, comment="The parcel came")
    cvetka, looks, find = browser_of(cast.cvetka), [], Concordance.find
    cvetka.post("/w/acme/responses/seen", data={"at": AT.isoformat(), "all": "1"})

    def counted(asked, *, limit):
        looks.append(limit)
        return find(asked, limit=limit)

    monkeypatch.setattr(Concordance, "find", counted)
    page = cvetka.get("/w/acme/responses?commented=1&q=parcel").text
    assert "3 answers" in page
    assert len(looks) == 1
    cvetka.get("/w/acme/responses?commented=1")  # which also counts what is new
    assert len(looks) == 3
