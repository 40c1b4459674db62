"""Versions: what changed, each as people saw it, the way back to an older one, and copies."""

import html
import re
from datetime import timedelta

import pytest
import time_machine

from base.db import db, transaction
from base.errors import ConflictError
from surveys import versioning
from surveys.draft import Draft
from surveys.survey import Survey
from surveys.version import Version
from tests.cast import AT, a_survey

SCORE, COMMENT = {"id": "score", "kind": "score"}, {"id": "comment", "kind": "long"}
WHY = {"id": "why", "kind": "one", "choices": ["a", "b"]}
RATE = {"id": "t", "kind": "matrix", "rows": ["r"], "low": 1, "high": 5}


@pytest.fixture(autouse=True)
def _that_friday():
    with time_machine.travel(AT + timedelta(hours=3), tick=False):
        yield


def document(*questions, texts=None, locales=("en",), **more):
    words = {"why.title": "Why?", "why.choice.a": "Speed", "why.choice.b": "Price", "t.title": "Rate us"}
    words |= {"t.row.r": "The place"}
    made = {"metric": "nps", "default_locale": "en", "locales": list(locales)}
    return made | {"texts": {"en": words | (texts or {})}, "questions": [SCORE, *questions, COMMENT]} | more


BEFORE = document(WHY, RATE)


@pytest.mark.parametrize(("after", "shifts"), [
    (document(WHY, RATE), ()),
    (document(WHY, RATE, texts={"question": "Well?"}), ("question",)),
    (document(WHY, RATE, texts={"high_label": "Surely"}), ("labels",)),
    (document(WHY, RATE, texts={"why.title": "What for?"}), ("further",)),
    (document(WHY, RATE, texts={"why.choice.a": "Haste"}), ("choices",)),
    (document(WHY | {"choices": ["a"]}, RATE), ("choices",)),
    (document(WHY | {"choices": ["b", "a"]}, RATE), ()),
    (document(WHY | {"other": True}, RATE), ("choices",)),
    (document(WHY, RATE | {"high": 7}), ("choices",)),
    (document(WHY), ("choices",)),
    (document(RATE, WHY), ()),
    (document(WHY, RATE, texts={"comment_label": "Say more"}), ("further",)),
    (document(WHY, RATE, texts={"mail_subject": "Hello"}), ()),
    (document(WHY | {"required": True}, RATE), ()),
    (document(WHY, RATE, locales=("en", "sl")), ()),
])  # fmt: skip
def test_what_makes_answers_hard_to_compare(after, shifts):
    assert versioning.shifts(BEFORE, after) == shifts


def test_each_turn_is_told_once_at_its_moment():
    editions = [(1, AT, BEFORE), (2, AT + timedelta(days=1), BEFORE)]
    editions.append((3, AT + timedelta(days=2), document(WHY, RATE, texts={"question": "Well?"})))
    assert [(turn.number, turn.shifts) for turn in versioning.turns(editions)] == [(3, ("question",))]


@pytest.fixture
def survey(cast):
    survey = a_survey(cast.workspace, name="Support", **{name: BEFORE[name] for name in ("texts", "questions")})
    publish(survey, document(WHY, RATE, texts={"question": "Well?"}))
    return survey


def save(survey, document):
    with transaction() as session:
        found = session.get(Survey, survey.id)
        found.save_draft(document, revision=found.draft_revision, at=AT)


def publish(survey, document):
    save(survey, document)
    with transaction() as session:
        session.get(Survey, survey.id).publish(at=AT + timedelta(hours=1))


@pytest.fixture
def boris(cast, browser_of):
    return browser_of(cast.boris)


AT_SUPPORT = "/w/acme/surveys/support"


