"""How a workspace follows its detractors up, as one form."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange

from accounts.user import User
from base.clock import zones
from feedback.case_rule import CaseRule, Ruling
from feedback.forms.ordering import CheckboxesField
from surveys.survey import Survey
from surveys.timing import Window

MOST_REASONS, LONGEST_REASON, MOST_TEAMS = 20, 80, 200
DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


def _line(value: str | None) -> str:
    return " ".join((value or "").replace("\0", "").split())


def _hours(first: int, last: int) -> list[SelectChoice]:
    return [SelectChoice(hour, f"{hour:02d}:00") for hour in range(first, last + 1)]


class _Whole(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Write a whole number.")) from None


class LeadForm(Form):
    """A team and who leads it."""

    team = StringField(_("Team"), [Length(max=120)], filters=[_line], render_kw={"maxlength": 120})
    user = SelectField(_("Led by"), default="")


class RulingForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """The whole page."""

    surveys = CheckboxesField(_("Surveys whose detractors open a case"))
    owner_by = RadioField(
        _("Who gets a new case"),
        choices=[
            SelectChoice("lead", _("The lead of the agent’s team")),
            SelectChoice("turns", _("These people, in turn")),
            SelectChoice("person", _("Always the same person")),
            SelectChoice("nobody", _("Nobody yet: whoever takes it")),
        ],
        default="nobody",
    )
    leads = FieldList(FormField(LeadForm), max_entries=MOST_TEAMS)
    turns = CheckboxesField(_("These people"))
    person = SelectField(_("This person"), default="")
    hours = _Whole(
        _("Due within"),
        [InputRequired(_("Say how many hours.")), NumberRange(1, 400, _("A number from 1 to 400."))],
        render_kw={"min": 1, "max": 400, "inputmode": "numeric"},
    )
    weekdays = CheckboxesField(
        _("Business days"), choices=[SelectChoice(str(n), name) for n, name in enumerate(DAYS, 1)]
    )
    start_hour = SelectField(_("From"), choices=_hours(0, 23), coerce=int)
    end_hour = SelectField(_("Until"), choices=_hours(1, 24), coerce=int)
    zone = StringField(_("Time zone"), [InputRequired(_("Choose a time zone."))], filters=[_line])
    reasons = TextAreaField(
        _("How a case can end"),
        [InputRequired(_("Write at least one."))],
        description=_("One a line. They are offered when a case is closed, and counted on the results page."),
        render_kw={"rows": 6},
    )
    follow = SelectField(_("Ask again with"), default="")
    follow_days = _Whole(
        _("Days after it was resolved"),
        [InputRequired(_("Write 0 to ask at once.")), NumberRange(0, 90, _("A number from 0 to 90."))],
        render_kw={"min": 0, "max": 90, "inputmode": "numeric"},
    )

    @classmethod
    def over(
        cls,
        able: Sequence[Survey],
        people: Sequence[User],
        teams: Sequence[str] = (),
        *,
        mixed: Collection[uuid.UUID] = (),
        **data: Any,
    ) -> RulingForm:
        """The form with what one may choose; `teams` get a line each, besides those that have a lead; `mixed` are the
        surveys that also ask others.
        """
        leads: Mapping[str, uuid.UUID] = data.pop("leads", {})
        named = [*leads, *(team for team in teams if team not in leads), ""]
        lines = [{"team": team, "user": str(leads.get(team, ""))} for team in named[:MOST_TEAMS]]
        form = cls(data=data | {"leads": lines})
        names = [SelectChoice(str(one.id), one.name) for one in people]
        form.surveys.choices = [SelectChoice(str(one.id), one.name) for one in able]
        again = [SelectChoice(str(one.id), one.name, {"data-mixes": ""} if one.id in mixed else {}) for one in able]
        form.follow.choices = [SelectChoice("", gettext("Nothing: nobody is asked again")), *again]
        form.turns.choices = names
        form.person.choices = [SelectChoice("", gettext("Nobody")), *names]
        for line in form.leads:
            line.form.user.choices = [SelectChoice("", gettext("Nobody")), *names]
        return form

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in (self.start_hour, self.end_hour, self.person, self.follow):
            field.flags.required = True  # one is always chosen

    def validate_weekdays(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(gettext("Choose at least one day."))

    def validate_end_hour(self, field: Any) -> None:
        if self.start_hour.data is not None and field.data is not None and field.data <= self.start_hour.data:
            raise ValidationError(gettext("The end of the day comes after its beginning."))

    def validate_turns(self, field: Any) -> None:
        if self.owner_by.data == "turns" and not field.data:
            raise ValidationError(gettext("Choose who takes turns."))

    def validate_person(self, field: Any) -> None:
        if self.owner_by.data == "person" and not field.data:
            raise ValidationError(gettext("Choose who gets them."))

    def validate_zone(self, field: Any) -> None:
        wanted = field.data.replace(" ", "_").lower()
        found = [zone for zone in zones() if wanted in (zone.lower(), zone.lower().rpartition("/")[2])]
        if not found:
            raise ValidationError(gettext("This is no time zone we know. Choose one from the list."))
        field.data = found[0]

    def validate_reasons(self, _field: Any) -> None:
        names = self.names
        if not names or len(names) > MOST_REASONS or any(len(name) > LONGEST_REASON for name in names):
            raise ValidationError(gettext("Write 1 to 20 of them, each with at most 80 characters."))

    @property
    def names(self) -> list[str]:
        """The reasons, each once."""
        lines = (_line(line) for line in (self.reasons.data or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def ruling(self) -> Ruling:
        """What was decided, of a valid form."""
        lines = [line.form for line in self.leads]
        return Ruling(
            owner_by=self.owner_by.data,
            person_id=_ident(self.person.data),
            hours=self.hours.data or 1,
            window=Window(
                self.zone.data or "UTC",
                "".join(sorted(self.weekdays.data or ())),
                self.start_hour.data,
                self.end_hour.data,
            ),
            follow_survey_id=_ident(self.follow.data),
            follow_days=self.follow_days.data or 0,
            surveys=frozenset(uuid.UUID(one) for one in self.surveys.data or ()),
            leads={one.team.data: uuid.UUID(one.user.data) for one in lines if one.team.data and one.user.data},
            turns=frozenset(uuid.UUID(one) for one in self.turns.data or ()),
            reasons=self.names,
        )


def _ident(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None


def data_of(rule: CaseRule) -> dict[str, Any]:
    """What the form shows of a rule."""
    return {
        "owner_by": rule.owner_by,
        "person": str(rule.person_id or ""),
        "hours": rule.hours,
        "weekdays": list(rule.weekdays),
        "start_hour": rule.start_hour,
        "end_hour": rule.end_hour,
        "zone": rule.zone,
        "follow": str(rule.follow_survey_id or ""),
        "follow_days": rule.follow_days,
    }
