"""Shapes and limits of what people type on the pages of accounts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext, lazy_gettext, lazy_ngettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, RadioField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length

from accounts.apikey import Once
from accounts.guessing import LONGEST, SHORTEST, easily_guessed
from accounts.language import LANGUAGE_NAMES
from base import tokens
from base.clock import zones
from base.errors import InvalidError, NotFoundError
from base.i18n import LOCALES
from base.mail import mailbox

LANGUAGES = tuple(LANGUAGE_NAMES)


def offered(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """What a field lets choose from: values, each with its label."""
    return [SelectChoice(value, label) for value, label in pairs]


def _languages(codes: tuple[str, ...]) -> list[SelectChoice]:
    return offered((code, LANGUAGE_NAMES[code]) for code in codes)


def _zones(empty: Any = None) -> list[SelectChoice]:
    named = offered((zone, zone.replace("_", " ")) for zone in zones())
    return [SelectChoice("", empty), *named] if empty else named


def _days_alone(days: int) -> Any:
    one, many = "%(num)d day after any survey asked them", "%(num)d days after any survey asked them"
    return lazy_ngettext(one, many, days)


def _stripped(value: str | None) -> str:
    return (value or "").strip()


class TextField(StringField):
    """A line of text; "" when nothing was typed."""

    data: str


class SecretField(PasswordField):
    """A password as it was typed, spaces included; never sent back."""

    data: str


class ChoiceField(SelectField):
    """One of a few values; one is always chosen."""

    data: str

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.flags.required = True


class _Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form with a token against forgery."""


def _required(message: Any) -> InputRequired:
    return InputRequired(message=message)


def _at_most(length: int) -> Length:
    return Length(max=length, message=lazy_gettext("Use at most %(max)d characters."))


def is_address(_form: Any, field: Any) -> None:
    """Refuse what mail cannot be sent to; the mail builder is the judge."""
    try:
        mailbox("", field.data or "")
    except InvalidError as error:
        raise ValidationError(gettext("This does not look like an email address.")) from error


def _email_field(label: Any = None, **more: Any) -> TextField:
    checks = [_required(lazy_gettext("Type an email address.")), _at_most(320), is_address]
    look = {"autocomplete": "email", "inputmode": "email", "type": "email", "spellcheck": "false"}
    return TextField(
        label or lazy_gettext("Email"), checks, filters=[_stripped], render_kw=look | more.pop("render_kw", {}), **more
    )


def _name_field(label: Any, missing: Any, **look: Any) -> TextField:
    return TextField(label, [_required(missing), _at_most(120)], filters=[_stripped], render_kw=look)


def _new_password(label: Any) -> SecretField:
    return SecretField(
        label,
        [_required(lazy_gettext("Choose a password."))],
        description=lazy_gettext("At least 12 characters. Three or four unrelated words are strong and easy to keep."),
        render_kw={"autocomplete": "new-password", "maxlength": LONGEST},
    )


class _NewPassword(_Form):
    """A form with a field `password` for a new one."""

    personal: tuple[str, ...] = ()
    """Words an attacker would try first, besides those in the form itself."""

    password = _new_password(lazy_gettext("Password"))

    def validate_password(self, field: SecretField) -> None:
        """Length and a list of known ones; no rules about kinds of characters."""
        words = [self[name].data or "" for name in ("email", "name", "company") if name in self]
        if len(field.data) < SHORTEST:
            missing = SHORTEST - len(field.data)
            raise ValidationError(gettext("Use at least 12 characters; this has %(n)s too few.", n=missing))
        if len(field.data) > LONGEST:
            raise ValidationError(gettext("Use at most %(max)s characters.", max=LONGEST))
        if easily_guessed(field.data, "afterword", *words, *self.personal):
            raise ValidationError(gettext("Attackers try this one early. Choose something less common."))


