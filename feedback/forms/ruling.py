"""The forms of an alert: what it speaks of and to whom, and the channels that it speaks in."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange

from accounts.forms import offered
from accounts.user import User
from base.errors import InvalidError
from base.mail import mailbox
from feedback.alert import Alert, Rule
from feedback.alerting import FEWEST, LEAST, Conditions
from feedback.forms.naming import voices
from feedback.forms.ordering import CheckboxesField, as_uuid, languages, stripped
from feedback.patterning import MOST_WORDS, problem_with, typed_words
from feedback.posting import KINDS, NAMES
from feedback.recipient import Addressee, Recipient
from feedback.wording import VOICES
from surveys.survey import Survey

MOST_MAILS = 50
MOST_CHARACTERS = 2000
"""Of these words together, whatever stands between them."""

BELOW = [("", _("Any")), ("-0.5", _("Very negative (below −0.5)")), ("-0.2", _("Negative (below −0.2)"))]
BELOW += [("0", _("Rather negative (below 0)"))]
BANDS = [("", _("Any")), ("detractor", _("Detractor")), ("passive", _("Passive")), ("promoter", _("Promoter"))]
PAUSES = [(15, _("15 minutes")), (60, _("1 hour")), (240, _("4 hours")), (1440, _("1 day"))]
PERIODS = [(7, _("7 days")), (14, _("14 days")), (28, _("28 days"))]


def _text(label: Any, most: int, description: Any = "") -> StringField:
    return StringField(label, [Length(max=most)], filters=[stripped], description=description)


class RuleForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """The whole rule but its channels."""

    name = StringField(
        _("Name"),
        [InputRequired(_("Give the alert a name; it stands in the subject.")), Length(max=120)],
        filters=[stripped],
        render_kw={"maxlength": 120},
    )
    kind = RadioField(
        _("Speak when"),
        [InputRequired()],
        choices=offered([("response", _("An answer matches")), ("drop", _("A score drops"))]),
        default="response",
    )
    which = RadioField(
        _("Surveys"), choices=offered([("all", _("All surveys")), ("chosen", _("Only these"))]), default="all"
    )
    surveys = CheckboxesField(_("Which surveys"), coerce=as_uuid)
    band = SelectField(
        _("Score"),
        choices=offered(BANDS),
    )
    below = SelectField(
        _("Comment"), choices=offered(BELOW), description=_("As it was read, from −1 (worst) to 1 (best).")
    )
    words = StringField(
        _("Words in the comment"),
        description=_(
            "Any of them is enough. Separate with commas; capitals and accents make no difference. “refund” finds only "
            "the whole word, “refund*” every word that begins so, “late delivery” both words in this order."
        ),
        filters=[stripped],
    )
    agent = _text(_("Agent"), 120)
    team = _text(_("Team"), 120)
    channel = _text(_("Channel"), 60)
    language = SelectField(_("Language"), default="")
    property_name = _text(_("Property"), 60, _("Such as plan or country."))
    property_value = _text(_("Value of the property"), 200)
    days = SelectField(_("Compare the last"), choices=offered(PERIODS), coerce=int, default=7)
    least = IntegerField(
        _("With at least so many answers"),
        [NumberRange(FEWEST, 10000, _("Choose a number from %(min)s to %(max)s."))],
        default=LEAST,
        description=_("In both periods. With fewer it says nothing, because chance is too large."),
    )
    cool_down = SelectField(
        _("At most one message in"),
        choices=offered(PAUSES),
        coerce=int,
        default=60,
        description=_("What comes meanwhile is told together when the time is over. Nothing is lost."),
    )
    people = CheckboxesField(_("People of this workspace"))
    others = TextAreaField(
        _("Other addresses"), description=_("One a line. They need no account to get the mail."), render_kw={"rows": 3}
    )
    locale = SelectField(
        _("Language of the messages"),
        choices=voices,
        description=_("Whoever gets a digest is written to in its language."),
    )

    @classmethod
    def over(
        cls,
        surveys: Sequence[Survey],
        people: Sequence[tuple[User, str]],
        alert: Alert | None = None,
        locale: str = "",
        told: str = "",
        spoken: Sequence[str | None] = (),
    ) -> RuleForm:
        """The form for what one may choose, filled with a rule that is there, or for `told` to be told."""
        fresh = {"locale": locale if locale in VOICES else "en", "people": [told]}
        form = cls(data=data_of(alert, people) if alert else fresh)
        form.offer(surveys, people, [*spoken, alert.language if alert else None])
        return form

    def offer(
        self, surveys: Sequence[Survey], people: Sequence[tuple[User, str]], spoken: Sequence[str | None]
    ) -> None:
        """What one may choose."""
        self.language.choices = offered(languages(spoken))
        self.surveys.choices = offered((survey.id, survey.name) for survey in surveys)
        self.people.choices = offered((user.email, f"{user.name} ({user.email})") for user, _role in people)

    def validate_surveys(self, field: Any) -> None:
        if self.which.data == "chosen" and not field.data:
            raise ValidationError(gettext("Choose at least one survey."))

    def validate_words(self, field: Any) -> None:
        words = typed_words(field.data or "")
        if len(words) > MOST_WORDS:
            raise ValidationError(gettext("At most %(most)s words or phrases, please.", most=MOST_WORDS))
        if sum(map(len, words)) > MOST_CHARACTERS:
            raise ValidationError(gettext("At most %(most)s letters in all words, please.", most=MOST_CHARACTERS))
        if self.kind.data == "response" and (problem := next(filter(None, map(problem_with, words)), None)):
            raise ValidationError(problem)

    def validate_property_value(self, field: Any) -> None:
        if self.kind.data == "response" and bool(field.data) != bool(self.property_name.data):
            raise ValidationError(gettext("A property needs both its name and its value."))

    def validate_agent(self, field: Any) -> None:
        narrowed = [one for one in (field, self.team, self.channel, self.language) if one.data]
        if self.kind.data == "drop" and len(narrowed) > 1:
            raise ValidationError(gettext("A score can be watched for one agent, team, channel or language at a time."))

    def validate_others(self, field: Any) -> None:
        lines = _lines(field.data)
        if len(lines) + len(self.people.data or ()) > MOST_MAILS:
            raise ValidationError(gettext("At most %(most)s people, please.", most=MOST_MAILS))
        for line in lines:
            try:
                mailbox("", line)
            except InvalidError as error:
                raise ValidationError(gettext("“%(line)s” is not an email address.", line=line)) from error

    def rule(self, names: dict[str, str]) -> Rule:
        """What was wanted, of a valid form. `names` are those of colleagues by address."""
        answers = self.kind.data == "response"
        mails = [one.lower() for one in (*(self.people.data or ()), *_lines(self.others.data))]
        conditions = Conditions(
            band=(self.band.data or None) if answers else None,
            below=float(self.below.data) if answers and self.below.data else None,
            words=typed_words(self.words.data or "") if answers else (),
            agent=self.agent.data or None,
            team=self.team.data or None,
            channel=self.channel.data or None,
            language=self.language.data or None,
            property_name=(self.property_name.data or None) if answers else None,
            property_value=(self.property_value.data or None) if answers else None,
        )
        return Rule(
            name=self.name.data or "",
            kind=self.kind.data,
            conditions=conditions,
            surveys=tuple(self.surveys.data or ()) if self.which.data == "chosen" else None,
            days=self.days.data,
            least=self.least.data or LEAST,
            cool_down=self.cool_down.data,
            locale=self.locale.data,
            mails=tuple(Addressee(email, names.get(email, "")) for email in dict.fromkeys(mails)),
        )


class ChannelForm(FlaskForm):  # type: ignore[misc] # same
    """A channel to speak in."""

    channel_kind = SelectField(_("Where"), choices=offered((kind, NAMES[kind]) for kind in KINDS))
    title = StringField(
        _("Name of the channel"),
        [InputRequired(_("Say what it is called, such as #support.")), Length(max=120)],
        filters=[stripped],
    )
    address = StringField(
        _("Secret address"),
        [InputRequired(_("Paste the address that the service gave you.")), Length(max=2000)],
        description=_("The incoming webhook of the channel. It is not shown again afterwards."),
        filters=[stripped],
        render_kw={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"},
    )

    def validate_address(self, field: Any) -> None:
        try:
            parts = urlsplit(field.data)
            host, _port = parts.hostname or "", parts.port
        except ValueError:
            parts, host = urlsplit(""), ""
        private = current_app.config["FETCH_PRIVATE"]
        if parts.scheme not in ({"https", "http"} if private else {"https"}) or not host or parts.username:
            raise ValidationError(gettext("This is no address of a channel; it begins with https://."))
        if not private and _inside(host):
            raise ValidationError(
                gettext("This address leads into a private network, which the operator has not allowed.")
            )


def _inside(host: str) -> bool:
    """Whether a host says already that it is a private one; names are looked up when a message goes there."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").replace(",", "\n").splitlines() if line.strip()]


def data_of(alert: Alert, people: Sequence[tuple[User, str]]) -> dict[str, Any]:
    """What the form shows of a rule."""
    known = {user.email for user, _role in people}
    mails = [one.address for one in Recipient.of_alert(alert.id) if one.kind == "mail"]
    same = ("name", "kind", "agent", "team", "channel", "property_name", "property_value")
    return {name: getattr(alert, name) for name in (*same, "days", "least", "cool_down", "locale")} | {
        "which": "all" if alert.all_surveys else "chosen",
        "surveys": alert.chosen,
        "band": alert.band or "",
        "language": alert.language or "",
        "below": "" if alert.below is None else f"{alert.below:g}",
        "words": ", ".join(word.replace(";", " ") for word in alert.conditions.words),  # older ones may have it inside
        "people": [email for email in mails if email in known],
        "others": "\n".join(email for email in mails if email not in known),
    }
