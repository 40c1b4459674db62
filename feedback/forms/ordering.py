"""The form of a digest: who gets it, about which surveys, how often, and at what hour of their own day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import time
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField, StringField, TimeField, ValidationError
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.forms import offered
from accounts.language import LANGUAGE_NAMES
from base.clock import zones
from base.errors import InvalidError
from base.mail import mailbox
from feedback.digest import Digest
from feedback.digesting import Cadence
from feedback.forms.naming import language_name, voices
from feedback.order import MOST, Order, Scope
from feedback.tally import FACETS
from surveys.survey import Survey

WEEKDAYS = [
    *((0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday"))),
    *((4, _("Friday")), (5, _("Saturday")), (6, _("Sunday"))),
]


def stripped(value: str | None) -> str:
    """What was typed, without blanks around it."""
    return (value or "").strip()


def as_uuid(value: object) -> uuid.UUID:
    """The id that a box stands for."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


def languages(known: Iterable[str | None] = ()) -> list[tuple[str, Any]]:
    """What an order may be narrowed to: any, the languages that customers are asked in, and those `known` besides."""
    named = {tag: language_name(tag) or tag for tag in (*LANGUAGE_NAMES, *known) if tag and tag != "und"}
    return [("", _("Any")), *sorted(named.items(), key=lambda one: one[1].lower())]


