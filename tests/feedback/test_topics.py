"""Topics of comments: counted as a recount counts them, led to, made and changed, and gone with the words."""

import html
import re
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, func, select, update
from werkzeug.datastructures import MultiDict

from base import clock
from base.db import db, transaction
from base.errors import InvalidError
from feedback import inbox, ranging, topic_tally
from feedback.concordance import Concordance
from feedback.export import Export
from feedback.exporter import query_of, wanted_of
from feedback.feed import Query
from feedback.forms.looking import InboxForm
from feedback.jobs import read_response, reread
from feedback.phrase import Phrases, lines
from feedback.response import Response
from feedback.searching import words_of
from feedback.sentiment.gleaning import phrases_of
from feedback.sharing import Shift
from feedback.tag import Tag
from feedback.tally import Filters
from feedback.topic import MOST, Topic, tried
from feedback.topic_tally import Scope, TopicTally
from feedback.zoning import local_date
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import AT, a_response, a_survey, an_invitation
from tests.feedback.answers import many_answers

EN = (
    *("Late delivery and a rude courier.", "The deliveries were late again", "Delivery late, parcel wet") * 4,
    *("Great phone, the battery life is fine", "battery life could be longer") * 3,
    *("Courier was friendly", "<b>Wet parcel</b> <script>alert(1)</script>") * 3,
    *("😤😤", "!!!", "parcel " * 40),
)
SL = ("Dostava je bila počasna, kurir nesramen", "Počasne dostave, prijazna prodajalka") * 4
BEFORE = ("Nice shop", "Late delivery once", "Good phone", "I waited", "Fine", "All well here") * 3


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support")


@pytest.fixture
def said(cast, survey):
    """Comments of two periods in two languages, all read but for one; one is set aside, one has no words."""
    rows = [{"score": n % 11, "comment": one, "created_at": AT - timedelta(hours=n)} for n, one in enumerate(EN)]
    rows += [{"score": 3, "comment": one, "locale": "sl", "created_at": AT - timedelta(days=2)} for one in SL]
    rows += [{"score": 7, "comment": one, "created_at": AT - timedelta(days=40)} for one in BEFORE]
    rows += [{"score": 1}, {"score": 1, "comment": "Late delivery", "flagged_at": AT}]
    idents = many_answers(survey, rows)
    while_read = reread(None, cast.workspace.id, None, limit=500)
    assert len(while_read) == len(rows) - 1
    many_answers(survey, [{"score": 2, "comment": "Late delivery, not read yet"}])
    db.session.rollback()
    return idents


def tally(cast, survey=None, **more):
    period = ranging.chosen({"period": "30d"}, AT + timedelta(hours=1), "UTC")
    return TopicTally.of(Scope(cast.workspace.id, survey.id if survey else None), period, **more)


def counted():
    """Read comments of the last thirty days that count."""
    rows = db.session.query(Response).filter(Response.read_at.is_not(None), Response.flagged_at.is_(None))
    return [one for one in rows if one.comment and one.created_at > AT - timedelta(days=30)]


def with_phrase(key, language):
    return {
        one.id
        for one in counted()
        if one.language == language and key in {phrase.key for phrase in phrases_of(one.comment, language)}
    }


def made(workspace, name="Parcels", words="parcel*, paket"):
    with transaction():
        return Topic.make(workspace.id, name, words, at=AT)


def listed(workspace, **address):
    form = InboxForm.read(MultiDict(address | {"commented": "1"}))
    query = form.query(workspace, None, period=None, flagged=False)
    return {entry.response.id for entry in inbox.page(query, limit=500).entries}


def test_every_number_equals_a_recount(cast, survey, said):
    made(cast.workspace)
    tagged = counted()[:6]
    with transaction() as session:
        for one in tagged:
            session.merge(one).add_tag("Shop", at=AT, by=cast.ana.id)
    page = tally(cast, survey)
    assert page.n == len(counted()) == len(EN) + len(SL)
    assert (page.language, page.since, page.unread) == ("en", None, 0)
    assert page.languages["sl"] == len(SL)
    assert page.elsewhere == page.n - sum(page.languages.values())
    assert {line.name for line in page.phrases} >= {"battery life"}
    for line in page.phrases:
        own = with_phrase(line.key, "en")
        assert (line.of_all.hits, line.of_all.n) == (len(own), page.languages["en"])
        labels = [one.sentiment_label for one in counted() if one.id in own and one.sentiment_label]
        assert (line.negative.hits, line.negative.n) == (labels.count("negative"), len(labels))
    (own,) = page.topics
    assert own.of_all.hits == sum(any(w.startswith("parcel") for w in words_of(one.comment)) for one in counted())
    assert own.of_all.n == page.n
    (shop,) = page.tags
    assert (shop.name, shop.of_all.hits) == ("Shop", len(tagged))


