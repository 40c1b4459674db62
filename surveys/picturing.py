"""From a file that somebody uploads to a logo as pages and mails show it: judged, decoded, made small, and new.

Nothing of the file itself is ever served. Its pixels are drawn into fresh PNGs without any metadata, and its size is
judged from the header before a pixel is decoded, so that no small file can unfold into gigabytes.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image, ImageOps, UnidentifiedImageError

from surveys.coloring import GROUNDS, THEMES, Theme, contrast

LARGEST: Final = 1024 * 1024
"""Bytes of a file."""
LEAST_SIDE, MOST_SIDE, MOST_PIXELS = 64, 6000, 20_000_000
"""Pixels: of the longer side at least, of either side at most, and of the whole picture."""
MOST_WIDE, MOST_HIGH = 10, 3
"""How many times as wide as it is high, and as high as it is wide, a logo may be."""
PAGE_COMFORT, MAIL_COMFORT = 4_000, 3_000
"""Bytes up to which a PNG keeps all its colours. A mail is stored as often as it is sent, so its logo is smaller."""
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")

Chip = Literal["", "light", "dark", "both"]
"""The themes in which a logo needs a chip behind it."""
Refusal = Literal["too_large", "empty", "svg", "unknown", "broken", "small", "big", "thin", "blank"]

_SVG: Final = re.compile(rb"<(?:\?xml|!doctype svg|svg|!--)", re.IGNORECASE)
_FAINT: Final[dict[Theme, float]] = {"light": 1.5, "dark": 2.0}
"""Pixels with less contrast than this are hardly seen."""
_MANY: Final = 0.2
"""The part of a logo that may be so."""
CHIPS: Final[dict[Theme, str]] = {"light": "#181d27", "dark": "#ffffff"}
"""The ground that a logo gets in a theme in which it would not be seen."""
_CHIPPED: Final[dict[tuple[Theme, ...], Chip]] = {
    (): "",
    ("light",): "light",
    ("dark",): "dark",
    ("light", "dark"): "both",
}


class PictureError(Exception):
    """A file that cannot become a logo: why, as a word, and the size that it has where that matters."""

    def __init__(self, reason: Refusal, size: tuple[int, int] = (0, 0)) -> None:
        super().__init__(reason)
        self.reason = reason
        self.size = size


@dataclass(frozen=True, slots=True)
class Pictures:
    """A logo, ready: PNGs for pages and for mails, sharp on dense screens, and its size in CSS pixels."""

    page: bytes
    mail: bytes
    width: int
    height: int
    chip: Chip


def pictures(raw: bytes) -> Pictures:
    """The logo that a file holds, or PictureError."""
    image = _decoded(raw)
    if image.mode == "RGBA":
        box = image.getchannel("A").getbbox()
        if box is None:
            raise PictureError("blank")
        image = image.crop(box)
    _judge(image.size, drawn=True)
    width, height = _shown(image.size)
    page = _fitted(image, (width * 2, height * 2), PAGE_COMFORT)
    mail = _fitted(image, (round(width * 1.75), round(height * 1.75)), MAIL_COMFORT)
    return Pictures(page, mail, width, height, _chip(image))


def _decoded(raw: bytes) -> Image.Image:
    """The first picture of the file, upright, as RGB or, where anything shines through, RGBA."""
    if not raw:
        raise PictureError("empty")
    if len(raw) > LARGEST:
        raise PictureError("too_large")
    try:
        opened = Image.open(io.BytesIO(raw), formats=FORMATS)
        _judge(opened.size)
        image = _drawn(opened)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("svg" if _SVG.match(raw[:200].lstrip(b"\xef\xbb\xbf \r\n\t")) else "unknown") from error
    except Image.DecompressionBombError as error:
        raise PictureError("big") from error
    except Exception as error:  # a decoder may stumble over a stranger's bytes in any way
        raise PictureError("broken") from error
    return image.convert("RGB") if image.getchannel("A").getextrema() == (255, 255) else image


def _drawn(image: Image.Image) -> Image.Image:
    """The first frame, every pixel of it, the right way up."""
    image.seek(0)
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # sixteen bits of grey
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("RGBA")


def _judge(size: tuple[int, int], *, drawn: bool = False) -> None:
    """Refuse a picture by its size. `drawn`: what is left of it when empty borders are cut off."""
    width, height = size
    if not drawn and (max(size) > MOST_SIDE or width * height > MOST_PIXELS):
        raise PictureError("big", size)
    if width > height * MOST_WIDE or height > width * MOST_HIGH:
        raise PictureError("thin", size)
    if max(size) < LEAST_SIDE:
        raise PictureError("small", size)


def _shown(size: tuple[int, int]) -> tuple[int, int]:
    """CSS pixels. Long ones are lower and square ones higher, so that all of them weigh about the same."""
    width, height = size
    high = min(48.0, max(26.0, math.sqrt(4200 * height / width)), height)
    wide = high * width / height
    scale = min(1.0, 200 / wide)
    return max(1, round(wide * scale)), max(1, round(high * scale))


def _fitted(image: Image.Image, size: tuple[int, int], comfortable: int) -> bytes:
    """The picture as a PNG no larger than `size`: as it is while that takes few bytes, else with 256 colours."""
    scaled = image.resize(size, Image.Resampling.LANCZOS) if image.width > size[0] else image
    whole = _png(scaled)
    if len(whole) <= comfortable:
        return whole
    method = Image.Quantize.FASTOCTREE if scaled.mode == "RGBA" else Image.Quantize.MEDIANCUT
    return min(whole, _png(scaled.quantize(256, method=method)), key=len)


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.info.clear()  # whatever the file said about itself stays behind
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _chip(image: Image.Image) -> Chip:
    """In which themes the logo would not be seen and is seen on a chip. One without holes brings its own ground."""
    if image.mode != "RGBA":
        return ""
    small = image.copy()
    small.thumbnail((160, 160))
    data = small.tobytes()
    seen = Counter(data[place : place + 3] for place in range(0, len(data), 4) if data[place + 3] >= 128)
    return _CHIPPED[tuple(theme for theme in THEMES if _needs_chip(seen, theme))]


def _needs_chip(seen: Counter[bytes], theme: Theme) -> bool:
    def faint(ground: str) -> float:
        lost = (times for color, times in seen.items() if contrast(f"#{color.hex()}", ground) < _FAINT[theme])
        return sum(lost) / max(1, seen.total())

    bare, chipped = faint(GROUNDS[theme][0]), faint(CHIPS[theme])
    # Most logos are drawn for white paper: one that loses anything on a dark chip was not drawn for it.
    return bare > _MANY and (chipped < 0.05 if theme == "light" else chipped < bare / 2)
