"""What the invitation mail says, as values: its templates are `templates/email/invitation.*`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys.branding import PLAIN, Look
from surveys.merging import NOBODY, Person, merge, plain_name
from surveys.picturing import CHIPS
from surveys.presenting import score_label
from surveys.question import several
from surveys.scale import SCALES
from surveys.wording import Document, Texts, direction, effective, ready


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute addresses of one invitation. `url` opens the question; `url/7` opens it with 7 chosen."""

    url: str
    decoy_url: str
    unsubscribe_url: str


def invitation_context(
    document: Document,
    locale: str,
    *,
    company: str,
    name: str | None,
    links: Links,
    person: Person = NOBODY,
    look: Look = PLAIN,
) -> Mapping[str, Any]:
    """Everything the three invitation templates need, in a locale of the survey."""
    called = plain_name(name)
    texts = invitation_texts(document, locale, company=company, name=called, person=person)
    return {
        "texts": texts,
        "locale": locale,
        "dir": direction(locale),
        "scale": SCALES[document["metric"]],
        "signs": signs(document["metric"], texts),
        "several": several(document),
        "anonymous": bool(document.get("anonymous")),
        "company": company,
        "shades": look.palette,
        "logo": look.logo,
        "chips": CHIPS,
        "last_word": "",
        "greeting": texts["mail_greeting_named" if called else "mail_greeting"],
        "url": links.url,
        "decoy_url": links.decoy_url,
        "unsubscribe_url": links.unsubscribe_url,
    }


def reminder_context(values: Mapping[str, Any], *, subject: str | None, last: bool) -> Mapping[str, Any]:
    """The same values for a reminder: with the subject of the mail that it follows, which keeps both together in mail
    programs, and with words of its own. The `last` one says that it is.
    """
    texts = values["texts"]
    own = {"mail_intro": texts["reminder_intro"], "mail_subject": f"Re: {subject or texts['mail_subject']}"}
    return {**values, "texts": {**texts, **own}, "last_word": texts["reminder_last"] if last else ""}


@dataclass(frozen=True, slots=True)
class Sign:
    """A value of the scale as a mail shows it: what stands on the button, and what it means in words."""

    value: int
    sign: str
    meaning: str


_FACES = ("😠", "🙁", "😐", "🙂", "😄")


def signs(metric: str, texts: Texts) -> tuple[Sign, ...]:
    """Every value of a metric's scale in the look of that scale; text only, since mail programs hide pictures."""
    scale = SCALES[metric]
    found = []
    for value in scale.values:
        meaning = score_label(value, metric, texts)
        shown = {
            "stars": f"{value} ★",
            "smileys": _FACES[min(value - scale.low, 4)],
            "thumbs": f"{'👍' if value else '👎'} {meaning}",
            "words": meaning,
        }.get(scale.look, str(value))
        found.append(Sign(value, shown, meaning))
    return tuple(found)


def invitation_texts(document: Document, locale: str, *, company: str, name: str, person: Person = NOBODY) -> Texts:
    """The survey's words with company, name and merge fields in place; a text that needs a name we lack falls back
    to ours.
    """
    values = {"company": company} | ({"name": name} if name else {})
    usual = ready(document, locale)
    texts = {
        key: merge(usual.get(key, text) if "{name}" in text and not name else text, values, person)
        for key, text in effective(document, locale).items()
    }
    return texts | {"mail_subject": " ".join(texts["mail_subject"].split())}
