"""The draft behind the builder: saved while it is typed, joined when two people save, previewed unsaved."""

import json

import html5lib
import pytest
from sqlalchemy import func, select

from base.db import db
from base.events import Event
from surveys.survey import Survey
from surveys.version import Version
from tests.cast import a_draft, a_survey

ATTACK = '"><script>alert(1)</script>{{ 7*7 }}</textarea>'
SCORE, COMMENT = {"id": "score", "kind": "score"}, {"id": "comment", "kind": "long"}
SOLVED = {"id": "solved", "kind": "yesno"}


def address(survey, page=""):
    return f"/w/acme/surveys/{survey.slug}{page}"


def parsed(response):
    return html5lib.parse(response.text, namespaceHTMLElements=False)


def fresh(survey):
    return db.session.get(Survey, survey.id, populate_existing=True)


def start_of(browser, survey, query=""):
    """What the builder knows when it opens."""
    page = parsed(browser.get(address(survey, f"/edit{query}")))
    return json.loads(next(script for script in page.iter("script") if script.get("id") == "builder-start").text)


def edited(survey, *questions, **texts):
    """The draft with other texts, and with further questions between score and comment."""
    draft = fresh(survey).draft
    asked = {"questions": [SCORE, *questions, COMMENT]} if questions else {}
    return {**draft, **asked, "texts": {**draft["texts"], **texts}}


def sent(survey, document, revision=None, **more):
    return {"revision": revision or fresh(survey).draft_revision, "document": document} | more


def save(browser, survey, document, **more):
    return browser.post(address(survey, "/draft"), json=sent(survey, document, **more))


def shown(browser, survey, document, **wishes):
    return browser.post(address(survey, "/preview"), data={"document": json.dumps(document)} | wishes)


def test_the_builder_opens_with_the_draft_and_the_ready_made_words(cast, browser_of):
    survey = a_draft(cast.workspace, "csat", locales=("en", "sl"), texts={"en": {"send": "Go"}})
    start = start_of(browser_of(cast.boris), survey)
    assert (start["document"], start["revision"], start["open"]) == (survey.draft, 1, "en")
    assert start["words"]["en"]["send"] == "Send"
    assert start["scales"]["csat"]["bands"] == {"detractor": [1, 2], "passive": [3], "promoter": [4, 5]}
    assert start_of(browser_of(cast.boris), survey, "?lang=sl")["open"] == "sl"
    assert start_of(browser_of(cast.boris), survey, "?lang=xx")["open"] == "en"


def test_hostile_words_do_not_leave_the_json_of_the_page(cast, browser_of):
    survey = a_draft(cast.workspace, texts={"en": {"question": "</script><script>alert(1)</script><!--"}})
    page = browser_of(cast.boris).get(address(survey, "/edit")).text
    assert "alert(1)</script>" not in page
    assert start_of(browser_of(cast.boris), survey)["document"] == survey.draft


def test_without_script_the_page_says_that_the_builder_needs_it(cast, browser_of):
    page = parsed(browser_of(cast.boris).get(address(a_draft(cast.workspace), "/edit")))
    told = next(part for part in page.iter("div") if "unscripted" in part.get("class", ""))
    assert "The builder needs JavaScript" in "".join(told.itertext())


def test_a_draft_is_saved_and_judged(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, locales=("en", "sl"))
    answer = save(browser, survey, edited(survey, SOLVED, en={"solved.title": "Solved?"}), words=["sl", "xx", 7])
    assert (answer.status_code, answer.json["revision"]) == (200, 2)
    (finding,) = answer.json["findings"]
    assert (finding["kind"], finding["locale"], finding["place"]) == ("untranslated", "sl", "text:solved.title")
    assert finding["sentence"] == "Slovenščina shows your own words in English: question “Solved?”."
    assert answer.json["words"]["sl"]["page_title"] == "{company} vas prosi za odgovor na nekaj vprašanj"
    kept = fresh(survey)
    assert kept.draft["questions"] == [SCORE, SOLVED, COMMENT]
    assert (kept.draft_saved_by, kept.draft_revision) == (cast.boris.id, 2)
    state = browser.get(address(survey, "/draft")).json
    assert (state["revision"], state["editor"], state["me"]) == (2, "Boris", True)


