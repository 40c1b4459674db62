"""What staff may correct about a person: what they are called and which language they read."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import Length

from surveys.contact import Contact
from surveys.forms.editing import clean
from surveys.paging import language_name
from surveys.wording import LANGUAGE_NAMES

NAME_LIMIT = 200


def one_line(text: str | None) -> str:
    """The text without control characters and line breaks."""
    return " ".join(clean(text).split())


class ContactForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    name = StringField(
        _("Name"),
        [Length(max=NAME_LIMIT, message=_("At most %(max)d characters, please.", max=NAME_LIMIT))],
        filters=[one_line],
        render_kw={"maxlength": NAME_LIMIT, "autocomplete": "off"},
    )
    locale = SelectField(_("Language"))

    @classmethod
    def of(cls, contact: Contact) -> ContactForm:
        """The form about a person; a language that no survey is built in stays among the choices."""
        form = cls(data={"name": contact.name or "", "locale": contact.locale or ""})
        tags = dict(LANGUAGE_NAMES)
        if contact.locale:
            tags.setdefault(contact.locale, language_name(contact.locale))
        form.locale.choices = [("", gettext("Not known")), *tags.items()]
        return form
