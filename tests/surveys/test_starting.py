"""A new survey begins in the library: what is there, the first page of each, and what becomes of it."""

import re

import html5lib
import pytest

from base.db import db, transaction
from surveys.forms.library import NAMES
from surveys.library import TEMPLATES
from surveys.making import origin
from surveys.outlining import glance, seconds
from surveys.scale import SCALES
from surveys.survey import Survey
from surveys.template import SurveyTemplate
from surveys.validating import check
from surveys.wording import LOCALES
from tests.cast import a_draft, a_survey, a_template

NEW = "/w/acme/surveys/new"


def parsed(response):
    return html5lib.parse(response.text, namespaceHTMLElements=False)


def words(element):
    return " ".join("".join(element.itertext()).split())


def suggested(page):
    """What the first page would send as it stands."""
    data = {"locales": []}
    for field in page.iter():
        name = field.get("name")
        if field.tag == "input" and field.get("type") == "checkbox":
            if field.get("checked") is not None:
                data.setdefault(name, []).append(field.get("value"))
        elif field.tag == "input" and name:
            data[name] = field.get("value", "")
        elif field.tag == "select":
            options = list(field.iter("option"))
            data[name] = next((o for o in options if o.get("selected") is not None), options[0]).get("value")
    return data


def made(browser, key, **typed):
    """The survey that the first page of `key` makes, sent as suggested but for what was `typed`."""
    data = suggested(parsed(browser.get(f"{NEW}/start?from={key}"))) | typed
    answer = browser.post(f"{NEW}/start?from={key}", data=data)
    assert answer.status_code == 303, answer.text
    slug = re.fullmatch(r"/w/acme/surveys/([a-z0-9-]+)/edit", answer.location)[1]
    return db.session.scalar(db.select(Survey).where(Survey.slug == slug))


def test_the_library_has_every_ready_made_survey_and_every_metric(cast, browser_of):
    page = parsed(browser_of(cast.boris).get(NEW))
    links = [a.get("href").rpartition("=")[2] for a in page.iter("a") if "/new/start?from=" in a.get("href", "")]
    assert sorted(links) == sorted([*TEMPLATES, *SCALES])
    titles = [
        words(h2) for h2 in page.iter("h2") if h2.get("id", "").endswith("-title") and h2.get("id") != "confirm-title"
    ]
    assert titles == ["After an interaction", "Relationship", "People", "In depth", "From scratch"]


def test_a_card_says_what_it_is_for_how_many_questions_and_how_long(cast, browser_of):
    page = parsed(browser_of(cast.boris).get(NEW))
    card = next(li for li in page.iter("li") if "After a solved ticket" in words(li) and "shelf" in li.get("class", ""))
    assert "what is still open where it is not." in words(card)
    assert "CSAT 5 questions · 50 s" in words(card)


def test_from_the_list_to_the_editor_it_is_three_clicks(cast, browser_of):
    browser = browser_of(cast.boris)
    a_draft(cast.workspace)
    assert f'href="{NEW}"' in browser.get("/w/acme/surveys").text
    assert f'href="{NEW}/start?from=csat_chat"' in browser.get(NEW).text
    survey = made(browser, "csat_chat")
    assert browser.get(f"/w/acme/surveys/{survey.slug}/edit").status_code == 200


@pytest.mark.parametrize("key", [*TEMPLATES, *SCALES])
def test_everything_in_the_library_has_a_first_page_a_preview_and_becomes_a_good_survey(cast, browser_of, key):
    browser = browser_of(cast.boris)
    page = browser.get(f"{NEW}/start?from={key}")
    assert str(NAMES[key]) in page.text
    frame = next(parsed(page).iter("iframe")).get("src")
    assert frame == f"{NEW}/preview?from={key}&lang=en"
    assert parsed(browser.get(frame)).find(".//h1") is not None
    survey = made(browser, key)
    assert (survey.name, survey.metric) == (str(NAMES[key]), origin(key).metric)
    assert survey.created_by == cast.boris.id
    assert check(survey.draft)[1] == []
    assert survey.draft["locales"] == ["en"]


