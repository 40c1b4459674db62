"""The form of a scheduled export: which answers, as what, how often, and where to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectField, StringField, TimeField, ValidationError
from wtforms.validators import InputRequired, Length

from accounts.forms import offered
from accounts.user import User
from accounts.workspace import Workspace
from feedback.export_schedule import MOST_READERS, ExportSchedule, Standing, may_read
from feedback.forms.naming import voices
from feedback.forms.ordering import CadenceForm, CheckboxesField, as_uuid, stripped
from surveys.survey import Survey


class ScheduleForm(CadenceForm):
    """The whole standing order. Its clock is the workspace's."""

    title = StringField(
        _("Name"),
        [InputRequired(_("Give it a name; its files are called after it.")), Length(max=80)],
        description=_("Such as “Weekly for the board”. In a folder its files keep the name that it had first."),
        filters=[stripped],
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    survey = SelectField(
        _("Survey"), description=_("Answers to further questions are columns only when it is one survey.")
    )
    everything = BooleanField(_("Take all of its answers, not only those above"))
    stretch = RadioField(
        _("Which days"),
        [InputRequired()],
        choices=offered(
            [
                ("since", _("All days since the file before")),
                ("last", _("The day, week or month before it")),
                ("all", _("All answers so far")),
            ]
        ),
        default="since",
    )
    kind = RadioField(
        _("Format"),
        [InputRequired()],
        choices=offered(
            [
                *(("xlsx", _("Excel")), ("csv", _("CSV")), ("csv-excel", _("CSV for Excel"))),
                *(("jsonl", _("JSON Lines")), ("parquet", _("Parquet"))),
            ]
        ),
        default="xlsx",
    )
    people = BooleanField(
        _("With names and addresses"), description=_("That you asked for them is kept. Anonymous answers have none.")
    )
    time = TimeField(_("At"), [InputRequired(_("Choose an hour."))], default=time(6, 0))
    way = RadioField(
        _("Where to"),
        [InputRequired()],
        choices=offered([("mail", _("By mail")), ("folder", _("Into a folder"))]),
        default="mail",
    )
    readers = CheckboxesField(_("Who gets the mail"), coerce=as_uuid)
    locale = SelectField(_("Language of the mail"), [InputRequired()], choices=voices, default="en")

    @classmethod
    def over(
        cls,
        surveys: Sequence[Survey],
        people: Sequence[tuple[User, str]],
        schedule: ExportSchedule | None = None,
        **defaults: Any,
    ) -> ScheduleForm:
        """The form with the surveys and people one may choose, filled with what a schedule says or with `defaults`."""
        form = cls(data=_data_of(schedule, surveys) if schedule else defaults)
        form.survey.choices = offered([("", gettext("All surveys")), *((one.slug, one.name) for one in surveys)])
        form._roles = {user.id: role for user, role in people}
        able = [user for user, role in people if user.disabled_at is None and may_read(role, people=False)]
        form.readers.choices = offered((user.id, f"{user.name} ({user.email})") for user in able)
        return form

    _roles: Mapping[uuid.UUID, str]

    def validate_readers(self, field: Any) -> None:
        if self.way.data != "mail":
            return
        if not field.data:
            raise ValidationError(gettext("Choose at least one person, or let the files go into a folder."))
        if not set(field.data) <= self._roles.keys():
            raise ValidationError(gettext("Choose people of this workspace."))
        if len(field.data) > MOST_READERS:
            raise ValidationError(gettext("At most %(most)s people, please.", most=MOST_READERS))
        if not all(may_read(self._roles.get(ident), people=bool(self.people.data)) for ident in field.data):
            raise ValidationError(gettext("One of them may not see names and addresses. Leave them or the names out."))

    def standing(
        self, workspace: Workspace, surveys: Sequence[Survey], wanted: dict[str, Any], *, may_name: bool
    ) -> Standing:
        """What was ordered, of a valid form. `wanted` narrows it; `may_name`: its author may see people."""
        survey = next((one for one in surveys if one.slug == self.survey.data), None)
        return Standing(
            title=self.title.data or "",
            kind=self.kind.data,
            survey_id=survey.id if survey else None,
            wanted={"flagged": False} if self.everything.data else wanted,
            people=bool(self.people.data) and may_name,
            stretch=self.stretch.data,
            way=self.way.data,
            cadence=self.cadence_in(workspace.zone),
            locale=self.locale.data,
            readers=tuple(self.readers.data or ()) if self.way.data == "mail" else (),
        )


def _data_of(schedule: ExportSchedule, surveys: Sequence[Survey]) -> dict[str, Any]:
    names = ("title", "stretch", "kind", "people", "way", "locale", "cadence")
    return {name: getattr(schedule, name) for name in names} | {
        "survey": next((one.slug for one in surveys if one.id == schedule.survey_id), ""),
        "readers": schedule.reader_ids,
        "weekday": schedule.weekday or 0,
        "day": schedule.day or 1,
        "time": time(schedule.hour, schedule.minute),
    }
