"""Forms of a source: what it is, whom its calls ask, how they are signed, and how its helpdesk is asked back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length
from wtforms.validators import Optional as Left
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.forms import offered
from base import tokens
from base.errors import NotFoundError
from surveys.completing import base_of
from surveys.forms.correcting import one_line
from surveys.recipes import KINDS, recipe
from surveys.signing import SCHEMES
from surveys.source import Once, Source
from surveys.survey import Survey

NAME_LIMIT, SECRET_LIMIT, ADDRESS_LIMIT = 120, 500, 200

SCHEME_NAMES = {
    "sha256-hex": _("HMAC-SHA256, as hex"),
    "sha256-base64": _("HMAC-SHA256, as Base64"),
    "sha1-hex": _("HMAC-SHA1, as hex"),
    "sha1-base64": _("HMAC-SHA1, as Base64"),
    "zendesk": _("Zendesk's own, with a time"),
    "chatwoot": _("Chatwoot's own, with a time"),
}
assert set(SCHEME_NAMES) == set(SCHEMES), "every way to sign has a name on screen"

KIND_HELPS = {
    "liveagent": _("A rule tells us the ticket; the rest is read from LiveAgent's API."),
    "zendesk": _("A trigger sends what is needed when a ticket is solved."),
    "freshdesk": _("An automation sends what is needed when a ticket is resolved."),
    "zammad": _("A trigger sends the whole ticket when it is closed."),
    "chatwoot": _("A webhook tells of each conversation that is resolved."),
    "helpscout": _("A webhook tells of each conversation that is closed."),
    "shopify": _("A webhook tells of each order that was sent out."),
    "generic": _("Anything that can send JSON or a form."),
}
assert set(KIND_HELPS) == set(KINDS), "every recipe says what it does"


def product_of(kind: str) -> str:
    """What a recipe is called."""
    return recipe(kind).product or str(_("Any other program"))


def _at_most(length: int) -> Length:
    return Length(max=length, message=_("At most %(max)d characters, please.", max=length))


def _secret(label: Any) -> PasswordField:
    keys = {"autocomplete": "off", "maxlength": SECRET_LIMIT, "spellcheck": "false"}
    return PasswordField(label, [Left(), _at_most(SECRET_LIMIT)], render_kw=keys)


def _as_uuid(value: object) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


class CheckboxesField(SelectMultipleField):
    """Several of a few, as boxes."""

    widget = ListWidget()
    option_widget = CheckboxInput()


class NamedForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    name = StringField(
        _("Name"),
        [DataRequired(_("Call it so that your colleagues know it again.")), _at_most(NAME_LIMIT)],
        description=_("For example “Support desk” or “Shop”. Results say where an answer came from by it."),
        filters=[one_line],
        render_kw={"maxlength": NAME_LIMIT, "autocomplete": "off"},
    )
    surveys = CheckboxesField(
        _("Ask these surveys"),
        coerce=_as_uuid,
        description=_(
            "Each of them asks about every call that tells of something new. None: interactions are only kept."
        ),
    )

    def offer(self, surveys: Sequence[Survey], chosen: Sequence[Survey] = ()) -> None:
        """Fill the choice: what is open, and what is chosen already."""
        asked = {survey.id for survey in chosen}
        self.surveys.choices = offered(
            (survey.id, survey.name if survey.published_number else gettext("%(name)s (draft)", name=survey.name))
            for survey in surveys
            if survey.closed_at is None or survey.id in asked
        )


class NewSourceForm(NamedForm):
    kind = RadioField(_("Where do the calls come from?"), [DataRequired(_("Choose one."))])
    once = HiddenField()
    """Signed: what the source will be made of, so that the same form makes one, however often it is sent."""

    def offer_kinds(self) -> None:
        """Fill the choice of recipes."""
        self.kind.choices = offered((kind, product_of(kind)) for kind in KINDS)

    def begin(self, workspace: uuid.UUID) -> Once:
        """What the form makes its source of: as it says itself, or afresh."""
        try:
            owner, ident, secret = tokens.unsign("source", self.once.data or "")
        except NotFoundError:
            owner = None
        return Once(uuid.UUID(ident), secret) if owner == workspace.hex else self.begin_anew(workspace)

    def begin_anew(self, workspace: uuid.UUID) -> Once:
        """Let the form make another one."""
        once = Once.new()
        self.once.data = tokens.sign("source", [workspace.hex, once.ident.hex, once.secret])
        return once

    def tells_of(self, source: Source) -> bool:
        """Whether what is filled in is what the source was made with."""
        return (self.name.data, self.kind.data) == (source.name, source.recipe)


class ConnectForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    base_url = StringField(
        _("Address of your account"),
        [
            DataRequired(_("Enter it as your browser shows it, for example https://acme.ladesk.com.")),
            _at_most(ADDRESS_LIMIT),
        ],
        filters=[lambda text: base_of(one_line(text))],
        render_kw={"placeholder": "https://acme.ladesk.com", "inputmode": "url", "autocomplete": "off"},
    )
    api_key = _secret(_("API key"))

    def validate_base_url(self, field: Field) -> None:
        private = current_app.config["FETCH_PRIVATE"]
        try:
            parts = urlsplit(field.data)
            right = parts.scheme in ({"https", "http"} if private else {"https"}) and parts.hostname and parts.port != 0
        except ValueError:
            right = False
        if not right or parts.username or parts.query or parts.fragment:
            raise ValidationError(gettext("Enter an address that begins with https://, and nothing behind the host."))

    @classmethod
    def of(cls, source: Source) -> ConnectForm:
        """The form as it stands; the key is never shown again."""
        form = cls(None, data={"base_url": source.settings.get("base_url", "")})
        form.api_key.flags.required = not source.settings.get("api_key")
        return form


class SecureForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    secret = _secret(_("Secret"))
    header = StringField(
        _("Header"),
        [_at_most(80)],
        filters=[one_line],
        render_kw={"placeholder": "X-Signature", "maxlength": 80},
    )
    scheme = SelectField(_("How it is signed"), choices=offered(SCHEME_NAMES.items()))
    unsigned = BooleanField(_("Calls need no signature"))

    def validate_header(self, field: Field) -> None:
        if not field.data and not self.unsigned.data:
            raise ValidationError(gettext("Say which header holds the signature."))
        if field.data and not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in field.data):
            raise ValidationError(gettext("A header has letters, digits and hyphens only."))

    @classmethod
    def of(cls, source: Source) -> SecureForm:
        """The form as it stands; the secret is never shown again."""
        known = {"header": source.signature_header or "", "scheme": source.signature_scheme or "sha256-hex"}
        return cls(None, data=known)
