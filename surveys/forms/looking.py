"""The form of a workspace's look; why a picture is refused, and what becomes of a colour, in sentences."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import Any

from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, HiddenField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from base.errors import NotFoundError
from surveys.coloring import JUDGED, Correction, corrections, derived, read_color
from surveys.logo import Logo
from surveys.picturing import LARGEST, LEAST_SIDE, MOST_HIGH, MOST_PIXELS, MOST_SIDE, MOST_WIDE, PictureError

FORM_SIZE = 16 * 1024 * 1024
"""Bytes of a form with a logo in it: far over what a logo may have, so that one too large is told at its field."""

REFUSALS = {
    "too_large": _("The file has %(size)s MB. Choose one of at most 1 MB."),
    "empty": _("The file is empty. Choose it again."),
    "svg": _(
        "SVG files can carry scripts, so none is taken. Export the logo as a PNG: about 800 pixels wide, on a"
        " transparent ground."
    ),
    "unknown": _("This is no PNG, JPEG, WebP or GIF picture, whatever its name says. Export the logo as a PNG."),
    "broken": _("The picture is damaged and cannot be read to its end. Export it again."),
    "small": _("The picture has %(width)s × %(height)s pixels. Its longer side needs at least %(least)s."),
    "big": _(
        "The picture is too big to be read. It may have at most %(most)s pixels on a side, and %(area)s million in all."
    ),
    "thin": _(
        "The picture is too thin. It may be at most %(wide)s times as wide as high, and %(high)s times as high as wide."
    ),
    "blank": _("The picture is transparent everywhere. Choose another one."),
}

TOLD = {
    ("button", "words", True): _(
        "Words on buttons in your colour would have a contrast of %(given)s. Buttons use %(used)s, which has %(ratio)s."
    ),
    ("button", "words", False): _("Buttons use your colour as it is. The words on them have a contrast of %(ratio)s."),
    ("button", "light", True): _(
        "Your colour has a contrast of %(given)s on white. Buttons use %(used)s, which has %(ratio)s."
    ),
    ("button", "dark", True): _(
        "Your colour has a contrast of %(given)s on the dark page. Buttons use %(used)s there, which has %(ratio)s."
    ),
    ("text", "light", True): _(
        "Your colour has a contrast of %(given)s on white. Links and scores use %(used)s, which has %(ratio)s."
    ),
    ("text", "light", False): _("Links and scores use your colour as it is. It has a contrast of %(ratio)s on white."),
    ("text", "dark", True): _(
        "Your colour has a contrast of %(given)s on the dark page. Links and scores use %(used)s there, which has"
        " %(ratio)s."
    ),
    ("text", "dark", False): _(
        "Links and scores use your colour as it is. It has a contrast of %(ratio)s on the dark page."
    ),
}


class LookForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    name = StringField(
        _("Company name"),
        [
            DataRequired(_("Type the name that customers see.")),
            Length(max=120, message=_("Use at most %(max)d characters.")),
        ],
        filters=[lambda text: (text or "").strip()],
        description=_("Stands above each question where no logo does, and wherever pictures are off."),
    )
    logo = FileField(
        _("Logo"),
        description=_("PNG, JPEG, WebP or GIF, up to 1 MB. Best is a PNG on a transparent ground."),
        render_kw={"accept": "image/png,image/jpeg,image/webp,image/gif"},
    )
    logo_id = HiddenField()
    remove = BooleanField(_("Show the name instead of the logo"))
    color = StringField(
        _("Brand colour"),
        filters=[lambda text: (text or "").strip()],
        description=_("From your style guide, as in #2751b8. Without one, pages and mails are blue."),
        render_kw={"spellcheck": "false", "autocomplete": "off", "maxlength": 9},
    )

    def validate_color(self, field: StringField) -> None:
        if field.data and read_color(field.data) is None:
            raise ValidationError(gettext("Write the colour as # and six digits or letters from a to f."))

    @property
    def chosen_color(self) -> str | None:
        """The colour as it is kept."""
        return read_color(self.color.data or "")

    @property
    def upload(self) -> FileStorage | None:
        """The file that was chosen, if any."""
        found = self.logo.data
        return found if isinstance(found, FileStorage) and found.filename else None


def known_logo(workspace_id: uuid.UUID, text: str | None) -> uuid.UUID | None:
    """The workspace's logo that a field or an address names; None when it names nothing of it."""
    try:
        return Logo.of(workspace_id, uuid.UUID(text)).id if text else None
    except (ValueError, NotFoundError):
        return None


def refused(error: PictureError, size: int) -> str:
    """Why a file of `size` bytes cannot be a logo, and what to do."""
    width, height = (format_decimal(side) for side in error.size)
    values = {"width": width, "height": height, "least": LEAST_SIDE, "wide": MOST_WIDE, "high": MOST_HIGH}
    values |= {"most": format_decimal(MOST_SIDE), "area": MOST_PIXELS // 1_000_000}
    over = max(size / LARGEST, 1.1)
    return str(REFUSALS[error.reason]) % (values | {"size": format_decimal(round(over, 1))})


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of a brand colour in one place: a sentence, and a sample of it before and after."""

    sentence: str
    corrected: bool
    dark: bool
    button: bool
    ground: str
    given: str
    used: str
    words: str
    """The colour of the words on a button."""


def told(color: str) -> list[Told]:
    """How a colour is used, for buttons and text, in the light and in the dark."""
    return [_told(color, one) for one in corrections(color)]


def _told(color: str, one: Correction) -> Told:
    key: Any = (one.role, "words" if one.against == "words" else one.theme, one.corrected)
    values = {"given": _ratio(one.given), "used": one.used, "ratio": _ratio(one.ratio)}
    return Told(
        sentence=str(TOLD[key]) % values,
        corrected=one.corrected,
        dark=one.theme == "dark",
        button=one.role == "button",
        ground=JUDGED[one.theme],
        given=color,
        used=one.used,
        words=derived(color).of(one.theme).on,
    )


def _ratio(value: float) -> str:
    """Rounded down, so that nothing seems to reach a bar that it misses."""
    return f"{format_decimal(math.floor(value * 10) / 10, format='0.0')}:1"
