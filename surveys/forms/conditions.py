"""Rows of conditions on a person and what happened to them, as designers fill them in: what, is or is not, values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import FieldList, Form, FormField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from surveys.forms.editing import clean
from surveys.question import Condition, Show, show_of, show_written

MOST: Final = 20
"""Conditions of one rule."""
BLANK: Final = 2
"""Empty rows below those that are filled in."""
VALUES, VALUE_LENGTH, NAME_LENGTH = 100, 200, 60

ABOUT: Final = {
    "": _("Choose …"),
    "interaction:team": _("Team"),
    "interaction:agent": _("Agent"),
    "interaction:channel": _("Channel"),
    "interaction:tags": _("Tag"),
    "contact:locale": _("Language of the person"),
    "interaction:": _("Other of interaction"),
    "contact:": _("Other of person"),
}


def _chosen(labels: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class ConditionRow(Form):
    """One condition; an empty one has neither a subject nor values."""

    about = SelectField(_("What"), choices=_chosen(ABOUT), default="")
    name = StringField(
        _("Name of the property"),
        filters=[clean],
        render_kw={"maxlength": NAME_LENGTH, "placeholder": _("its name, such as plan")},
    )
    negated = SelectField(_("Is it"), choices=_chosen({"": _("is"), "not": _("is not")}), default="")
    values = StringField(_("Values"), filters=[clean], render_kw={"placeholder": _("North, South")})

    def validate_values(self, field: StringField) -> None:
        words = values_of(field.data)
        if self.about.data and not words:
            raise ValidationError(gettext("Write at least one value, or choose nothing on the left."))
        if words and not self.about.data:
            raise ValidationError(gettext("Choose on the left what these values are of."))
        if len(words) > VALUES or any(len(word) > VALUE_LENGTH for word in words):
            limits = {"most": VALUES, "length": VALUE_LENGTH}
            raise ValidationError(
                gettext("At most %(most)d values of at most %(length)d characters, please.", **limits)
            )

    def validate_name(self, field: StringField) -> None:
        if (self.about.data or "").endswith(":") and not field.data:
            raise ValidationError(gettext("Write the name of the property, as it arrives."))
        if len(field.data or "") > NAME_LENGTH:
            raise ValidationError(gettext("At most %(max)d characters, please.", max=NAME_LENGTH))

    @property
    def condition(self) -> Condition | None:
        """What the row says; None when it is empty. The form is valid."""
        room, _colon, name = (self.about.data or "").partition(":")
        if not room:
            return None
        return Condition(
            "contact" if room == "contact" else "interaction",
            tuple(values_of(self.values.data)),
            name or self.name.data or "",
            self.negated.data == "not",
        )


def condition_rows() -> FieldList[Any]:
    """The field of a form that holds the rows; they come and go by name, without script."""
    return FieldList(FormField(ConditionRow), _("Conditions"), max_entries=MOST + BLANK)


def filled(raw: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """What the rows show for conditions as they are kept, with empty ones to go on in."""
    show = show_of(raw)
    rows = [_row(condition) for condition in show.conditions] if show else []
    return rows + [{}] * min(BLANK, MOST + BLANK - len(rows))


def document_of(rows: FieldList[Any], match: str) -> dict[str, Any]:
    """The conditions as they are kept; empty when there are none. The form is valid."""
    conditions = tuple(row.form.condition for row in rows if row.form.condition)
    return show_written(Show(conditions, "any" if match == "any" else "all")) if conditions else {}


def values_of(written: str | None) -> list[str]:
    """The values between commas, each once."""
    return list(dict.fromkeys(filter(None, (word.strip() for word in (written or "").split(",")))))


def _row(condition: Condition) -> dict[str, str]:
    known = f"{condition.about}:{condition.name}"
    return {
        "about": known if known in ABOUT else f"{condition.about}:",
        "name": "" if known in ABOUT else condition.name,
        "negated": "not" if condition.negated else "",
        "values": ", ".join(condition.values),
    }
