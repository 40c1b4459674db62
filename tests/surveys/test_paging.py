"""The respondent's pages: quick pieces equal the plain rendering, whole without script, small, and never trusting."""

import zlib
from pathlib import Path
from typing import Any

import html5lib
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from surveys import paging, wording
from surveys.complaining import Problem
from surveys.paging import Asked, Visit
from surveys.scale import SCALES

ROOT = Path(__file__).parents[2]
LOCALES = ["en", "sl", "pl", "el", "ru", "ar"]
ATTACK = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture(scope="module")
def environment() -> Environment:
    loader = FileSystemLoader(ROOT / "templates")
    return Environment(loader=loader, autoescape=select_autoescape(), undefined=StrictUndefined)


def asked(metric: str = "nps", company: str = "Kavarna Črna", **texts: str) -> Asked:
    document = {"metric": metric, "default_locale": "en", "locales": LOCALES, "texts": {"en": texts}}
    return Asked(("v1", metric, *texts.values()), company, document)


def visit(*, score: int | None = None, comment: str = "", **given: Any) -> Visit:
    given["typed"] = dict(paging.scored(score)) | ({"comment": (comment,)} if comment else {})
    return Visit(**{"action": "/s/tok_EN-1", "form_id": "0198c0de", "opened_at": 1_763_000_000_123, **given})


def parsed(page: str) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("metric", "score"), [("nps", None), ("nps", 0), ("nps", 10), ("csat", 3), ("ces", 7)])
def test_the_joined_page_is_the_rendered_page(
    environment: Environment, locale: str, metric: str, score: int | None
) -> None:
    for form_id, answered in (("first", False), ("second", False), ("third", True), ("fourth", True)):
        seen = visit(form_id=form_id, action=f"/s/{form_id}", score=score, answered=answered)
        quick = paging.answer_page(environment, asked(metric), locale=locale, visit=seen)
        assert quick == paging.render_answer_page(environment, asked(metric), locale=locale, visit=seen)
        parsed(quick)


def test_values_of_a_visit_are_escaped_on_both_ways(environment: Environment) -> None:
    seen = visit(action=f"/o/{ATTACK}", form_id=ATTACK)
    quick = paging.answer_page(environment, asked(), locale="en", visit=seen)
    assert quick == paging.render_answer_page(environment, asked(), locale="en", visit=seen)
    assert "<script>alert" not in quick


def test_words_of_a_designer_and_a_respondent_are_text_and_never_run(environment: Environment) -> None:
    survey = asked(company=ATTACK, question=ATTACK + " {company}", low_label=ATTACK, comment_label=ATTACK)
    page = paging.answer_page(environment, survey, locale="en", visit=visit(comment="</textarea>" + ATTACK))
    assert "<script>alert" not in page
    assert "49" not in parsed(page).findtext(".//h1")
    assert parsed(page).findtext(".//textarea") == "</textarea>" + ATTACK


def test_a_score_off_the_scale_chooses_nothing_and_fills_no_cache(environment: Environment) -> None:
    plain = paging.answer_page(environment, asked(), locale="en", visit=visit())
    before = paging._pieces.cache_info().currsize
    assert paging.answer_page(environment, asked(), locale="en", visit=visit(score=4242)) == plain
    assert paging._pieces.cache_info().currsize == before


@pytest.mark.parametrize("metric", SCALES)
def test_the_scale_is_native_radios_in_a_named_group(environment: Environment, metric: str) -> None:
    high = SCALES[metric].high
    page = parsed(paging.answer_page(environment, asked(metric), locale="el", visit=visit(score=high)))
    radios = page.findall(".//fieldset//label/input[@type='radio']")
    assert [int(radio.get("value")) for radio in radios] == list(SCALES[metric].values)
    assert [radio.get("value") for radio in radios if radio.get("checked") is not None] == [str(high)]
    assert page.findtext(".//fieldset/legend/h1")
    assert (page.get("lang"), page.get("dir")) == ("el", "ltr")


def test_errors_are_summed_up_and_tied_to_their_fields_and_nothing_typed_is_lost(environment: Environment) -> None:
    texts = paging.page_context("en", document=asked().document, company="A")["texts"]
    problems = (
        Problem("score", wording.score_missing(texts, SCALES["nps"])),
        Problem("comment", wording.comment_too_long(texts, "en", 10_001)),
        Problem("form", texts["not_saved"]),
    )
    seen = visit(comment="\nšč <b>", problems=problems)
    page = parsed(paging.answer_page(environment, asked(), locale="en", visit=seen))
    summary = page.find(".//div[@role='alert']")
    assert [link.get("href") for link in summary.findall(".//a")] == ["#s0", "#comment"]
    assert texts["not_saved"] in "".join(summary.itertext())
    box = page.find(".//textarea")
    assert (box.text, box.get("aria-invalid"), box.get("aria-describedby")) == ("\nšč <b>", "true", "wrong-comment")
    assert page.find(".//fieldset").get("aria-describedby") == "wrong-score"
    assert page.findtext(".//title").startswith("Please check your answer")


