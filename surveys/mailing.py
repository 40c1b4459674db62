"""What the invitation mail says, as values: its templates are `templates/email/invitation.*`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys.scale import SCALES
from surveys.wording import Document, Texts, built_in, direction, effective, merge

# A contact's name is a stranger's text inside our mail: one with a link or of a paragraph's length greets nobody.
_NO_NAME = re.compile(r"[\x00-\x1f\x7f<>{}]|://|www\.|@|\w\.\w{2,}/", re.IGNORECASE)
_NAME_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute addresses of one invitation. `url` opens the question; `url/7` opens it with 7 chosen."""

    url: str
    decoy_url: str
    unsubscribe_url: str


def invitation_context(
    document: Document, locale: str, *, company: str, name: str | None, links: Links
) -> Mapping[str, Any]:
    """Everything the three invitation templates need, in a locale of the survey."""
    called = plain_name(name)
    texts = invitation_texts(document, locale, company=company, name=called)
    return {
        "texts": texts,
        "locale": locale,
        "dir": direction(locale),
        "scale": SCALES[document["metric"]],
        "company": company,
        "greeting": texts["mail_greeting_named" if called else "mail_greeting"],
        "url": links.url,
        "decoy_url": links.decoy_url,
        "unsubscribe_url": links.unsubscribe_url,
    }


def invitation_texts(document: Document, locale: str, *, company: str, name: str) -> Texts:
    """The survey's words with company and name in place; a text that needs a name we lack falls back to ours."""
    values = {"company": company} | ({"name": name} if name else {})
    ready = built_in(locale, document["metric"])
    texts = {
        key: merge(ready.get(key, text) if "{name}" in text and not name else text, values)
        for key, text in effective(document, locale).items()
    }
    return texts | {"mail_subject": " ".join(texts["mail_subject"].split())}


def plain_name(name: str | None) -> str:
    """The name if it reads like a person's name, else an empty string."""
    name = (name or "").strip()
    return "" if len(name) > _NAME_LIMIT or _NO_NAME.search(name) else name
