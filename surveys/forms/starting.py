"""The form of a new survey: its name, its languages, and what may be chosen of a ready-made one."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.forms import offered
from surveys.forms import languages
from surveys.forms.editing import NAME_LIMIT, clean
from surveys.making import Origin
from surveys.validating import MOST_LOCALES


class NewSurveyForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    name = StringField(
        _("Name"),
        [
            DataRequired(_("Give the survey a name that your colleagues will recognise.")),
            Length(max=NAME_LIMIT, message=_("At most %(max)d characters, please.", max=NAME_LIMIT)),
        ],
        description=_("Only your colleagues see it, for example “Support, after a solved ticket”."),
        filters=[clean],
        render_kw={"maxlength": NAME_LIMIT},
    )
    default_locale = SelectField(
        _("Main language"),
        [InputRequired(_("Choose the main language."))],
        description=_("For everybody whose language is off."),
    )
    locales = SelectMultipleField(
        _("Ask in"),
        description=_("Ready-made words are included. Each person is asked in their own language where it is on."),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )
    expectation = BooleanField(
        _("Also ask what people expect"),
        description=_(
            "The same statements about an excellent company come first. Twice as long; results then show the gap "
            "between what people expect and what they get."
        ),
    )

    mains: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()

    def offer(self, origin: Origin) -> None:
        """Fill the choices with what this origin can be asked in."""
        self.mains, self.offered = origin.mains, origin.languages
        self.default_locale.choices = offered(languages.choices(origin.mains))
        self.locales.choices = offered(languages.choices(origin.languages))
        if "expectation" not in origin.options:
            del self.expectation

    @property
    def chosen(self) -> tuple[str, ...]:
        """The options that are on."""
        return ("expectation",) if "expectation" in self and self.expectation.data else ()

    @property
    def tongues(self) -> tuple[str, ...]:
        """The languages that are on, the main one first, the others in the order of the list."""
        main = self.default_locale.data if self.default_locale.data in self.mains else self.mains[0]
        return (main, *(tag for tag in self.offered if tag in (self.locales.data or ()) and tag != main))

    def validate_locales(self, _field: Any) -> None:
        if len(self.tongues) > MOST_LOCALES:
            raise ValidationError(_("At most %(most)s languages are possible. Take some out.", most=MOST_LOCALES))
