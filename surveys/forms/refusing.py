"""What is typed to leave somebody alone: one address, or a list of them."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import InputRequired

from surveys.forms.correcting import one_line
from surveys.normalising import UnfitError, email_address


class AddressForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    email = StringField(
        _("Email address"),
        [InputRequired(_("Write an address."))],
        filters=[one_line],
        render_kw={"maxlength": 254, "autocomplete": "off", "inputmode": "email"},
    )

    def validate_email(self, field: StringField) -> None:
        """An address that mail could be sent to."""
        try:
            field.data = email_address(field.data or "")
        except UnfitError:
            raise ValueError(gettext("Write a full address, such as ana@example.com.")) from None


class ListForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    file = FileField(
        _("List"), [FileRequired(_("Choose a file."))], render_kw={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}
    )
