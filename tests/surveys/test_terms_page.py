"""The page on which a designer decides who is asked, and when."""

import pytest

from base.db import db
from base.events import Event
from surveys.rule import USUAL, SendingRule, Terms
from tests.cast import a_survey

USUAL_FORM = {
    "delay": "0",
    "unit": "hours",
    "weekdays": list("1234567"),
    "start_hour": "0",
    "end_hour": "24",
    "sample": "100",
    "match": "all",
    "quarantine_days": "0",
    "when_quarantined": "drop",
}
TEAM = {"conditions-0-about": "interaction:team", "conditions-0-negated": "", "conditions-0-values": "North, South"}


@pytest.fixture
def boris(cast, browser_of):
    return browser_of(cast.boris)


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace)


def saved(browser, survey, **changes):
    return browser.post(f"/w/acme/surveys/{survey.slug}/sending", data=USUAL_FORM | changes)


def test_what_is_decided_is_kept_and_told_in_words(boris, survey):
    values = {"delay": "2", "weekdays": list("12345"), "start_hour": "9", "end_hour": "17", "sample": "25"}
    values |= {"quarantine_days": "30", "when_quarantined": "defer"} | TEAM
    assert saved(boris, survey, **values).status_code == 303
    decided = SendingRule.of(survey.id)
    assert decided == Terms(
        delay_minutes=120,
        weekdays="12345",
        start_hour=9,
        end_hour=17,
        sample=25,
        conditions={
            "match": "all",
            "conditions": [{"about": "interaction", "property": "team", "is": ["North", "South"]}],
        },
        quarantine_days=30,
        when_quarantined="defer",
    )
    page = " ".join(boris.get(f"/w/acme/surveys/{survey.slug}").text.split())
    for words in (
        "2 hours after it happened",
        "Mondays to Fridays",
        "09:00–17:00 where the person lives",
        "25% of interactions, by lot",
        "if team is North or South",
        "Not again within 30 days",
    ):
        assert words in page


def test_the_form_shows_what_was_decided(boris, survey):
    saved(boris, survey, delay="3", unit="days", **TEAM)
    page = boris.get(f"/w/acme/surveys/{survey.slug}/sending").text
    assert 'value="North, South"' in page
    assert '<option selected value="interaction:team">' in page
    assert '<option selected value="days">' in page
    assert page.count('class="condition-row') == 3 + 1  # the list, the one that is filled in, and two empty ones


def test_saving_what_holds_already_is_no_change(boris, survey):
    saved(boris, survey)
    assert SendingRule.of(survey.id) == USUAL
    saved(boris, survey, sample="50")
    saved(boris, survey, sample="50")
    changes = db.session.query(Event).filter_by(kind="survey.terms_changed").all()
    assert [change.data["changed"] for change in changes] == [["sample"]]


@pytest.mark.parametrize(("changes", "words"), [
    ({"delay": "soon"}, "Write a whole number."),
    ({"delay": "-1"}, "A number from 0 to 10,000."),
    ({"delay": "91", "unit": "days"}, "At most 90 days after it happened."),
    ({"weekdays": []}, "Choose at least one day."),
    ({"start_hour": "17", "end_hour": "9"}, "This is not after the hour it begins at."),
    ({"sample": "0"}, "A number from 1 to 100."),
    ({"sample": ""}, "Write 100 to ask about each."),
    (TEAM | {"conditions-0-values": " , "}, "Write at least one value"),
    (TEAM | {"conditions-0-about": ""}, "Choose on the left what these values are of."),
    (TEAM | {"conditions-0-about": "interaction:"}, "Write the name of the property"),
    (TEAM | {"conditions-0-values": "x" * 300}, "At most 100 values of at most 200 characters"),
    ({"quarantine_days": "8"}, "Not a valid choice"),
    ({"unit": "years"}, "Not a valid choice"),
])  # fmt: skip
def test_what_cannot_be_is_told_beside_its_field_and_nothing_typed_is_lost(boris, survey, changes, words):
    answer = saved(boris, survey, **({"sample": "37"} | changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert "{&#39;" not in answer.text  # no row of conditions is shown as it lies in memory
    assert "sample" in changes or 'value="37"' in answer.text
    assert SendingRule.of(survey.id) == USUAL


def test_a_manager_looks_and_a_stranger_does_not(cast, browser_of, survey):
    assert "Who is asked" in browser_of(cast.cvetka).get(f"/w/acme/surveys/{survey.slug}").text
    assert saved(browser_of(cast.cvetka), survey).status_code == 403
    assert saved(browser_of(cast.dmitri), survey).status_code == 404


def test_reminders_are_decided_and_told_in_words(boris, survey):
    page = f"/w/acme/surveys/{survey.slug}"
    assert "Nobody is reminded" in boris.get(page).text
    assert saved(boris, survey, first_reminder_days="3").status_code == 303
    assert SendingRule.of(survey.id).reminder_days == (3,)
    assert "Reminded once, after 3 days" in boris.get(page).text
    assert saved(boris, survey, first_reminder_days="3", second_reminder_days="10").status_code == 303
    assert SendingRule.of(survey.id).reminder_days == (3, 10)
    assert "Reminded after 3 days and after 10" in boris.get(page).text
    form = boris.get(f"{page}/sending").text
    assert 'value="3"' in form
    assert 'value="10"' in form
    saved(boris, survey, first_reminder_days="", second_reminder_days="")
    assert SendingRule.of(survey.id).reminder_days == ()


@pytest.mark.parametrize(("first", "second", "words"), [
    ("0", "", "A number from 1 to 30, or nothing."),
    ("31", "", "A number from 1 to 30, or nothing."),
    ("soon", "", "Write a whole number."),
    ("3", "31", "A number from 1 to 30, or nothing."),
    ("", "5", "Write after how many days the first reminder goes, too."),
    ("5", "5", "this must be more than the other."),
    ("5", "3", "this must be more than the other."),
])  # fmt: skip
def test_reminders_that_cannot_be_are_told_beside_their_field(boris, survey, first, second, words):
    answer = saved(boris, survey, sample="37", first_reminder_days=first, second_reminder_days=second)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="37"' in answer.text
    assert SendingRule.of(survey.id) == USUAL
