"""What comes with the button that publishes, and with the one that sends a test."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired

from accounts.forms import offered
from accounts.language import LANGUAGE_NAMES


class RevisionForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """The draft that the person looked at."""

    revision = IntegerField(validators=[InputRequired()])


class TestForm(FlaskForm):  # type: ignore[misc] # same
    """The language of a test mail."""

    __test__ = False  # pytest collects classes by this prefix

    locale = SelectField(choices=offered(LANGUAGE_NAMES.items()))
