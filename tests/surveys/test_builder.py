"""The designer's pages: a survey is made, edited, previewed, published, closed; and only by those who may."""

import re
from urllib.parse import urlsplit

import html5lib
import pytest
from sqlalchemy import func, select

from base.db import db, transaction
from base.events import Event
from base.outbox import Mail
from surveys.survey import Survey
from surveys.version import Version
from tests.cast import a_draft, a_survey, an_api_key, an_invitation

ATTACK = '"><script>alert(1)</script>{{ 7*7 }}</textarea>'


def address(survey, page=""):
    return f"/w/acme/surveys/{survey.slug}{page}"


def parsed(response):
    return html5lib.parse(response.text, namespaceHTMLElements=False)


def filled(page, **typed):
    """What the editor's form would send, with `typed` in its fields (`en_question` is en-question)."""
    form = next(form for form in page.iter("form") if form.get("id") == "editor")
    data = {}
    for field in (field for field in form.iter() if field.tag in {"input", "textarea", "select"}):
        name, kind = field.get("name"), field.get("type")
        if kind in {"checkbox", "radio"}:
            if field.get("checked") is not None:
                data.setdefault(name, []).append(field.get("value"))
        elif field.tag == "select":
            data[name] = next(o.get("value") for o in field.iter("option") if o.get("selected") is not None)
        else:
            data[name] = (field.text or "").removeprefix("\n") if field.tag == "textarea" else field.get("value", "")
    return data | {name.replace("__", "-"): value for name, value in typed.items()}


def opened(browser, survey):
    return parsed(browser.get(address(survey, "/edit")))


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
    assert any("Support" in row and "Live" in row and " 4 125% " in row for row in rows)
    assert any("Returns" in row and "Draft" in row for row in rows)


def test_a_survey_called_new_has_a_page_of_its_own(cast, browser_of):
    survey = a_draft(cast.workspace, name="New")
    assert browser_of(cast.boris).get(address(survey)).status_code == 200