def test_saving_without_a_change_leaves_nothing_to_publish(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_survey(cast.workspace)
    spelt_out = {**survey.draft, "questions": [SCORE | {"required": True}, COMMENT]}
    assert save(browser, survey, spelt_out, name="Renamed").json["revision"] == 1
    assert (fresh(survey).has_edits, fresh(survey).name) == (False, "Renamed")
    assert "Nothing to publish" in browser.get(address(survey, "/publish")).text


def test_a_name_that_was_not_touched_is_not_sent_and_stays(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, name="Support")
    save(browser, survey, edited(survey, en={"send": "Go"}))
    assert fresh(survey).name == "Support"


@pytest.mark.parametrize(
    ("document", "more", "path"),
    [
        ({"texts": {"en": {"question": "x" * 301}}}, {}, "texts.en.question"),
        ({"locales": ["sl"]}, {}, "default_locale"),
        ({"questions": [SCORE, {"id": "x", "kind": "slider"}]}, {}, "questions[1].kind"),
        ({"questions": [COMMENT]}, {}, "questions"),
        ({"look": {"color": "red"}}, {}, "look.color"),
        ({}, {"name": "n" * 121}, "name"),
        ({}, {"name": "  "}, "name"),
        ({}, {"revision": "1"}, "revision"),
    ],
)
def test_what_cannot_be_is_told_with_its_path_and_nothing_is_saved(cast, browser_of, document, more, path):
    survey = a_draft(cast.workspace)
    answer = save(browser_of(cast.boris), survey, {**survey.draft, **document}, **more)
    assert (answer.status_code, [flaw["path"] for flaw in answer.json["flaws"]]) == (422, [path])
    assert all(flaw["message"] for flaw in answer.json["flaws"])
    assert (fresh(survey).draft, fresh(survey).draft_revision) == (survey.draft, 1)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"document": 1}', b"\xff", b"[" * 90_000])
def test_a_body_that_is_no_draft_is_refused(cast, browser_of, body):
    survey = a_draft(cast.workspace)
    for page in ("/draft", "/draft/merge"):
        assert browser_of(cast.boris).post(address(survey, page), data=body).status_code == 422


def test_an_emptied_text_goes_back_to_the_ready_made_words(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, texts={"en": {"send": "Go"}})
    save(browser, survey, edited(survey, en={"send": "  "}))
    assert fresh(survey).draft["texts"]["en"] == {}


