"""Whether a number is among many that a statement is given as one value, so that its text is the same for any of them.

`IN` has a mark for each number: a text of its own for each length, which both databases would have to read anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Integer, Text, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import NullType, TypeEngine


class WholeNumbers(TypeDecorator[Sequence[int]]):
    """Whole numbers as one value: an array of PostgreSQL, JSON for SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        array: TypeEngine[Any] = ARRAY(Integer)
        return dialect.type_descriptor(array if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        return list(value or ()) if dialect.name == "postgresql" else json.dumps(list(value or ()))


class _Among(GenericFunction[bool]):
    """A function to SQLAlchemy; each database says it in its own way."""

    type = NullType()  # type: ignore[assignment] # of a Boolean SQLite would be asked whether it is 1, past the index
    inherit_cache = True


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **kept: Any) -> str:
    number, numbers = (compiler.process(part, **kept) for part in element.clauses)
    return f"{number} = ANY ({numbers})"


@compiles(_Among, "sqlite")
def _each(element: _Among, compiler: SQLCompiler, **kept: Any) -> str:
    number, numbers = (compiler.process(part, **kept) for part in element.clauses)
    return f"{number} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608 - both are made by SQLAlchemy


def among(number: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """That `number` is one of those that the statement is given under `name`."""
    return _Among(number, bindparam(name, type_=WholeNumbers()))
