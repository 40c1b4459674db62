"""Numbers as staff read them on pages: with the separators of their language, a true minus, and how sure they are."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from babel.numbers import format_decimal
from flask_babel import get_locale, gettext

Unit = Literal["", "percent", "nps"]
_LIMITS: Final = {"nps": (-100, 100)}
_KEPT: Final = 16_384


def metric_unit(metric: str) -> Unit:
    """What charts and cards want: an NPS is in points, every other metric a share in per cent."""
    return "nps" if metric == "nps" else "percent"


def numberformat(value: float) -> str:
    """1,204 or 3.5, in the reader's language."""
    return _formatted(value or 0, None, str(get_locale()))  # −0.0 is kept as 0 is, for they are equal


def plain(value: float, places: int = 0) -> str:
    """A rounded number without its sign."""
    rounded = abs(round(value, places))
    return numberformat(rounded if places else int(rounded))


def signed(value: float, places: int = 0) -> str:
    """Always with its sign: "+4", "−3", and "0"."""
    rounded = round(value, places)
    return ("+" if rounded > 0 else "−" if rounded < 0 else "") + plain(value, places)


def fixed(value: float | None, places: int = 2, *, sign: bool = False) -> str:
    """As "4.10" and "−1.42", always so many places, so that columns line up; an en dash for None."""
    if value is None:
        return "–"
    rounded = round(value, places)
    before = "−" if rounded < 0 else "+" if sign and rounded > 0 else ""
    return before + _formatted(abs(rounded), "#,##0." + "0" * places, str(get_locale()))


def num(value: float | None, unit: str = "", places: int = 0) -> str:
    """As "1,204" and "72%", and an NPS always with its sign; an en dash for None."""
    if value is None:
        return "–"
    if unit == "nps":
        return signed(value, places)
    return ("−" if round(value, places) < 0 else "") + plain(value, places) + ("%" if unit == "percent" else "")


def spread(
    value: float,
    margin: float,
    low: float | None,
    high: float | None,
    unit: str = "percent",
    places: int = 0,
    ends: tuple[float, float] | None = None,
) -> str:
    """How sure a number is: "± 4", or its interval "(−100 to 48)" where value ± margin would leave the scale.

    `ends`: those of the scale, where no unit tells them.
    """
    least, most = ends or _LIMITS.get(unit, (0, 100))
    about = (round(value, places), round(margin, places))
    if low is None or high is None or (about[0] - about[1] >= least and about[0] + about[1] <= most):
        return "± " + (fixed(margin, places) if places else plain(margin))
    percent = "%" if unit == "percent" and not ends else ""
    return f"({gettext('%(low)s to %(high)s', low=_end(low, places), high=_end(high, places) + percent)})"


def _end(value: float, places: int) -> str:
    return fixed(value, places) if places else ("−" if round(value) < 0 else "") + plain(value)


@lru_cache(maxsize=_KEPT)
def _formatted(value: float, pattern: str | None, locale: str) -> str:
    """A page has hundreds of numbers, and most of them again and again."""
    return str(format_decimal(value, format=pattern, locale=locale))


SHOWN: Final = {
    "metric_unit": metric_unit,
    "plain": plain,
    "signed": signed,
    "fixed": fixed,
    "num": num,
    "spread": spread,
}
"""What every template may call."""
