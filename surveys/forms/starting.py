"""The form of a new survey: what to measure, in which languages, under which name."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from surveys.forms.editing import NAME_LIMIT, clean
from surveys.scale import SCALES
from surveys.wording import LANGUAGE_NAMES, LOCALES

NAMES = {
    "nps": _("Loyalty (NPS)"),
    "csat": _("Satisfaction (CSAT)"),
    "csat3": _("Satisfaction in three words (CSAT)"),
    "ces": _("Effort (CES)"),
    "ces5": _("Effort in five steps (CES)"),
    "stars": _("Stars"),
    "smileys": _("Smileys"),
    "thumbs": _("Thumbs up or down"),
}
METRICS = [(metric, NAMES[metric]) for metric in SCALES]


class NewSurveyForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    metric = RadioField(_("What do you want to know?"), [InputRequired(_("Choose one question."))], choices=METRICS)
    name = StringField(
        _("Name"),
        [
            InputRequired(_("Give the survey a name that your colleagues will recognise.")),
            Length(max=NAME_LIMIT, message=_("At most %(max)d characters, please.", max=NAME_LIMIT)),
        ],
        description=_("Only your colleagues see it, for example “Support, after a solved ticket”."),
        filters=[clean],
        render_kw={"maxlength": NAME_LIMIT},
    )
    default_locale = RadioField(_("Main language"), [InputRequired()], choices=list(LANGUAGE_NAMES.items()))
    locales = SelectMultipleField(
        _("Ask in"),
        choices=list(LANGUAGE_NAMES.items()),
        description=_("Ready-made words are included. Each person is asked in their own language where it is on."),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )

    def document(self) -> dict[str, Any]:
        """The first draft: the ready-made words of the metric."""
        main = self.default_locale.data
        locales = [main] + [tag for tag in LOCALES if tag in (self.locales.data or ()) and tag != main]
        return {"metric": self.metric.data, "default_locale": main, "locales": locales, "texts": {}}
