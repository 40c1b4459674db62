"""The form of an open link: how it is called, where it stands, when and how often it takes answers."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, NumberRange
from wtforms.validators import Optional as Left

from surveys import siting
from surveys.forms.editing import clean
from surveys.open_link import OpenLink, Terms

PROPERTIES, PROPERTY_NAME, PROPERTY_VALUE = 20, 60, 200
LARGEST_CAP = 1_000_000


def _at_most(length: int) -> Length:
    return Length(max=length, message=_("At most %(max)d characters, please.", max=length))


def _line(label: Any, length: int, **more: Any) -> StringField:
    return StringField(label, [_at_most(length)], filters=[clean], render_kw={"maxlength": length}, **more)


class _Day(DateField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("This is no date. Write it like 2026-12-31.")) from None


class _Number(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Write a whole number, such as 500.")) from None


class LinkForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    name = StringField(
        _("Name"),
        [DataRequired(_("Say where this link stands, so that you know it again.")), _at_most(120)],
        description=_("For example “Till receipt” or “Poster at the door”. Only your colleagues see it."),
        filters=[clean],
        render_kw={"maxlength": 120},
    )
    opens_on = _Day(_("From"), [Left()], description=_("Before this day people are asked to come back later."))
    closes_on = _Day(_("Until"), [Left()], description=_("The last day; afterwards the link says that it is over."))
    cap = _Number(
        _("Answers at most"),
        [
            Left(),
            NumberRange(1, LARGEST_CAP, _("A whole number from 1 to %(max)s.", max=f"{LARGEST_CAP:,}")),
        ],
        description=_("The link closes by itself when it has so many. Empty: as many as come."),
        render_kw={"min": 1, "max": LARGEST_CAP, "inputmode": "numeric"},
    )
    team = _line(_("Team"), 120)
    agent = _line(_("Agent"), 120)
    channel = _line(_("Channel"), 60, description=_("Results can be shown for each team, agent and channel."))
    properties = TextAreaField(
        _("More to remember"),
        description=_("One on a line, for example “city: Ljubljana”. Every answer by this link gets them."),
        render_kw={"rows": 3},
    )
    sites = TextAreaField(
        _("Sites that may show it"),
        description=_("One on a line, for example https://shop.example. Only their pages can embed the survey."),
        render_kw={"rows": 3, "spellcheck": "false", "autocapitalize": "none"},
    )
    kiosk = BooleanField(
        _("It also runs on a device for everybody"),
        description=_("Then one browser may answer as often as people come by; nothing is set aside for that."),
    )

    @classmethod
    def of(cls, link: OpenLink) -> LinkForm:
        """The form as the link stands."""
        known = {name: getattr(link, name) for name in ("name", "opens_on", "closes_on", "cap", "kiosk")}
        known |= {name: getattr(link, name) or "" for name in ("team", "agent", "channel")}
        properties = "\n".join(f"{name}: {value}" for name, value in link.properties.items())
        return cls(data=known | {"properties": properties, "sites": "\n".join(link.sites)})

    def validate_closes_on(self, field: Any) -> None:
        if field.data and self.opens_on.data and field.data < self.opens_on.data:
            raise ValidationError(gettext("This is before the first day."))

    def validate_properties(self, field: Any) -> None:
        pairs, wrong = _pairs(field.data)
        if wrong:
            raise ValidationError(gettext("Write a name, a colon and a value: “%(line)s” has none.", line=wrong[:60]))
        if len(pairs) > PROPERTIES:
            raise ValidationError(gettext("At most %(max)d lines, please.", max=PROPERTIES))
        for name, value in pairs.items():
            if len(name) > PROPERTY_NAME or len(value) > PROPERTY_VALUE:
                limits = {"name": name[:40], "most": PROPERTY_NAME, "max": PROPERTY_VALUE}
                raise ValidationError(
                    gettext("“%(name)s” is too long: names have at most %(most)d, values %(max)d characters.", **limits)
                )

    def validate_sites(self, field: Any) -> None:
        good, wrong = siting.origins(field.data or "")
        if wrong:
            raise ValidationError(
                gettext("“%(line)s” is no address of a site. Write it like https://shop.example.", line=wrong[0][:80])
            )
        if len(good) > siting.MOST:
            raise ValidationError(ngettext("At most %(num)d site.", "At most %(num)d sites.", siting.MOST))

    def terms(self) -> Terms:
        """What was decided; the form is valid."""
        return Terms(
            name=self.name.data or "",
            agent=self.agent.data or None,
            team=self.team.data or None,
            channel=self.channel.data or None,
            properties=dict(_pairs(self.properties.data)[0]),
            opens_on=self.opens_on.data,
            closes_on=self.closes_on.data,
            cap=self.cap.data,
            sites=siting.origins(self.sites.data or "")[0],
            kiosk=bool(self.kiosk.data),
        )


def _pairs(written: str | None) -> tuple[dict[str, str], str]:
    """Names and values of all lines, and the first line that has none."""
    pairs: dict[str, str] = {}
    for line in filter(None, map(str.strip, re.split(r"[\r\n]+", written or ""))):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not (name and colon and value):
            return pairs, line
        pairs[name] = value
    return pairs, ""
