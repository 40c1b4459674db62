"""The respondent's pages as text: the answer page in joined pieces, and what the other pages need to be rendered.

The answer page is asked for thousands of times a second and differs between visitors in three short values, so it is
rendered once for each version, locale and chosen score, cut at those values, and put together by joining strings.
"""

import hashlib
import re
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from babel.core import Locale, UnknownLocaleError
from jinja2 import Environment
from markupsafe import Markup, escape

from accounts.language import LANGUAGE_NAMES
from surveys import branding, presenting
from surveys.branching import Reader
from surveys.branding import PLAIN, Look
from surveys.complaining import ADDRESS_LIMIT, SHORT_LIMIT, Problem
from surveys.filling import Typed
from surveys.merging import NOBODY, Person
from surveys.question import SCORE, several
from surveys.scale import SCALES
from surveys.wording import COMMENT_LIMIT, Document, built_in, direction, effective, named, served

SIDE_BY_SIDE: Final = 6
"""Languages that fit below a page; more fold away."""
_STATIC = Path(__file__).parent.parent / "static"


def constant(name: str) -> Markup:
    """A stylesheet or script as it stands in every page, without its comments and spare space."""
    text = (_STATIC / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    if name.endswith(".css"):
        text = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", text)).replace(": ", ":").replace(";}", "}")
    return Markup(re.sub(r"\n\s*", "\n", text).strip())  # noqa: S704 - our own files, no visitor's word in them


STYLE: Final = constant("css/public.css")
SCRIPT: Final = constant("js/public.js")