def test_ways_to_write_are_one_line_under_the_most_frequent_and_few_are_not_shown(cast, survey, said):
    lines = {line.key: line for line in tally(cast, survey).phrases}
    assert lines["delivery late"].of_all.hits == 12
    assert lines["delivery late"].name in {"Late delivery", "deliveries were late", "Delivery late"}
    assert lines["delivery late"].shift.kind in {"up", "unclear"}
    assert "courier friendly" not in lines
    assert {line.key for line in tally(cast, survey, language="sl").phrases} >= {"dostava pocasen"}
    assert tally(cast, survey, language="xx").language == "en"


def test_the_newest_are_counted_where_there_are_very_many_and_the_page_says_so(
    cast, survey, said, browser_of, monkeypatch
):
    made(cast.workspace)
    monkeypatch.setattr(topic_tally, "MOST", 10)
    page = tally(cast, survey)
    newest = sorted(counted(), key=lambda one: (one.created_at, one.id), reverse=True)[:10]
    assert (page.n, page.since) == (10, newest[-1].created_at)
    (own,) = page.topics
    assert own.of_all.hits == sum("parcel" in words_of(one.comment) for one in newest)
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        text = browser_of(cast.ana).get("/w/acme/surveys/support/results/topics").text
    assert "So many comments came" in text
    days = set(re.findall(r'href="/w/acme/responses\?[^"]*from=([0-9-]+)', text))
    assert days == {local_date(page.since, cast.workspace.zone).isoformat()}


def test_a_phrase_that_might_have_been_shown_is_a_look_as_well(cast, survey, said, monkeypatch):
    looks = []
    real = topic_tally.simultaneous
    monkeypatch.setattr(topic_tally, "simultaneous", lambda many: looks.append(many) or real(many))
    monkeypatch.setattr(
        topic_tally.weighing, "chosen", lambda counts: ["deliver late"] if "deliver late" in counts else []
    )
    found = tally(cast, survey)
    often = Counter(key for row in db.session.query(Phrases) for key in {key for key, _ in lines(row.said)})
    assert len(found.phrases) <= 1
    assert max(looks) > 2
    assert max(looks) <= 2 * len(often)


def test_pages_lead_to_the_comments_of_a_line_and_show_no_markup_of_customers(cast, survey, said, browser_of):
    topic = made(cast.workspace)
    viewer = browser_of(cast.cvetka)
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        for path in ("/w/acme/surveys/support/results/topics", "/w/acme/results/topics?phrases=sl&period=nonsense"):
            page = viewer.get(path).text
            assert "<script>alert" not in page
            assert "Own topics" in page
        page = viewer.get("/w/acme/surveys/support/results/topics?period=30d").text
        links = [html.unescape(link) for link in re.findall(r'href="(/w/acme/responses\?[^"]*)"', page)]
        (late,) = [link for link in links if link.endswith("phrase=en:delivery+late")]
        rows = viewer.get(late).text
        assert rows.count('class="inbox-row') == 13  # the one that is set aside is listed, and not counted
        assert "Phrase: delivery late" in rows
        own = viewer.get(next(link for link in links if f"topic={topic}" in link)).text
        assert "Own topic: Parcels" in own
        assert "topics" in viewer.get("/w/acme/surveys/support/results?period=30d").text


