"""The invitation mail: the whole scale as links, in the reader's language, holding where stylesheets do not."""

import re
from pathlib import Path
from typing import Any

import css_inline
import html5lib
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from surveys import mailing
from surveys.scale import SCALES

ROOT = Path(__file__).parents[2]
LINKS = mailing.Links("https://ask.example/s/tok", "https://ask.example/d/tok", "https://ask.example/u/tok")


@pytest.fixture(scope="module")
def environment() -> Environment:
    loader = FileSystemLoader(ROOT / "templates")
    return Environment(loader=loader, autoescape=select_autoescape(), undefined=StrictUndefined)


def document(metric: str = "nps", **texts: str) -> dict[str, Any]:
    return {"metric": metric, "default_locale": "en", "locales": ["en", "sl"], "texts": {"en": texts}}


def context(metric: str = "nps", locale: str = "en", name: str | None = "Ana", **texts: str) -> Any:
    return mailing.invitation_context(document(metric, **texts), locale, company="Kavarna", name=name, links=LINKS)


def html(environment: Environment, values: Any) -> str:
    page = environment.get_template("email/invitation.html").render(values)
    return css_inline.CSSInliner(load_remote_stylesheets=False).inline(page)


def parsed(page: str) -> Any:
    return html5lib.HTMLParser(namespaceHTMLElements=False).parse(page)


@pytest.mark.parametrize("locale", ["en", "el", "ar"])
@pytest.mark.parametrize("metric", SCALES)
def test_every_score_is_one_link_of_real_text(environment: Environment, metric: str, locale: str) -> None:
    page = parsed(html(environment, context(metric, locale)))
    scored = [link for link in page.iter("a") if link.get("href").startswith(f"{LINKS.url}/")]
    assert [link.get("href") for link in scored] == [f"{LINKS.url}/{value}" for value in SCALES[metric].values]
    said = [link.text for link in scored]
    assert len(set(said)) == len(said)
    if SCALES[metric].look == "numbers":
        assert said == [str(value) for value in SCALES[metric].values]
    assert [link.get("href") for link in page.iter("a")].count(LINKS.url) == 1
    assert not list(page.iter("img"))
    assert page.get("lang") == locale


def test_all_tables_are_for_layout_and_the_mail_is_light(environment: Environment) -> None:
    page = html(environment, context(locale="el"))
    assert len(page.encode()) < 20_000
    assert {table.get("role") for table in parsed(page).iter("table")} == {"presentation"}
    assert "prefers-color-scheme: dark" in page


def test_the_decoy_is_seen_by_no_person_on_any_way(environment: Environment) -> None:
    page = re.sub(r"<style.*?</style>", "", html(environment, context()), flags=re.DOTALL)
    box = next(div for div in parsed(page).iter("div") if div.find("a[@href='https://ask.example/d/tok']") is not None)
    assert "display: none" in box.get("style")
    assert "mso-hide: all" in box.get("style")
    assert box.get("aria-hidden") == "true"
    assert box.find("a").get("tabindex") == "-1"


def test_the_plain_text_says_it_all_without_the_decoy(environment: Environment) -> None:
    values = context("ces", "sl")
    text = environment.get_template("email/invitation.txt").render(values)
    assert [f"{LINKS.url}/{value}" in text for value in range(1, 8)] == [True] * 7
    assert values["texts"]["question"] in text
    assert LINKS.unsubscribe_url in text
    assert LINKS.decoy_url not in text
    assert "&" not in text


def test_the_subject_is_one_line(environment: Environment) -> None:
    values = context(mail_subject="One\r\nBcc: all@example.com {company} & co")
    assert environment.get_template("email/invitation.subject.txt").render(values).strip() == (
        "One Bcc: all@example.com Kavarna & co"
    )


@pytest.mark.parametrize(
    "name", ["", None, "Win at https://evil.example", "www.evil.example", "a@b.cc", "x\nBcc: y", "{company}", "a" * 61]
)
def test_what_is_no_name_greets_nobody(name: str | None) -> None:
    assert context(name=name)["greeting"] == "Hello,"


@pytest.mark.parametrize("name", ["Željko Čuček", "Anne-Marie O’Neill", "Νίκος Παπαδόπουλος", "J. R. Smith"])
def test_a_name_is_greeted_in_any_script(name: str) -> None:
    assert context(name=name)["greeting"] == f"Hello {name},"


def test_a_subject_that_needs_a_name_falls_back_without_one() -> None:
    own = {"mail_subject": "{name}, how was it?"}
    assert context(**own)["texts"]["mail_subject"] == "Ana, how was it?"
    assert context(name=None, **own)["texts"]["mail_subject"] == "Kavarna: one short question"


def test_strangers_words_are_escaped(environment: Environment) -> None:
    values = context(question="<script>alert(1)</script>{company}")
    assert "<script>" not in html(environment, values)
