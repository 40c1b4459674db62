"""A company's look as pages and mails wear it: the texts and pictures that a colour and a logo become.

Ordinary surveys wear nothing. A brand adds one small stylesheet after the common one, which stays the same for all.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from surveys.coloring import HOUSE, Palette, css_variables, derived
from surveys.picturing import CHIPS, Chip

INLINE: Final = 4096
"""Bytes of a logo that travels inside the page. Larger ones are asked for once, from our own host, and kept."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A logo as it is shown; equal ids mean equal pictures. Sizes are in CSS pixels."""

    id: str
    width: int
    height: int
    chip: Chip
    page: bytes = field(compare=False, repr=False)
    mail: bytes = field(compare=False, repr=False)

    @property
    def path(self) -> str:
        """Where the picture is served."""
        return f"/logo/{self.id}.png"

    @property
    def hosted(self) -> bool:
        """Whether pages ask for the picture instead of holding it."""
        return len(self.page) > INLINE

    @property
    def cid(self) -> str:
        """What a mail calls the picture that it brings along."""
        return f"logo.{self.id}@afterword"


@dataclass(frozen=True, slots=True)
class Look:
    """What a survey wears: a colour as `#rrggbb`, "" for ours, and a logo; without one the name stands there."""

    color: str = ""
    logo: Mark | None = None

    @property
    def palette(self) -> Palette:
        """The shades of mails."""
        return derived(self.color) if self.color else HOUSE


PLAIN: Final = Look()
_NO_RULES: Final = Markup()


@dataclass(frozen=True, slots=True)
class Dress:
    """What the page's template puts in: a stylesheet, colours for the browser's own bars, the logo's address."""

    style: Markup = _NO_RULES
    bar: str = ""
    dark_bar: str = ""
    src: str = ""
    width: int = 0
    height: int = 0


@lru_cache(maxsize=128)
def dress(look: Look) -> Dress:
    """The look as a page wears it."""
    if look == PLAIN:
        return Dress()
    logo, rules, bars = look.logo, [], ("", "")
    if look.color:
        light, dark = derived(look.color).light, derived(look.color).dark
        rules += [f":root{{{css_variables(light)}}}", _in_dark(f":root{{{css_variables(dark)}}}")]
        bars = light.fill, dark.fill
    if logo:
        rules += [f"header img{{display:block;max-width:100%;height:auto;border-radius:{_RADIUS}px}}"]
        rules += [_chip("light")] if logo.chip in {"light", "both"} else []
        rules += [_in_dark(_chip("dark"))] if logo.chip in {"dark", "both"} else []
        rules += [_in_dark("header img{background:none;padding:0}")] if logo.chip == "light" else []
    style = Markup("").join(Markup(rule) for rule in rules)  # noqa: S704 - our own rules around colours we computed
    src = (logo.path if logo.hosted else data_uri(logo.page)) if logo else ""
    return Dress(style, *bars, src, logo.width if logo else 0, logo.height if logo else 0)


def data_uri(png: bytes) -> str:
    """The picture as an address that holds it."""
    return f"data:image/png;base64,{b64encode(png).decode()}"


_RADIUS: Final = 4


def _chip(theme: str) -> str:
    ground = CHIPS["dark" if theme == "dark" else "light"]
    return f"header img{{background:{ground};padding:8px 12px;border-radius:10px;box-sizing:content-box}}"


def _in_dark(rule: str) -> str:
    return f"@media (prefers-color-scheme: dark){{{rule}}}"