class DayField(IntegerField):
    """A day of the month; left empty it is none, which matters to monthly digests only."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if any(valuelist):
            super().process_formdata(valuelist)
        else:
            self.data = None


class CheckboxesField(SelectMultipleField):
    """Several of a few, as boxes."""

    widget = ListWidget()
    option_widget = CheckboxInput()


class CadenceForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """How often, and at what hour."""

    cadence = RadioField(
        _("How often"),
        [InputRequired()],
        choices=offered([("daily", _("Daily")), ("weekly", _("Weekly")), ("monthly", _("Monthly"))]),
        default="daily",
    )
    weekday = SelectField(_("On"), choices=offered(WEEKDAYS), coerce=int, default=0)
    day = DayField(
        _("On day"),
        default=1,
        description=_("In shorter months it comes on the last day."),
        render_kw={"min": 1, "max": 31, "inputmode": "numeric"},
    )
    time = TimeField(_("At"), [InputRequired(_("Choose an hour."))], default=time(8, 0))

    def validate_day(self, field: Any) -> None:
        if self.cadence.data == "monthly" and field.data not in range(1, 32):
            raise ValidationError(gettext("Choose a day from 1 to 31."))

    def cadence_in(self, zone: str) -> Cadence:
        """What was chosen, of a valid form, by the clock of a zone."""
        kind, at = self.cadence.data, self.time.data or time(8, 0)
        weekday = self.weekday.data if kind == "weekly" else None
        day = self.day.data if kind == "monthly" else None
        return Cadence(kind, at.hour, at.minute, weekday, day, zone)


class RhythmForm(CadenceForm):
    """The same in a zone that is chosen, too: what the next three dates depend on."""

    zone = StringField(
        _("Time zone"),
        [InputRequired(_("Choose a time zone."))],
        description=_("Of the person who reads it. Type a city, such as Ljubljana or New York."),
        filters=[stripped],
    )

    def validate_zone(self, field: Any) -> None:
        """A place of the list, however it is capitalised; the part after the last slash suffices."""
        wanted = field.data.replace(" ", "_").lower()
        found = [zone for zone in zones() if wanted in (zone.lower(), zone.lower().rpartition("/")[2])]
        if not found:
            raise ValidationError(gettext("This is no time zone we know. Choose one from the list."))
        field.data = found[0]

    def rhythm(self) -> Cadence:
        """What was chosen, of a valid form."""
        return self.cadence_in(self.zone.data or "UTC")


class ScopeForm(RhythmForm):
    """Which part of the answers, and of whom in it the mail tells."""

    agent = StringField(_("Agent"), [Optional(), Length(max=120)], filters=[stripped])
    team = StringField(_("Team"), [Optional(), Length(max=120)], filters=[stripped])
    channel = StringField(_("Channel"), [Optional(), Length(max=60)], filters=[stripped])
    language = SelectField(_("Language of the customer"), default="")
    threshold = RadioField(
        _("Tell of"),
        choices=offered(
            [
                ("detractors", _("Detractors")),
                ("passives", _("Detractors and passives")),
                ("negative", _("Negative comments, whatever the score")),
            ]
        ),
        default="detractors",
    )
    most = SelectField(
        _("At most"),
        choices=offered((number, _("%(num)s of them in the mail", num=number)) for number in (5, 10, 25, 50)),
        coerce=int,
        default=MOST,
        description=_("The worst come first; the rest is counted and linked."),
    )

    def scope(self) -> Scope:
        """What was chosen, of a valid form."""
        chosen = {name: getattr(self, name).data or None for name in FACETS}
        return Scope(**chosen, threshold=self.threshold.data)


class OrderForm(ScopeForm):
    """The whole standing order."""

    title = StringField(
        _("Name of the digest"),
        [Length(max=80)],
        description=_("Only needed when the same person gets several, such as one for each team."),
        filters=[stripped],
        render_kw={"autocomplete": "off", "maxlength": 80},
    )

    email = StringField(
        _("Email address"),
        [InputRequired(_("Say who gets it.")), Length(max=320)],
        description=_("Anybody. Without an account, links in the mail open a page that shows what the mail tells."),
        filters=[stripped],
        render_kw={"type": "email", "autocomplete": "off", "maxlength": 320},
    )
    name = StringField(
        _("Name"),
        [Length(max=120)],
        description=_("For the greeting. A colleague's name is filled in from the team."),
        filters=[stripped],
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    locale = SelectField(_("Language of the mail"), [InputRequired()], choices=voices, default="en")
    which = RadioField(
        _("Surveys"),
        choices=offered([("all", _("All, and those to come")), ("chosen", _("Only these"))]),
        default="all",
    )
    surveys = CheckboxesField(_("These surveys"), coerce=as_uuid)
    when_empty = RadioField(
        _("When there is nobody to tell of"),
        choices=offered(
            [
                ("short", _("Send a short mail with the scores")),
                ("skip", _("Send nothing, unless a case is overdue")),
            ]
        ),
        default="short",
    )

    @classmethod
    def over(
        cls, surveys: Sequence[Survey], digest: Digest | None = None, spoken: Sequence[str] = (), **defaults: Any
    ) -> OrderForm:
        """The form with the surveys and languages one may choose, filled with a digest's order or with `defaults`."""
        form = cls(data=_data_of(digest) if digest else defaults)
        form.language.choices = offered(languages([*spoken, digest.language if digest else None]))
        form.surveys.choices = offered((survey.id, survey.name) for survey in surveys)
        return form

    def validate_email(self, field: Any) -> None:
        try:
            mailbox("", field.data)
        except InvalidError as error:
            raise ValidationError(gettext("This is not an email address.")) from error

    def validate_surveys(self, field: Any) -> None:
        if self.which.data == "chosen" and not field.data:
            raise ValidationError(gettext("Choose at least one survey."))

    def order(self, colleagues: dict[str, str]) -> Order:
        """What was ordered, of a valid form. `colleagues` are names by address."""
        email = (self.email.data or "").lower()
        return Order(
            recipient_email=email,
            recipient_name=self.name.data or colleagues.get(email, ""),
            locale=self.locale.data,
            cadence=self.rhythm(),
            when_empty=self.when_empty.data,
            surveys=tuple(self.surveys.data or ()) if self.which.data == "chosen" else None,
            title=self.title.data or "",
            scope=self.scope(),
            most=self.most.data,
        )


def _data_of(digest: Digest) -> dict[str, Any]:
    return {
        "email": digest.recipient_email,
        "name": digest.recipient_name,
        "locale": digest.locale,
        "which": "all" if digest.all_surveys else "chosen",
        "surveys": digest.chosen,
        "when_empty": digest.when_empty,
        **{name: getattr(digest, name) for name in ("title", "agent", "team", "channel", "threshold", "most")},
        "language": digest.language or "",
        "cadence": digest.cadence,
        "weekday": digest.weekday or 0,
        "day": digest.day or 1,
        "time": time(digest.hour, digest.minute),
        "zone": digest.zone,
    }
