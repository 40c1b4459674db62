"""The respondent's pages as text: the answer page in joined pieces, and what the other pages need to be rendered.

The answer page is asked for thousands of times a second and differs between visitors in three short values, so it is
rendered once for each version, locale and chosen score, cut at those values, and put together by joining strings.
"""

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from babel.core import Locale, UnknownLocaleError
from jinja2 import Environment
from markupsafe import Markup, escape

from surveys.scale import SCALES
from surveys.wording import (
    COMMENT_LIMIT,
    LANGUAGE_NAMES,
    Document,
    built_in,
    direction,
    effective,
    named,
)

_STATIC = Path(__file__).parent.parent / "static"


def _constant(name: str) -> Markup:
    """A stylesheet or script as it stands in every page, without its comments and spare space."""
    text = (_STATIC / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    if name.endswith(".css"):
        text = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", text)).replace(": ", ":").replace(";}", "}")
    return Markup(re.sub(r"\n\s*", "\n", text).strip())  # noqa: S704 - our own files, no visitor's word in them


STYLE: Final = _constant("css/public.css")
SCRIPT: Final = _constant("js/public.js")


def _source(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# For the Content-Security-Policy of the respondent's pages: exactly these two texts may style and run.
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src {_source(STYLE)}; script-src {_source(SCRIPT)}; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# For a designer's preview inside a frame of our own pages: it looks the same, but neither runs nor sends anything.
PREVIEW_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src {_source(STYLE)}; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a published version's document in the name of a company. Equal ids mean equal documents."""

    version_id: Hashable
    company: str
    document: Document = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to put right before an answer can be kept: on `score`, on `comment`, or on the whole `form`."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor's page holds. `action` is the path the form posts to, `opened_at` is in epoch milliseconds."""

    action: str
    form_id: str
    opened_at: int
    score: int | None = None
    answered: bool = False
    comment: str = ""
    problems: tuple[Problem, ...] = ()


def answer_page(environment: Environment, asked: Asked, *, locale: str, visit: Visit) -> str:
    """The whole answer page in a locale of the survey, equal to `render_answer_page` for the same visit."""
    if visit.comment or visit.problems:
        return render_answer_page(environment, asked, locale=locale, visit=visit)
    score = visit.score if visit.score in SCALES[asked.document["metric"]].values else None
    pieces = list(_pieces(environment, asked, locale, score=score, answered=visit.answered))
    values = (str(escape(visit.action)), str(escape(visit.form_id)), str(int(visit.opened_at)))
    for index in range(1, len(pieces), 2):
        pieces[index] = values[int(pieces[index])]
    return "".join(pieces)


def render_answer_page(environment: Environment, asked: Asked, *, locale: str, visit: Visit) -> str:
    """The whole answer page, rendered afresh: for errors, typed comments, previews and drafts."""
    return _render(environment, asked, locale, asdict(visit) | {"problems": visit.problems})


def page_context(locale: str, *, document: Document | None = None, company: str = "") -> Mapping[str, Any]:
    """What every template under `public.html` needs; without a document, the built-in words only."""
    texts = effective(document, locale) if document else built_in(locale)
    return {
        "texts": named(texts, company),
        "locale": locale,
        "dir": direction(locale),
        "company": company,
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


_MARK: Final = f"slot{secrets.token_hex(12)}n"
_CUT: Final = re.compile(rf"{_MARK}([0-2])n")


@lru_cache(maxsize=512)
def _pieces(
    environment: Environment, asked: Asked, locale: str, *, score: int | None, answered: bool
) -> tuple[str, ...]:
    """The page cut at its visitor's values: text, number of a value, text, number, …, text."""
    marks = {"action": f"{_MARK}0n", "form_id": f"{_MARK}1n", "opened_at": f"{_MARK}2n"}
    state = {"score": score, "answered": answered, "comment": "", "problems": ()}
    return tuple(_CUT.split(_render(environment, asked, locale, marks | state)))


def _render(environment: Environment, asked: Asked, locale: str, visit: Mapping[str, Any]) -> str:
    document = asked.document
    return environment.get_template("feedback/answer.html").render(
        page_context(locale, document=document, company=asked.company),
        scale=SCALES[document["metric"]],
        languages=[(tag, language_name(tag)) for tag in document["locales"]],
        comment_limit=COMMENT_LIMIT,
        wrong={problem.field: problem.message for problem in visit["problems"]},
        **visit,
    )
