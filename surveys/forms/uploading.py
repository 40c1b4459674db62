"""Forms of the CSV import: the file, its encoding when nobody can tell, the columns."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField

from surveys.mapping import FIELDS, IGNORE, PROPERTY
from surveys.survey import Survey

FIELD_NAMES = {
    "email": _("E-mail address"),
    "external_id": _("Ticket or order number"),
    "name": _("Customer's name"),
    "locale": _("Language"),
    "agent": _("Agent"),
    "team": _("Team"),
    "channel": _("Channel"),
    "occurred_at": _("When it happened"),
}
assert set(FIELD_NAMES) == set(FIELDS), "every field has a name on screen"

PROBLEMS = {
    "missing": _("is empty, and must not be"),
    "email": _("is not an e-mail address"),
    "locale": _("names no language that we know; write it like sl or Slovenian"),
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
        _("Ask these people"),
        description=_(
            "Everybody in the file gets one mail for each interaction; nobody is asked twice about the same."
        ),
    )

    def offer(self, surveys: list[Survey]) -> None:
        """Fill the choice with what can be asked: published and open."""
        open_ones = [(str(s.id), s.name) for s in surveys if s.published_number is not None and s.closed_at is None]
        self.survey.choices = [*open_ones, ("", _("nothing yet; only keep the interactions"))]

    @property
    def first_choice(self) -> str:
        """What is chosen when nothing was asked for: the first survey, else only keeping."""
        assert isinstance(self.survey.choices, list)
        return str(self.survey.choices[0][0])


class EncodingForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    encoding = RadioField(_("Which line reads right?"))


def column_choices() -> list[tuple[str, object]]:
    """What a column can be, for its select."""
    return [*FIELD_NAMES.items(), (PROPERTY, _("Property (kept beside the answer)")), (IGNORE, _("leave out"))]