def test_the_list_of_a_phrase_or_a_topic_is_what_a_recount_finds_read_or_not(cast, said):
    topic = made(cast.workspace, "Late", "late deliver*, pocasn*")
    late = listed(cast.workspace, phrase="en:delivery late")
    assert late >= with_phrase("delivery late", "en")
    assert {db.session.get(Response, one).language for one in late} == {"en"}
    wanted = [one for one in db.session.query(Response) if one.comment and one.flagged_at is None]
    parts = Topic.of(cast.workspace.id, topic).parts
    expected = {one.id for one in wanted if any(part.within(words_of(one.comment)) for part in parts)}
    assert listed(cast.workspace, topic=str(topic)) == expected
    assert any(one.read_at is None for one in wanted if one.id in expected)
    assert listed(cast.workspace, phrase="en:delivery late", topic=str(topic), q="wet") < late
    everything = {one.id for one in wanted}
    for odd in ({"phrase": "delivery"}, {"phrase": "en:%"}, {"topic": "nothing"}, {"topic": "0" * 32}):
        assert listed(cast.workspace, **odd) == everything


def test_an_export_of_a_topic_or_a_phrase_is_the_same_list(cast, said):
    topic = Topic.of(cast.workspace.id, made(cast.workspace))
    query = Query(workspace_id=cast.workspace.id, either=topic.parts, filters=Filters(phrase="en:parcel wet"))
    assert query_of(Export(workspace_id=cast.workspace.id, survey_id=None, wanted=wanted_of(query))) == query


NOBODY = {"agent": None, "team": None, "channel": None}
ANA = NOBODY | {"agent": "Ana", "team": "North", "properties": {"plan": "gold"}}
BO = NOBODY | {"agent": "Bo", "team": "North", "channel": "chat", "properties": {"plan": "basic", "minutes": 12}}
CHAT = NOBODY | {"channel": "chat", "properties": {"minutes": 3}}


@pytest.fixture
def theirs(cast, survey):
    """The same comments, each of an agent and team, a channel and properties, or of none of them."""
    rows = [
        {"score": n % 11, "comment": one, "created_at": AT - timedelta(hours=n % 6 * 200)}
        | (CHAT if n >= 18 else BO if n % 2 else ANA)
        for n, one in enumerate(EN)
    ]
    rows += [ANA | {"score": 3, "comment": one, "locale": "sl", "created_at": AT} for one in SL]
    idents = many_answers(survey, rows)
    reread(None, cast.workspace.id, None, limit=500)
    with transaction() as session:
        for ident in idents[::3]:
            session.get(Response, ident).add_tag("Shop", at=AT, by=cast.ana.id)
    return idents[::3]


def test_narrowed_every_number_equals_a_recount_of_those_that_are_left(cast, survey, theirs):
    made(cast.workspace)
    period = ranging.chosen({"period": "30d"}, AT + timedelta(hours=1), "UTC")
    everybody = counted()
    for narrowed, passes in (
        ({"agent": "Ana"}, lambda one: one.agent == "Ana"),
        ({"agent": "Ana", "language": "sl"}, lambda one: (one.agent, one.language) == ("Ana", "sl")),
        ({"team": "North", "channel": "chat"}, lambda one: (one.team, one.channel) == ("North", "chat")),
        ({"agent": ""}, lambda one: one.agent is None),
        ({"language": ""}, lambda one: one.language in (None, "und")),
        ({"version": 1}, lambda _: True),
        ({"version": 2}, lambda _: False),
        ({"trait": "plan", "equals": "gold"}, lambda one: one.properties.get("plan") == "gold"),
        ({"trait": "minutes", "least": 10.0}, lambda one: one.properties.get("minutes", 0) >= 10),
    ):
        mine = [one for one in everybody if passes(one)]
        for survey_id in (survey.id, None):
            page = TopicTally.of(Scope(cast.workspace.id, survey_id, Filters(**narrowed)), period)
            assert page.n == len(mine)
            of_language = [one.id for one in mine if one.language == page.language]
            for line in page.phrases:
                own = with_phrase(line.key, page.language) & set(of_language)
                assert (line.of_all.hits, line.of_all.n) == (len(own), len(of_language))
            (parcels,) = page.topics
            spoken = sum(any(word.startswith("parcel") for word in words_of(one.comment)) for one in mine)
            assert (parcels.of_all.hits, parcels.of_all.n) == (spoken, len(mine))
            tagged = len({one.id for one in mine} & set(theirs))
            assert [(line.of_all.hits, line.of_all.n) for line in page.tags] == (
                [(tagged, len(mine))] if tagged else []
            )
        db.session.rollback()