def source_of(text: str) -> str:
    """How a Content-Security-Policy names exactly this text."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@lru_cache(maxsize=128)
def policy(look: Look = PLAIN) -> str:
    """The Content-Security-Policy of the respondent's pages: exactly the texts that are in them may style and run."""
    dress = branding.dress(look)
    styles = " ".join(source_of(text) for text in (STYLE, dress.style) if text)
    images = "'self' data:" if look.logo and look.logo.hosted else "data:"
    return (
        f"default-src 'none'; style-src {styles}; script-src {source_of(SCRIPT)}; img-src {images}; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


CONTENT_SECURITY_POLICY: Final = policy()
# For a designer's preview inside a frame of our own pages: it looks the same, but neither runs nor sends anything.
PREVIEW_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src {source_of(STYLE)}; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a published version's document in the name and the look of a company. Equal ids mean equal
    documents.
    """

    version_id: Hashable
    company: str
    document: Document = field(compare=False, repr=False)
    look: Look = PLAIN


NOTHING: Final = Markup()


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor's page holds. `action` is the path the form posts to, `opened_at` is in epoch milliseconds.

    `typed` is what the fields hold, `page` the page of the survey in view (0 the first, −1 all at once), `seed` what
    a random order is made of.
    """

    action: str
    form_id: str
    opened_at: int
    typed: Typed = field(default_factory=dict)
    page: int = 0
    answered: bool = False
    problems: tuple[Problem, ...] = ()
    person: Person = NOBODY
    seed: str = ""
    tail: Markup = NOTHING
    """What the way of showing it adds at the end of the page."""

    @property
    def score(self) -> str | None:
        """The chosen score as typed; None when there is none."""
        return self.typed.get(SCORE, (None,))[0]


def scored(score: int | None) -> Typed:
    """The fields of a page on which only a score is chosen."""
    return {} if score is None else {SCORE: (str(score),)}


def answer_page(environment: Environment, asked: Asked, *, locale: str, visit: Visit) -> str:
    """The whole answer page in a locale of the survey, equal to `render_answer_page` for the same visit."""
    if visit.problems or visit.page or visit.typed.keys() - {SCORE} or visit.tail or _personal(asked):
        return render_answer_page(environment, asked, locale=locale, visit=visit)
    known = {str(value) for value in SCALES[asked.document["metric"]].values}
    score = visit.score if visit.score in known else None
    pieces = list(_pieces(environment, asked, locale, score=score, answered=visit.answered))
    values = (str(escape(visit.action)), str(escape(visit.form_id)), str(int(visit.opened_at)))
    for index in range(1, len(pieces), 2):
        pieces[index] = values[int(pieces[index])]
    return "".join(pieces)


def render_answer_page(environment: Environment, asked: Asked, *, locale: str, visit: Visit) -> str:
    """The whole answer page, rendered afresh: for errors, typed answers, later pages, previews and drafts."""
    slots = {"action": visit.action, "form_id": visit.form_id, "opened_at": visit.opened_at}
    return _render(environment, asked, locale, visit, slots)


def page_context(
    locale: str,
    *,
    document: Document | None = None,
    company: str = "",
    person: Person = NOBODY,
    look: Look = PLAIN,
) -> Mapping[str, Any]:
    """What every template under `public.html` needs; without a document, the built-in words in the nearest language."""
    locale = locale if document else served(locale)
    texts = effective(document, locale) if document else built_in(locale)
    return {
        "texts": named(texts, company, person),
        "locale": locale,
        "dir": direction(locale),
        "company": company,
        "dress": branding.dress(look),
        "style": STYLE,
        "script": SCRIPT,
    }


def language_name(locale: str) -> str:
    """The language's name in itself, as its speakers look for it."""
    if locale in LANGUAGE_NAMES:
        return LANGUAGE_NAMES[locale]
    try:
        name = Locale.parse(locale, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        name = None
    return name[:1].upper() + name[1:] if name else locale


def _languages(locales: Sequence[str]) -> list[tuple[str, str]]:
    """The languages with their names: a few as the designer ordered them, many as an index would, accents aside."""
    found = [(tag, language_name(tag)) for tag in locales]
    if len(found) <= SIDE_BY_SIDE:
        return found
    return sorted(found, key=lambda one: unicodedata.normalize("NFKD", one[1]).casefold())


_MARK: Final = f"slot{secrets.token_hex(12)}n"
_CUT: Final = re.compile(rf"{_MARK}([0-2])n")


@lru_cache(maxsize=256)
def _personal(asked: Asked) -> bool:
    return presenting.personal(asked.document)


@lru_cache(maxsize=512)
def _pieces(
    environment: Environment, asked: Asked, locale: str, *, score: str | None, answered: bool
) -> tuple[str, ...]:
    """The page cut at its visitor's values: text, number of a value, text, number, …, text."""
    marks = {"action": f"{_MARK}0n", "form_id": f"{_MARK}1n", "opened_at": f"{_MARK}2n"}
    visit = Visit("", "", 0, typed={} if score is None else {SCORE: (score,)}, answered=answered)
    return tuple(_CUT.split(_render(environment, asked, locale, visit, marks)))


def _render(environment: Environment, asked: Asked, locale: str, visit: Visit, slots: Mapping[str, Any]) -> str:
    document = asked.document
    context = page_context(locale, document=document, company=asked.company, person=visit.person, look=asked.look)
    reader = Reader(document["metric"], locale, visit.person)
    sheet = presenting.sheet(
        document, reader, context["texts"], typed=visit.typed, page=visit.page, wrong=visit.problems, seed=visit.seed
    )
    return environment.get_template("feedback/answer.html").render(
        context,
        sheet=sheet,
        scale=SCALES[document["metric"]],
        languages=_languages(document["locales"]),
        most=SIDE_BY_SIDE,
        limits={"short": SHORT_LIMIT, "long": COMMENT_LIMIT, "address": ADDRESS_LIMIT},
        problems=visit.problems,
        answered=visit.answered,
        anonymous=bool(document.get("anonymous")),
        known=visit.person.value("contact.email") is not None,
        score=visit.score,
        several=several(document),
        tail=visit.tail,
        **slots,
    )
