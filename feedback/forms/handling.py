"""What staff send from the page of a case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, HiddenField, RadioField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, InputRequired, Length

from accounts.user import User
from base.db import new_id
from feedback.case_reason import CaseReason

LONGEST = 10_000


def _words(value: str | None) -> str:
    return (value or "").replace("\0", "").replace("\r\n", "\n").strip()


class _Once(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """A form that does the same however often it is sent: its key is made with the page."""

    key = HiddenField(default=lambda: str(new_id()))

    @property
    def ident(self) -> uuid.UUID:
        """The key; one that is none is a new one."""
        try:
            return uuid.UUID(self.key.data or "")
        except ValueError:
            return new_id()


class NoteForm(_Once):
    note = TextAreaField(
        _("A note for colleagues"),
        [DataRequired(_("Write something first.")), Length(max=LONGEST)],
        filters=[_words],
        render_kw={"rows": 3, "maxlength": LONGEST},
    )


class WriteForm(_Once):
    words = TextAreaField(
        _("Your words"),
        [DataRequired(_("Write something first.")), Length(max=LONGEST)],
        filters=[_words],
        render_kw={"rows": 6, "maxlength": LONGEST},
    )


class OwnerForm(FlaskForm):  # type: ignore[misc]
    owner = SelectField(_("Whose it is"), default="")

    @classmethod
    def over(cls, people: Sequence[User], chosen: uuid.UUID | None = None) -> OwnerForm:
        form = cls(data={"owner": str(chosen or "")})
        form.owner.flags.required = True  # one is always chosen
        form.owner.choices = [
            SelectChoice("", gettext("Nobody's")),
            *(SelectChoice(str(one.id), one.name) for one in people),
        ]
        return form

    @property
    def chosen(self) -> uuid.UUID | None:
        return uuid.UUID(self.owner.data) if self.owner.data else None


class DueForm(FlaskForm):  # type: ignore[misc]
    due = DateTimeLocalField(
        _("Due"), [InputRequired(_("Say until when."))], format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    )

    @classmethod
    def at(cls, due_at: datetime, zone: str) -> DueForm:
        return cls(data={"due": due_at.astimezone(ZoneInfo(zone))})

    def validate_due(self, field: Any) -> None:
        if field.data is not None and not 2000 < field.data.year < 2200:
            raise ValidationError(gettext("Choose a day that will come."))

    def moment(self, zone: str) -> datetime:
        """What was chosen, on the clock of the zone."""
        assert self.due.data is not None
        return self.due.data.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class CloseForm(FlaskForm):  # type: ignore[misc]
    reason = RadioField(_("How did it end?"), [InputRequired(_("Choose how it ended."))])

    @classmethod
    def over(cls, reasons: Sequence[CaseReason]) -> CloseForm:
        form = cls()
        form.reason.choices = [SelectChoice(str(one.id), one.name) for one in reasons]
        return form