def test_controls_that_no_database_takes_are_left_out(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    save(browser, survey, edited(survey, en={"question": "How\x00 was\x0b it?\r\nReally"}), name="Sup\x00port")
    assert fresh(survey).draft["texts"]["en"]["question"] == "How was it?\nReally"
    assert fresh(survey).name == "Support"


def test_a_draft_full_of_long_words_is_taken(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, locales=("en", "sl", "el", "ru"))
    keys = ("thanks_body", "mail_intro", "mail_why", "closed_body", "expired_body", "not_saved", "early_body")
    long = edited(survey, **{tag: dict.fromkeys(keys, "щ" * 2000) for tag in ("el", "ru", "sl", "en", "bg", "uk")})
    assert save(browser, survey, long).status_code == 200
    assert shown(browser, survey, long).status_code == 200


def test_the_scale_of_a_published_survey_stays_and_a_copy_has_another(cast, browser_of):
    browser = browser_of(cast.boris)
    survey = a_survey(cast.workspace, name="Support", texts={"en": {"question": "Well?", "low_label": "Bad"}})
    answer = save(browser, survey, {**survey.draft, "metric": "stars"})
    assert (answer.status_code, answer.json["flaws"][0]["path"]) == (422, "metric")
    made = browser.post(address(survey, "/copy"), data={"name": "Support (copy)", "metric": "stars"})
    assert (made.status_code, made.location) == (303, "/w/acme/surveys/support-copy/edit")
    copy = Survey.of(cast.workspace.id, "support-copy")
    assert (copy.metric, copy.published_number, copy.draft["texts"]["en"]) == ("stars", None, {"question": "Well?"})


def test_two_who_edit_at_once_lose_nothing(cast, browser_of):
    boris, ana, survey = browser_of(cast.boris), browser_of(cast.ana), a_draft(cast.workspace, locales=("en", "sl"))
    base = sent(survey, survey.draft, 1, name=survey.name)
    save(boris, survey, edited(survey, SOLVED, en={"question": "Boris?", "solved.title": "Solved?"}))
    mine = {**survey.draft, "texts": {"en": {"question": "Ana?", "send": "Go"}}}
    met = save(ana, survey, mine, revision=1)
    assert met.status_code == 409
    assert (met.json["theirs"]["editor"], met.json["theirs"]["revision"]) == ("Boris", 2)
    assert met.json["theirs"]["document"]["texts"]["en"]["question"] == "Boris?"
    joined = ana.post(address(survey, "/draft/merge"), json={"base": base, "mine": sent(survey, mine, 1)}).json
    assert (joined["revision"], joined["editor"], joined["me"], joined["brought"]) == (2, "Boris", False, 2)
    (clash,) = joined["clashes"]
    assert (clash["place"], clash["mine"], clash["theirs"]) == (["texts", "en", "question"], "Ana?", "Boris?")
    assert joined["document"]["texts"]["en"] == {"question": "Ana?", "send": "Go", "solved.title": "Solved?"}
    assert [one["id"] for one in joined["document"]["questions"]] == ["score", "solved", "comment"]
    assert save(ana, survey, joined["document"], revision=joined["revision"]).status_code == 200
    assert fresh(survey).draft["texts"]["en"]["question"] == "Ana?"


def test_a_question_that_a_colleague_deleted_while_i_wrote_it_is_a_clash(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    save(browser, survey, edited(survey, SOLVED))
    base, mine = sent(survey, fresh(survey).draft), edited(survey, SOLVED, en={"solved.title": "Solved?"})
    save(browser_of(cast.ana), survey, {**fresh(survey).draft, "questions": [SCORE, COMMENT]})
    joined = browser.post(address(survey, "/draft/merge"), json={"base": base, "mine": sent(survey, mine, 2)}).json
    assert [(clash["place"], clash["removed"]) for clash in joined["clashes"]] == [(["question", "solved"], "theirs")]
    assert joined["document"]["texts"]["en"] == {"solved.title": "Solved?"}


def test_the_review_tells_changes_of_questions_in_sentences(cast, browser_of):
    browser = browser_of(cast.boris)
    survey = a_survey(cast.workspace)
    pick = {"id": "pick", "kind": "one", "choices": ["a", "b"]}
    words = {"pick.title": "Which one?", "pick.choice.a": "This", "pick.choice.b": "That"}
    save(browser, survey, edited(survey, pick, en=words))
    assert "Question “Which one?” was added" in browser.get(address(survey, "/publish")).text
    browser.post(address(survey, "/publish"), data={"revision": 2})
    detractors = {"match": "all", "conditions": [{"about": "band", "is": ["detractor"]}]}
    save(browser, survey, edited(survey, pick | {"show": detractors}, en=words | {"pick.choice.b": "The other"}))
    page = browser.get(address(survey, "/publish")).text
    assert "“Which one?”: When it is shown" in page
    assert "the score is detractor" in page
    assert "Choice “The other”" in page
    assert Version.newest(survey.id).number == 2


def test_what_the_checklist_forbids_is_not_published(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    save(browser, survey, edited(survey, SOLVED))
    page = browser.get(address(survey, "/publish")).text
    assert "“Yes or no” has no text yet." in page
    assert f'href="{address(survey)}/edit?lang=en#text:solved.title"' in page
    assert browser.post(address(survey, "/publish"), data={"revision": 2}).status_code == 409
    assert fresh(survey).published_number is None


@pytest.mark.parametrize("show", ["answer", "thanks", "mail", "reminder"])
def test_a_preview_shows_unsaved_words_and_never_writes(cast, browser_of, show):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    document = edited(survey, en={"question": "Unsaved?", "thanks_title": "Unsaved?"})
    events = db.session.scalar(select(func.count()).select_from(Event))
    page = shown(browser, survey, document, show=show, theme="dark")
    assert page.status_code == 200
    assert "Unsaved?" in parsed(page).findtext(".//h1")
    assert fresh(survey).draft["texts"] == {"en": {}}
    assert (fresh(survey).draft_revision, db.session.scalar(select(func.count()).select_from(Event))) == (1, events)


def test_a_preview_of_what_is_no_survey_is_refused(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    for document in ("", "{", "[]", json.dumps({"metric": "nps"}), "[" * 100_000):
        assert browser.post(address(survey, "/preview"), data={"document": document}).status_code == 422


@pytest.mark.parametrize("show", ["answer", "thanks", "mail", "reminder"])
def test_hostile_words_are_text_in_a_preview_that_runs_nothing(cast, browser_of, show):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    keys = (
        "question",
        "thanks_title",
        "mail_subject",
        "mail_preheader",
        "mail_intro",
        "reminder_intro",
        "reminder_last",
    )
    document = edited(survey, en=dict.fromkeys(keys, ATTACK))
    for theme in ("light", "dark"):
        page = shown(browser, survey, document, show=show, theme=theme)
        assert not list(parsed(page).iter("script"))
        assert "49" not in "".join(parsed(page).find(".//h1").itertext())
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'self'" in policy
        assert "sandbox allow-forms allow-same-origin" in policy


def test_the_buttons_of_a_previewed_page_keep_the_unsaved_words(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace, locales=("en", "sl"))
    document = edited(survey, en={"question": "Unsaved?", "thanks_title": "Unsaved thanks"})
    page = parsed(shown(browser, survey, document))
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


def visible(page):
    """The legends of questions that are in view."""
    return [
        "".join(part.find(".//legend").itertext()).strip()
        for part in parsed(page).findall(".//div[@data-when]")
        if part.get("hidden") is None
    ]


def test_a_preview_shows_each_branch(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    unhappy = SOLVED | {
        "show": {"match": "all", "conditions": [{"about": "band", "is": ["detractor"]}]},
        "required": True,
    }
    document = edited(survey, unhappy, en={"solved.title": "Solved?"})
    assert visible(shown(browser, survey, document, steps="all")) == []
    assert visible(shown(browser, survey, document, steps="all", **{"as": "promoter"})) == []
    assert visible(shown(browser, survey, document, steps="all", **{"as": "detractor"})) == ["Solved?"]
    first = parsed(shown(browser, survey, document))
    hidden = {field.get("name"): field.get("value") for field in first.iter("input") if field.get("type") == "hidden"}
    second = browser.post(address(survey, "/preview"), data=hidden | {"score": "2", "go": "next"})
    assert visible(second) == ["Solved?"]


def test_a_preview_knows_sample_people_and_nobody(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    vip = SOLVED | {
        "show": {"match": "all", "conditions": [{"about": "contact", "property": "plan", "is": ["gold", "vip"]}]},
        "required": True,
    }
    words = {"question": "Well, {{ contact.name | dear customer }}?", "solved.title": "Solved?"}
    document = edited(survey, vip, en=words)
    known, nobody = (shown(browser, survey, document, person=key) for key in ("layla", ""))
    assert parsed(known).findtext(".//h1") == "Well, ليلى الحداد?"
    assert parsed(nobody).findtext(".//h1") == "Well, dear customer?"
    assert (
        "Solved?" in known.text.partition("<main>")[2].partition('name="document"')[0],
        "Solved?" in visible(nobody),
    ) == (True, False)
    assert "Hello ليلى الحداد," in shown(browser, survey, document, show="mail", person="layla").text
    assert "Hello," in shown(browser, survey, document, show="mail", person="").text
