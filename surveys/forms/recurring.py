"""The form of asking regularly: how often, whom, and how many on one day."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, NumberRange, Optional

from surveys.forms import conditions
from surveys.recurrence import MONTHS, Rhythm


class _Whole(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError:
            raise ValueError(gettext("Write a whole number, or nothing.")) from None


class RhythmForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    months = RadioField(_("How often"), [InputRequired(_("Choose how often."))], choices=[], coerce=int)
    match = RadioField(
        _("Which of them must hold"),
        choices=[SelectChoice("all", _("All of these")), SelectChoice("any", _("Any of these"))],
    )
    conditions = conditions.condition_rows()
    most = _Whole(
        _("At most so many people a day"),
        [Optional(), NumberRange(1, 1_000_000, _("A number from 1 to 1,000,000, or nothing."))],
        description=_("Without a number everybody has their turn in time, evenly on all workdays."),
        render_kw={"min": 1, "inputmode": "numeric"},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.months.choices = [
            SelectChoice(months, ngettext("Every %(num)d month", "Every %(num)d months", months)) for months in MONTHS
        ]

    @classmethod
    def of(cls, rhythm: Rhythm) -> RhythmForm:
        """The form as it was decided."""
        return cls(
            data={
                "months": rhythm.months,
                "match": rhythm.conditions.get("match", "all"),
                "conditions": conditions.filled(rhythm.conditions),
                "most": rhythm.most,
            }
        )

    def rhythm(self) -> Rhythm:
        """What was decided; the form is valid."""
        return Rhythm(
            months=self.months.data,
            conditions=conditions.document_of(self.conditions, self.match.data),
            most=self.most.data,
        )
