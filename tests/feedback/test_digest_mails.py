"""What the mail of a digest says, and how it is made."""

import email
import json
import re
from datetime import UTC, date, datetime, timedelta
from email import policy
from pathlib import Path

import pytest
import time_machine
from babel import Locale

from base.db import transaction
from feedback import jobs, ranging, wording
from feedback.dashboard import Dashboard
from feedback.response import Response
from feedback.wording import LOCALES, Voice, excerpt
from surveys.contact import Contact
from tests.cast import a_survey
from tests.feedback.readers import DAY, FRIDAY, HOUR, answered, issues, mails, ordered

SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} "></td> </html>\r\nBcc: all@acme.example'
WORDS = {tag: json.loads((Path(wording.__file__).parent / "words" / f"{tag}.json").read_text()) for tag in LOCALES}


@pytest.fixture
def mailed(app, run_jobs):
    """`mailed()`: the message of the only digest after its hour has come."""

    def send(at=SATURDAY):
        with time_machine.travel(at, tick=False):
            jobs.claim_due_digests(at)
            run_jobs()
        [mail] = mails()
        return email.message_from_string(mail.raw, policy=policy.default)

    return send


def parts(message):
    return message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()


def test_it_reads_dates_scores_and_people(cast, mailed):
    survey = a_survey(cast.workspace, name="Support")
    for score in (10,) * 9:
        answered(survey, score)
    unhappy = answered(
        survey, 2, comment="Nobody called back.", sentiment_label="negative", polarity=-0.6, language="en"
    )
    digest = ordered(cast.workspace)
    message = mailed()
    text, html = parts(message)
    assert message["Subject"] == "1 unhappy customer · NPS 80 (23…100), n 10 · Fri 20 Nov"
    house = "http://surveys.example/w/acme"
    for part in (text, html):
        assert "Hello Cvetka, this is your digest of Friday 20 November 2026." in part
        assert "Nobody called back." in part
        assert "negative comment" in part
        assert f"{house}/digests/{digest.id}/issues/{issues()[0].id}/open?answer={unhappy}" in part
        assert "Fri 20 Nov, 10:00" in part
        assert "The next digest comes on Sun 22 Nov, 08:00." in part
    assert re.search(r"NPS 80 \(\d+…100\)  Support\r?\n    10 answers, too few before to compare", text)


