"""A draft as its readers would see it: the real pages, made harmless, in the light or the dark.

The pages run no script and go nowhere but back to the preview; the draft travels in hidden fields of the page, so
that the buttons of a previewed page show unsaved words too, and nothing is ever kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from jinja2 import Environment
from markupsafe import Markup

from surveys import paging
from surveys.branding import PLAIN, Look, data_uri
from surveys.merging import NOBODY, Person
from surveys.paging import Asked, Visit
from surveys.question import questions
from surveys.wording import Document

Theme = Literal["light", "dark"]

_SANDBOX = "frame-ancestors 'self'; base-uri 'none'; sandbox allow-forms allow-same-origin"
MAIL_POLICY = f"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; form-action 'none'; {_SANDBOX}"
"""Mails carry their styles inline; nothing in them may run, load or lead anywhere."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page and the Content-Security-Policy it is served with."""

    html: str
    policy: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody who does not exist, to see a text filled in."""

    name: str
    agent: str
    team: str


PEOPLE: Final[Mapping[str, Sample]] = MappingProxyType(
    {
        "maja": Sample("Maja Novak", "Tom", "North"),
        "layla": Sample("ليلى الحداد", "سامي", "الشمال"),
        "konstantinos": Sample("Κωνσταντίνος Παπαδόπουλος", "Ελένη", "Βορράς"),
        "long": Sample(
            "Maximiliane-Theodora von Hohenstein-Wittgenstein", "Bartholomäus-Alexander", "Rückerstattungen"
        ),
    }
)
"""Sample people by key; any other key is nobody known."""


def person(key: str | None, document: Document) -> Person:
    """A sample person, with every property that the survey's conditions ask for as they ask for it."""
    sample = PEOPLE.get(key or "")
    if sample is None:
        return NOBODY
    known: dict[str, dict[str, str]] = {"contact": {}, "interaction": {}}
    for question in questions(document):
        for one in question.show.conditions if question.show else ():
            if one.about in known:
                known[one.about].setdefault(one.name, one.values[0])
    return Person(
        contact={"name": sample.name, "email": "sample@customer.example", **known["contact"]},
        interaction={"agent": sample.agent, "team": sample.team, "channel": "chat", **known["interaction"]},
    )


def answer(
    environment: Environment, asked: Asked, *, locale: str, theme: Theme, visit: Visit, carried: Mapping[str, str]
) -> Shown:
    """The answer page. `carried` is what its buttons send along besides the draft."""
    page = paging.render_answer_page(environment, asked, locale=locale, visit=visit)
    fields: Iterator[tuple[str, str]] = iter(
        [("document", written(asked.document)), ("theme", theme), *carried.items()]
    )
    hidden = Markup().join(Markup('<input type="hidden" name="{}" value="{}">').format(*field) for field in fields)
    return _page(page.replace("</form>", f"{hidden}</form>", 1), theme)


def still(environment: Environment, asked: Asked, *, locale: str, theme: Theme, visit: Visit) -> Shown:
    """The answer page for a frame in which nothing is pressed."""
    return _page(paging.render_answer_page(environment, asked, locale=locale, visit=visit), theme)


def thanks(environment: Environment, asked: Asked, *, locale: str, theme: Theme, person: Person = NOBODY) -> Shown:
    """The page after sending."""
    words = paging.page_context(locale, document=asked.document, company=asked.company, person=person, look=asked.look)
    return _page(environment.get_template("feedback/thanks.html").render(words, change_url="#"), theme)


def mail(html: str, head: str, *, theme: Theme, look: Look = PLAIN) -> Shown:
    """A mail's HTML, its logo in it, under what a mail program writes above it."""
    if look.logo:
        html = html.replace(f"cid:{look.logo.cid}", data_uri(look.logo.mail))
    dressed = in_theme(html, theme)
    return Shown(re.sub(r"<body[^>]*>", lambda found: f"{found[0]}{head}", dressed, count=1), MAIL_POLICY)


def in_theme(html: str, theme: Theme) -> str:
    """The page as on a device that wishes for `theme`, whatever this one wishes for."""
    media = "@media all" if theme == "dark" else "@media not all"
    html = re.sub(r"@media \(prefers-color-scheme: ?dark\)", media, html)
    return re.sub(r'(color-scheme: ?|name="color-scheme" content=")light dark', rf"\g<1>{theme}", html)


def _page(html: str, theme: Theme) -> Shown:
    html = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL).replace('" autofocus>', '">')
    html = in_theme(html, theme)
    styles = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    allowed = " ".join(f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in styles)
    return Shown(html, f"default-src 'none'; style-src {allowed}; img-src 'self' data:; form-action 'self'; {_SANDBOX}")


def written(document: Document) -> str:
    """The draft as the builder sends it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
