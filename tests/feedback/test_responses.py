"""The page of one response, the list of those set aside, and their release."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from base.db import db, transaction
from base.events import Event
from feedback import tally
from feedback.response import Response
from feedback.zoning import Interval
from surveys.filling import Piece
from surveys.intent import Intent
from surveys.question import CONTACT
from surveys.survey import Survey
from tests.cast import AT, a_person, a_response, a_survey, an_invitation
from tests.feedback.answers import many_answers, rated, some

DAY = Interval(AT, AT + timedelta(days=1))


@pytest.fixture
def survey(cast):
    texts = {"en": {"question": "Was it good?"}, "sl": {"question": "Je bilo dobro?"}}
    return a_survey(cast.workspace, name="Support", locales=("en", "sl"), texts=texts)


@pytest.fixture
def cvetka(cast, browser_of):
    return browser_of(cast.cvetka)


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page_of(browser, response):
    found = browser.get(f"/w/acme/responses/{response.id}")
    assert found.status_code == 200
    return found.text


def test_the_page_of_a_response_says_everything_that_is_known(survey, cvetka):
    invitation = an_invitation(survey, agent="Zala", properties={"order_number": "A-17"}, external_id="T-9")
    response = a_response(invitation, 3, "Prepočasi", locale="sl")
    with transaction():
        row = db.session.merge(response)
        row.language, row.sentiment_label, row.polarity, row.read_at = "sl", "negative", -0.5, AT
        row.engine, row.engine_version = "lexicon", "2.1"
        survey.draft = survey.draft | {"texts": {"sl": {"question": "Povsem drugo vprašanje"}}}
        db.session.merge(survey).publish(at=AT)
    words = plain(page_of(cvetka, response))
    for part in ("Je bilo dobro?", "Prepočasi", "3 on a scale of 0 to 10", "Detractor", "mara@customer.example", "Zala",
                 "North", "T-9", "Order number A-17", "Negative", "−0.50", "lexicon 2.1", "Slovenian",
                 "The mail server took the mail", "Answered"):  # fmt: skip
        assert part in words
    assert "Povsem drugo vprašanje" not in words


def test_answers_that_were_replaced_stay_readable(survey, cvetka):
    invitation = an_invitation(survey)
    a_response(invitation, 2, "Angry at first")
    response = a_response(invitation, 8, "All good now", at=AT + timedelta(hours=2))
    words = plain(page_of(cvetka, response))
    assert "Answered 2 times; the last one counts" in words
    assert "Angry at first" in words
    assert words.index("All good now") < words.index("Angry at first")


def test_what_happened_is_told_in_order(survey, cvetka):
    invitation = an_invitation(survey)
    with transaction():
        Intent.keep(
            [
                {
                    "invitation_id": invitation.id,
                    "at": AT + timedelta(minutes=5),
                    "kind": "open",
                    "score": 4,
                    "client": "x",
                }
            ]
        )
    words = plain(page_of(cvetka, a_response(invitation, 9)))
    steps = ("The interaction took place", "The mail server took the mail", "The link was opened", "Answered 1")
    places = [words.index(step.removesuffix(" 1"), words.index("What happened when")) for step in steps]
    assert places == sorted(places)


def test_a_flagged_response_counts_once_staff_release_it(cast, survey, cvetka):
    response = a_response(an_invitation(survey), 0, "buy pills", signs=("decoy", "fast_send"))
    page = page_of(cvetka, response)
    assert "A link in the mail that no person can see was opened" in page
    assert tally.counts(survey.id, DAY) == {}
    with time_machine.travel(AT + timedelta(hours=5), tick=False):
        sent = cvetka.post(f"/w/acme/responses/{response.id}/release")
        assert (sent.status_code, sent.location) == (303, f"/w/acme/responses/{response.id}")
        assert cvetka.post(f"/w/acme/responses/{response.id}/release").status_code == 303
    assert tally.counts(survey.id, DAY) == {0: 1}
    found = db.session.scalars(select(Event).where(Event.kind == "response.released")).all()
    assert [(one.subject_id, one.actor) for one in found] == [(response.id, str(cast.cvetka.id))]
    page = page_of(cvetka, response)
    assert "It was set aside at first. Cvetka let it count on" in page
    assert "/release" not in page


def test_a_viewer_reads_but_releases_nothing(cast, survey, browser_of):
    response = a_response(an_invitation(survey), 0, signs=("decoy",))
    browser = browser_of(a_person("Vesna", cast.workspace, "viewer"))
    assert "/release" not in page_of(browser, response)
    assert browser.post(f"/w/acme/responses/{response.id}/release").status_code == 403
    assert db.session.get(Response, response.id).released_at is None


def test_a_release_needs_the_token_of_its_form(survey, cvetka, csrf):
    response = a_response(an_invitation(survey), 0, signs=("decoy",))
    assert cvetka.post(f"/w/acme/responses/{response.id}/release").status_code == 400
    assert db.session.get(Response, response.id).released_at is None


def test_responses_of_another_workspace_are_missing(cast, cvetka, browser_of):
    theirs = a_response(an_invitation(a_survey(cast.elsewhere)), 0, signs=("decoy",))
    assert cvetka.get(f"/w/acme/responses/{theirs.id}").status_code == 404
    assert cvetka.post(f"/w/acme/responses/{theirs.id}/release").status_code == 404
    assert browser_of(cast.ana).get(f"/w/elsewhere/responses/{theirs.id}").status_code == 404
    assert str(theirs.id) not in cvetka.get("/w/acme/responses").text


def test_the_list_shows_all_or_those_set_aside_and_pages(cast, survey, cvetka):
    flagged, other = many_answers(survey, [{"score": 0, "flagged_at": AT, "flag_reason": "sweep"}, {"score": 9}])
    csat = a_survey(cast.workspace, "csat", name="Delivery")
    many_answers(csat, [{"score": 1, "created_at": AT - timedelta(days=400, minutes=n)} for n in range(60)])
    everything, aside = cvetka.get("/w/acme/responses").text, cvetka.get("/w/acme/responses?flagged=1").text
    assert str(flagged) in everything
    assert str(other) in everything
    assert "62 answers" in everything
    assert re.findall(r'id="r-([0-9a-f-]+)"', aside) == [str(flagged)]
    assert "Nothing is set aside" in cvetka.get("/w/acme/responses?flagged=1&survey=delivery").text
    older = re.search(r'rel="next" href="([^"]+)"', everything)[1].replace("&amp;", "&")
    assert cvetka.get(older).text.count('id="r-') == 12


def test_a_hostile_comment_is_only_words(survey, cvetka):
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    page = page_of(cvetka, a_response(an_invitation(survey), 1, hostile))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page


MORE = {
    "questions": [
        {"id": "score", "kind": "score"},
        {"id": "t", "kind": "matrix", "rows": ["r1", "r2"], "low": 1, "high": 5},
        {"id": "why", "kind": "many", "choices": ["fast"], "other": True},
        {"id": "day", "kind": "date"},
        {"id": "comment", "kind": "long"},
        {"id": "may", "kind": "contact"},
    ],
    "texts": {
        "en": {"why.title": "Why, {{ contact.name | dear customer }}?", "why.choice.fast": "Speed"},
        "sl": {"why.title": "Zakaj, {{ contact.name | spoštovani }}?", "why.choice.fast": "Hitrost"}
        | {"t.title": "Ocenite", "t.row.r1": "Začetek", "t.row.r2": "Konec"}
        | {"day.title": "Od kdaj?", "may.title": "Vas smemo poklicati?"},
    },
}
FIRST = (*some("why", "other", words="Pes <b>"), *rated("t", r1=2))
LAST = (*some("why", "fast"), *rated("t", r2=5, r1=4), Piece("day", day=date(2026, 10, 3)))
WISH = Piece("may", CONTACT, choice="yes", text="mara@doma.example")


@pytest.fixture
def asked(cast):
    return an_invitation(a_survey(cast.workspace, name="More", locales=("en", "sl"), **MORE), locale="sl")


def test_further_answers_are_told_as_the_customer_saw_them(asked, cvetka):
    response = a_response(asked, 3, locale="sl", pieces=(*LAST, WISH))
    with transaction() as session:
        survey = session.get(Survey, asked.survey_id)
        survey.draft = survey.draft | {"texts": {"sl": {"why.title": "Povsem drugo vprašanje"}}}
        survey.publish(at=AT)
    words = plain(page_of(cvetka, response))
    told = [
        "Ocenite Začetek 4 of 5 Konec 5 of 5", "Zakaj, spoštovani? Hitrost (Speed)", "Od kdaj? 3 October 2026",
        "Vas smemo poklicati? mara@doma.example",
    ]  # fmt: skip
    places = [words.index(one, words.index("Further answers")) for one in told]
    assert places == sorted(places)
    assert "Povsem drugo vprašanje" not in words


def test_choices_in_another_language_say_what_they_mean(asked, cvetka):
    theirs = a_response(asked, 3, locale="sl", pieces=LAST)
    assert '<dd lang="sl">Hitrost <bdi class="muted" lang="en">(Speed)</bdi></dd>' in page_of(cvetka, theirs)
    ours = a_response(an_invitation(db.session.get(Survey, asked.survey_id), email="bor@a.example"), 3, pieces=LAST)
    assert '<dd lang="en">Speed</dd>' in page_of(cvetka, ours)


def test_answers_from_right_to_left_stand_with_their_questions(cast, cvetka):
    document = {"questions": [{"id": "score", "kind": "score"}, {"id": "ok", "kind": "yesno"}]}
    survey = a_survey(cast.workspace, locales=("en", "ar"), **document)
    response = a_response(an_invitation(survey, locale="ar"), 3, locale="ar", pieces=some("ok", "no"))
    page = page_of(cvetka, response)
    assert '<div class="told-one" dir="rtl"><dt lang="ar">' in page
    assert '<dd lang="ar">لا <bdi class="muted" lang="en">(No)</bdi></dd>' in page
    assert re.search(r"<h1>[^<]+ on [^<]+</h1>", page)


def test_who_wants_to_be_contacted_is_said_first(asked, cvetka):
    response = a_response(asked, 3, pieces=(WISH,))
    words = plain(page_of(cvetka, response))
    assert "Wants to be contacted: mara@doma.example" in words
    assert words.index("Wants to be contacted") < words.index("Detractor")


def test_without_another_address_it_is_the_one_we_know(asked, cvetka):
    response = a_response(asked, 3, pieces=(Piece("may", CONTACT, choice="yes"),))
    assert "Wants to be contacted: mara@customer.example" in plain(page_of(cvetka, response))


def test_earlier_further_answers_stay_readable(asked, cvetka):
    a_response(asked, 3, locale="sl", pieces=FIRST)
    response = a_response(asked, 4, locale="sl", pieces=LAST, at=AT + timedelta(hours=2))
    page = page_of(cvetka, response)
    words = plain(page)
    assert "Pes &lt;b&gt;" in page
    assert words.index("Hitrost") < words.index("Answered 2 times") < words.index("Pes")


def test_nobody_is_said_to_want_contact_who_changed_their_mind(asked, cvetka):
    a_response(asked, 3, pieces=(WISH,))
    response = a_response(asked, 3, pieces=LAST, at=AT + timedelta(hours=2))
    assert "Wants to be contacted" not in page_of(cvetka, response)
