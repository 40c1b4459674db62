"""The builder in a real browser: by keyboard alone, by pointer, by two people, and with the line cut."""

import random
import re

import pytest
from playwright.sync_api import expect

from base import clock
from base.db import db, transaction
from surveys.comparing import flat
from surveys.survey import Survey
from tests.browser.barring import SCREENS, violations
from tests.cast import a_draft, a_survey

pytestmark = pytest.mark.browser
SCORE, COMMENT = {"id": "score", "kind": "score"}, {"id": "comment", "kind": "long"}
SOLVED = {"id": "solved", "kind": "yesno"}
EDIT = "/w/acme/surveys/support/edit"


@pytest.fixture
def survey(cast):
    """Three questions in two languages; the second is shown to detractors only."""
    survey = a_draft(cast.workspace, "csat", name="Support", locales=("en", "sl"))
    unhappy = SOLVED | {"show": {"match": "all", "conditions": [{"about": "band", "is": ["detractor"]}]}}
    texts = {"en": {"solved.title": "Was it solved?"}, "sl": {"solved.title": "Je rešeno?"}}
    change(survey, {**survey.draft, "questions": [SCORE, unhappy, COMMENT], "texts": texts})
    return survey


def change(survey, document, by=None):
    """Somebody saves from elsewhere."""
    with transaction():
        kept = db.session.get_one(Survey, survey.id)
        kept.save_draft(document, revision=kept.draft_revision, at=clock.now(), by=by)


def saved(survey):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Survey, survey.id).draft


def opened(browse, user, address=EDIT, **wishes):
    page = browse(user, **wishes)
    page.goto(address)
    page.locator(".qcard, .pane-body").first.wait_for()
    return page


def at(page, place):
    return page.locator(f'[data-pane] [data-at="{place}"]')


def is_saved(page):
    expect(page.locator("[data-state]")).to_have_text(re.compile("^Saved"))


def shown(page):
    """The frame of the preview; while a newer one is on its way, the one before."""
    return page.frame_locator("[data-stage] iframe:not([data-coming])")


