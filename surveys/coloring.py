"""From one brand colour every shade that pages and mails need, each readable where it stands, in light and in dark.

Lightness moves in OKLCH, where equal steps look equal and the hue stays what it was; what no screen can show gives up
chroma. Contrast is WCAG's. A shade is judged as the eight bits a channel that are sent, not as the number behind them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final, Literal

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
Role = Literal["button", "text"]
Against = Literal["words", "ground"]

TEXT, CONTROL = 4.5, 3.0
"""Contrast that text and the edges of controls must have (WCAG 2.2, 1.4.3 and 1.4.11)."""

GROUNDS: Final[dict[Theme, tuple[str, ...]]] = {
    "light": ("#fbfaf7", "#ffffff", "#f6f5f2"),
    "dark": ("#111419", "#1d2027", "#101218", "#191c24"),
}
"""What shades stand on: page and tile of static/css/public.css, frame and sheet of templates/email/_shell.html."""
JUDGED: Final[dict[Theme, str]] = {"light": "#ffffff", "dark": "#1d2027"}
"""Of them, the one that people are told contrasts on."""

INK: Final[dict[Theme, str]] = {"light": "#181d27", "dark": "#eceef3"}
_WHITE, _DARK_INK = "#ffffff", "#14171c"
_GREY, _LOST = 0.04, 1.3
"""Chroma up to which a colour is a grey, and contrast below which a light one is lost on the light page."""
_BRIGHT: Final = 3.0
"""White words on a colour that has less contrast than this would need another colour; dark words do not."""

_COLOR: Final = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")


@dataclass(frozen=True, slots=True)
class Shades:
    """One theme's colours: `accent` for text and links, `fill` with `edge` and words in `on` for buttons and what is
    chosen, `press` while a pointer is on it, `wash` behind what is chosen or linked, `rim` around it.
    """

    accent: str
    fill: str
    on: str
    edge: str
    press: str
    wash: str
    rim: str


@dataclass(frozen=True, slots=True)
class Palette:
    light: Shades
    dark: Shades

    def of(self, theme: Theme) -> Shades:
        return self.light if theme == "light" else self.dark


HOUSE: Final = Palette(
    Shades("#2350b6", "#2350b6", "#ffffff", "#2350b6", "#1d449c", "#eef3fe", "#c3d2f5"),
    Shades("#93b3ff", "#93b3ff", "#10182e", "#93b3ff", "#a9c2ff", "#232d47", "#43568c"),
)
"""Afterword's own colours in mails, where no brand has others. Those of pages are in static/css/public.css."""


@dataclass(frozen=True, slots=True)
class Correction:
    """How the brand colour fares in one place: its contrast as given, the colour used and the contrast that has.

    `against` says what the contrast is with: the words on a button, or the ground that it stands on.
    """

    role: Role
    theme: Theme
    against: Against
    given: float
    used: str
    ratio: float
    corrected: bool


def read_color(text: str) -> str | None:
    """`#rrggbb` of what a person typed (`2751B8`, `#abc`); None when it is no such colour."""
    found = _COLOR.fullmatch(text.strip())
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """The WCAG contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=4096)
def luminance(color: str) -> float:
    """Relative luminance as WCAG defines it."""
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=512)
def derived(color: str) -> Palette:
    """Every shade of a brand colour, for both themes."""
    return Palette(_shades(color, "light"), _shades(color, "dark"))


def corrections(color: str) -> tuple[Correction, ...]:
    """How the colour is used for buttons and for text in each theme, and where it had to change."""
    found = []
    for theme in THEMES:
        shades, ground = derived(color).of(theme), JUDGED[theme]
        if _sinks(color, theme):
            found.append(_correction("button", theme, "ground", color, shades.fill, ground))
        else:
            found.append(_correction("button", theme, "words", color, shades.fill, shades.on))
        found.append(_correction("text", theme, "ground", color, shades.accent, ground))
    return tuple(found)


def low_on_white(color: str) -> tuple[float, str] | None:
    """The contrast on white of a colour too light for words there, and what is used instead; None when it will do."""
    ratio = contrast(color, _WHITE)
    return None if ratio >= TEXT else (ratio, derived(color).light.accent)


def css_variables(shades: Shades) -> str:
    """The shades as the respondent's stylesheet names them."""
    names = [field.name for field in fields(shades) if field.name != "rim"]
    return ";".join(f"--{name}:{getattr(shades, name)}" for name in names)


def _correction(role: Role, theme: Theme, against: Against, color: str, used: str, other: str) -> Correction:
    given, ratio = contrast(color, other), contrast(used, other)
    return Correction(role, theme, against, given, used, ratio, corrected=used != color)


