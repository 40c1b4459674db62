"""The editor's form: a survey's name, its languages, and every word of it in each language."""

from __future__ import annotations

import json
import re
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    Field,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from surveys.comparing import Flat, flat, read_flat, written
from surveys.forms.labels import LABELS
from surveys.wording import EDITABLE, LANGUAGE_NAMES, Document

LOCALES = ("en", "sl", "pl", "el", "ru")
CHOICES = [(tag, LANGUAGE_NAMES[tag]) for tag in LOCALES]

WORDS_SIZE = 500_000
"""Bytes of a form with every word in every language, twice; a letter beyond ASCII takes up to nine."""

NAME_LIMIT = 120
TEXT_LIMIT = 2000
LIMITS = {
    "question": 300,
    "comment_label": 200,
    "thanks_title": 120,
    "mail_subject": 150,
    "mail_preheader": 200,
    **dict.fromkeys(("low_label", "high_label"), 80),
    **dict.fromkeys(("send", "sending", "mail_open", "mail_unsubscribe", "comment_optional", "choose_language"), 60),
}
"""Characters a text may have, where it is not TEXT_LIMIT."""

LONG = frozenset(
    {"question", "thanks_body", "mail_intro", "mail_why", "answered_before", "not_saved", "comment_too_long"}
    | {key for key in EDITABLE["messages"] if key.endswith("_body")}
)
"""Texts that may have line breaks or several sentences."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str | None) -> str:
    """Without control characters and outer space; line ends as one newline. Databases refuse NUL."""
    return _CONTROL.sub("", (text or "").replace("\r\n", "\n").replace("\r", "\n")).strip()


def _most(limit: int) -> Length:
    return Length(max=limit, message=_("At most %(max)d characters, please.", max=limit))


def _text_field(key: str) -> Field:
    limit = LIMITS.get(key, TEXT_LIMIT)
    kind = TextAreaField if key in LONG else StringField
    return kind(LABELS[key], [_most(limit)], filters=[clean], render_kw={"maxlength": limit})


class TextsForm(Form):
    """Every editable word in one language; an emptied one goes back to the built-in words."""


for _group in EDITABLE.values():
    for _key in _group:
        setattr(TextsForm, _key, _text_field(_key))


class EditorForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """One draft. `revision` and `base` say what the person started from, so that two people's edits can meet."""

    name = StringField(
        _("Name"),
        [InputRequired(_("Give the survey a name that your colleagues will recognise.")), _most(NAME_LIMIT)],
        description=_("Only your colleagues see it."),
        filters=[clean],
        render_kw={"maxlength": NAME_LIMIT},
    )
    default_locale = SelectField(
        _("Main language"),
        choices=CHOICES,
        description=_("For everybody whose language is off."),
    )
    locales = SelectMultipleField(
        _("Languages"),
        choices=CHOICES,
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )
    revision = IntegerField(validators=[InputRequired()])
    base = HiddenField()
    editing = HiddenField()
    """The language whose fields were open, so that saving comes back to it."""
    en = FormField(TextsForm)
    sl = FormField(TextsForm)
    pl = FormField(TextsForm)
    el = FormField(TextsForm)
    ru = FormField(TextsForm)

    def validate_locales(self, field: Any) -> None:
        if self.default_locale.data not in (field.data or ()):
            raise ValidationError(_("The main language must be one of the languages that are on."))

    @classmethod
    def of(cls, values: Flat, *, base: Flat, revision: int) -> EditorForm:
        """The form filled with `values`, by a person who started from `base`; what a request sent does not count."""
        data: dict[str, Any] = {locale: {} for locale in LOCALES}
        for place, value in values.items():
            if place[0] == "texts" and place[1] in data:
                data[place[1]][place[2]] = value
        settings = {place[0]: value for place, value in values.items() if place[0] != "texts"}
        settings |= {"revision": revision, "base": json.dumps(written(base), ensure_ascii=False)}
        return cls(formdata=None, data=data | settings)

    def texts(self, locale: str) -> Any:
        """The fields of one language."""
        return self[locale]

    def document(self, old: Document) -> dict[str, Any]:
        """What was typed, as a survey document; languages that this form does not know keep their texts."""
        chosen = [locale for locale in LOCALES if locale in (self.locales.data or ())]
        main = self.default_locale.data if self.default_locale.data in LOCALES else old["default_locale"]
        texts = {tag: words for tag, words in old.get("texts", {}).items() if tag not in LOCALES}
        for locale in LOCALES:
            texts[locale] = {key: text for key, text in self[locale].data.items() if text}
        locales = [main] + [locale for locale in chosen if locale != main]
        locales += [tag for tag in old["locales"] if tag not in LOCALES]
        return {**old, "default_locale": main, "locales": locales, "texts": texts}

    def values(self, old: Document) -> Flat:
        """The same, flat, with the name."""
        return flat(self.document(old), self.name.data)

    def started_from(self) -> Flat:
        """What the person saw when the form was opened; empty when the form does not say."""
        try:
            return read_flat(json.loads(self.base.data or "[]"))
        except ValueError:
            return {}

    def problems(self) -> list[tuple[str, str, str]]:
        """Every refused field: its id, its label (with the language of a text), what is wrong."""
        named = [(field, str(field.label.text)) for field in (self.name, self.default_locale, self.locales)]
        for locale in LOCALES:
            named += [(field, f"{field.label.text} ({LANGUAGE_NAMES[locale]})") for field in self[locale].form]
        return [(field.id, label, " ".join(map(str, field.errors))) for field, label in named if field.errors]