def order(page):
    return page.eval_on_selector_all("[data-card]", "all => all.map(one => one.dataset.card)")


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_nothing_bars_anybody_in_the_builder(cast, browse, survey, theme, width):
    page = opened(browse, cast.boris, width=width, theme=theme)

    def check(what):
        assert (what, violations(page)) == (what, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    check("closed")
    for card in ("score", "solved", "comment"):
        at(page, f"card:{card}").click()
        check(card)
    at(page, "add").click()
    check("adding")
    at(page, "kind:matrix").click()
    check("matrix")
    for tab in ("thanks", "mail", "words", "settings"):
        page.locator(f"[data-tab={tab}]").click()
        check(tab)
    if width == 360:
        for side in ("preview", "checks"):
            page.locator(f"[data-side={side}]").click()
            check(side)
    else:
        page.locator("[data-checklist] summary").click()
        check("checklist")
    assert page.complaints == page.elsewhere == []


class Keyboard:
    """Hands that know no mouse."""

    def __init__(self, page):
        self.page = page

    def to(self, place, most=200):
        """Tab until the focus is there."""
        for _ in range(most):
            if self.page.evaluate("document.activeElement?.dataset.at ?? ''") == place:
                return self
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {place}")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, words):
        self.page.keyboard.type(words)
        return self

    @property
    def here(self):
        return self.page.evaluate("document.activeElement?.dataset.at ?? ''")


MATRICES = (
    (
        "expected",
        "What should a company like ours offer?",
        ("Its rooms look good.", "It keeps its promises.", "It is quick."),
    ),
    ("perceived", "How was it with us?", ("Our rooms look good.", "We keep our promises.", "We are quick.")),
)


def test_a_servqual_survey_is_built_from_nothing_by_keyboard_alone(cast, browse):
    survey = a_draft(cast.workspace, "nps", name="Support")
    page = opened(browse, cast.boris)
    hands = Keyboard(page)
    hands.to("card:score").press("Enter")
    assert hands.here == "text:question"
    hands.type("How satisfied are you with our service?")
    hands.to("metric:nps").press("ArrowRight")
    expect(at(page, "metric:csat")).to_be_checked()
    hands.press("Escape")
    assert hands.here == "card:score"
    for side, title, lines in MATRICES:
        hands.to("add").press("Enter")
        assert hands.here == "kind:one"
        while hands.here != "kind:matrix":
            hands.press("ArrowDown")
        hands.press("Enter")
        ident = hands.here.removeprefix("text:").removesuffix(".title")
        hands.type(title)
        page.keyboard.press("Tab")
        while ".row." not in hands.here:
            page.keyboard.press("Tab")
        for number, line in enumerate(lines):
            hands.press(*["Enter"] * bool(number)).type(line)
        hands.to(f"field:{ident}:high").type("7")
        hands.to(f"text:{ident}.low_label").type("Strongly disagree")
        hands.to(f"text:{ident}.high_label").type("Strongly agree")
        hands.to(f"field:{ident}:required").press("Space")
        hands.to(f"more:{ident}").press("Enter") if side == "expected" else hands.to(f"more:{ident}")
        hands.to(f"field:{ident}:dimension").type("Tan")
        hands.to(f"field:{ident}:side").type(side)
        hands.press("Escape")
    hands.press("ArrowUp", "ArrowUp", "Alt+ArrowDown", "Alt+ArrowDown", "Alt+ArrowDown")
    expect(page.locator("[data-live]")).to_have_text(re.compile("is now number 4 of 4"))
    assert hands.here == "card:comment"
    is_saved(page)
    draft = saved(survey)
    assert draft["metric"] == "csat"
    score, expected, perceived, comment = draft["questions"]
    assert (score["id"], comment["id"]) == ("score", "comment")
    for matrix, (side, title, lines) in zip((expected, perceived), MATRICES, strict=True):
        facts = {name: matrix[name] for name in ("kind", "low", "high", "required", "dimension", "side")}
        assert facts == {
            "kind": "matrix",
            "low": 1,
            "high": 7,
            "required": True,
            "dimension": "tangibles",
            "side": side,
        }
        words = draft["texts"]["en"]
        assert words[f"{matrix['id']}.title"] == title
        assert [words[f"{matrix['id']}.row.{row}"] for row in matrix["rows"]] == list(lines)
    expect(page.locator("[data-check-title]")).to_have_text("Ready to publish")
    expect(shown(page).get_by_text("We keep our promises.")).to_be_attached()
    assert page.complaints == []


def test_cards_are_dragged_and_undo_brings_them_back(cast, browse, survey):
    page = opened(browse, cast.boris)
    grip = page.locator('[data-card="comment"] .grip').bounding_box()
    target = page.locator('[data-card="score"]').bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, target["y"] + 60, steps=8)
    page.mouse.move(grip["x"] + 5, target["y"] + 4, steps=4)
    page.mouse.up()
    assert order(page) == ["comment", "score", "solved"]
    is_saved(page)
    assert [one["id"] for one in saved(survey)["questions"]] == ["comment", "score", "solved"]
    page.keyboard.press("Control+z")
    assert order(page) == ["score", "solved", "comment"]
    page.keyboard.press("Control+Shift+z")
    assert order(page) == ["comment", "score", "solved"]


def test_undo_goes_back_through_words_and_structure(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "card:solved").click()
    at(page, "text:solved.title").fill("Did we solve it?")
    at(page, "delete:solved").click()
    assert order(page) == ["score", "comment"]
    page.locator("[data-undo]").click()
    expect(at(page, "text:solved.title")).to_have_value("Did we solve it?")
    page.locator("[data-undo]").click()
    expect(at(page, "text:solved.title")).to_have_value("Was it solved?")
    expect(page.locator("[data-undo]")).to_be_disabled()
    page.locator("[data-redo]").click()
    is_saved(page)
    assert saved(survey)["texts"]["en"]["solved.title"] == "Did we solve it?"


def test_what_is_typed_is_saved_and_there_after_loading_again(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "card:score").click()
    page.keyboard.type("How was our help?")
    page.locator('[data-at="lang:sl"]').click()
    page.keyboard.type("")
    expect(at(page, "text:question")).to_have_attribute("placeholder", "How was our help?")
    expect(page.locator('[data-at="lang:sl"] .lang-miss')).to_have_text("1 missing")
    is_saved(page)
    page.reload()
    expect(at(page, "card:score")).to_contain_text("How was our help?")
    assert saved(survey)["texts"]["en"]["question"] == "How was our help?"