def links_of(page, beginning):
    return [link for link in map(html.unescape, re.findall(r'href="([^"]*)"', page)) if link.startswith(beginning)]


@pytest.mark.web
def test_what_results_are_narrowed_by_goes_along_to_topics_and_from_there_to_comments_and_back(
    cast, survey, theirs, browser_of
):
    cvetka, whose = browser_of(cast.cvetka), "agent=Ana&language=en&trait=plan&equals=gold"
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        period = ranging.chosen({"period": "90d"}, clock.now(), cast.workspace.zone)
        days = f"from={period.first_day}&to={period.last_day}"
        for at, metric in (("/w/acme/surveys/support/results", ""), ("/w/acme/results", "metric=nps&")):
            results = cvetka.get(f"{at}?{metric}{whose}&period=90d&by=week&band=detractor").text
            assert links_of(results, f"{at}/topics") == [f"{at}/topics?{metric}{whose}&{days}"]
            page = cvetka.get(f"{at}/topics?{metric}{whose}&{days}").text
            assert links_of(page, f"{at}?") == [f"{at}?{metric}{whose}&{days}"]
            (late,) = [link for link in links_of(page, "/w/acme/responses?") if "delivery+late" in link]
            assert ("metric=nps" in late) is bool(metric)
            number = int(re.search(r'delivery\+late.*?<td class="num">(\d+)<', page, re.DOTALL)[1])
            rows = cvetka.get(late).text
            assert rows.count('class="inbox-row') == number == 6
            assert "plan: gold" in rows
            assert 'name="equals" value="gold"' in rows


@pytest.mark.web
def test_on_the_page_of_topics_a_filter_is_taken_away_and_nobody_left_is_told(cast, survey, theirs, browser_of):
    cvetka, at = browser_of(cast.cvetka), "/w/acme/surveys/support/results/topics"
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        page = cvetka.get(f"{at}?period=30d&agent=Ana&team=North&phrases=sl&version=nonsense").text
        without = [link for link in links_of(page, f"{at}?") if "agent=" not in link]
        assert without == [f"{at}?period=30d&team=North&version=nonsense&phrases=sl"]
        nobody = cvetka.get(f"{at}?period=30d&agent=Zoe").text
        assert "No comments match" in nobody
        assert f"{at}?period=30d" in links_of(nobody, at)
        sl = cvetka.get(f"{at}?period=30d&agent=Ana&phrases=sl").text
        assert f"{at}?period=30d&agent=Ana&phrases=en" in links_of(sl, at)


@pytest.mark.web
def test_the_filter_menu_of_topics_offers_who_answered_and_keeps_the_rest_of_the_address(
    cast, survey, theirs, browser_of
):
    cvetka = browser_of(cast.cvetka)
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        for at in ("/w/acme/surveys/support/results/topics", "/w/acme/results/topics"):
            page = cvetka.get(f"{at}?period=30d&agent=Zoe&phrases=en&trait=plan&equals=gold").text
            menu = page.split('class="menu filter-menu"')[1].split("</form>")[0]
            kept = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', menu))
            assert kept == {"period": "30d", "phrases": "en"}
            for name in ("agent", "team", "channel", "language", "trait"):
                assert f'name="{name}"' in menu
            agents = menu.split('name="agent"')[1].split("</select>")[0]
            assert re.findall(r'value="([^"]*)"', agents) == ["", "Ana", "Bo", "-", "Zoe"]
            assert 'value="Zoe" selected' in agents
            assert 'value="plan" selected' in menu
            assert 'name="equals" value="gold"' in menu
            sent = "period=30d&phrases=en&agent=Ana&team=&channel=&language=&trait=plan&equals=gold&least=&most="
            assert "plan: gold" in cvetka.get(f"{at}?{sent}").text