def test_languages_are_buttons_of_the_form_so_that_typed_words_travel(environment: Environment) -> None:
    page = parsed(paging.answer_page(environment, asked(), locale="sl", visit=visit()))
    buttons = page.findall(".//form//button[@name='switch']")
    assert [(b.get("value"), b.get("formaction"), b.get("formmethod")) for b in buttons] == [
        (tag, f"/s/tok_EN-1?lang={tag}", "post") for tag in LOCALES if tag != "sl"
    ]
    assert page.find(".//form").findall(".//button")[0].get("id") == "send"


@pytest.mark.parametrize("locale", wording.LOCALES)
def test_the_page_is_one_small_answer_that_asks_for_nothing_else(environment: Environment, locale: str) -> None:
    page = paging.answer_page(environment, asked("ces"), locale=locale, visit=visit(score=3))
    assert len(zlib.compress(page.encode())) <= 7_000
    for element in parsed(page).iter():
        assert element.tag not in {"img", "iframe", "object"}
        assert not element.get("src")
        assert not element.get("style")
        assert not [name for name in element.attrib if name.startswith("on")]
    assert "url(" not in paging.STYLE
    assert "@import" not in paging.STYLE


def test_the_policy_allows_exactly_the_style_and_script_in_the_page(environment: Environment) -> None:
    page = parsed(paging.answer_page(environment, asked(), locale="en", visit=visit()))
    for kind in ("style", "script"):
        assert [paging.source_of(found.text) in paging.CONTENT_SECURITY_POLICY for found in page.iter(kind)] == [True]


@pytest.mark.parametrize("locale", wording.LOCALES)
@pytest.mark.parametrize("reason", ["expired", "closed", "unknown", "unsubscribed", "unavailable"])
def test_a_link_that_is_over_gets_a_kind_page_in_the_language(
    environment: Environment, locale: str, reason: str
) -> None:
    page = parsed(environment.get_template("feedback/closed.html").render(paging.page_context(locale), reason=reason))
    assert page.findtext(".//h1") == wording.built_in(locale)[f"{reason}_title"]
    assert "{" not in "".join(page.find(".//main").itertext())


@pytest.mark.parametrize("state", ["ask", "done", "undone"])
def test_unsubscribing_is_a_button_a_person_presses(environment: Environment, state: str) -> None:
    words = paging.page_context("sl-SI", document=asked().document, company="Kavarna Črna")
    known = {"state": state, "action": "/u/tok", "ended": "all" if state == "done" else None, "choice": None}
    page = parsed(environment.get_template("surveys/unsubscribe.html").render(words, **known))
    sent = [(form.get("method"), form.find("button").get("name")) for form in page.iter("form")]
    assert sent == {"ask": [("post", "end")], "done": [("post", "undo")], "undone": []}[state]
    assert not list(page.iter("a"))


def test_thanks_carries_the_surveys_own_words(environment: Environment) -> None:
    words = paging.page_context("en", document=asked(thanks_title="Hvala & <3").document, company="A")
    page = parsed(environment.get_template("feedback/thanks.html").render(words, change_url="/s/tok"))
    assert page.findtext(".//h1") == "Hvala & <3"
    assert [link.get("href") for link in page.iter("a")] == ["/s/tok"]


@pytest.mark.parametrize(("tag", "name"), [("sl", "Slovenščina"), ("de", "Deutsch"), ("zz-Zz", "zz-Zz")])
def test_a_language_is_called_as_its_speakers_call_it(tag: str, name: str) -> None:
    assert paging.language_name(tag) == name


def test_a_preview_looks_the_same_but_sends_nothing() -> None:
    assert paging.source_of(paging.STYLE) in paging.PREVIEW_SECURITY_POLICY
    assert "form-action 'none'" in paging.PREVIEW_SECURITY_POLICY
    assert "script-src" not in paging.PREVIEW_SECURITY_POLICY


def test_many_languages_fold_away_in_the_order_of_an_index(environment: Environment) -> None:
    locales = ["en", "tr", "cs", "de", "ar", "sv", "es", "el"]
    document = {"metric": "nps", "default_locale": "en", "locales": locales, "texts": {}}
    page = parsed(paging.answer_page(environment, Asked("many", "Acme", document), locale="cs", visit=visit()))
    fold = page.find(".//details")
    assert "".join(fold.find("summary").itertext()).split() == ["Jazyk:", "Čeština"]
    names = [one.text for one in fold.find("div")]
    assert names == ["Čeština", "Deutsch", "English", "Español", "Svenska", "Türkçe", "Ελληνικά", "العربية"]
    few = parsed(paging.answer_page(environment, asked(), locale="en", visit=visit()))
    assert few.find(".//details") is None


@pytest.mark.parametrize(("locale", "shown"), [("pt-BR", "pt"), ("nn", "nb"), ("fa", "en"), ("zh-Hant", "en")])
def test_a_page_of_ready_made_words_says_which_language_it_really_is_in(locale: str, shown: str) -> None:
    words = paging.page_context(locale)
    assert (words["locale"], words["dir"]) == (shown, "ltr")
    assert words["texts"]["unknown_title"] == wording.built_in(shown)["unknown_title"]