def test_what_could_not_be_saved_is_kept_and_comes_back(cast, browse, survey):
    page = opened(browse, cast.boris)
    page.route("**/draft", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    at(page, "card:score").click()
    page.keyboard.type("Written in a tunnel?")
    expect(page.locator("[data-state]")).to_contain_text("will retry")
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/draft")
    page.reload()
    expect(at(page, "card:score")).to_contain_text("Written in a tunnel?")
    is_saved(page)
    assert saved(survey)["texts"]["en"]["question"] == "Written in a tunnel?"


def test_two_people_in_different_places_are_joined_silently(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "card:solved").click()
    page.keyboard.press("End")
    before = saved(survey)
    change(
        survey, {**before, "texts": {**before["texts"], "en": {**before["texts"]["en"], "send": "Go"}}}, by=cast.ana.id
    )
    page.keyboard.type(" Really?")
    expect(page.locator("[data-notes]")).to_contain_text("Ana saved meanwhile; your edits are joined.")
    is_saved(page)
    assert saved(survey)["texts"]["en"] == {"solved.title": "Was it solved? Really?", "send": "Go"}
    assert page.evaluate("document.activeElement.dataset.at") == "text:solved.title"
    page.locator("[data-undo]").click()
    is_saved(page)
    expect(at(page, "text:solved.title")).to_have_value("Was it solved?")
    page.wait_for_timeout(900)
    is_saved(page)
    assert saved(survey)["texts"]["en"] == {"solved.title": "Was it solved?", "send": "Go"}


def test_two_people_in_one_place_choose(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "card:solved").click()
    before = saved(survey)
    theirs = {**before["texts"], "en": {"solved.title": "Ana’s words?"}}
    change(survey, {**before, "texts": theirs}, by=cast.ana.id)
    at(page, "text:solved.title").fill("Boris’ words?")
    notes = page.locator("[data-notes]")
    expect(notes).to_contain_text("You and Ana changed the same")
    expect(notes).to_contain_text("Boris’ words?")
    expect(notes).to_contain_text("Ana’s words?")
    assert violations(page) == []
    notes.get_by_role("button", name="Take theirs").click()
    expect(at(page, "text:solved.title")).to_have_value("Ana’s words?")
    expect(notes).to_be_empty()
    page.wait_for_timeout(900)
    is_saved(page)
    assert saved(survey)["texts"]["en"]["solved.title"] == "Ana’s words?"


def test_a_colleagues_save_is_seen_before_anything_is_typed_over_it(cast, browse, survey):
    page = browse(cast.boris)
    page.clock.install()
    page.goto(EDIT)
    page.locator(".qcard").first.wait_for()
    change(survey, {**saved(survey), "questions": [SCORE, COMMENT]}, by=cast.ana.id)
    page.clock.fast_forward(16_000)
    expect(page.locator("[data-notes]")).to_contain_text("Ana saved meanwhile")
    assert order(page) == ["score", "comment"]


def test_the_preview_follows_the_typing_and_leaves_the_history_alone(cast, browse, survey):
    page = opened(browse, cast.boris)
    steps = page.evaluate("history.length")
    at(page, "card:score").click()
    page.keyboard.type("Still <b>unsaved</b>, {company}?")
    shown(page).get_by_role("heading", name="Still <b>unsaved</b>, Acme?").wait_for()
    page.check("[name=theme][value=dark]")
    page.locator('[data-at="lang:sl"]').click()
    shown(page).locator("html[lang=sl]").wait_for()
    assert page.evaluate("history.length") == steps
    assert page.complaints == []


def test_the_preview_can_be_answered_and_shows_each_branch(cast, browse, survey):
    page = opened(browse, cast.boris)
    asked = shown(page).get_by_text("Was it solved?")
    expect(asked).to_be_hidden()
    page.select_option("[name=as]", "detractor")
    expect(shown(page).get_by_text("Was it solved?")).to_be_visible()
    page.select_option("[name=as]", "")
    expect(shown(page).get_by_text("Was it solved?")).to_be_hidden()
    shown(page).locator("label:has(#s1)").click()
    expect(shown(page).get_by_text("Was it solved?")).to_be_visible()
    shown(page).get_by_role("button", name="Send").click()
    shown(page).get_by_role("heading", name="Thank you!").wait_for()
    page.select_option("[name=as]", "steps")
    shown(page).locator("label:has(#s1)").click()
    shown(page).get_by_role("button", name="Next").click()
    expect(shown(page).get_by_text("Was it solved?")).to_be_visible()
    assert "Answers" not in saved(survey)


def test_conditions_are_made_and_read_as_a_sentence(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "card:comment").click()
    at(page, "field:comment:show").click()
    expect(page.locator("[data-sentence]")).to_have_text("Show if the score is a detractor.")
    at(page, "field:comment:show").click()
    at(page, "about:comment:1").select_option("answer:solved")
    at(page, "match:comment").select_option("any")
    expect(page.locator("[data-sentence]")).to_have_text(
        "Show if the score is a detractor or “Was it solved?” is “Yes”."
    )
    is_saved(page)
    assert saved(survey)["questions"][2]["show"] == {
        "match": "any",
        "conditions": [
            {"about": "band", "is": ["detractor"]},
            {"about": "answer", "question": "solved", "is": ["yes"]},
        ],
    }


def test_many_lines_are_pasted_as_choices(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "add").click()
    at(page, "kind:many").click()
    ident = at(page, "text:question").or_(page.locator(".input-big")).first.get_attribute("data-key").split(".")[0]
    page.locator(".input-big").fill("What could be better?")
    at(page, f"paste:{ident}").click()
    page.locator("dialog textarea").fill("1. Waiting time\n• Friendliness\n\n- Solution")
    page.get_by_role("button", name="Add them").click()
    is_saved(page)
    question = next(one for one in saved(survey)["questions"] if one["id"] == ident)
    words = saved(survey)["texts"]["en"]
    assert [words[f"{ident}.choice.{one}"] for one in question["choices"]] == [
        "Waiting time",
        "Friendliness",
        "Solution",
    ]


def a_new_question(page, kind):
    """Add one of this kind; its id."""
    at(page, "add").click()
    at(page, f"kind:{kind}").click()
    return page.evaluate("document.activeElement.dataset.key").split(".")[0]


def test_choices_are_typed_one_below_the_other_and_an_empty_last_one_goes(cast, browse, survey):
    page = opened(browse, cast.boris)
    ident = a_new_question(page, "one")
    page.keyboard.type("Which one?")
    fields = page.locator(f'[data-parts="{ident}"] textarea')
    fields.first.click()
    for words in ("This", "That", "Neither"):
        page.keyboard.type(words)
        page.keyboard.press("Enter")
    expect(fields).to_have_count(4)
    page.locator('[data-tab="thanks"]').click()
    page.locator('[data-tab="questions"]').click()
    assert [field.input_value() for field in fields.all()] == ["This", "That", "Neither"]
    is_saved(page)
    expect(page.locator("[data-check-title]")).to_have_text(re.compile("^Worth a look"))
    assert len(next(one for one in saved(survey)["questions"] if one["id"] == ident)["choices"]) == 3


def test_an_empty_field_is_told_only_after_somebody_left_it_so(cast, browse, survey):
    page = opened(browse, cast.boris)
    ident = a_new_question(page, "short")
    needs = page.get_by_text("This still needs its text.")
    expect(page.locator("[data-check-title]")).to_have_text("Before publishing: 1 to put right")
    expect(needs).to_have_count(0)
    expect(page.locator(f'[data-mark="{ident}"]')).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(needs).to_have_count(1)
    expect(page.locator(f'[data-mark="{ident}"]')).to_be_visible()


def test_publishing_tells_of_every_empty_field(cast, browse, survey):
    page = opened(browse, cast.boris)
    a_new_question(page, "one")
    page.keyboard.type("Which one?")
    is_saved(page)
    expect(page.locator(".remark")).to_have_count(0)
    page.get_by_role("link", name="Review and publish").click()
    page.wait_for_url("**/publish")
    page.get_by_role("link", name="Back to editing").click()
    page.get_by_role("button", name=re.compile("Which one")).click()
    expect(page.get_by_text("This still needs its text.")).to_have_count(2)


def test_ready_made_words_are_there_to_be_edited_and_stay_so_when_kept(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "card:score").click()
    field = at(page, "text:question")
    words = field.get_attribute("placeholder")
    expect(field).to_have_value(words)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(field).to_have_value("")
    expect(page.locator(".lang-miss")).to_have_count(0)
    field.focus()
    page.keyboard.press("End")
    page.keyboard.type("!")
    is_saved(page)
    assert saved(survey)["texts"]["en"]["question"] == f"{words}!"
    page.keyboard.press("Backspace")
    expect(page.locator(".lang-miss")).to_have_count(0)
    is_saved(page)
    page.wait_for_timeout(1000)
    is_saved(page)
    assert "question" not in saved(survey)["texts"]["en"]


MANY = ("en", "sl", "pl", "el", "ru", "ar")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_chosen_language_is_in_view_and_more_of_them_are_hinted_at(cast, browse, width):
    survey = a_draft(cast.workspace, "csat", name="Support", locales=("en", "de", "fr", "it", *MANY[1:]))
    change(survey, {**survey.draft, "texts": {"en": {"question": "And how was it?"}}})
    page = opened(browse, cast.boris, f"{EDIT}?lang=ar", width=width)
    strip = page.locator(".lang-tabs")
    expect(strip).to_have_class(re.compile("has-before"))

    def in_view(tag):
        # Both in one look, for tabs are made anew while one reads.
        return strip.evaluate(
            """(strip, key) => {
                const box = strip.getBoundingClientRect();
                const tab = strip.querySelector(`[data-at="${key}"]`).getBoundingClientRect();
                return box.left <= tab.left && tab.right <= box.right + 1;
            }""",
            f"lang:{tag}",
        )

    assert in_view("ar")
    at(page, "lang:ar").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(strip).to_have_class(re.compile("has-after"))
    assert in_view("en")
    page.locator("[data-tab=mail]").click()
    expect(strip).to_have_class(re.compile("has-after"))


def test_the_checklist_lies_over_the_preview_and_leaves_it_its_size(cast, browse, survey):
    page = opened(browse, cast.boris)
    before = page.locator("[data-stage]").evaluate("one => one.clientHeight")
    page.locator("[data-checklist] summary").click()
    expect(page.locator("[data-check-list]")).to_be_visible()
    assert page.locator("[data-stage]").evaluate("one => one.clientHeight") == before


def test_on_a_phone_the_checklist_is_open_at_once(cast, browse, survey):
    page = opened(browse, cast.boris, width=360)
    page.locator("[data-side=checks]").click()
    expect(page.locator("[data-check-list]")).to_be_visible()


def test_what_languages_lack_alike_is_one_line_that_leads_to_each(cast, browse):
    survey = a_draft(cast.workspace, "csat", name="Support", locales=MANY)
    change(survey, {**survey.draft, "texts": {"en": {"question": "And how was it?"}}})
    page = opened(browse, cast.boris)
    page.locator("[data-checklist] summary").click()
    line = page.locator("[data-check-list] > li")
    expect(line).to_have_count(1)
    expect(page.locator("[data-check-title]")).to_have_text("Worth a look: 1")
    line.get_by_role("button", name="Polski").click()
    assert page.evaluate("document.activeElement.dataset.at") == "text:question"
    expect(at(page, "lang:pl")).to_have_attribute("aria-pressed", "true")
    page.goto("/w/acme/surveys/support/publish")
    page.locator(".check-warn").get_by_role("link", name=re.compile("Русский")).click()
    page.wait_for_url("**/edit?lang=ru#text:question")


def test_a_language_is_turned_off_in_words(cast, browse, survey):
    page = opened(browse, cast.boris)
    page.locator("[data-tab=settings]").click()
    expect(page.get_by_text("keeps its words for when it comes back")).to_be_visible()
    off = page.get_by_role("button", name="Turn off Slovenščina")
    expect(off).to_have_text("Turn off")
    off.click()
    is_saved(page)
    page.wait_for_timeout(1000)
    assert saved(survey)["locales"] == ["en"]
    assert saved(survey)["texts"]["sl"]


def test_a_colour_switched_on_and_off_again_is_no_edit(cast, browse):
    survey = a_survey(cast.workspace, "nps", name="Support")
    page = opened(browse, cast.boris)
    page.locator("[data-tab=settings]").click()
    own = at(page, "field:look:own")
    with page.expect_response("**/draft"):
        own.click()
    is_saved(page)
    assert saved(survey)["look"]["color"]
    with page.expect_response("**/draft"):
        own.click()
    is_saved(page)
    assert "look" not in saved(survey)
    assert not db.session.get_one(Survey, survey.id).has_edits
    page.goto("/w/acme/surveys/support/publish")
    expect(page.get_by_role("heading", name="Nothing to publish")).to_be_visible()


def test_a_finding_leads_to_its_field_in_its_language(cast, browse, survey):
    page = opened(browse, cast.boris)
    at(page, "card:score").click()
    page.keyboard.type("How great was our help?")
    is_saved(page)
    page.keyboard.press("Escape")
    page.locator("[data-checklist] summary").click()
    page.get_by_role("button", name=re.compile("Slovenščina shows your own words")).click()
    assert page.evaluate("document.activeElement.dataset.at") == "text:question"
    expect(page.locator('[data-at="lang:sl"]')).to_have_attribute("aria-pressed", "true")
    page.goto("/w/acme/surveys/support/publish")
    page.get_by_role("listitem").filter(has_text="leads to an answer").get_by_role("link").click()
    page.wait_for_url("**/edit?lang=en#text:question")
    expect(page.locator(".remark").first).to_contain_text("“How great” leads to an answer.")
    assert page.evaluate("document.activeElement.dataset.at") == "text:question"


def test_a_language_is_added_and_the_review_waits_for_the_save(cast, browse, survey):
    page = opened(browse, cast.boris)
    page.locator("[data-tab=settings]").click()
    at(page, "add-language").select_option("ar")
    at(page, "add-language-now").click()
    page.locator("[data-tab=questions]").click()
    at(page, "card:score").click()
    expect(at(page, "text:question")).to_have_attribute("dir", "rtl")
    expect(at(page, "text:question")).to_have_attribute("placeholder", re.compile("[؀-ۿ]"))
    page.get_by_role("link", name="Review and publish").click()
    page.get_by_role("heading", name="Publish version 1").wait_for()
    assert saved(survey)["locales"] == ["en", "sl", "ar"]


def test_the_scale_of_a_published_survey_is_locked_and_a_copy_offered(cast, browse):
    a_survey(cast.workspace, "nps", name="Support")
    page = opened(browse, cast.boris)
    at(page, "card:score").click()
    page.get_by_role("button", name="Make a copy with another scale").click()
    page.locator("dialog select").select_option("stars")
    page.get_by_role("button", name="Make the copy").click()
    page.wait_for_url("**/support-copy/edit")
    expect(at(page, "card:score")).to_contain_text("Stars")


def test_a_field_is_put_in_where_the_caret_is(cast, browse, survey):
    page = opened(browse, cast.boris)
    page.locator("[data-tab=mail]").click()
    field = at(page, "text:mail_intro")
    field.fill("Hello, how was it?")
    field.evaluate("one => one.setSelectionRange(6, 6)")
    box = page.locator(".text-box").filter(has=page.locator("#t-mail_intro"))
    box.locator("summary").click()
    box.get_by_role("button", name=re.compile("Who served them")).click()
    page.keyboard.type("one of us")
    expect(field).to_have_value("Hello,{{ interaction.agent | one of us }} how was it?")


def random_draft(dice):
    """Some questions out of a few, in some order, with some choices and words."""
    asked = [{"id": name, "kind": "one", "choices": dice.sample("abcd", 3)} for name in dice.sample("pqrst", 3)]
    asked = dice.sample([SCORE, COMMENT, *asked], 5)
    texts = {tag: {f"{one['id']}.title": dice.choice("xyz") for one in asked} for tag in dice.sample(["en", "sl"], 1)}
    look = {"look": {"color": dice.choice(["#111111", "#222222"])}} if dice.random() < 0.5 else {}
    return (
        {"metric": "nps", "default_locale": "en", "locales": dice.sample(["en", "sl"], 2), "texts": texts}
        | look
        | {"questions": asked}
    )


def test_the_script_repeats_every_difference_exactly(cast, browse, survey):
    page, dice = opened(browse, cast.boris), random.Random(20261125)
    pairs = [[random_draft(dice), random_draft(dice)] for _ in range(200)]
    repeated = page.evaluate(
        """async (pairs) => {
          const { difference, repeat } = await import("/static/js/builder/joining.js");
          return pairs.map(([before, after]) => repeat(before, difference(before, after)));
        }""",
        pairs,
    )
    wrong = [pair for pair, made in zip(pairs, repeated, strict=True) if flat(made) != flat(pair[1])]
    assert wrong == []


def test_a_refused_save_is_told_and_nothing_is_lost(cast, browse, survey):
    page = opened(browse, cast.boris)
    page.locator("[data-tab=settings]").click()
    page.get_by_label("Name", exact=True).fill("  ")
    expect(page.locator("[data-state]")).to_contain_text("Not saved")
    page.locator("[data-checklist] summary").click()
    page.get_by_role("button", name="This text is still empty.").click()
    assert page.evaluate("document.activeElement.dataset.at") == "field:name"
    page.keyboard.type("Help")
    is_saved(page)
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(Survey, survey.id).name == "Help"


def test_without_script_the_page_says_so(cast, browse, survey):
    page = browse(cast.boris, java_script_enabled=False)
    page.goto(EDIT)
    expect(page.get_by_text("The builder needs JavaScript")).to_be_visible()
    expect(page.locator("[data-builder]")).to_be_hidden()