@pytest.mark.web
def test_topics_of_a_workspace_are_of_the_metric_and_the_version_that_led_to_them(cast, survey, theirs, browser_of):
    other = a_survey(cast.workspace, "csat", name="Delivery")
    answered = many_answers(other, [{"score": 2, "comment": "Parcels everywhere", "agent": "Ana", "read_at": AT}] * 2)
    with transaction() as session:
        for ident in answered:
            Concordance.keep([(session.get(Response, ident), (), ())])
    cvetka, at = browser_of(cast.cvetka), "/w/acme/results/topics?period=30d"
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        everybody, csat, first, second = (
            int(re.search(r"(\d+) comments? of the period|(\d+) of the period", page)[1])
            if "No comments match" not in (page := cvetka.get(f"{at}{narrowed}").text)
            else 0
            for narrowed in ("", "&metric=csat", "&version=1", "&version=2")
        )
        assert (csat, first, second) == (2, everybody, 0)
        page = cvetka.get(f"{at}&metric=csat&version=1").text
        assert {"CSAT", "Version 1"} <= set(re.findall(r"</span>([^<]*)<svg", page.split('class="chips"')[1]))
        listed = cvetka.get("/w/acme/responses?commented=1&metric=csat&version=1").text
        assert listed.count('class="inbox-row') == 2
        assert "Remove filter:" in listed
        overview = cvetka.get(
            "/w/acme/results?period=30d&metric=nps&version=2"
        ).text  # whose numbers are of all versions
        assert all("version" not in link for link in links_of(overview, "/w/acme/results/topics"))


def test_another_workspace_sees_nothing(cast, said, browser_of):
    topic = made(cast.workspace)
    dmitri = browser_of(cast.dmitri)
    for path in ("results/topics", "surveys/support/results/topics", "topics", f"topics/{topic}"):
        assert dmitri.get(f"/w/acme/{path}").status_code == 404
    assert dmitri.get(f"/w/elsewhere/topics/{topic}").status_code == 404
    period = ranging.chosen({"period": "30d"}, AT + timedelta(hours=1), "UTC")
    page = TopicTally.of(Scope(cast.elsewhere.id), period)
    assert (page.n, page.phrases, page.topics, page.tags) == (0, [], [], [])
    assert listed(cast.elsewhere, topic=str(topic)) == set()


def test_phrases_go_with_the_words_whoever_takes_them_away(cast, survey):
    response = a_response(an_invitation(survey, email="mara@customer.example"), 2, "Late delivery, wet parcel")
    read_response(response.id)
    assert "delivery late" in db.session.get(Phrases, response.id).said
    assert "late" in Phrases.lemmas_of(response.id)
    with transaction() as session:
        session.execute(update(Response).where(Response.id == response.id).values(comment="Fine"))
    assert db.session.scalar(select(func.count()).select_from(Phrases)) == 0
    reread(None, None, None, limit=9)
    with transaction():
        contact = db.session.query(Contact).filter_by(email="mara@customer.example").one()
        Erasure.of(contact, at=clock.now())
    assert db.session.scalar(select(func.count()).select_from(Phrases)) == 0
    reread(None, None, None, limit=9)
    assert db.session.scalar(select(func.count()).select_from(Phrases)) == 0


def test_comments_that_were_read_before_phrases_were_kept_are_told_until_they_are_read_again(
    cast, survey, said, browser_of
):
    with transaction() as session:
        session.query(Phrases).delete()
    assert tally(cast, survey).unread == tally(cast, survey).n + len(BEFORE)
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        assert "afterword feedback rescore" in browser_of(cast.ana).get("/w/acme/results/topics").text
    reread(None, None, None, limit=500)
    assert tally(cast, survey).unread == 0


def test_what_was_read_before_phrases_were_kept_is_no_growth_of_them(cast, survey):
    """After an upgrade the older half has no phrases yet: they were as much spoken of as they are now."""
    made(cast.workspace, "Late", "late")
    rows = [{"score": 5, "comment": EN[n % 3], "created_at": AT - timedelta(days=1 + n % 2 * 39)} for n in range(48)]
    many_answers(survey, rows)
    reread(None, cast.workspace.id, None, limit=500)
    before = tally(cast, survey)
    old = select(Response.id).where(Response.created_at < AT - timedelta(days=30))
    with transaction() as session:
        session.execute(
            delete(Phrases).where(Phrases.response_id.in_(old)).execution_options(synchronize_session=False)
        )
    page = tally(cast, survey)
    assert {line.shift.kind for line in before.phrases} == {"unclear"}
    assert {line.shift.kind for line in page.phrases} == {"no_data"}
    assert [(line.key, line.of_all) for line in page.phrases] == [(line.key, line.of_all) for line in before.phrases]
    assert (page.unread, page.topics) == (24, before.topics)
    some = select(Response.id).where(Response.created_at > AT - timedelta(days=30)).limit(4)
    with transaction() as session:
        session.execute(
            delete(Phrases).where(Phrases.response_id.in_(some)).execution_options(synchronize_session=False)
        )
    page = tally(cast, survey)
    assert {line.of_all.n for line in page.phrases} == {page.languages["en"]} == {20}
    assert (page.n, page.unread, page.elsewhere) == (24, 28, 0)


