"""What comes with the buttons that bring an older version back, and with the form that makes a copy."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from accounts.forms import offered
from surveys.forms.editing import NAME_LIMIT, clean
from surveys.forms.library import NAMES
from surveys.scale import SCALES


class RestoreForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """The draft that the person looked at, and whether they were told that its edits would be put aside."""

    revision = IntegerField(validators=[InputRequired()])
    sure = BooleanField()


class CopyForm(FlaskForm):  # type: ignore[misc] # same
    name = StringField(
        _("Name of the copy"),
        [
            InputRequired(_("Give the survey a name that your colleagues will recognise.")),
            Length(max=NAME_LIMIT, message=_("At most %(max)d characters, please.", max=NAME_LIMIT)),
        ],
        filters=[clean],
        render_kw={"maxlength": NAME_LIMIT},
    )
    metric = RadioField(
        _("What it measures"), [InputRequired()], choices=offered((metric, NAMES[metric]) for metric in SCALES)
    )
