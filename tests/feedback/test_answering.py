"""The respondent's path through real requests: what is kept, what is said, and what never happens."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, func, select

from base import swift
from base.db import db, transaction
from base.events import Event
from base.lane import Lane
from feedback.response import Response
from feedback.revision import Revision
from feedback.views import visiting
from surveys.contact import Contact
from surveys.intent import Intent
from surveys.survey import Survey
from tests.cast import AT

NO_STATEMENTS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def responses():
    return db.session.scalars(select(Response)).all()


@pytest.fixture
def together(app):
    """Does something in many threads at the same moment; what came of it."""

    def run(act, *, times):
        found, start = [], threading.Barrier(times)

        def one():
            with app.app_context():
                start.wait()
                found.append(act())

        threads = [threading.Thread(target=one) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    return run


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def statements(app, monkeypatch):
    """What is asked of the database from here on, on whichever connection."""
    asked = []

    def note(text):
        if not text.startswith(NO_STATEMENTS):
            asked.append(text)

    plain = Lane.execute
    monkeypatch.setattr(Lane, "execute", lambda lane, text, values=(): (note(text), plain(lane, text, values))[1])
    listener = lambda _c, _cursor, text, *_: note(text)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    yield asked
    event.remove(db.engine, "before_cursor_execute", listener)


def test_an_answer_is_kept_and_thanked_for(client, link, send):
    assert client.get(link).status_code == 200
    reply = send(link, score=9, comment="Quick and kind.\r\nThank you")
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{link}/thanks")
    assert "Change my answer" in client.get(reply.headers["Location"]).text
    [kept] = responses()
    assert (kept.score, kept.comment, kept.revision, kept.agent) == (9, "Quick and kind.\nThank you", 1, "Vid")
    assert (kept.flagged_at, kept.read_at) == (None, None)


def test_an_answer_leaves_an_event_and_marks_the_invitation(invitation, link, send):
    send(link, score=2)
    assert db.session.scalars(select(Event.kind).where(Event.kind.startswith("response."))).all() == [
        "response.submitted"
    ]
    db.session.refresh(invitation)
    assert (invitation.status, invitation.answered_at is not None) == ("answered", True)


def test_looking_never_answers(client, link):
    for path in ("", "/0", "/10", "/all", "/thanks"):
        assert client.head(link + path).status_code in {200, 303}
        assert client.get(link + path).status_code in {200, 303}
    assert responses() == []


def test_a_number_in_the_link_is_chosen_on_the_page(client, link):
    assert 'value="7" checked' in client.get(f"{link}/7").text
    assert '" checked' not in client.get(f"{link}/99").text


def test_no_cookie_is_set_and_nothing_may_be_stored(client, link, send):
    for reply in (client.get(link), send(link, score=9), client.get(f"{link}/thanks")):
        assert "Set-Cookie" not in reply.headers
        assert reply.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "form", [{}, {"score": ""}, {"score": "11"}, {"score": "-1"}, {"score": "nine"}, {"score": "٣"}]
)
def test_a_missing_score_is_asked_for_and_the_words_stay(link, send, form):
    reply = send(link, comment="Where is <my> parcel?", **form)
    assert reply.status_code == 422
    assert "Choose a score from 0 to 10." in reply.text
    assert 'href="#s0"' in reply.text
    assert "Where is &lt;my&gt; parcel?" in reply.text
    assert responses() == []


def test_a_comment_too_long_is_told_with_numbers_and_stays(link, send):
    reply = send(link, score=3, comment="ж" * 10_001)
    assert reply.status_code == 422
    assert "10,001" in reply.text
    assert "ж" * 10_001 in reply.text
    assert 'value="3" checked' in reply.text


@pytest.mark.parametrize("letter", ["a", "ж", "漢", "👍"])
def test_ten_thousand_characters_of_any_script_are_kept_whole(link, send, letter):
    assert send(link, score=3, comment=letter * 10_000).status_code == 303
    assert responses()[0].comment == letter * 10_000


def test_what_no_database_takes_costs_nothing_else(client, link, form_of):
    fields = "&".join(f"{name}={value}" for name, value in form_of(client.get(link).text).items())
    body = fields.encode() + b"&score=4&comment=a%00b%ED%A0%80c%FFd%0D%0A%F0%9F%91%8D"
    reply = client.post(link, data=body, content_type="application/x-www-form-urlencoded")
    assert reply.status_code == 303
    kept = responses()[0].comment
    assert kept.startswith("ab")
    assert "c" in kept
    assert kept.endswith("d\n👍")


def test_a_body_beyond_all_measure_is_refused_in_words(client, link):
    reply = client.post(link, data={"score": "9", "comment": "x" * 300_000})
    assert reply.status_code == 413
    assert "&gt; 21,000 characters where 10,000" in reply.text


def test_a_changed_mind_finds_what_was_said_before(client, link, form_of):
    client.post(link, data=form_of(client.get(link).text) | {"score": 3, "comment": "Nobody <b>called</b> me back."})
    page = client.get(link).text
    assert "Nobody &lt;b&gt;called&lt;/b&gt; me back.</textarea>" in page
    assert re.search(r'value="3"[^>]* checked', page)
    assert re.search(r'value="8"[^>]* checked', client.get(f"{link}/8").text)


def test_the_same_page_sent_again_is_the_same_answer(client, link, form_of):
    fields = form_of(client.get(link).text) | {"score": 8, "comment": "Fine"}
    assert {client.post(link, data=fields).status_code for _ in range(5)} == {303}
    assert (len(responses()), count(Revision), responses()[0].revision) == (1, 1, 1)


def test_fifty_at_once_are_one_answer(app, together, link, form_of):
    fields = form_of(app.test_client().get(link).text) | {"score": 8}
    codes = together(lambda: app.test_client().post(link, data=fields).status_code, times=50)
    assert codes == [303] * 50
    assert (len(responses()), count(Revision)) == (1, 1)


def test_fifty_pages_at_once_are_fifty_revisions_of_one_answer(app, together, link, form_of):
    pages = [form_of(app.test_client().get(link).text) | {"score": n % 11} for n in range(50)]
    codes = together(lambda: app.test_client().post(link, data=pages.pop()).status_code, times=50)
    assert codes == [303] * 50
    [kept] = responses()
    assert sorted(row.number for row in Revision.all_of(kept.id)) == list(range(1, 51))
    assert kept.score == Revision.all_of(kept.id)[kept.revision - 1].score


def test_the_same_page_with_another_answer_is_asked_to_be_sent_again(client, link, form_of):
    fields = form_of(client.get(link).text)
    client.post(link, data=fields | {"score": 8})
    reply = client.post(link, data=fields | {"score": 2, "comment": "I thought again"})
    assert reply.status_code == 409
    assert "You have already answered" in reply.text.partition("<fieldset")[0]
    assert "I thought again" in reply.text
    assert responses()[0].score == 8
    again = client.post(link, data=form_of(reply.text) | {"score": 2, "comment": "I thought again"})
    assert again.status_code == 303
    [kept] = responses()
    assert (kept.score, kept.revision) == (2, 2)


def test_another_answer_replaces_the_first_and_waits_to_be_read_again(run_jobs, link, send):
    send(link, score=9, comment="Lovely people, great help")
    run_jobs()
    assert responses()[0].sentiment_label == "positive"
    send(link, score=1)
    [kept] = responses()
    assert (kept.score, kept.comment, kept.revision, kept.sentiment_label, kept.read_at) == (1, None, 2, None, None)
    assert [row.score for row in Revision.all_of(kept.id)] == [9, 1]


def test_the_language_is_the_persons_and_can_be_changed_without_losing_words(client, link, form_of, send):
    assert 'lang="en"' in client.get(link).text
    assert '<html lang="sl"' in client.get(f"{link}?lang=sl").text
    assert '<html lang="el"' in client.get(link, headers={"Accept-Language": "el-GR,el;q=0.9"}).text
    typed = form_of(client.get(link).text) | {"score": 3, "comment": "Half a sen", "switch": "sl"}
    reply = client.post(f"{link}?lang=sl", data=typed)
    assert reply.status_code == 200
    assert '<html lang="sl"' in reply.text
    assert "Half a sen" in reply.text
    assert 'value="3" checked' in reply.text
    assert responses() == []
    sent = client.post(link, data=form_of(reply.text) | {"score": 3})
    assert sent.headers["Location"] == f"{link}/thanks?lang=sl"
    assert responses()[0].locale == "sl"
    assert "Hvala" in client.get(sent.headers["Location"]).text


def test_a_link_that_leads_nowhere_says_so_in_the_readers_language(client, link):
    for path in ("/s/x", f"{link}x", "/s/" + "A" * 22, "/s/%00", link[:-1] + "é"):
        reply = client.get(path, headers={"Accept-Language": "sl"})
        assert reply.status_code == 404
        assert '<html lang="sl"' in reply.text
    assert client.post("/s/" + "A" * 22, data={"score": 9}).status_code == 404


def test_a_closed_survey_and_an_old_link_take_no_answer(client, link, invitation, form_of):
    fields = form_of(client.get(link).text) | {"score": 9}
    with transaction() as session:
        session.get(Survey, invitation.survey_id).close(at=AT)
    for reply in (client.get(link), client.post(link, data=fields)):
        assert (reply.status_code, "This survey is closed" in reply.text) == (410, True)
    with transaction() as session:
        session.get(Survey, invitation.survey_id).reopen(at=AT)
    with time_machine.travel(invitation.expires_at + timedelta(seconds=1), tick=False):
        for reply in (client.get(link), client.post(link, data=fields)):
            assert (reply.status_code, "This link has expired" in reply.text) == (410, True)
    assert responses() == []


def test_who_unsubscribed_is_not_asked_but_an_open_page_still_counts(client, link, invitation, form_of):
    fields = form_of(client.get(link).text) | {"score": 9}
    with transaction() as session:
        session.get(Contact, invitation.contact_id).suppress("unsubscribed", at=AT)
    reply = client.get(link)
    assert (reply.status_code, "You are unsubscribed" in reply.text) == (410, True)
    assert "/u/" in reply.text
    assert client.post(link, data=fields).status_code == 303
    assert len(responses()) == 1


def test_a_page_costs_one_statement_and_an_answer_at_most_eight(client, link, form_of, statements):
    fields = form_of(client.get(link).text)
    assert len(statements) <= 4
    statements.clear()
    client.get(f"{link}/9")
    assert len(statements) == 1
    statements.clear()
    client.post(link, data=fields | {"score": 9})
    assert len(responses()) == 1
    assert 2 <= len(statements) - 1 <= 8
    fields = form_of(client.get(link).text)
    statements.clear()
    client.post(link, data=fields | {"score": 3, "comment": "again"})
    assert len(statements) <= 8
    assert responses()[0].score == 3


def test_visits_are_kept_apart_a_moment_later(app, client, link, invitation):
    app.extensions[visiting.KEY].gatherer.flush()
    client.head(link)
    client.get(f"{link}/3")
    client.get(f"{link}/all")
    assert Intent.of(invitation.id) == []
    assert app.extensions[visiting.KEY].gatherer.flush() == 3
    db.session.rollback()
    kept = Intent.of(invitation.id)
    assert [(visit.kind, visit.score) for visit in kept] == [("head", None), ("open", 3), ("decoy", None)]
    assert len({visit.client for visit in kept}) == 1
    db.session.refresh(invitation)
    assert invitation.clicked_at == kept[1].at


def test_a_burst_gives_its_connections_back(app, together, link):
    assert together(lambda: app.test_client().get(link).status_code, times=40) == [200] * 40
    assert len(swift._idle) <= swift.MOST_IDLE
