"""The form of a survey's terms: how long after an interaction it asks, when, whom, and how often the same person."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from surveys.forms import conditions
from surveys.rule import LATEST_REMINDER, QUARANTINES, Terms
from surveys.timing import EVERY_DAY

UNITS: Final = {"minutes": 1, "hours": 60, "days": 1440}
LONGEST_DELAY: Final = 90 * 1440
DAYS: Final = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


class CheckboxesField(SelectMultipleField):
    """Any number of a few values, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class _Whole(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Write a whole number.")) from None


def _hours(first: int, last: int) -> list[SelectChoice]:
    return [SelectChoice(hour, f"{hour:02d}:00") for hour in range(first, last + 1)]


def quarantine_choices() -> list[SelectChoice]:
    """How long somebody may be left alone, in words."""
    told = [SelectChoice(0, gettext("As often as something happens"))]
    for days in QUARANTINES:
        words = ngettext("Not again within %(num)d day", "Not again within %(num)d days", days)
        told.append(SelectChoice(days, words))
    return told


def _reminder_days(label: Any) -> _Whole:
    return _Whole(
        label,
        [Optional(), NumberRange(1, LATEST_REMINDER, _("A number from 1 to 30, or nothing."))],
        render_kw={"min": 1, "max": LATEST_REMINDER, "inputmode": "numeric"},
    )


class TermsForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    delay = _Whole(
        _("How long after the interaction"),
        [InputRequired(_("Write 0 to ask at once.")), NumberRange(0, 10_000, _("A number from 0 to 10,000."))],
        render_kw={"min": 0, "inputmode": "numeric"},
    )
    unit = SelectField(
        _("Unit of time"),
        choices=[
            SelectChoice("minutes", _("minutes")),
            SelectChoice("hours", _("hours")),
            SelectChoice("days", _("days")),
        ],
    )
    weekdays = CheckboxesField(
        _("On these days"), choices=[SelectChoice(str(number), name) for number, name in enumerate(DAYS, 1)]
    )
    start_hour = SelectField(_("From"), choices=_hours(0, 23), coerce=int)
    end_hour = SelectField(_("Until"), choices=_hours(1, 24), coerce=int)
    sample = _Whole(
        _("Share of interactions"),
        [InputRequired(_("Write 100 to ask about each.")), NumberRange(1, 100, _("A number from 1 to 100."))],
        description=_("Which ones is drawn by lot, and stays the same when a table is taken in twice."),
        render_kw={"min": 1, "max": 100, "inputmode": "numeric"},
    )
    match = RadioField(
        _("Which of them must hold"),
        choices=[SelectChoice("all", _("All of these")), SelectChoice("any", _("Any of these"))],
    )
    conditions = conditions.condition_rows()
    quarantine_days = SelectField(_("The same person"), choices=[], coerce=int)
    when_quarantined = RadioField(
        _("If something happens to them meanwhile"),
        choices=[
            SelectChoice("drop", _("Do not ask about it")),
            SelectChoice("defer", _("Ask when the time is over")),
        ],
    )
    first_reminder_days = _reminder_days(_("Remind after"))
    second_reminder_days = _reminder_days(_("And again after"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.quarantine_days.choices = quarantine_choices()
        for field in (self.start_hour, self.end_hour, self.quarantine_days):
            field.flags.required = True  # one is always chosen

    @classmethod
    def of(cls, terms: Terms) -> TermsForm:
        """The form as the terms stand."""
        minutes = terms.delay_minutes
        unit = next(name for name in ("days", "hours", "minutes") if minutes % UNITS[name] == 0)
        unit = unit if minutes else "hours"
        return cls(
            data={
                "delay": minutes // UNITS[unit],
                "unit": unit,
                "weekdays": list(terms.weekdays),
                "start_hour": terms.start_hour,
                "end_hour": terms.end_hour,
                "sample": terms.sample,
                "match": terms.conditions.get("match", "all"),
                "conditions": conditions.filled(terms.conditions),
                "quarantine_days": terms.quarantine_days,
                "when_quarantined": terms.when_quarantined,
                "first_reminder_days": terms.first_reminder_days or None,
                "second_reminder_days": terms.second_reminder_days or None,
            }
        )

    def validate_unit(self, field: Any) -> None:
        if (self.delay.data or 0) * UNITS.get(field.data, 1) > LONGEST_DELAY:
            raise ValidationError(gettext("At most 90 days after it happened."))

    def validate_weekdays(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(gettext("Choose at least one day."))

    def validate_end_hour(self, field: Any) -> None:
        if (field.data or 0) <= (self.start_hour.data or 0):
            raise ValidationError(gettext("This is not after the hour it begins at."))

    def validate_second_reminder_days(self, field: Any) -> None:
        if field.data and not (self.first_reminder_days.data or self.first_reminder_days.errors):
            raise ValidationError(gettext("Write after how many days the first reminder goes, too."))
        if field.data and field.data <= (self.first_reminder_days.data or 0):
            raise ValidationError(gettext("Both count from the first mail, so this must be more than the other."))

    def terms(self) -> Terms:
        """What was decided; the form is valid."""
        return Terms(
            delay_minutes=(self.delay.data or 0) * UNITS[self.unit.data],
            weekdays="".join(day for day in EVERY_DAY if day in (self.weekdays.data or [])),
            start_hour=self.start_hour.data,
            end_hour=self.end_hour.data,
            sample=self.sample.data or 100,
            conditions=conditions.document_of(self.conditions, self.match.data),
            quarantine_days=self.quarantine_days.data,
            when_quarantined="defer" if self.when_quarantined.data == "defer" else "drop",
            first_reminder_days=self.first_reminder_days.data or 0,
            second_reminder_days=self.second_reminder_days.data or 0,
        )
