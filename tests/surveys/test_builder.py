"""The designer's pages: a survey is made, published, closed; and only by those who may. Editing: test_drafting.py."""

import re
from urllib.parse import urlsplit

import html5lib
from sqlalchemy import select

from base.db import db, transaction
from base.outbox import Mail
from feedback.figure import Figures
from feedback.response import Response
from feedback.zoning import ONE_DAY, Interval
from surveys.invitation import Invitation
from surveys.survey import Survey
from surveys.version import Version
from tests.cast import AT, a_draft, a_response, a_survey, an_api_key, an_invitation


def address(survey, page=""):
    return f"/w/acme/surveys/{survey.slug}{page}"


def parsed(response):
    return html5lib.parse(response.text, namespaceHTMLElements=False)


def fresh(survey):
    return db.session.get(Survey, survey.id, populate_existing=True)


def test_a_workspace_without_surveys_says_how_to_make_one(cast, browser_of):
    assert "Ask your first question" in browser_of(cast.boris).get("/w/acme/surveys").text
    assert "New survey" not in browser_of(cast.cvetka).get("/w/acme/surveys").text


def test_the_list_says_what_is_live_how_many_were_asked_and_how_many_answered(cast, browser_of):
    survey = a_survey(cast.workspace, name="Support")
    a_draft(cast.workspace, "ces", name="Returns")
    for number in range(4):
        invitation = an_invitation(survey, email=f"c{number}@customer.example")
    with transaction():
        db.session.get(type(invitation), invitation.id).answered_at = invitation.created_at
    rows = [
        " ".join("".join(row.itertext()).split())
        for row in parsed(browser_of(cast.cvetka).get("/w/acme/surveys")).iter("tr")
    ]
    assert any("Support" in row and "Live" in row and " 4 125% (5 to 70%) of 4" in row for row in rows)
    assert any("Returns" in row and "Draft" in row for row in rows)


def test_the_list_and_the_page_of_a_survey_count_who_answered_as_its_results_do(cast, browser_of):
    """A mail that waits, one that came back after its answer, and an answer that is set aside."""
    survey = a_survey(cast.workspace, name="Support")
    asked = [an_invitation(survey, email=f"c{number}@customer.example", sent=number > 0) for number in range(5)]
    answers = [a_response(invitation, 9) for invitation in asked[2:]]
    with transaction():
        db.session.get(Invitation, asked[2].id).status = "skipped"
        db.session.get(Invitation, asked[1].id).status = "skipped"
        db.session.get(Response, answers[1].id).flagged_at = AT
    browser = browser_of(cast.cvetka)
    with Figures.of(survey.id) as figures:
        reach = figures.reach(Interval(AT - ONE_DAY, AT + ONE_DAY))
    assert (reach.asked, reach.sent, reach.answered) == (4, 3, 2)
    rows = [" ".join("".join(row.itertext()).split()) for row in parsed(browser.get("/w/acme/surveys")).iter("tr")]
    assert any(" 4 250% ± 35 of 4 " in row and "2 of 4 answered" in row for row in rows)
    steps = [" ".join(" ".join(item.itertext()).split()) for item in parsed(browser.get(address(survey))).iter("li")]
    assert "Mail sent 3 75% 95% interval: 30 to 95%" in steps
    assert "Answered 2 50% 95% interval: 15 to 85%" in steps


def test_a_survey_whose_only_answer_is_set_aside_has_no_score(cast, browser_of):
    survey = a_survey(cast.workspace, name="Support")
    kept = a_response(an_invitation(survey), 9)
    with transaction():
        db.session.get(Response, kept.id).flagged_at = AT
    page = browser_of(cast.cvetka).get("/w/acme/surveys").text
    assert "0 of 1 answered" in page
    assert "list-score" not in page


def test_a_survey_called_new_has_a_page_of_its_own(cast, browser_of):
    survey = a_draft(cast.workspace, name="New")
    assert browser_of(cast.boris).get(address(survey)).status_code == 200