def plain(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def fresh(survey):
    return db.session.get(Survey, survey.id, populate_existing=True)


def test_the_history_says_what_changed_and_that_it_matters(survey, boris):
    changed = document(WHY | {"choices": ["a", "c"], "required": True}, texts={"why.choice.c": "Charm"})
    publish(survey, changed)
    words = plain(boris.get(f"{AT_SUPPORT}/versions").text)
    for part in ("Version 3", "Version 1", "The first one.", "Charm", "Well?", "it changed the question"):
        assert part in words


def test_a_version_is_seen_as_it_was_whatever_came_after(survey, boris):
    page = boris.get(f"{AT_SUPPORT}/versions/1")
    assert "Version 1" in page.text
    frame = boris.get(f"{AT_SUPPORT}/versions/1/seen")
    assert "How likely are you to recommend Acme" in frame.text
    assert "Well?" in boris.get(f"{AT_SUPPORT}/versions/2/seen").text
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "script" not in frame.headers["Content-Security-Policy"].replace("script-src 'none'", "")
    for show in ("thanks", "mail"):
        assert boris.get(f"{AT_SUPPORT}/versions/1/seen?show={show}&theme=dark").status_code == 200
    for number in (0, 3, 10**30):
        assert boris.get(f"{AT_SUPPORT}/versions/{number}").status_code == 404


def test_an_older_version_becomes_the_draft_and_is_published_as_a_new_one(survey, boris):
    before = [version.document for version in Version.all_of(survey.id)]
    sent = boris.post(f"{AT_SUPPORT}/versions/1/restore", data={"revision": fresh(survey).draft_revision})
    assert sent.headers["Location"] == f"{AT_SUPPORT}/publish"
    assert "question" not in fresh(survey).draft["texts"]["en"]
    assert "frozen" not in fresh(survey).draft
    boris.post(f"{AT_SUPPORT}/publish", data={"revision": fresh(survey).draft_revision})
    newest, *older = Version.all_of(survey.id)
    assert newest.number == 3
    assert newest.document == before[-1]
    assert [version.document for version in older] == before


def test_edits_that_were_not_published_are_asked_for_and_kept(survey, boris):
    mine = document(WHY, RATE, texts={"question": "My new words?"})
    save(survey, mine)
    revision = fresh(survey).draft_revision
    asked = boris.post(f"{AT_SUPPORT}/versions/1/restore", data={"revision": revision})
    assert asked.status_code == 200
    assert "edits that were never published" in plain(asked.text)
    assert fresh(survey).draft == mine
    boris.post(f"{AT_SUPPORT}/versions/1/restore", data={"revision": revision, "sure": "1"})
    assert fresh(survey).draft != mine
    [(kept, _)] = Draft.all_of(survey.id)
    assert kept.document == mine
    assert "Edits put aside" in boris.get(f"{AT_SUPPORT}/versions").text
    back = {"revision": fresh(survey).draft_revision}
    assert boris.post(f"{AT_SUPPORT}/drafts/{kept.id}/restore", data=back).status_code == 303
    assert fresh(survey).draft == mine
    assert len(Draft.all_of(survey.id)) == 1  # what it replaced was put aside in turn


def test_going_back_to_the_live_version_leaves_nothing_to_publish(survey, boris):
    save(survey, document(WHY, RATE, texts={"question": "My new words?"}))
    sent = {"revision": fresh(survey).draft_revision, "sure": "1"}
    boris.post(f"{AT_SUPPORT}/versions/2/restore", data=sent)
    assert not fresh(survey).has_edits


def test_two_people_notice_each_other(survey, boris):
    revision = fresh(survey).draft_revision
    save(survey, document(WHY, RATE, texts={"question": "Hers?"}))
    sent = boris.post(f"{AT_SUPPORT}/versions/1/restore", data={"revision": revision, "sure": "1"})
    assert sent.status_code == 409
    assert fresh(survey).draft["texts"]["en"]["question"] == "Hers?"


def test_the_draft_of_another_survey_is_none_of_ours(survey, cast, boris):
    with transaction() as session:
        other = session.merge(a_survey(cast.workspace, name="Other"))
        other.save_draft(dict(other.draft), revision=other.draft_revision, at=AT)
        kept = other.restore(Version.numbered(other.id, 1), revision=other.draft_revision, at=AT)
    sent = boris.post(f"{AT_SUPPORT}/drafts/{kept.id}/restore", data={"revision": fresh(survey).draft_revision})
    assert sent.status_code == 404


def test_a_published_survey_says_why_its_metric_stays_and_offers_a_copy(survey, boris):
    words = plain(boris.get(AT_SUPPORT).text)
    assert "What is measured stays the same once a survey was published" in words
    assert f'href="{AT_SUPPORT}/copy"' in boris.get(AT_SUPPORT).text
    with pytest.raises(ConflictError):
        save(survey, fresh(survey).draft | {"metric": "csat"})


def test_a_copy_keeps_the_words_and_may_measure_something_else(survey, cast, boris):
    sent = boris.post(f"{AT_SUPPORT}/copy", data={"name": "Support in stars", "metric": "stars"})
    assert sent.headers["Location"].startswith("/w/acme/surveys/support-in-stars/edit")
    made = Survey.of(cast.workspace.id, "support-in-stars")
    assert (made.metric, made.published_number) == ("stars", None)
    assert made.draft == fresh(survey).draft | {"metric": "stars"}
    assert fresh(survey).metric == "nps"


@pytest.mark.parametrize("sent", [{"name": "", "metric": "nps"}, {"name": "x" * 500, "metric": "nps"},
                                  {"name": "Fine", "metric": "furlongs"}])  # fmt: skip
def test_a_copy_that_cannot_be_is_refused_at_its_field(survey, cast, boris, sent):
    assert boris.post(f"{AT_SUPPORT}/copy", data=sent).status_code == 422
    assert [one.name for one in Survey.all_of(cast.workspace.id)] == ["Support"]


def test_who_only_looks_changes_nothing(survey, cast, browser_of):
    cvetka = browser_of(cast.cvetka)
    page = cvetka.get(f"{AT_SUPPORT}/versions").text
    assert "Make this the draft" not in page
    assert cvetka.post(f"{AT_SUPPORT}/versions/1/restore", data={"revision": 1, "sure": 1}).status_code == 403
    assert cvetka.get(f"{AT_SUPPORT}/copy").status_code == 403
