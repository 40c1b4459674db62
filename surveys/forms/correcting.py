"""What staff may correct about a person: what they are called, where they read mail, and what else is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import Length

from accounts.forms import offered
from accounts.language import LANGUAGE_NAMES
from base.clock import zones
from surveys.contact import Contact
from surveys.forms.editing import clean
from surveys.normalising import UnfitError, email_address
from surveys.paging import language_name

NAME_LIMIT = 200
PROPERTY_NAME, PROPERTY_VALUE, PROPERTIES = 60, 1000, 50


def one_line(text: str | None) -> str:
    """The text without control characters and line breaks."""
    return " ".join(clean(text).split())


@dataclass(frozen=True)
class Property:
    """One line of what else is known, as it was typed; `error` says what is wrong with it."""

    name: str
    value: str
    number: bool
    error: str = ""


class ContactForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    name = StringField(
        _("Name"),
        [Length(max=NAME_LIMIT, message=_("At most %(max)d characters, please.", max=NAME_LIMIT))],
        filters=[one_line],
        render_kw={"maxlength": NAME_LIMIT, "autocomplete": "off"},
    )
    email = StringField(
        _("Email address"),
        filters=[one_line],
        render_kw={"maxlength": 254, "autocomplete": "off", "inputmode": "email", "required": True},
    )
    locale = SelectField(_("Language"))
    zone = SelectField(_("Time zone"))

    properties: list[Property]
    known_email: str

    @classmethod
    def of(cls, contact: Contact) -> ContactForm:
        """The form about a person; a language that no survey is built in stays among the choices."""
        known = {name: getattr(contact, name) or "" for name in ("name", "locale", "zone", "email")}
        form = cls(data=known)
        tags = dict(LANGUAGE_NAMES)
        if contact.locale:
            tags.setdefault(contact.locale, language_name(contact.locale))
        form.locale.choices = offered([("", gettext("Not known")), *tags.items()])
        names = zones() if not contact.zone or contact.zone in zones() else (contact.zone, *zones())
        form.zone.choices = offered([("", gettext("Not known")), *((zone, zone.replace("_", " ")) for zone in names)])
        form.properties = [_shown(name, value) for name, value in contact.properties.items()]
        form.known_email, form.email.flags.required = contact.email, True
        return form

    def take_properties(self, names: Sequence[str], values: Sequence[str], kinds: Sequence[str]) -> bool:
        """Read the lines as they were sent; whether all of them can be kept. A line without a name is taken away."""
        lines = zip(names, values, kinds, strict=False)
        self.properties = [_judged(one_line(name), one_line(value), kind == "number") for name, value, kind in lines]
        self.properties = [line for line in self.properties if line.name or line.value]
        seen: set[str] = set()
        for place, line in enumerate(self.properties):
            if line.name in seen:
                self.properties[place] = Property(
                    line.name, line.value, line.number, gettext("This name stands above already.")
                )
            seen.add(line.name)
        return not any(line.error for line in self.properties) and len(self.properties) <= PROPERTIES

    @property
    def known_properties(self) -> dict[str, Any]:
        """The lines as values."""
        return {line.name: _number(line.value) if line.number else line.value for line in self.properties}

    def validate_email(self, field: StringField) -> None:
        """An address that mail can be sent to; kept as mail is sent to it. The one that is known may stay."""
        field.data = field.data or self.known_email
        if field.data == self.known_email:
            return
        try:
            field.data = email_address(field.data or "")
        except UnfitError:
            raise ValueError(gettext("Write a full address, such as ana@example.com.")) from None


def _shown(name: str, value: Any) -> Property:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Property(name, "" if value is None else str(value), number)


def _judged(name: str, value: str, number: bool) -> Property:  # noqa: FBT001 - a line has three parts
    error = ""
    if not name and value:
        error = gettext("Give it a name, or empty both fields.")
    elif len(name) > PROPERTY_NAME or len(value) > PROPERTY_VALUE:
        error = gettext(
            "At most %(name)d characters for the name and %(value)d for what it says.",
            name=PROPERTY_NAME,
            value=PROPERTY_VALUE,
        )
    elif number and _number(value) is None:
        error = gettext("This is not a number. Write it like 12 or 12.5, or choose Text.")
    return Property(name, value, number, error)


def _number(text: str) -> int | float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 and "." not in text and "," not in text else value