def test_from_scratch_asks_for_a_score_and_a_comment(cast, browser_of):
    survey = made(browser_of(cast.boris), "nps", name="Podpora", default_locale="sl", locales=["pl", "en"])
    assert survey.slug == "podpora"
    assert survey.draft == {"metric": "nps", "default_locale": "sl", "locales": ["sl", "en", "pl"], "texts": {}}


def test_few_languages_are_suggested_those_of_the_newest_survey_first_of_all(cast, browser_of):
    browser = browser_of(cast.boris)
    assert suggested(parsed(browser.get(f"{NEW}/start?from=nps")))["locales"] == ["en"]
    a_draft(cast.workspace, locales=("sl", "de"))
    assert suggested(parsed(browser.get(f"{NEW}/start?from=nps")))["locales"] == ["en", "sl", "de"]
    a_draft(cast.elsewhere, locales=("mt",))
    data = suggested(parsed(browser.get(f"{NEW}/start?from=nps")))
    assert (data["default_locale"], data["locales"]) == ("en", ["en", "sl", "de"])


def test_every_built_in_language_can_be_found_by_both_its_names(cast, browser_of):
    page = parsed(browser_of(cast.boris).get(f"{NEW}/start?from=nps"))
    found = {
        label.find("input").get("value"): label.get("data-find")
        for label in page.iter("label")
        if label.get("data-find")
    }
    assert set(found) == set(LOCALES)
    assert "Slovenščina" in found["sl"]
    assert "Slovenian" in found["sl"]


def test_more_languages_than_possible_are_refused_at_their_field_and_all_is_kept(cast, browser_of):
    data = {"name": "Everybody", "default_locale": "sl", "locales": list(LOCALES)}
    answer = browser_of(cast.boris).post(f"{NEW}/start?from=csat_call", data=data)
    assert answer.status_code == 422
    assert "At most 30 languages are possible." in answer.text
    again = suggested(parsed(answer))
    assert (again["name"], again["default_locale"], len(again["locales"])) == ("Everybody", "sl", len(LOCALES))


@pytest.mark.parametrize(
    "typed", [{"name": ""}, {"name": "x" * 121}, {"default_locale": "xx"}, {"default_locale": ""}, {"locales": ["xx"]}]
)
def test_a_first_page_that_cannot_be_keeps_what_was_typed(cast, browser_of, typed):
    data = {"name": "Podpora", "default_locale": "sl", "locales": ["en"]} | typed
    answer = browser_of(cast.boris).post(f"{NEW}/start?from=servqual", data=data | {"expectation": "y"})
    assert answer.status_code == 422
    page = suggested(parsed(answer))
    assert page["name"] == data["name"]
    assert page["expectation"] == ["y"]
    assert Survey.all_of(cast.workspace.id) == []


def test_servqual_can_also_ask_what_people_expect(cast, browser_of):
    browser = browser_of(cast.boris)
    assert "Also ask what people expect" in browser.get(f"{NEW}/start?from=servqual").text
    assert "Also ask what people expect" not in browser.get(f"{NEW}/start?from=csat_chat").text
    short, long = made(browser, "servqual"), made(browser, "servqual", expectation="y")
    sides = [[question.get("side") for question in survey.draft["questions"]] for survey in (short, long)]
    assert [one.count("expected") for one in sides] == [0, 5]
    assert [one.count("perceived") for one in sides] == [5, 5]
    assert seconds(long.draft) > 1.8 * seconds(short.draft)