@pytest.mark.web
def test_tags_get_no_verdict_of_change_for_they_have_just_begun(cast, survey, browser_of):
    rows = [{"score": 5, "comment": "Fine", "created_at": AT - timedelta(days=1 + n % 2 * 39)} for n in range(80)]
    idents = many_answers(survey, rows)
    reread(None, cast.workspace.id, None, limit=500)
    with transaction() as session:
        for ident in idents[::2]:
            session.get_one(Response, ident).add_tag("Call back", at=AT, by=None)
    [line] = tally(cast, survey).tags
    assert (line.of_all.hits, line.of_all.n, line.shift.kind) == (40, 40, "no_data")
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        page = browser_of(cast.cvetka).get("/w/acme/surveys/support/results/topics?period=30d").text
    part = page[page.index('id="tags"') :]
    assert "Tags are not compared with the period before" in part
    assert "Change of share" not in part


@pytest.mark.parametrize(
    ("low", "high", "places"), [(0.3, 4.0, 1), (0.04, 3.0, 2), (-5.0, -0.0004, 4), (1e-9, 2.0, 4), (-0.01, 2.0, 1)]
)
def test_the_interval_of_a_clear_change_never_reads_as_if_it_held_zero(low, high, places):
    assert Shift(1.0, low, high, "up" if low > 0 else "down" if high < 0 else "unclear").places == places


def test_a_tag_that_is_added_later_leaves_a_comment_findable_by_its_phrases(cast, said):
    one = next(iter(with_phrase("delivery late", "en")))
    with transaction() as session:
        session.get(Response, one).add_tag("Shop", at=AT, by=cast.ana.id)
    tag = Tag.called(cast.workspace.id, "shop")
    assert listed(cast.workspace, phrase="en:delivery late", tag=str(tag.id)) == {one}


@pytest.fixture
def boris(cast, browser_of):
    return browser_of(cast.boris)


def test_a_designer_makes_changes_and_removes_a_topic(cast, boris, form_of):
    at = "/w/acme/topics"
    assert "No own topics yet" in boris.get(at).text
    hidden = form_of(boris.get(f"{at}/new").text)
    boris.post(f"{at}/new", data=hidden | {"name": " Wet  parcels ", "words": "wet, damp*"})
    assert "Wet parcels" in boris.get(at).text
    (topic,) = Topic.all_of(cast.workspace.id)
    assert topic.word_list == ["wet", "damp*"]
    many_answers(a_survey(cast.workspace), [{"score": 3, "comment": "The box was wet."}] * 2)
    assert re.search(r'aria-label="Comments about Wet parcels: 2">2<', boris.get(at).text)
    page = boris.get(f"{at}/{topic.id}").text
    assert "damp*" in page
    boris.post(f"{at}/{topic.id}", data=form_of(page) | {"name": "Wet", "words": "wet\nsoaked"})
    assert [(one.name, one.word_list) for one in Topic.all_of(cast.workspace.id)] == [("Wet", ["wet", "soaked"])]
    boris.post(f"{at}/{topic.id}/remove", data=form_of(page))
    assert Topic.all_of(cast.workspace.id) == []


@pytest.mark.web
def test_a_manager_reads_topics_and_makes_none(cast, browser_of):
    cvetka = browser_of(cast.cvetka)
    assert cvetka.get("/w/acme/topics").status_code == 403
    assert cvetka.get("/w/acme/results/topics").status_code == 200


