"""What is added to a respondent's page that is shown inside another site's page, or on a device for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from flask import current_app
from markupsafe import Markup

from surveys import paging, wording
from surveys.complaining import date_wrong
from surveys.door import Door
from surveys.filling import EARLIEST, LATEST, name_of
from surveys.link import Link
from surveys.paging import constant, source_of
from surveys.question import OTHER, SCORE, Document, questions
from surveys.scale import SCALES
from surveys.wording import Texts

STYLES: Final = {"embed": constant("css/embedded.css"), "kiosk": constant("css/kiosk.css")}
SCRIPTS: Final = {"embed": constant("js/embedded.js"), "kiosk": constant("js/kiosk.js")}
WORKER: Final = "/o/kiosk.js"
"""Keeps the page of a kiosk, so that it opens without a connection."""


def policy(way: Link | Door | None) -> str:
    """The Content-Security-Policy of a page: of another site's page only where the link names that site."""
    usual = paging.policy(way.asked.look) if way else paging.CONTENT_SECURITY_POLICY
    if not isinstance(way, Door) or not way.mode:
        return usual
    found = usual.replace("script-src ", f"script-src {source_of(SCRIPTS[way.mode])} ")
    found = found.replace("style-src ", f"style-src {source_of(STYLES[way.mode])} ")
    if way.mode == "kiosk":
        return f"{found}; connect-src 'self'; worker-src 'self'"
    return found.replace(
        "frame-ancestors 'none'", f"frame-ancestors {' '.join(way.sites) or chr(39) + 'none' + chr(39)}"
    )


def tail(way: Link | Door, locale: str, *, begun: bool = False) -> Markup:
    """The end of the page. `begun`: somebody is in the middle of answering."""
    if not isinstance(way, Door) or not way.mode:
        return Markup()
    texts = wording.named(wording.effective(way.asked.document, locale), way.asked.company)
    values: dict[str, Any] = {"texts": texts, "slug": way.slug, "company": way.asked.company, "begun": begun}
    values |= {"style": STYLES[way.mode], "script": SCRIPTS[way.mode], "worker": WORKER}
    values |= {"sites": json.dumps(way.sites), "start": f"{way.path}?kiosk=1"}
    if way.mode == "kiosk":
        values["rules"] = json.dumps(list(_rules(way.asked.document, texts, locale)))
    template = current_app.jinja_env.get_template(f"answer/_{way.mode}.html")
    return Markup(template.render(values))  # noqa: S704 - our own template, which escapes


def _rules(document: Document, texts: Texts, locale: str) -> Iterator[dict[str, Any]]:
    """What the device must check by itself, because it may have nobody to ask: which fields must be filled, and when.

    The words are those of `complaining`, which looks at everything again.
    """
    for question in questions(document):
        name = name_of(question)
        if question.id == SCORE:
            yield {"names": [name], "say": wording.score_missing(texts, SCALES[document["metric"]])}
        elif question.required and question.kind == "matrix":
            yield {"names": [f"{name}-{row}" for row in question.rows], "say": texts["rows_missing"]}
        elif question.required:
            yield {"names": [name], "say": texts["answer_missing"]}
        if question.kind == "date":
            yield {"names": [name], "days": [EARLIEST, LATEST], "say": date_wrong(texts, locale)}
        if question.other:
            yield {"names": [f"{name}-other"], "if": [name, OTHER], "say": texts["other_missing"]}
        if question.kind == "contact":
            yield {"names": [f"{name}-address"], "if": [name, "yes"], "say": texts["contact_missing"]}