def test_the_first_page_lists_every_question_and_who_is_asked_it(cast, browser_of):
    page = parsed(browser_of(cast.boris).get(f"{NEW}/start?from=csat_ticket"))
    asked = [words(li) for li in next(ol for ol in page.iter("ol") if ol.get("class") == "asks-list").iter("li")]
    assert asked == [
        "How satisfied are you with the way we handled your request? Score",
        "Was your request resolved? Yes or no",
        "What is still open? Text · Only after “No” to “Was your request resolved?”",
        "What is the main reason for your score? Text",
        "May we contact you about your answer? Consent and an address · Only detractors",
    ]


def test_the_preview_is_the_real_page_and_goes_through_every_branch(cast, browser_of):
    browser = browser_of(cast.boris)
    where = f"{NEW}/preview?from=csat_ticket&lang=sl"
    page = browser.get(where)
    assert parsed(page).get("lang") == "sl"
    assert "script-src" not in page.headers["Content-Security-Policy"]
    form = {"form_id": "preview", "score": "2", "q-resolved": "no", "page": "0", "go": "next"}
    assert "Kaj je še nerešeno?" in browser.post(where, data=form).text
    assert "Kaj je še nerešeno?" not in browser.post(where, data=form | {"q-resolved": "yes"}).text
    assert (
        parsed(browser.post(where, data={"form_id": "preview", "page": "0", "go": "next"})).find(".//*[@role='alert']")
        is not None
    )
    sent = browser.post(f"{NEW}/preview?from=nps&lang=sl&theme=dark", data={"form_id": "preview", "score": "9"})
    assert "Hvala" in words(parsed(sent).find(".//h1"))
    assert Survey.all_of(cast.workspace.id) == []


def test_the_preview_of_servqual_follows_the_choice(cast, browser_of):
    browser = browser_of(cast.boris)
    assert "An excellent company" not in browser.get(f"{NEW}/preview?from=servqual&lang=en").text
    assert "An excellent company" in browser.get(f"{NEW}/preview?from=servqual&lang=en&expectation=1").text


@pytest.mark.parametrize("page", ["start", "preview"])
def test_what_is_not_in_the_library_is_missing(cast, browser_of, page):
    browser = browser_of(cast.boris)
    foreign = a_template(cast.elsewhere, a_survey(cast.elsewhere))
    for key in ("nothing", "../x", foreign.id, "00000000-0000-0000-0000-000000000000", "nps%00"):
        address = f"{NEW}/{page}?from={key}"
        expected = 200 if key == "nps%00" else 404  # a NUL is taken for a slip of the keyboard
        assert browser.get(address).status_code == expected
    assert browser.get(f"{NEW}/{page}").location == NEW
    assert browser.post(f"{NEW}/{page}").location == NEW


def test_a_template_of_ones_own_keeps_its_questions_words_and_languages(cast, browser_of):
    browser = browser_of(cast.boris)
    survey = made(browser, "csat_ticket", name="Tickets", locales=["sl"])
    texts = {"en": {"question": "Happy?"}, "sl": {"question": "Zadovoljni?"}}
    with transaction() as session:
        survey = session.get(Survey, survey.id)
        survey.save_draft(survey.draft | {"texts": texts}, revision=1, at=survey.created_at)
    template = a_template(cast.workspace, survey, name="Our tickets", description="For the North")
    page = browser.get(NEW).text
    assert "Your templates" in page
    assert "For the North" in page
    assert [glance(template.document).count, glance(template.document).locales] == [5, ("en", "sl")]
    again = made(browser, template.id)
    assert again.draft == survey.draft
    other = made(browser, template.id, default_locale="sl", locales=["de"])
    assert (other.draft["default_locale"], other.draft["locales"]) == ("sl", ["sl", "de"])
    assert other.draft["texts"]["sl"] == {"question": "Zadovoljni?"}
    refused = {"name": "x", "default_locale": "pl", "locales": []}  # nobody wrote its words in Polish
    assert browser.post(f"{NEW}/start?from={template.id}", data=refused).status_code == 422
    assert "Zadovoljni?" in browser.get(f"{NEW}/preview?from={template.id}&lang=sl").text
    assert db.session.get(SurveyTemplate, template.id).document == survey.draft
