"""What many people answered to further questions: counted by the database, told on the results page."""

import re
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import event

from base.db import db, transaction
from feedback import feed, further
from feedback.tally import Filters
from feedback.zoning import Interval
from surveys.filling import Piece
from surveys.survey import Survey
from surveys.version import Version
from tests.cast import AT, a_survey
from tests.feedback.answers import many_answers, one, rated, some

ALWAYS = Interval(AT.replace(year=2025), AT.replace(year=2027))
QUESTIONS = [
    {"id": "score", "kind": "score"},
    {"id": "ok", "kind": "yesno"},
    {"id": "why", "kind": "one", "choices": ["fast", "kind"], "other": True},
    {"id": "better", "kind": "many", "choices": ["a", "b", "c"]},
    {"id": "t", "kind": "matrix", "rows": ["r1", "r2"], "low": 1, "high": 5},
    {"id": "day", "kind": "date"},
    {"id": "say", "kind": "short"},
    {"id": "comment", "kind": "long"},
    {"id": "may", "kind": "contact"},
]
TEXTS = {
    "en": {
        "ok.title": "Was it solved?",
        "why.title": "Why, {{ contact.name | dear customer }}?", "why.choice.fast": "Speed",
        "why.choice.kind": "Kindness",
        "better.title": "What else?", "better.choice.a": "Prices", "better.choice.b": "Hours", "better.choice.c": "App",
        "t.title": "Rate us", "t.row.r1": "Start", "t.row.r2": "End", "t.low_label": "bad", "t.high_label": "good",
        "day.title": "Since when?", "say.title": "One word?", "may.title": "May we call?",
    }
}  # fmt: skip


@pytest.fixture(autouse=True)
def _that_friday():
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        yield


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, name="Support", questions=QUESTIONS, texts=TEXTS)


@pytest.fixture
def look(cast, browser_of):
    browser = browser_of(cast.cvetka)
    return lambda query="": browser.get(f"/w/acme/surveys/support/results?{query}").text


def told(survey, **filters):
    found = further.of(survey, Version.all_of(survey.id), "Acme", ALWAYS, Filters(**filters))
    return {one.question.id: one for one in found}


def answered(survey, *all_pieces, **known):
    return many_answers(survey, [{"score": 9, "pieces": pieces, **known} for pieces in all_pieces])


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@contextmanager
def statements():
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_questions_come_in_the_order_of_the_survey_in_its_words(survey):
    found = list(told(survey).values())
    assert [one.question.id for one in found] == ["ok", "why", "better", "t", "day", "say", "may"]
    assert found[1].title == "Why, dear customer?"
    assert [choice.label for choice in found[1].choices] == ["Speed", "Kindness", "Other, please say"]
    assert [choice.label for choice in found[0].choices] == ["Yes", "No"]


def test_a_share_is_of_those_who_answered_with_its_wilson_interval(survey):
    answered(survey, *[(one("why", "fast"),)] * 6, *[(one("why", "kind"),)] * 4, *[()] * 10)
    why = told(survey)["why"]
    assert (why.n, why.asked) == (10, 20)
    fast = why.choices[0]
    assert (fast.count, fast.share) == (6, 60)
    assert (round(fast.low, 1), round(fast.high, 1)) == (31.3, 83.2)  # Wilson for 6 of 10


def test_of_several_choices_people_are_counted_not_ticks(survey):
    answered(survey, some("better", "a", "b"), some("better", "a", "b", "c"), some("better", "a"), ())
    better = told(survey)["better"]
    assert better.n == 3
    assert [(choice.count, round(choice.share)) for choice in better.choices] == [(3, 100), (2, 67), (1, 33)]


def test_ratings_have_a_distribution_and_a_mean(survey):
    answered(survey, rated("t", r1=4, r2=5), rated("t", r1=5), rated("t", r1=5), rated("t", r1=6))
    first, second = told(survey)["t"].rows
    assert [cell.count for cell in first.cells] == [0, 0, 0, 1, 2]
    assert (round(first.mean.value, 2), first.mean.n) == (4.67, 3)
    assert (second.mean.value, second.mean.margin) == (5, None)


def test_dates_are_told_by_month_without_a_gap(survey):
    days = [date(2026, 9, 1), date(2026, 9, 30), date(2026, 11, 2)]
    answered(survey, *[(Piece("day", day=day),) for day in days])
    assert [(month.key, month.count) for month in told(survey)["day"].months] == [
        ("2026-09", 2), ("2026-10", 0), ("2026-11", 1),
    ]  # fmt: skip


def test_the_newest_words_are_told_and_what_other_meant(survey):
    for number in range(7):
        pieces = (Piece("say", text=f"word {number}"), one("why", "other", f"reason {number}"))
        answered(survey, pieces, created_at=AT - timedelta(hours=number))
    found = told(survey)
    assert [said.text for said in found["say"].written] == [f"word {number}" for number in range(5)]
    assert found["why"].written[0].text == "reason 0"
    assert found["say"].n == 7


def test_only_the_last_word_of_counted_people_is_heard(survey):
    answered(survey, (one("why", "kind"),), before=(one("why", "fast"), one("ok", "no")))
    answered(survey, (one("why", "fast"),), flagged_at=AT)
    found = told(survey)
    assert [choice.count for choice in found["why"].choices] == [0, 1, 0]
    assert found["ok"].n == 0


