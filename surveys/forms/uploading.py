"""Forms of the CSV import: the file, its encoding when nobody can tell, the columns."""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField

from accounts.forms import offered
from surveys.mapping import FIELDS, IGNORE, PROPERTY
from surveys.survey import Survey
from surveys.upload import Upload

FIELD_NAMES = {
    "email": _("Email address"),
    "external_id": _("Ticket or order number"),
    "name": _("Customer's name"),
    "locale": _("Language"),
    "zone": _("Time zone"),
    "agent": _("Agent"),
    "team": _("Team"),
    "channel": _("Channel"),
    "occurred_at": _("When it happened"),
}
assert set(FIELD_NAMES) == set(FIELDS), "every field has a name on screen"

PROBLEMS = {
    "missing": _("is empty, and must not be"),
    "email": _("is not an email address"),
    "foreign": _("has letters before the @ that many mail servers refuse; only a–z, digits and signs get through"),
    "several": _("holds more than one address; give each a row of its own"),
    "locale": _("names no language that we know; write it like sl or Slovenian"),
    "zone": _("names no time zone that we know; write it like Europe/Ljubljana"),
    "moment": _("is no date that we can read; write it like 2026-11-22 08:15"),
    "future": _("lies in the future"),
    "too_long": _("is too long"),
    "nul": _("contains a character that no text may have"),
    "columns": _("the row has more cells than the table has columns"),
    "quotes": _("a quotation mark is opened and never closed"),
    "undecodable": _("contains letters of another encoding"),
}


class UploadForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    file = FileField(
        _("CSV file"), [FileRequired(_("Choose a file."))], render_kw={"accept": ".csv,.tsv,.txt,text/csv"}
    )
    survey = SelectField(
        _("Survey to ask with"),
        description=_("Before anything is sent you see who will be asked, who will not, and why."),
    )

    def offer(self, surveys: list[Survey]) -> None:
        """Fill the choice with these surveys, and none of them."""
        named = ((str(one.id), one.name) for one in surveys)
        self.survey.choices = offered([*named, ("", _("Nobody yet, only keep them"))])

    @property
    def first_choice(self) -> str:
        """What is chosen when nothing was asked for: the first survey, else only keeping."""
        assert isinstance(self.survey.choices, list)
        return str(self.survey.choices[0].value)


class AskForm(UploadForm):
    """What the people of a table are asked, once it is here."""

    file = None
    survey = SelectField(_("Survey"), description=_("The numbers are counted anew for another one."))

    @classmethod
    def of(cls, upload: Upload, surveys: list[Survey]) -> AskForm:
        """The form of a table, its survey chosen; one that was closed meanwhile stays among the choices."""
        form = cls(data={"survey": str(upload.survey_id or "")})
        form.offer([one for one in surveys if one.id == upload.survey_id or one.is_open])
        return form

    @property
    def survey_id(self) -> uuid.UUID | None:
        return uuid.UUID(self.survey.data) if self.survey.data else None


class EncodingForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    encoding = RadioField(_("Which line reads right?"))


def column_choices() -> list[tuple[str, object]]:
    """What a column can be, for its select."""
    return [*FIELD_NAMES.items(), (PROPERTY, _("Property (kept beside the answer)")), (IGNORE, _("leave out"))]