def test_publishing_freezes_and_later_edits_do_not_change_a_version(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    assert browser.post(address(survey, "/publish"), data={"revision": 1}).status_code == 303
    browser.post(address(survey, "/edit"), data=filled(opened(browser, survey), en__question="Another one?"))
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


def test_two_who_edit_at_once_lose_nothing(cast, browser_of):
    boris, ana, survey = browser_of(cast.boris), browser_of(cast.ana), a_draft(cast.workspace, locales=("en", "sl"))
    first, second = opened(boris, survey), opened(ana, survey)
    boris.post(address(survey, "/edit"), data=filled(first, en__question="Boris?", sl__question="Boris sl?"))
    met = ana.post(address(survey, "/edit"), data=filled(second, en__question="Ana?", en__send="Go"))
    assert met.status_code == 409
    assert fresh(survey).draft["texts"]["en"]["question"] == "Boris?"
    assert "Boris saved this survey while you were editing" in met.text
    form = filled(parsed(met))
    assert (form["en-question"], form["en-send"], form["sl-question"]) == ("Ana?", "Go", "Boris sl?")
    assert ana.post(address(survey, "/edit"), data=form).status_code == 303
    assert fresh(survey).draft["texts"] == {
        **{key: {} for key in ("pl", "el", "ru")},
        "en": {"question": "Ana?", "send": "Go"},
        "sl": {"question": "Boris sl?"},
    }


def test_a_text_over_its_limit_is_told_at_its_field_and_the_rest_is_kept(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    typed = {"en__question": "x" * 301, "en__thanks_body": "y" * 2001, "ru__send": "Отправить", "name": "n" * 121}
    refused = browser.post(address(survey, "/edit"), data=filled(opened(browser, survey), **typed))
    assert refused.status_code == 422
    page = parsed(refused)
    wrong = {field.get("id") for field in page.iter() if field.get("aria-invalid") == "true"}
    assert wrong == {"en-question", "en-thanks_body", "name"}
    assert filled(page)["ru-send"] == "Отправить"
    assert len(filled(page)["en-question"]) == 301
    assert "At most 300 characters" in refused.text
    assert fresh(survey).draft_revision == 1


def test_an_emptied_text_goes_back_to_the_built_in_words(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, texts={"en": {"send": "Go"}})
    browser.post(address(survey, "/edit"), data=filled(opened(browser, survey), en__send="  "))
    assert fresh(survey).draft["texts"]["en"] == {}
    field = next(f for f in opened(browser, survey).iter("input") if f.get("name") == "en-send")
    assert (field.get("value"), field.get("placeholder")) == ("", "Send")


def test_saving_without_a_change_leaves_nothing_to_publish(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_survey(cast.workspace)
    assert (
        browser.post(address(survey, "/edit"), data=filled(opened(browser, survey), name="Renamed")).status_code == 303
    )
    assert (fresh(survey).draft_revision, fresh(survey).has_edits, fresh(survey).name) == (1, False, "Renamed")
    assert "Nothing to publish" in browser.get(address(survey, "/publish")).text


def test_controls_that_no_database_takes_are_left_out(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    typed = {"en__question": "How\x00 was\x0b it?\r\nReally", "name": "Sup\x00port"}
    assert browser.post(address(survey, "/edit"), data=filled(opened(browser, survey), **typed)).status_code == 303
    assert fresh(survey).draft["texts"]["en"]["question"] == "How was it?\nReally"
    assert fresh(survey).name == "Support"


def test_a_form_full_of_long_words_is_taken(cast, browser_of, csrf):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    long = {f"{tag}__{key}": "щ" * 2000 for tag in ("el", "ru") for key in ("thanks_body", "mail_intro", "mail_why")}
    long |= {
        f"{tag}__{key}": "щ" * 2000 for tag in ("sl", "pl") for key in ("closed_body", "expired_body", "not_saved")
    }
    long |= {f"en__{key}": "щ" * 2000 for key in ("error_title", "change_answer", "almost_done", "mail_choose")}
    data = filled(opened(browser, survey), **long)
    assert browser.post(address(survey, "/edit"), data=data).status_code == 303
    assert browser.post(address(survey, "/edit"), data=filled(opened(browser, survey))).status_code == 303


def test_the_main_language_cannot_be_off(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, locales=("en", "sl"))
    data = filled(opened(browser, survey), default_locale="pl")
    assert browser.post(address(survey, "/edit"), data=data).status_code == 422


@pytest.mark.parametrize("show", ["answer", "thanks", "mail"])
def test_a_preview_shows_unsaved_words_and_never_writes(cast, browser_of, show):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    typed = {"en__question": "Unsaved?", "en__thanks_title": "Unsaved?", "show": show, "theme": "dark"}
    data = filled(opened(browser, survey), **typed)
    events = db.session.scalar(select(func.count()).select_from(Event))
    page = browser.post(address(survey, "/preview"), data=data)
    assert page.status_code == 200
    assert "Unsaved?" in parsed(page).findtext(".//h1")
    assert fresh(survey).draft["texts"] == {"en": {}}
    assert (fresh(survey).draft_revision, db.session.scalar(select(func.count()).select_from(Event))) == (1, events)


@pytest.mark.parametrize("show", ["answer", "thanks", "mail"])
def test_hostile_words_are_text_in_a_preview_that_runs_nothing(cast, browser_of, show):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    keys = ("question", "thanks_title", "mail_subject", "mail_preheader", "mail_intro", "low_label")
    data = filled(opened(browser, survey), show=show, **{f"en__{key}": ATTACK for key in keys})
    for theme in ("light", "dark"):
        page = browser.post(address(survey, "/preview"), data=data | {"theme": theme})
        assert not list(parsed(page).iter("script"))
        assert "49" not in "".join(parsed(page).find(".//h1").itertext())
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'self'" in policy
        assert "sandbox allow-forms allow-same-origin" in policy


def test_the_buttons_of_a_previewed_page_keep_the_unsaved_words(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, locales=("en", "sl"))
    data = filled(opened(browser, survey), en__question="Unsaved?", en__thanks_title="Unsaved thanks")
    page = parsed(browser.post(address(survey, "/preview"), data=data))
    hidden = {field.get("name"): field.get("value") for field in page.iter("input") if field.get("type") == "hidden"}
    action = page.find(".//form").get("action")
    assert action == address(survey, "/preview")
    empty = browser.post(action, data=hidden)
    assert "Choose a score from 0 to 10." in empty.text
    sent = browser.post(action, data=hidden | {"score": "0"})
    assert parsed(sent).findtext(".//h1") == "Unsaved thanks"
    switched = parsed(browser.post(action + "?lang=sl", data=hidden | {"switch": "sl", "comment": "typed"}))
    assert switched.get("lang") == "sl"
    assert (switched.findtext(".//h1"), switched.findtext(".//textarea").strip()) == ("Unsaved?", "typed")


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


PAGES = ("/edit", "/preview", "/publish")
ACTIONS = ("/edit", "/preview", "/publish", "/close", "/reopen", "/test")


def test_a_manager_may_look_and_not_touch(cast, browser_of):
    survey, browser = a_survey(cast.workspace), browser_of(cast.cvetka)
    assert browser.get(address(survey)).status_code == browser.get(address(survey, "/versions")).status_code == 200
    assert [browser.get(address(survey, page)).status_code for page in PAGES] == [403] * 3
    assert [browser.post(address(survey, page)).status_code for page in ACTIONS] == [403] * 6
    assert browser.get("/w/acme/surveys/new").status_code == 403


def test_a_survey_of_another_workspace_is_missing(cast, browser_of):
    survey, browser = a_survey(cast.workspace), browser_of(cast.dmitri)
    for base in (address(survey), f"/w/elsewhere/surveys/{survey.slug}", f"/w/elsewhere/surveys/{survey.id}"):
        assert [browser.get(base + page).status_code for page in ("", "/versions", *PAGES)] == [404] * 5
        assert [browser.post(base + page).status_code for page in ACTIONS] == [404] * 6


def test_forms_insist_on_their_token(cast, browser_of, csrf):
    survey, browser = a_draft(cast.workspace), browser_of(cast.boris)
    assert [browser.post(address(survey, page)).status_code for page in ACTIONS] == [400] * 6
    assert browser.post(address(survey, "/edit"), data=filled(opened(browser, survey))).status_code == 303