def test_publishing_freezes_and_later_edits_do_not_change_a_version(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    assert browser.post(address(survey, "/publish"), data={"revision": 1}).status_code == 303
    with transaction():
        draft = {**survey.draft, "texts": {"en": {"question": "Another one?"}}}
        fresh(survey).save_draft(draft, revision=1, at=survey.created_at, by=cast.boris.id)
    assert fresh(survey).draft["texts"]["en"] == {"question": "Another one?"}
    assert Version.newest(survey.id).document["texts"] == {"en": {}}
    review = browser.get(address(survey, "/publish")).text
    assert "What changes since version 1" in review
    assert "Another one?" in review
    browser.post(address(survey, "/publish"), data={"revision": 2})
    history = browser.get(address(survey, "/versions")).text
    assert [version.number for version in Version.all_of(survey.id)] == [2, 1]
    assert "Boris" in history
    assert "Another one?" in history


def test_a_draft_that_changed_since_it_was_looked_at_is_not_published(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    with transaction():
        fresh(survey).save_draft(survey.draft, revision=1, at=survey.created_at)
    browser.post(address(survey, "/publish"), data={"revision": 1})
    assert fresh(survey).published_number is None
    assert browser.post(address(survey, "/publish"), data={"revision": 2}).status_code == 303
    assert browser.post(address(survey, "/publish"), data={"revision": 2}).status_code == 409


def test_publishing_warns_of_languages_that_are_not_translated(cast, browser_of):
    survey = a_draft(cast.workspace, locales=("en", "sl"), texts={"en": {"question": "And how was it?"}})
    assert (
        "Slovenščina shows your own words in English: Question."
        in browser_of(cast.boris).get(address(survey, "/publish")).text
    )


def test_closing_and_opening_again(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_survey(cast.workspace)
    browser.post(address(survey, "/close"))
    assert fresh(survey).closed_by == cast.boris.id
    assert "This survey is closed" in browser.get(address(survey)).text
    browser.post(address(survey, "/reopen"))
    assert fresh(survey).closed_at is None


def test_the_page_of_a_survey_says_who_was_not_asked_and_why(cast, browser_of):
    survey = a_survey(cast.workspace)
    invitation = an_invitation(survey, sent=False)
    with transaction():
        db.session.get(type(invitation), invitation.id).skip("suppressed", at=invitation.created_at)
    page = " ".join(browser_of(cast.cvetka).get(address(survey)).text.split())
    assert "1 person was not asked: they unsubscribed" in page


def test_a_test_mail_carries_the_draft_to_the_one_who_designs_it(cast, browser_of, run_jobs, outbox):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, texts={"en": {"question": "Draft?"}})
    answer = browser.post(address(survey, "/test"), data={"locale": "en"})
    assert "The test is in the outbox" in browser.get(answer.location).text
    run_jobs()
    (mail,) = outbox()
    assert mail["To"] == "Boris <boris@acme.example>"
    link = re.search(r"http\S+/preview/en/9\b", mail.get_body(("plain",)).get_content())[0]
    page = parsed(browser.get(urlsplit(link).path))
    assert page.findtext(".//h1") == "Draft?"
    assert [r.get("value") for r in page.iter("input") if r.get("checked") is not None] == ["9"]
    assert db.session.scalar(select(Mail.kind)) == "test"


def test_the_example_for_the_command_line_asks_somebody(cast, browser_of, client):
    survey = a_survey(cast.workspace, locales=("sl",))
    example = parsed(browser_of(cast.boris).get(address(survey))).find(".//pre/code").text
    headers = {"Authorization": f"Bearer {an_api_key(cast.workspace)}", "Content-Type": "application/json"}
    body = example.partition("-d '")[2].rpartition("'")[0]
    asked = client.post(urlsplit(example.split()[1]).path, data=body, headers=headers)
    assert asked.status_code == 201, asked.text


PAGES = ("/edit", "/draft", "/draft/words/sl", "/preview", "/publish")
ACTIONS = ("/draft", "/draft/merge", "/copy", "/preview", "/publish", "/close", "/reopen", "/test")


def test_a_manager_may_look_and_not_touch(cast, browser_of):
    survey, browser = a_survey(cast.workspace), browser_of(cast.cvetka)
    assert browser.get(address(survey)).status_code == browser.get(address(survey, "/versions")).status_code == 200
    assert [browser.get(address(survey, page)).status_code for page in PAGES] == [403] * 5
    assert [browser.post(address(survey, page)).status_code for page in ACTIONS] == [403] * 8
    assert browser.get("/w/acme/surveys/new").status_code == 403


def test_a_survey_of_another_workspace_is_missing(cast, browser_of):
    survey, browser = a_survey(cast.workspace), browser_of(cast.dmitri)
    for base in (address(survey), f"/w/elsewhere/surveys/{survey.slug}", f"/w/elsewhere/surveys/{survey.id}"):
        assert [browser.get(base + page).status_code for page in ("", "/versions", *PAGES)] == [404] * 7
        assert [browser.post(base + page).status_code for page in ACTIONS] == [404] * 8


def test_forms_insist_on_their_token(cast, browser_of, csrf):
    survey, browser = a_draft(cast.workspace), browser_of(cast.boris)
    assert [browser.post(address(survey, page)).status_code for page in ACTIONS] == [400] * 8
