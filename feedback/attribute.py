"""A property of a response as SQL, the same on both databases: its text, and the number that the text is."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Float, String, and_, case, cast, func

from base.db import db
from feedback.response import Response

DIGITS = "0123456789."


def text_of(name: str) -> ColumnElement[Any]:
    """The value as text without spaces around it; NULL where there is none."""
    return func.nullif(func.trim(_raw(name)), "")


def _raw(name: str) -> ColumnElement[Any]:
    if db.engine.dialect.name != "sqlite":
        plain: ColumnElement[Any] = Response.properties[name].as_string()
        return plain
    path = "$." + json.dumps(name, ensure_ascii=False)
    kind, value = func.json_type(Response.properties, path), func.json_extract(Response.properties, path)
    return case((kind == "true", "true"), (kind == "false", "false"), else_=cast(value, String))


def number_of(name: str) -> ColumnElement[Any]:
    """The value as a number, NULL where the text is none: a sign, digits, one point. What `quartering` reads, too."""
    text = text_of(name)
    bare = case((func.substr(text, 1, 1) == "-", func.substr(text, 2)), else_=text)
    digits = and_(func.ltrim(bare, DIGITS) == "", func.length(bare) <= 30)
    points = func.length(bare) - func.length(func.replace(bare, ".", ""))
    return case((and_(digits, points <= 1, func.length(bare) > points), cast(text, Float)))


def passes(name: str, equals: str | None, least: float | None, most: float | None) -> ColumnElement[bool]:
    """Whether a response has this value ("" for none), or a number from `least` to `most`; with neither any value."""
    if equals is not None:
        return text_of(name) == equals if equals else text_of(name).is_(None)
    if least is None and most is None:
        return text_of(name).is_not(None)
    number = number_of(name)
    ends = [number >= least] if least is not None else []
    return and_(*ends, *([number <= most] if most is not None else []))
