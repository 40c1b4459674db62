"""The words of every language on a phone: nothing overflows, no button takes two lines, no word is cut in two."""

import itertools

import pytest

from surveys import mailing, paging, wording
from surveys.complaining import Problem
from surveys.library import TEMPLATES
from surveys.paging import Asked, Visit
from surveys.scale import SCALES
from tests.cast import a_survey, an_invitation

COMPANY = "Acme"
KINDS = [
    {"id": "score", "kind": "score"},
    {
        "id": "statements",
        "kind": "matrix",
        "rows": ["steps_clear", "useful_soon"],
        "low": 1,
        "high": 5,
        "required": True,
    },
    {"id": "solved", "kind": "yesno"},
    {"id": "leaving", "kind": "many", "choices": ["too_expensive", "another_provider"], "other": True},
    {"id": "contact", "kind": "contact"},
    {"id": "comment", "kind": "long"},
]
NAMES = {
    "statements.title": "statements",
    "statements.row.steps_clear": "steps_clear",
    "statements.row.useful_soon": "useful_soon",
    "statements.low_label": "agree_low",
    "statements.high_label": "agree_high",
    "solved.title": "resolved",
    "leaving.title": "leaving_reason",
    "leaving.choice.too_expensive": "too_expensive",
    "leaving.choice.another_provider": "another_provider",
}
REASONS = ("expired", "closed", "unknown", "unsubscribed", "unavailable")
LOOK = """() => {
  const LOOSE = "svg *, textarea, input, table, tbody, tr, main, form, details, body > *";
  const bad = [], visible = one => one.getClientRects().length && !one.closest(".vh, .hidden, [hidden]");
  const name = one => (one.className || one.tagName) + ": " + one.textContent.trim().slice(0, 60);
  const extra = document.documentElement.scrollWidth - innerWidth;
  if (extra > 0) bad.push("page is " + extra + " px too wide");
  for (const one of document.querySelectorAll("body *")) {
    if (!visible(one) || one.matches(LOOSE)) continue;
    if (one.clientWidth && one.scrollWidth > one.clientWidth + 1) bad.push("overflows " + name(one));
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const holder = node.parentElement;
    if (!visible(holder) || holder.matches("script, style, textarea")) continue;
    if (holder.closest(".act, .button, .lang button")) {
      range.selectNodeContents(node);
      const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
      if (lines.size > 1) bad.push("two lines " + name(holder));
    }
    for (const word of node.data.matchAll(/[^\\s\\u00ad\\u2010\\u2013…/-]+/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter(box => box.width).map(box => Math.round(box.top)));
      if (lines.size > 1) bad.push("cut in two: " + word[0] + " in " + name(holder));
    }
  }
  return bad;
}"""


def document(metric, locale, **more):
    words = wording._load(locale)["library"]
    texts = {locale: {key: words[name] for key, name in NAMES.items()}}
    return {"metric": metric, "default_locale": locale, "locales": [locale], "texts": texts, "questions": KINDS, **more}


def answer_pages(environment, locale):
    """The answer page of every metric, as it is opened and with every complaint; the languages of all readers."""
    for metric in SCALES:
        asked = Asked(metric, COMPANY, document(metric, locale, anonymous=True))
        visit = Visit("/s/x", "f", 0, page=-1, answered=True)
        yield metric, paging.render_answer_page(environment, asked, locale=locale, visit=visit)
    words = wording.named(wording.effective(asked.document, locale), COMPANY)
    fields = {"score": "answer_missing", "statements": "rows_missing", "leaving": "other_missing"}
    fields |= {"contact": "contact_missing", "comment": "comment_too_long"}
    problems = tuple(Problem(field, words[key]) for field, key in fields.items())
    asked = Asked("wrong", COMPANY, document("nps", locale, locales=list(wording.LOCALES)))
    visit = Visit("/s/x", "f", 0, page=1, problems=problems)
    page = paging.render_answer_page(environment, asked, locale=locale, visit=visit)
    yield "wrong", page.replace('<details class="langs">', '<details class="langs" open>')


def other_pages(environment, locale):
    words = paging.page_context(locale, document=document("nps", locale), company=COMPANY)
    yield "thanks", environment.get_template("feedback/thanks.html").render(words, change_url="/s/x")
    for reason in REASONS:
        page = environment.get_template("feedback/closed.html").render(words, reason=reason, action_url="/s/x")
        yield reason, page
    for state in ("ask", "done", "undone"):
        ended = "this" if state == "done" else None
        known = {"state": state, "action": "/u/x", "ended": ended, "choice": True}
        yield f"unsubscribe {state}", environment.get_template("surveys/unsubscribe.html").render(words, **known)


def mails(environment, locale):
    links = mailing.Links(*["http://afterword.test/s/x"] * 3)
    for metric in SCALES:
        values = mailing.invitation_context(document(metric, locale), locale, company=COMPANY, name="Maja", links=links)
        yield f"mail {metric}", environment.get_template("email/invitation.html").render(values)
        again = mailing.reminder_context(values, subject=None, last=True)
        yield f"reminder {metric}", environment.get_template("email/invitation.html").render(again)


def library_pages(environment, locale):
    for key in ("servqual", "onboarding", "csat_delivery"):
        asked = Asked(key, COMPANY, TEMPLATES[key].document((locale,)))
        yield key, paging.render_answer_page(environment, asked, locale=locale, visit=Visit("/s/x", "f", 0, page=-1))


@pytest.mark.parametrize("locale", wording.LOCALES)
def test_every_word_fits_a_phone(app, chromium, locale):
    context = chromium.new_context(viewport={"width": 360, "height": 800})
    page = context.new_page()
    environment, found = app.jinja_env, {}
    every = (answer_pages, other_pages, mails, library_pages)
    for name, markup in itertools.chain.from_iterable(pages(environment, locale) for pages in every):
        page.set_content(markup)
        if bad := page.evaluate(LOOK):
            found[name] = bad
    context.close()
    assert found == {}


def test_typed_words_outlive_a_change_among_many_languages(cast, browse):
    survey = a_survey(cast.workspace, locales=wording.LOCALES[:30])
    page = browse(width=360, locale="en-GB")
    page.goto(f"/s/{an_invitation(survey, locale='en').token}")
    page.locator("#s7").check()
    page.get_by_label("What is the main reason").fill("The coffee was cold.")
    page.get_by_text("Language: English").click()
    page.get_by_role("button", name="עברית").click()
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("textarea").input_value() == "The coffee was cold."
    assert page.locator("#s7").is_checked()
    assert page.complaints == []


def test_an_empty_field_begins_where_its_language_begins(cast, browse):
    survey = a_survey(cast.workspace, locales=("ar",))
    page = browse(width=360)
    page.goto(f"/s/{an_invitation(survey, locale='ar').token}")
    side = "box => getComputedStyle(box).direction"
    box = page.locator("textarea")
    assert box.evaluate(side) == "rtl"
    box.fill("English words")
    assert box.evaluate(side) == "ltr"
    first, last = (page.locator(f"label:has(#s{score})").bounding_box()["x"] for score in (0, 10))
    assert first > last
