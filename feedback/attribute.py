"""A property as SQL, the same on both databases: its text, and the number that the text is. Of responses unless the
column of others is given.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Float, String, and_, case, cast, func
from sqlalchemy.orm import InstrumentedAttribute

from base.db import db
from feedback.response import Response

DIGITS = "0123456789."

Properties = InstrumentedAttribute[dict[str, Any]]


def text_of(name: str, of: Properties = Response.properties) -> ColumnElement[Any]:
    """The value as text without spaces around it; NULL where there is none."""
    return func.nullif(func.trim(_raw(name, of)), "")


def _raw(name: str, of: Properties) -> ColumnElement[Any]:
    if db.engine.dialect.name != "sqlite":
        plain: ColumnElement[Any] = of[name].as_string()
        return plain
    path = "$." + json.dumps(name, ensure_ascii=False)
    kind, value = func.json_type(of, path), func.json_extract(of, path)
    return case((kind == "true", "true"), (kind == "false", "false"), else_=cast(value, String))


def number_of(name: str, of: Properties = Response.properties) -> ColumnElement[Any]:
    """The value as a number, NULL where the text is none: a sign, digits, one point. What `quartering` reads, too."""
    text = text_of(name, of)
    bare = case((func.substr(text, 1, 1) == "-", func.substr(text, 2)), else_=text)
    digits = and_(func.ltrim(bare, DIGITS) == "", func.length(bare) <= 30)
    points = func.length(bare) - func.length(func.replace(bare, ".", ""))
    return case((and_(digits, points <= 1, func.length(bare) > points), cast(text, Float)))


def passes(
    name: str, equals: str | None, least: float | None, most: float | None, *, of: Properties = Response.properties
) -> ColumnElement[bool]:
    """Whether it has this value ("" for none), or a number from `least` to `most`; with neither any value."""
    if equals is not None:
        text = text_of(name, of)
        return text == equals if equals else text.is_(None)
    if least is None and most is None:
        return text_of(name, of).is_not(None)
    number = number_of(name, of)
    ends = [number >= least] if least is not None else []
    return and_(*ends, *([number <= most] if most is not None else []))