def test_an_address_is_nobodys_opinion(survey):
    answered(survey, (Piece("may", "contact", choice="yes", text="zala@home.example"),))
    found = told(survey)["may"]
    assert (found.n, found.written) == (1, ())


def publish(survey, questions, texts=TEXTS, at=AT):
    with transaction() as session:
        found = session.get(Survey, survey.id)
        document = found.draft | {"questions": questions, "texts": texts}
        found.save_draft(document, revision=found.draft_revision, at=at)
        return found.publish(at=at)


def test_what_a_version_does_not_offer_any_more_is_told_as_such(survey):
    answered(survey, (one("why", "fast"), *rated("t", r1=5), Piece("say", text="Fine")))
    changed = [dict(question) for question in QUESTIONS if question["id"] != "say"]
    changed[2] |= {"choices": ["kind"]}
    changed[4] |= {"high": 7}
    publish(survey, changed)
    found = told(survey)
    assert [(choice.label, choice.gone) for choice in found["why"].choices] == [
        ("Kindness", False), ("Other, please say", False), ("Speed", True),
    ]  # fmt: skip
    assert found["say"].gone
    assert list(found)[-1] == "say"
    assert (found["t"].left_out, found["t"].rows[0].mean) == (True, None)  # fives of two scales are two things
    assert told(survey, version=1)["t"].rows[0].mean.value == 5


def test_each_bar_leads_to_the_responses_behind_it(survey, look):
    answered(survey, (one("why", "fast"), *some("better", "a", "b")), (one("why", "other", "The dog"),),
             (*rated("t", r1=5, r2=1), Piece("day", day=date(2026, 11, 3)), one("ok", "no")),
             (Piece("may", "contact", choice="yes"),))  # fmt: skip
    page = look()
    for value, n in {
        "question=why&amp;value=fast": 1, "question=better&amp;value=b": 1, "question=why&amp;value=other": 1,
        "question=t&amp;value=r1:5": 1, "question=day&amp;value=2026-11": 1, "question=ok&amp;value=no": 1,
        "question=why&amp;value=*": 2, "wants_contact=1": 1,
    }.items():  # fmt: skip
        address = value.replace(":", "%3A") if value not in page else value
        assert address in page, value
        assert re.search(r"(\d+) answers? match", look(value.replace("&amp;", "&")))[1] == str(n)
    assert "Why, dear customer?: Other, please say" in plain(look("question=why&value=other"))
    assert "Other, please say: The dog" in plain(look("question=why&value=other"))
    assert "Wants to be contacted" in plain(look("wants_contact=1"))


@pytest.mark.parametrize("value", ["2026-13", "r1:99", "r1:x", "'", "0000-01", "%00", "a" * 50, "*:*", "9999-12"])
def test_a_damaged_value_narrows_sensibly_or_not_at_all(survey, look, value):
    answered(survey, (one("why", "fast"),))
    assert "further" in look(f"question=why&value={value}") or "No answers match" in look(f"question=why&value={value}")


def test_below_ten_it_is_grey_and_says_so(survey, look):
    answered(survey, *[(one("ok", "yes"),)] * 9)
    assert "shares-few" in look()
    answered(survey, (one("ok", "yes"),))
    assert "shares-few" not in look()


def test_hostile_words_stay_words(survey, look):
    answered(survey, (Piece("say", text="<script>alert(1)</script> {{ 7*7 }}"), one("why", "other", "<b>x</b>")))
    page = look("question=say&value=*")
    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page
    assert "{{ 7*7 }}" in page


def test_the_number_of_statements_does_not_grow_with_answers(survey, look):
    answered(survey, (one("why", "fast"), *rated("t", r1=5)))
    look()
    with statements() as few:
        look()
    with statements() as few_behind:
        look("question=why&value=fast")
    answered(survey, *[(one("why", "fast"), *some("better", "a", "b"), *rated("t", r1=3, r2=4))] * 60)
    with statements() as many:
        look()
    assert len(many) == len(few)
    with statements() as behind:
        look("question=why&value=fast")
    assert len(behind) == len(few_behind)


def test_answers_are_found_by_their_keys(survey):
    if db.engine.dialect.name != "sqlite":
        return
    query = feed.Query(
        workspace_id=survey.workspace_id, survey_id=survey.id, filters=Filters(question="why", value="a")
    )
    with statements() as seen:
        feed.size(query)
        told(survey)
    plans = []
    with db.engine.connect() as connection:
        for statement in seen:
            if " answer" in statement:
                count = statement.count("?")
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (None,) * count)
                plans += [row[3] for row in rows]
    assert not [plan for plan in plans if plan.startswith("SCAN answer")]
    assert [plan for plan in plans if plan.startswith("SEARCH answer")]


def test_filters_narrow_further_questions_too(survey):
    answered(survey, (one("why", "fast"),), agent="Vid")
    answered(survey, (one("why", "kind"),), agent="Zala")
    assert [choice.count for choice in told(survey, agent="Zala")["why"].choices] == [0, 1, 0]
