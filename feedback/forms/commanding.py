"""A rule as a program sends it: the form of the page, filled without a browser. Both accept the same, and say the same
of what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from accounts.user import User
from base.errors import InvalidError
from feedback.alert import Alert, Rule
from feedback.forms.ruling import ChannelForm, RuleForm, data_of
from feedback.wording import VOICES
from surveys.paging import language_name
from surveys.survey import Survey

OF_ANSWERS = ("band", "below", "words", "property_name", "property_value")
"""What only alerts of answers look at."""
TOLD = {"which": "surveys", "people": "mails", "others": "mails", "channel_kind": "kind", "title": "name"}
"""Fields of the form that a program knows by another name."""


def rule_of(
    wish: Mapping[str, Any],
    surveys: Sequence[Survey],
    people: Sequence[tuple[User, str]],
    *,
    alert: Alert | None = None,
    locale: str = "",
) -> Rule:
    """The rule that `alert` becomes, or a new one, with what is wished and the rest as it is. `surveys` can be watched.

    InvalidError, naming the fields, for what the page would not take either.
    """
    usual = {"kind": "response", "locale": locale if locale in VOICES else "en"}
    known = data_of(alert, people) if alert else _unfilled() | usual
    filled = known | {name: value for name, value in wish.items() if name not in ("surveys", "mails", "words")}
    if "words" in wish:
        filled["words"] = "\n".join(wish["words"] or ())
    if "surveys" in wish:
        filled |= _watched(wish["surveys"], surveys)
    if "mails" in wish:
        filled |= _told(wish["mails"] or (), people)
    form = RuleForm(MultiDict(_typed(filled)), meta={"csrf": False})
    form.offer(surveys, people, _spoken(wish.get("language"), alert))
    wrong = {} if form.validate() else {TOLD.get(name, name): str(words[0]) for name, words in form.errors.items()}
    if filled["kind"] == "drop":
        said = (name for name in OF_ANSWERS if wish.get(name) not in (None, []))  # a polarity below 0 is said, too
        wrong |= dict.fromkeys(said, "Only an alert of answers looks at this.")
    if wrong:
        raise InvalidError(f"Not accepted: {', '.join(wrong)}.", wrong)
    return form.rule({user.email: user.name for user, _role in people})


def checked_channel(kind: str, name: str, address: str) -> tuple[str, str]:
    """The address and the name of a channel as the page would take them, else InvalidError that names the field."""
    form = ChannelForm(MultiDict({"channel_kind": kind, "title": name, "address": address}), meta={"csrf": False})
    if not form.validate():
        wrong = {TOLD.get(field, field): str(words[0]) for field, words in form.errors.items()}
        raise InvalidError(f"Not accepted: {', '.join(wrong)}.", wrong)
    return form.address.data or "", form.title.data or ""


def _spoken(wanted: str | None, alert: Alert | None) -> list[str | None]:
    """A program may name any language that there is, and leave the one that the alert has."""
    return [wanted if wanted and language_name(wanted) != wanted else None, alert.language if alert else None]


def _unfilled() -> dict[str, Any]:
    return {field.name: field.data for field in RuleForm(formdata=None, meta={"csrf": False})}


def _watched(wanted: Sequence[str] | None, surveys: Sequence[Survey]) -> dict[str, Any]:
    """The same as the form has it; None are all."""
    if wanted is None:
        return {"which": "all", "surveys": []}
    known = {name: one.id for one in surveys for name in (str(one.id), one.slug)}
    missing = {
        f"surveys[{place}]": "There is no such survey, or it was never published."
        for place, name in enumerate(wanted)
        if name not in known
    }
    if missing:
        raise InvalidError(f"Not accepted: {', '.join(missing)}.", missing)
    return {"which": "chosen", "surveys": [known[name] for name in wanted]}


def _told(mails: Sequence[str], people: Sequence[tuple[User, str]]) -> dict[str, Any]:
    """Colleagues have a box, others a line."""
    colleagues = {user.email for user, _role in people}
    return {
        "people": [one.lower() for one in mails if one.lower() in colleagues],
        "others": "\n".join(one for one in mails if one.lower() not in colleagues),
    }


def _typed(filled: Mapping[str, Any]) -> dict[str, Any]:
    """As a browser would send it."""
    boxes = {name: [str(one) for one in filled[name] or ()] for name in ("surveys", "people")}
    lines = {name: "" if value is None else str(value) for name, value in filled.items()}
    below = filled["below"]
    return lines | boxes | {"below": f"{below:g}" if isinstance(below, float) else lines["below"]}
