"""The forms around a survey that is kept: a template's name, and a file from elsewhere."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from surveys.forms.editing import NAME_LIMIT, clean

DESCRIPTION_LIMIT = 200


class TemplateForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    name = StringField(
        _("Name"),
        [
            DataRequired(_("Give the template a name that your colleagues will recognise.")),
            Length(max=NAME_LIMIT, message=_("At most %(max)d characters, please.", max=NAME_LIMIT)),
        ],
        filters=[clean],
        render_kw={"maxlength": NAME_LIMIT},
    )
    description = StringField(
        _("What it is for"),
        [Length(max=DESCRIPTION_LIMIT, message=_("At most %(max)d characters, please.", max=DESCRIPTION_LIMIT))],
        description=_("One line, shown in the library."),
        filters=[clean],
        render_kw={"maxlength": DESCRIPTION_LIMIT},
    )


class ImportForm(FlaskForm):  # type: ignore[misc] # same
    file = FileField(
        _("Survey file"),
        [FileRequired(_("Choose a file."))],
        description=_("A JSON file that an Afterword exported, at most 2 MB."),
        render_kw={"accept": ".json,application/json"},
    )
