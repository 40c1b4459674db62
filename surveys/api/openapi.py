"""The document that describes the whole API."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from base import openapi
from base.web import public

bp = Blueprint("api_openapi", __name__)


@bp.get("/api/v1/openapi.json")
@public("the description of the API holds nobody's data")
def show() -> Response:
    """OpenAPI 3.1, made of the routes and schemas themselves."""
    return jsonify(openapi.document(current_app._get_current_object()))  # type: ignore[attr-defined] # noqa: SLF001 - Flask's documented way