class SignInForm(_Form):
    email = TextField(
        lazy_gettext("Email"),
        [_required(lazy_gettext("Type your email address.")), _at_most(320)],
        filters=[_stripped],
        render_kw={"autocomplete": "username", "inputmode": "email", "type": "email", "spellcheck": "false"},
    )
    password = SecretField(
        lazy_gettext("Password"),
        [_required(lazy_gettext("Type your password.")), _at_most(LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class SetupForm(_NewPassword):
    company = TextField(
        lazy_gettext("Company"),
        [_required(lazy_gettext("Say whose customers will be asked.")), _at_most(120)],
        filters=[_stripped],
        description=lazy_gettext("Customers see this name above each question. It also names your first workspace."),
        render_kw={"autocomplete": "organization"},
    )
    language = ChoiceField(lazy_gettext("Language of most customers"), choices=_languages(LANGUAGES), default="en")
    zone = ChoiceField(lazy_gettext("Time zone"), choices=_zones(), default="UTC", render_kw={"data-zone-guess": ""})
    name = _name_field(lazy_gettext("Your name"), lazy_gettext("Type your name."), autocomplete="name")
    email = _email_field(lazy_gettext("Your email"))


class JoinForm(_NewPassword):
    name = _name_field(lazy_gettext("Your name"), lazy_gettext("Type your name."), autocomplete="name")


class PlainForm(_Form):
    """Nothing to fill in; only the token against forgery."""


class ForgotForm(_Form):
    email = _email_field(render_kw={"autocomplete": "username"})


class ResetForm(_NewPassword):
    """Only the new password."""


class ProfileForm(_Form):
    name = _name_field(lazy_gettext("Name"), lazy_gettext("Type your name."), autocomplete="name")
    locale = ChoiceField(lazy_gettext("Language of these pages"), choices=_languages(LOCALES), default="en")
    zone = SelectField(lazy_gettext("Time zone"), choices=_zones(lazy_gettext("The workspace’s")), default="")


class PasswordForm(_NewPassword):
    current = SecretField(
        lazy_gettext("Present password"),
        [_required(lazy_gettext("Type the password you have now.")), _at_most(LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    password = _new_password(lazy_gettext("New password"))


ROLE_NAMES = (
    ("viewer", lazy_gettext("Viewer")),
    ("manager", lazy_gettext("Manager")),
    ("designer", lazy_gettext("Designer")),
    ("admin", lazy_gettext("Admin")),
)


def _roles() -> list[SelectChoice]:
    return offered(ROLE_NAMES)


class InviteForm(_Form):
    email = _email_field(render_kw={"autocomplete": "off"})
    role = RadioField(lazy_gettext("Role"), choices=_roles(), default="viewer")


class RoleForm(_Form):
    role = ChoiceField(lazy_gettext("Role"), choices=_roles())


class WorkspaceForm(_Form):
    name = TextField(
        lazy_gettext("Company name"),
        [_required(lazy_gettext("Type the name that customers see.")), _at_most(120)],
        filters=[_stripped],
        description=lazy_gettext("Customers see it above each question and as the sender’s name in mails."),
    )
    default_locale = ChoiceField(
        lazy_gettext("Language of new surveys"),
        choices=_languages(LANGUAGES),
        description=lazy_gettext("Each survey can speak more of them."),
    )
    zone = ChoiceField(
        lazy_gettext("Time zone"),
        choices=_zones(),
        description=lazy_gettext("Days in the results begin at midnight here."),
    )
    reply_to = TextField(
        lazy_gettext("Reply address"),
        [_at_most(320)],
        filters=[_stripped],
        description=lazy_gettext("Where answers of customers to our mails go. Without one they go to the sender."),
        render_kw={"inputmode": "email", "type": "email", "autocomplete": "off", "spellcheck": "false"},
    )

    quarantine_days = ChoiceField(
        lazy_gettext("Leave people alone"),
        choices=[
            SelectChoice(0, lazy_gettext("Surveys do not look at each other")),
            *(SelectChoice(days, _days_alone(days)) for days in (1, 7, 14, 30, 60, 90, 180, 365)),
        ],
        coerce=int,
        description=lazy_gettext("Each survey can wait longer before it asks the same person again."),
    )

    def validate_reply_to(self, field: TextField) -> None:
        if field.data:
            is_address(self, field)


class KeyForm(_Form):
    name = TextField(
        lazy_gettext("Name"),
        [_required(lazy_gettext("Say which program will use the key.")), _at_most(120)],
        filters=[_stripped],
        description=lazy_gettext("The program that will use it, such as “Zendesk” or “Order export”."),
        render_kw={"autocomplete": "off"},
    )
    once = HiddenField()
    """Signed: what the key will be made of, so that the same form makes one, however often it is sent."""

    def begin(self, workspace: uuid.UUID) -> Once:
        """What the form makes its key of: as it says itself, or afresh."""
        try:
            owner, ident, text = tokens.unsign("apikey", self.once.data or "")
        except NotFoundError:
            owner = None
        return Once(uuid.UUID(ident), text) if owner == workspace.hex else self.begin_anew(workspace)

    def begin_anew(self, workspace: uuid.UUID) -> Once:
        """Let the form make another one."""
        once = Once.new()
        self.once.data = tokens.sign("apikey", [workspace.hex, once.ident.hex, once.text])
        return once
