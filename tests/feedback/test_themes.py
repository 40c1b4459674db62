"""What comments speak of: kept, shown, filtered, named by the workspace, told by API and mail."""

import re
from datetime import timedelta

import pytest

from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from feedback.contradicting import contradicts
from feedback.jobs import reread
from feedback.response import Response
from feedback.sentiment.themes import with_words
from feedback.themebook import Entry, WorkspaceTheme
from feedback.views.theming import share_interval
from tests.cast import a_survey
from tests.feedback.answers import many_answers

MINUTE = timedelta(minutes=1)
LATE = "Terrible delivery, awful service. The courier was rude and left my parcel in the rain."


@pytest.fixture
def staff(cast, browser_of):
    return browser_of(cast.ana)


@pytest.mark.parametrize(
    ("band", "label", "polarity", "confidence", "odd"),
    [
        ("promoter", "negative", -0.9, 0.9, True),
        ("detractor", "positive", 0.9, 0.9, True),
        ("promoter", "negative", -0.9, 0.4, False),
        ("promoter", "positive", 0.9, 0.9, False),
        ("passive", "negative", -0.9, 0.9, False),
        ("promoter", None, None, None, False),
    ],
)
def test_a_score_and_its_comment_may_contradict_each_other(band, label, polarity, confidence, odd):
    assert contradicts(band, label, polarity, confidence) is odd


def test_own_words_name_a_theme_whatever_their_accents_and_capitals():
    words = {"product": ("Škatla",), "price": ("",)}
    assert with_words([("speed", -0.4)], "SKATLA je bila mokra", -0.6, words) == [("speed", -0.4), ("product", -0.6)]
    assert with_words([], "nič", None, words) == []
    assert with_words([], "x", None, {"product": ("!!",)}) in ([], [("product", 0.0)])


def test_themes_of_a_comment_are_kept_and_replaced(app, link, send, run_jobs):
    send(link, score=9, comment=LATE)
    run_jobs()
    kept = db.session.query(Response).one()
    assert "delivery" in {one.theme for one in kept.themes}
    with transaction():
        db.session.query(Response).one().keep_reading(None, at=clock.now())
    assert db.session.query(Response).one().themes == []


def test_pages_show_themes_and_the_contradiction(cast, link, send, run_jobs, staff):
    send(link, score=10, comment=LATE)
    run_jobs()
    response = db.session.query(Response).one()
    at = f"/w/{cast.workspace.slug}"
    page = staff.get(f"{at}/responses/{response.id}").get_data(as_text=True)
    assert "Delivery" in page
    assert "contradict each other" in page
    listed = staff.get(f"{at}/responses").get_data(as_text=True)
    assert "Delivery" in listed
    words = staff.get(f"{at}/responses/{response.id}/words").get_data(as_text=True)
    assert '<mark class="carry carry-bad' in words


def test_results_tell_what_share_of_the_comments_that_were_read_speaks_of_a_theme(cast, staff):
    survey = a_survey(cast.workspace, name="Shares")
    said = ["The delivery was late"] * 6 + ["Fine"] * 14
    many_answers(survey, [{"score": 5, "comment": one, "created_at": clock.now() - MINUTE} for one in said])
    reread(None, cast.workspace.id, None, limit=500)
    many_answers(survey, [{"score": 5, "comment": "Not read yet", "created_at": clock.now() - MINUTE}])
    at = f"/w/{cast.workspace.slug}/surveys/{survey.slug}/results"
    part = staff.get(at).get_data(as_text=True).split('id="themes-title"')[1].split("</section>")[0]
    row = " ".join(re.sub("<[^>]+>", " ", part[part.index(">Delivery</a>") :].split("</tr>")[0]).split())
    low, high = share_interval(6, 20)
    assert "30% ± 22" in row
    assert (round(low), round(high)) == (15, 52)
    assert "neutral or only mentioned" in part


def test_results_have_no_row_of_mixed_comments_where_there_are_none(cast, staff):
    survey = a_survey(cast.workspace, name="Shares")
    at = f"/w/{cast.workspace.slug}/surveys/{survey.slug}/results"
    read = {"score": 5, "comment": "So, so", "created_at": clock.now() - MINUTE, "read_at": clock.now()}
    for label, told in (("positive", False), ("mixed", True)):
        many_answers(survey, [read | {"sentiment_label": label}])
        words = staff.get(at).get_data(as_text=True).split('id="said-title"')[1].split("</section>")[0]
        assert ("Mixed" in words) is told


def test_a_workspace_names_switches_off_and_adds_words(app, cast, link, send, run_jobs, staff):
    entries = {
        "delivery": Entry("delivery", "Courier"),
        "speed": Entry("speed", off=True),
        "product": Entry("product", words=("rain",)),
    }
    with transaction():
        WorkspaceTheme.change(cast.workspace.id, entries, at=clock.now())
    send(link, score=1, comment=LATE)
    run_jobs()
    response = db.session.query(Response).one()
    assert "product" in {one.theme for one in response.themes}
    page = staff.get(f"/w/{cast.workspace.slug}/responses/{response.id}").get_data(as_text=True)
    assert "Courier" in page


def test_the_settings_page_saves_engine_and_themes(cast, staff):
    address = f"/w/{cast.workspace.slug}/settings/comments"
    page = staff.get(address)
    assert page.status_code == 200
    fields = {"engine": "textblob", "themes-0-theme": "speed", "themes-0-name": "Tempo", "themes-0-words": "slow, late"}
    assert staff.post(address, data=fields).status_code == 303
    db.session.rollback()
    assert db.session.get(Workspace, cast.workspace.id).sentiment_engine == "textblob"
    assert WorkspaceTheme.book(cast.workspace.id)["speed"] == Entry("speed", "Tempo", True, ("slow", "late"))
    assert staff.post(address, data=fields | {"engine": "crystal ball"}).status_code == 422
    assert staff.post(address, data=fields | {"themes-0-words": "x" * 100}).status_code == 422
