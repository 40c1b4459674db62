"""The REST API told once: an operation reads its input, writes its answer, and describes both for the document."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from pydantic.json_schema import models_json_schema
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import Rule

from base.errors import InvalidError
from base.schema import Schema, decode, parse

View = Callable[..., Schema | tuple[Schema, int]]


class FieldProblem(Schema):
    """One field that cannot be accepted."""

    field: str
    detail: str


class Problem(Schema):
    """What went wrong (RFC 9457). `errors` names fields, where there are any at fault."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What the document says about one route."""

    summary: str
    answers: Mapping[int, type[Schema]]
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    problems: tuple[int, ...] = ()
    raw: tuple[str, ...] = ()
    """Media types of a body that is taken as it comes; the view reads it itself."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that may be sent, and what they do."""

    @property
    def shapes_in(self) -> list[type[Schema]]:
        return [self.body] if self.body is not None else []


def operation(
    summary: str,
    *,
    answers: Mapping[int, type[Schema]],
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    problems: tuple[int, ...] = (),
    limit: int | None = None,
    raw: tuple[str, ...] = (),
) -> Callable[[View], Callable[..., Response]]:
    """Hand the view its `body` and `query` in their shapes, and answer with the shape that it returns.

    `limit`: bytes that a body may have, where it is not the usual limit; `problems`: statuses beside the usual ones;
    `raw`: media types of a body that the view reads itself.
    """
    described = Operation(summary=summary, answers=answers, body=body, query=query, problems=problems, raw=raw)

    def decorate(view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def read(**values: Any) -> Response:
            if limit is not None:
                request.max_content_length = request.max_form_memory_size = limit
            if described.raw and request.mimetype not in described.raw:
                raise UnsupportedMediaType(f"Send the body as one of: {', '.join(described.raw)}.")
            if body is not None:
                values["body"] = _body(body)
            if query is not None:
                values["query"] = _query(query)
            answer = view(**values)
            shape, status = answer if isinstance(answer, tuple) else (answer, 200)
            return Response(shape.model_dump_json(), status, mimetype="application/json")

        read.operation = described  # type: ignore[attr-defined]
        return read

    return decorate


def takes_header(name: str, what: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Tell of a header that an operation may be sent, and what it does; the view reads it itself."""

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        told: Operation = view.operation  # type: ignore[attr-defined]
        view.operation = replace(told, headers={**told.headers, name: what})  # type: ignore[attr-defined]
        return view

    return decorate


def _body(shape: type[Schema]) -> Schema:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as JSON, with the header Content-Type: application/json.")
    value = decode(request.get_data())
    if not isinstance(value, dict):
        raise InvalidError("The body must be a JSON object.")
    return parse(shape, value)


def _query(shape: type[Schema]) -> Schema:
    repeated = {name: "Given more than once." for name, values in request.args.lists() if len(values) > 1}
    if repeated:
        raise InvalidError(f"Not accepted: {', '.join(repeated)}.", repeated)
    return parse(shape, request.args.to_dict())


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all routes that are operations."""
    found = [(rule, view.operation) for rule, view in _routes(app) if hasattr(view, "operation")]
    found.sort(key=lambda one: one[0].rule)
    shapes = [(shape, "validation") for _, told in found for shape in told.shapes_in]
    shapes += [(shape, "serialization") for _, told in found for shape in told.answers.values()]
    shapes.append((Problem, "serialization"))
    refs, definitions = models_json_schema(list(dict.fromkeys(shapes)), ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    paths: dict[str, Any] = {}
    for rule, told in found:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _described(rule, told, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Afterword", "version": "1", "summary": "Ask customers, and read what they answered."},
        "servers": [{"url": app.config["PUBLIC_URL"]}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of one workspace."}},
        },
    }


def _routes(app: Flask) -> list[tuple[Rule, Any]]:
    return [(rule, app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()]


def _described(rule: Rule, told: Operation, refs: Mapping[Any, Any]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": refs[Problem, "serialization"]}}
    statuses = {401, *told.problems, *({404} if rule.arguments else ()), *({422} if told.query else ())}
    statuses |= {400, 413, 415, 422} if told.body or told.raw else set()
    answers: dict[str, Any] = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": refs[shape, "serialization"]}},
        }
        for status, shape in told.answers.items()
    }
    answers |= {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem} for status in sorted(statuses)
    }
    described = {"summary": told.summary, "operationId": rule.endpoint.replace(".", "_"), "responses": answers}
    parameters = [*_path_parameters(rule), *_query_parameters(told.query)]
    parameters += [
        {"name": name, "in": "header", "required": False, "description": what, "schema": {"type": "string"}}
        for name, what in told.headers.items()
    ]
    if parameters:
        described["parameters"] = parameters
    if told.body is not None:
        content = {"application/json": {"schema": refs[told.body, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
    if told.raw:
        content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in told.raw}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in sorted(rule.arguments)
    ]


def _query_parameters(shape: type[Schema] | None) -> list[dict[str, Any]]:
    if shape is None:
        return []
    told = shape.model_json_schema()
    found = []
    for name, described in told["properties"].items():
        schema = next((one for one in described.pop("anyOf", []) if one.get("type") != "null"), {}) | described
        parameter = {"name": name, "in": "query", "required": name in told.get("required", ())}
        if "description" in schema:
            parameter["description"] = schema.pop("description")
        schema.pop("title", None)
        if schema.get("default", ...) is None:
            schema.pop("default")
        found.append(parameter | {"schema": schema})
    return found