def _shades(color: str, theme: Theme) -> Shades:
    _lightness, chroma, hue = _oklch(color)
    light = theme == "light"
    wash = _hex(0.962, min(chroma, 0.026), hue) if light else _hex(0.3, min(chroma * 0.5, 0.045), hue)
    fill, on = _fill(color, theme)
    start = color if light and not _sinks(color, theme) else fill
    accent = _moved(start, theme, lambda shade: min(_least(shade, theme), contrast(shade, wash)) >= TEXT)
    edge = fill if _least(fill, theme) >= CONTROL else accent
    soft = _hex(0.72, min(chroma, 0.1), hue) if light else _hex(0.45, min(chroma, 0.09), hue)
    rim = _moved(soft, theme, lambda shade: min(_least(shade, theme), contrast(shade, wash)) >= CONTROL)
    return Shades(accent, fill, on, edge, _press(fill, on), wash, rim)


def _fill(color: str, theme: Theme) -> tuple[str, str]:
    """The colour of buttons, as near to the brand's as words on it allow, and the colour of those words.

    On the light page a bright colour keeps its brightness and gets dark words and an edge; on the dark page a colour
    that would sink into it comes up. A black brand turns white there, and a white one black on the light page.
    """
    if _sinks(color, theme):
        _lightness, chroma, hue = _oklch(color)
        if chroma < _GREY:
            return (_hex(0.27, chroma, hue), _WHITE) if theme == "light" else (_hex(0.93, chroma, hue), _DARK_INK)
        color = _moved(color, "dark", lambda shade: _least(shade, theme) >= CONTROL)
    if contrast(color, _WHITE) >= TEXT:
        return color, _WHITE
    if contrast(color, _WHITE) < _BRIGHT:
        return color, _DARK_INK
    return _moved(color, "light", lambda shade: contrast(shade, _WHITE) >= TEXT), _WHITE


def _sinks(color: str, theme: Theme) -> bool:
    """Whether a button of this colour would be lost on the page; a bright one in the light is held by its edge."""
    if theme == "dark":
        return _least(color, theme) < CONTROL
    return _oklch(color)[1] < _GREY and _least(color, theme) < _LOST


def _press(fill: str, on: str) -> str:
    """The fill while a pointer is on it: a step away from its words, so that these only gain."""
    lightness, chroma, hue = _oklch(fill)
    if on == _WHITE:
        return _hex(max(lightness - 0.05, 0.0), chroma, hue) if lightness > 0.2 else _hex(lightness + 0.12, chroma, hue)
    return _hex(lightness + 0.05, chroma, hue) if lightness < 0.9 else _hex(lightness - 0.06, chroma, hue)


def _least(shade: str, theme: Theme) -> float:
    """The contrast of a shade with the ground of a theme on which it has least."""
    return min(contrast(shade, ground) for ground in GROUNDS[theme])


def _moved(color: str, theme: Theme, enough: Callable[[str], bool]) -> str:
    """The colour itself if it will do, else the nearest that does: darker for light grounds, lighter for dark ones."""
    if enough(color):
        return color
    lightness, chroma, hue = _oklch(color)
    goal = 0.0 if theme == "light" else 1.0
    near, far = 0.0, 1.0  # parts of the way to black or white: `near` will not do, `far` will
    for _ in range(14):
        middle = (near + far) / 2
        here = lightness + (goal - lightness) * middle
        near, far = (near, middle) if enough(_hex(here, chroma, _turned(hue, here - lightness))) else (middle, far)
    here = lightness + (goal - lightness) * far
    return _hex(here, chroma, _turned(hue, here - lightness))


def _turned(hue: float, step: float) -> float:
    """A yellow that darkens turns to gold, as in paint; with its hue kept it would turn to mud."""
    return hue - min(-step, 0.5) * 50 * (1 - abs(hue - 105) / 25) if step < 0 and 80 < hue < 130 else hue


def _linear(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _unfolded(red), _unfolded(green), _unfolded(blue)


def _unfolded(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _folded(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


@lru_cache(maxsize=4096)
def _oklch(color: str) -> tuple[float, float, float]:
    """Lightness 0–1, chroma and hue in degrees (Björn Ottosson's OKLab, in polar form)."""
    red, green, blue = _linear(color)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Linear red, green and blue, perhaps outside of what a screen can show."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """The colour as `#rrggbb`, with as much of the chroma as there is at this lightness."""
    lightness = min(max(lightness, 0.0), 1.0)
    if not _shown(_rgb(lightness, chroma, hue)):
        low, high = 0.0, chroma
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if _shown(_rgb(lightness, middle, hue)) else (low, middle)
        chroma = low
    channels = (round(255 * _folded(min(max(part, 0.0), 1.0))) for part in _rgb(lightness, chroma, hue))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _shown(channels: tuple[float, float, float]) -> bool:
    return all(-1e-4 <= part <= 1 + 1e-4 for part in channels)
