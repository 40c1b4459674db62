"""Shapes of JSON that come in and go out, and what is wrong with one, told in plain sentences a field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, from_json

from base.errors import InvalidError, MalformedError


class Schema(BaseModel):
    """A shape. Unknown fields are refused by name, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)


Shape = TypeVar("Shape", bound=Schema)

_SENTENCES: Mapping[str, str] = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "Must be a text.",
    "string_too_long": "Must have at most {max_length} characters.",
    "string_too_short": "Must not be empty.",
    "int_type": "Must be a whole number.",
    "int_parsing": "Must be a whole number.",
    "int_from_float": "Must be a whole number.",
    "int_parsing_size": "Must be a smaller number.",
    "float_type": "Must be a number.",
    "float_parsing": "Must be a number.",
    "bool_type": "Must be true or false.",
    "bool_parsing": "Must be true or false.",
    "greater_than_equal": "Must be at least {ge}.",
    "less_than_equal": "Must be at most {le}.",
    "literal_error": "Must be {expected}.",
    "list_type": "Must be a list.",
    "too_long": "Must have at most {max_length} entries.",
    "too_short": "Must have at least {min_length} entry.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "uuid_type": "Must be an id.",
    "uuid_parsing": "Must be an id.",
    "value_error": "{error}",
}

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+ -]\d{2}:?\d{2})", re.IGNORECASE)


def moment(value: object) -> datetime:
    """An ISO 8601 moment with its zone, in UTC. In an address, the + of a zone may arrive as a blank."""
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, datetime):
        return value
    if found is None:
        raise ValueError("Must be a moment with its time zone, like 2026-11-20T09:00:00Z.")
    try:
        return datetime.fromisoformat(found[1] + found[2].replace(" ", "+").upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such moment.") from None


def _absent(value: object) -> object:
    """Many programs send an empty text where they know nothing."""
    return None if isinstance(value, str) and not value.strip() else value


def _one_line(value: object) -> object:
    if isinstance(value, str):
        if any(ord(letter) < 32 and letter not in "\t\r\n" for letter in value):
            raise ValueError("Must not hold control characters.")
        return " ".join(value.split())
    return value


Moment = Annotated[
    datetime,
    BeforeValidator(moment),
    PlainSerializer(lambda at: at.isoformat().replace("+00:00", "Z"), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
ONE_LINE = BeforeValidator(_one_line)
BlankIsNone = BeforeValidator(_absent)


def decode(data: bytes) -> Any:
    """The value that JSON says, or MalformedError. NaN, broken surrogates and bottomless nesting are no JSON."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedError(f"The body is not JSON: {str(error)[:200]}.") from error


def parse(shape: type[Shape], value: object) -> Shape:
    """`value` in its shape, or InvalidError that names every field at fault."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        fields: dict[str, str] = {}
        for fault in error.errors(include_url=False, include_input=False):
            fields.setdefault(_path(fault["loc"]), _sentence(fault))
        if list(fields) == [""]:
            raise InvalidError(f"The request: {fields['']}", fields) from None
        raise InvalidError(f"Not accepted: {', '.join(list(fields)[:10])}.", fields) from None


def _path(loc: tuple[int | str, ...]) -> str:
    """`invitations[3].interaction.external_id`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{str(part)[:100]}"
    return text.removeprefix(".")


def _sentence(fault: ErrorDetails) -> str:
    known = _SENTENCES.get(fault["type"])
    if known is None:
        return f"{fault['msg'].rstrip('.')}."
    return known.format(**{name: str(value) for name, value in fault.get("ctx", {}).items()})