@pytest.mark.web
@pytest.mark.parametrize(
    ("name", "words", "problem"),
    [
        ("", "box", "Write a name"),
        ("!!", "box", "Write a name with letters or digits."),
        ("x" * 41, "box", "Use at most 40 characters."),
        ("WET", "box", "Another topic is called so."),
        ("Box", "", "Write at least one word."),
        ("Box", " , ,\n", "Write at least one word."),
        ("Box", "*", "has no letters or digits"),
        ("Box", "b*", "write at least 2 letters"),
        ("Box", "bo*x", "* may only stand at the end"),
        ("Box", "box *", "write at least 2 letters"),
        ("Box", "w" * 61, "is longer than 60 characters"),
        ("Box", ",".join(f"word{n}" for n in range(51)), "Use at most 50 words; these are 51."),
        ("Box", "w, " * 2_000, "Use at most 5,000 characters."),
    ],
)
def test_what_cannot_be_a_topic_is_told_at_its_field_and_nothing_typed_is_lost(
    cast, boris, form_of, name, words, problem
):
    made(cast.workspace, "Wet", "wet")
    hidden = form_of(boris.get("/w/acme/topics/new").text)
    answer = boris.post("/w/acme/topics/new", data=hidden | {"name": name, "words": words})
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    assert problem in page
    assert f'value="{name}"' in page
    assert words.strip()[:200] in page
    assert len(Topic.all_of(cast.workspace.id)) == 1


def test_a_name_is_taken_however_it_is_written_and_there_is_a_most(cast, monkeypatch):
    topic = made(cast.workspace, "Délai", "late")
    made(cast.workspace, "Price", "price")
    assert made(cast.elsewhere, "Délai", "late") != topic
    for refused in ("delai", "DÉLAI "):
        with pytest.raises(InvalidError):
            made(cast.workspace, refused, "x1")
        with pytest.raises(InvalidError), transaction():
            Topic.all_of(cast.workspace.id)[1].change(refused, "price", at=AT)
    assert [one.name for one in Topic.all_of(cast.workspace.id)] == ["Délai", "Price"]
    monkeypatch.setattr("feedback.topic.MOST", 2)
    with pytest.raises(InvalidError, match="name"):
        made(cast.workspace, "Third", "third")
    assert MOST == 50


def test_words_are_tried_on_the_newest_comments_and_nothing_is_kept(cast, said, boris, form_of):
    trial = tried(cast.workspace.id, "parcel*")
    expected = [one for one in EN if "parcel" in one.lower()]
    assert (trial.n, trial.m) == (len(expected), len(EN) + len(SL) + len(BEFORE) + 1)
    assert len(trial.examples) == 3
    hidden = form_of(boris.get("/w/acme/topics/new").text)
    typed = hidden | {"name": "Parcels", "words": "parcel*"}
    page = boris.post("/w/acme/topics/new", data=typed | {"preview": "1"}).text
    assert f'<strong class="topic-found">{trial.n}</strong>' in page
    assert 'value="Parcels"' in page
    assert "<script>alert" not in page
    part = boris.post("/w/acme/topics/new?preview=1", data=typed, headers={"HX-Request": "true"}).text
    assert part.strip().startswith('<div class="topic-trial"')
    part = boris.post("/w/acme/topics/new?preview=1", data=typed | {"words": "b*"}, headers={"HX-Request": "true"}).text
    assert "write at least 2 letters" in part
    assert Topic.all_of(cast.workspace.id) == []


@pytest.mark.web
def test_long_comments_are_tried_up_to_a_bound_and_the_page_says_how_many(cast, said, boris, monkeypatch):
    newest = sorted((one for one in db.session.query(Response) if one.comment), key=lambda one: one.created_at)[::-1]
    several = [one.comment for one in newest if one.flagged_at is None][:4]
    monkeypatch.setattr("feedback.topic.MOST_CHARACTERS", sum(map(len, several)))
    trial = tried(cast.workspace.id, "delivery")
    assert (trial.n, trial.m) == (sum("delivery" in words_of(one) for one in several), 4)
    topic = made(cast.workspace, "Late", "delivery")
    assert "of the last 4 comments" in boris.get(f"/w/acme/topics/{topic}").text.replace("\xa0", " ")


@pytest.mark.web
def test_a_star_behind_a_sign_that_is_a_word_of_its_own_is_no_mistake(cast):
    assert tried(cast.workspace.id, "配送*, 送*").m == 0