def test_its_headers_are_those_of_mail_that_a_person_can_end(cast, mailed):
    with transaction() as session:
        session.get(type(cast.workspace), cast.workspace.id).reply_to = "care@acme.example"
    answered(a_survey(cast.workspace), 1)
    ordered(cast.workspace)
    message = mailed()
    assert re.fullmatch(r"<http://surveys\.example/digest/pause/[\w.-]+>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] == "care@acme.example"
    assert message["To"] == "Cvetka <cvetka@acme.example>"
    assert message["From"] == "Acme <support@acme.example>"
    assert message["Message-ID"].endswith("@surveys.example>")
    text, html = parts(message)
    pause = message["List-Unsubscribe"][1:-1]
    assert pause in text
    assert pause in html


def test_the_worst_comes_first(cast, mailed):
    nps, csat = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    answered(nps, 6, comment="sixth")
    answered(csat, 2, comment="fourth")
    answered(nps, 2, comment="third", polarity=0.1)
    answered(nps, 2, comment="second", polarity=-0.9)
    answered(csat, 1, comment="first")
    answered(csat, 2, comment="newer", at=FRIDAY + HOUR)
    ordered(cast.workspace)
    text, _ = parts(mailed())
    assert re.findall(r"^> (\w+)", text, re.MULTILINE) == ["first", "second", "third", "newer", "fourth", "sixth"]


@pytest.mark.parametrize("locale", LOCALES)
def test_each_button_says_whose_answer_it_opens_and_of_nobody_known_the_score(cast, mailed, locale):
    survey = a_survey(cast.workspace)
    for name in ("Ana", "Žiga", None):
        ident = answered(survey, 2)
        with transaction() as session:
            response = session.get_one(Response, ident)
            if name:
                session.get_one(Contact, response.contact_id).name = name
            else:
                response.contact_id = response.invitation_id = None
    ordered(cast.workspace, locale=locale)
    _, html = parts(mailed())
    buttons = re.findall(r'<p class="open"[^>]*><a [^>]*>([^<]*)</a>', html)
    say, opened = Voice.of(locale).say, WORDS[locale]["words"]["open_answer"]
    score = say("score_of_scale", score="2", high="10")
    assert set(buttons) == {say("open_of", name="Ana"), say("open_of", name="Žiga"), f"{opened}: {score}"}
    assert all(button.startswith(opened) for button in buttons)


@pytest.mark.parametrize("field", ["comment", "agent", "team", "channel", "name"])
def test_strangers_cannot_bend_the_mail(cast, mailed, field):
    words = HOSTILE[:60] if field == "channel" else HOSTILE[:120]
    ident = answered(a_survey(cast.workspace), 0, **({field: words} if field != "name" else {}))
    if field == "name":
        with transaction() as session:
            response = session.get(jobs.Response, ident)
            session.get(Contact, response.contact_id).name = words
    ordered(cast.workspace)
    message = mailed()
    text, html = parts(message)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert message["Bcc"] is None
    assert not re.search(r"^Bcc:", text, re.MULTILINE)


def test_many_are_counted_and_linked_and_the_mail_stays_small(cast, mailed):
    survey = a_survey(cast.workspace)
    for _ in range(28):
        answered(survey, 1, comment="<&\"'>ж" * 500)
    ordered(cast.workspace)
    text, html = parts(mailed())
    cards = text.count("(Detractor")
    assert cards <= 25
    assert len(html.encode()) <= 100 * 1024
    assert f"And {28 - cards} more." in text
    assert f"/issues/{issues()[0].id}" in text
    assert issues()[0].detractors == 28


def test_twenty_five_ordinary_ones_each_have_a_card(cast, mailed):
    survey = a_survey(cast.workspace)
    for _ in range(26):
        answered(survey, 1, comment="Δεν με πήρε κανείς πίσω, παρόλο που το ζήτησα τρεις φορές. " * 3)
    ordered(cast.workspace)
    text, html = parts(mailed())
    assert text.count("(Detractor") == 25
    assert "And 1 more." in text
    assert len(html.encode()) <= 100 * 1024


def test_a_long_comment_ends_in_an_ellipsis():
    told = excerpt("word " * 400, 600)
    assert len(told) <= 600
    assert told.endswith("word…")
    assert excerpt("short", 600) == "short"


def test_its_numbers_are_those_of_the_results_page(cast, mailed):
    survey = a_survey(cast.workspace, "csat", name="Delivery")
    for number in range(30):
        answered(survey, 1 + number % 5)
        answered(survey, 1 + number % 2, at=FRIDAY - DAY)
    answered(survey, 1, flagged_at=FRIDAY)
    ordered(cast.workspace)
    text, _ = parts(mailed())
    friday = FRIDAY.date()
    page = Dashboard.of(survey, ranging.between(friday, friday, "Europe/Ljubljana"), "day")
    of, before = page.score, page.before
    assert (of.n, before.n) == (30, 30)
    assert f"CSAT {of.value:.0f}% ± {of.margin:.0f}  Delivery" in text
    assert f"{of.n} answers, up {of.value - before.value:.0f} (clear)" in text


def test_few_answers_say_so_and_silent_surveys_are_named(cast, mailed):
    answered(a_survey(cast.workspace, "ces", name="Returns"), 2)
    a_survey(cast.workspace, name="Yearly")
    ordered(cast.workspace)
    text, _ = parts(mailed())
    assert "1 answer, too few to say" in text
    assert "No answers: Yearly" in text


def test_an_unread_comment_is_not_called_neutral(cast, mailed):
    answered(a_survey(cast.workspace), 2, comment="Počasi.", locale="sl")
    ordered(cast.workspace)
    assert "comment not scored" in parts(mailed())[0]


@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("en", "2 unhappy customers · NPS 0 ± 35, n 10 · Fri 20 Nov"),
        ("sl", "2 nezadovoljni stranki · NPS 0 ± 35, n 10 · pet., 20. nov."),
        ("pl", "2 niezadowolonych klientów · NPS 0 ± 35, n 10 · pt., 20 lis"),
        ("el", "2 δυσαρεστημένοι πελάτες · NPS 0 ± 35, n 10 · Παρ 20 Νοε"),
        ("ru", "2 недовольных клиента · NPS 0 ± 35, n 10 · пт, 20 нояб."),
    ],
)
def test_it_speaks_its_readers_language(cast, mailed, locale, subject):
    survey = a_survey(cast.workspace)
    for score in (2, 3, *[8] * 6, 9, 10):
        answered(survey, score)
    ordered(cast.workspace, locale=locale)
    message = mailed()
    assert message["Subject"] == subject
    assert message["Content-Language"] == locale
    assert f'lang="{locale}"' in parts(message)[1]


def test_a_subject_names_no_score_of_fewer_than_ten_answers(cast, mailed):
    few, many = a_survey(cast.workspace, name="Few"), a_survey(cast.workspace, name="Many")
    for score in (2, *[10] * 8):
        answered(few, score)
    for score in (8,) * 10:
        answered(many, score)
    ordered(cast.workspace)
    message = mailed()
    assert message["Subject"] == "1 unhappy customer · NPS 0 ± 18, n 10 · Fri 20 Nov"
    assert "9 answers" in parts(message)[0]


def test_a_subject_without_any_score_still_says_who_and_when(cast, mailed):
    answered(a_survey(cast.workspace), 10)
    ordered(cast.workspace)
    assert mailed()["Subject"] == "No new unhappy customers · Fri 20 Nov"


def test_an_unknown_language_falls_back():
    assert Voice.of("sl-SI").locale == "sl"
    assert Voice.of("tlh").locale == "en"


def _flat(words):
    for key, value in words.items():
        yield from (
            ((f"{key}.{form}", text) for form, text in value.items()) if isinstance(value, dict) else [(key, value)]
        )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_says_the_same_things(locale):
    ours, english = WORDS[locale], WORDS["en"]
    assert list(ours["words"]) == list(english["words"])
    assert list(ours["patterns"]) == list(english["patterns"])
    for key, value in ours["words"].items():
        wanted = english["words"][key]
        assert isinstance(value, dict) == isinstance(wanted, dict), key
        if isinstance(value, dict):
            assert set(value) == set(Locale.parse(locale).plural_form.tags) | {"other"}, key
        expected = set(re.findall(r"{\w+}", wanted["other"] if isinstance(wanted, dict) else wanted))
        for name, text in _flat({key: value}):
            assert text.strip() == text != "", name
            assert set(re.findall(r"{\w+}", text)) == expected, name


def test_a_month_and_a_stretch_are_named_as_such():
    voice = Voice.of("en")
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    assert voice.dates(first, last) == "November 2026"
    assert voice.dates(last - timedelta(days=2), last) == "Sat 28 – Mon 30 November 2026"
    assert voice.dates(last, last + timedelta(days=1)) == "Mon 30 Nov – Tue 1 December 2026"
