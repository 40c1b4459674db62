"""What every page and answer of the web has in common: trusted hosts, headers, limits, and errors told once."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import IO, Any, TypeVar, cast

from flask import Flask, Request, Response, g, jsonify, render_template, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream

from base.errors import AfterwordError, InvalidError, NotFoundError, TooManyError

csrf = CSRFProtect()

MAX_BODY = 256 * 1024
"""Bytes a request may carry, unless its route says otherwise (uploads, batches)."""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; object-src 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer says, unless it says something else itself. Files that never change may be stored."""
WORTH_GZIP, GZIP_LEVEL = 1000, 5
ONLY_SECURE = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")

View = TypeVar("View", bound=Callable[..., Any])


def public(reason: str) -> Callable[[View], View]:
    """Mark a route that needs no permission, and say why. Every other route is marked by `accounts.access`."""

    def mark(view: View) -> View:
        view.permission = f"public: {reason}"  # type: ignore[attr-defined]
        return view

    return mark


def body_up_to(size: int) -> Callable[[View], View]:
    """Let requests of a route carry `size` bytes. It is known before anything, like the check of forms, reads them."""

    def mark(view: View) -> View:
        view.body_size = size  # type: ignore[attr-defined]
        return view

    return mark


def problem(status: int, detail: str, **more: object) -> Response:
    """An RFC 9457 answer. `more` may hold `errors`: a list of {"field", "detail"}."""
    from http import HTTPStatus

    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    } | more
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def problem_of(error: AfterwordError) -> Response:
    """The problem+json of one of our own errors."""
    more: dict[str, Any] = {}
    if isinstance(error, InvalidError) and error.fields:
        more["errors"] = [{"field": field, "detail": detail} for field, detail in error.fields.items()]
    response = problem(error.status, error.detail, **more)
    if isinstance(error, TooManyError):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Afterword"'
    return response


def _wants_problem() -> bool:
    return request.path.startswith(("/api/", "/hooks/"))


def _tell(error: AfterwordError) -> ResponseReturnValue:
    if _wants_problem():
        return problem_of(error)
    if isinstance(error, TooManyError):
        return *_error_page(error.status, error.detail, error.retry_after), {"Retry-After": str(error.retry_after)}
    return _error_page(error.status, error.detail)


def _tell_http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, SecurityError):  # a host that is not ours: no page of ours can be addressed from there
        return "This host name is not served here.\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
    if _wants_problem():
        response = problem(error.code, error.description or error.name)
        response.headers.extend(pair for pair in error.get_headers() if pair[0] in {"Allow", "Retry-After"})
        return response
    if isinstance(error, CSRFError):
        return _error_page(400, "csrf")
    return _error_page(error.code, None)


def _error_page(status: int, detail: str | None, retry_after: int | None = None) -> tuple[str, int]:
    told = {"status": status, "detail": detail, "retry_after": retry_after, "limit": request.max_content_length or 0}
    return render_template("error.html", **told), status


def _unexpected(error: Exception) -> ResponseReturnValue:
    from flask import current_app

    from base.db import new_id

    reference = str(new_id())[-12:]
    place = request.url_rule.rule if request.url_rule else "no route"  # the path itself may hold a secret
    current_app.logger.error("unexpected error %s on %s %s", reference, request.method, place, exc_info=error)
    if _wants_problem():
        return problem(500, f"Something went wrong on our side. Reference {reference}.")
    return render_template("error.html", status=500, detail=None, reference=reference), 500


def _headers(response: Response) -> Response:
    headers = response.headers
    for name, value in HEADERS.items():
        if name != "Cache-Control" or request.endpoint != "static":
            headers.setdefault(name, value)
    if g.get("secure"):
        headers.setdefault(*ONLY_SECURE)
    return _compressed(response)


def _compressed(response: Response) -> Response:
    """Gzip what is text and worth it; a proxy in front may do better and then finds it done."""
    if (
        "gzip" not in request.headers.get("Accept-Encoding", "")
        or response.direct_passthrough
        or response.is_streamed
        or "Content-Encoding" in response.headers
        or not (response.content_type or "").startswith(
            ("text/", "application/json", "application/problem", "image/svg")
        )
    ):
        return response
    data = response.get_data()
    if len(data) > WORTH_GZIP:
        response.set_data(gzip.compress(data, GZIP_LEVEL))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response


class _Endless(LimitedStream):
    """A body whose length nobody told. Werkzeug's own, read as a whole, is cut at the limit without a word."""

    def readall(self) -> bytes:
        body = super().readall()
        if self.is_exhausted and self._stream.read(1):
            self.on_exhausted()  # raises
        return body


class PlainRequest(Request):
    """A request whose form and query hold no NUL: no person types one, and PostgreSQL keeps none.

    The API gets its query as it came, because it names the field that is wrong.
    """

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _without_nul(self.__dict__["form"])

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body. One of unknown length is refused where it passes the limit."""
        found: IO[bytes] = super().stream
        limit = self.max_content_length
        if self.content_length is None and limit is not None and isinstance(found, LimitedStream):
            return cast("IO[bytes]", _Endless(self.environ["wsgi.input"], limit, is_max=True))
        return found

    @cached_property
    def args(self) -> MultiDict[str, str]:
        found: MultiDict[str, str] = super().args
        return found if self.path.startswith("/api/") else _without_nul(found)


def _without_nul(values: MultiDict[str, str]) -> MultiDict[str, str]:
    pairs = list(values.items(multi=True))
    if not any("\0" in name or "\0" in value for name, value in pairs):
        return values
    return ImmutableMultiDict([(name.replace("\0", ""), value.replace("\0", "")) for name, value in pairs])


def _refuse_nul() -> None:
    """A path with a NUL names nothing; respondents' pages say so themselves, in their language."""
    if "\0" in request.path and not request.path.startswith(("/s/", "/o/", "/u/")):
        raise NotFoundError("page")


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own, for those who bring a cookie: making the signer is wasted work for everybody else."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie, or a new one."""
        return super().open_session(app, request) if "HTTP_COOKIE" in request.environ else self.session_class()


def init(app: Flask) -> None:
    """Fit `app` with the common rules. Reads SECURE, TRUSTED_HOSTS and TRUSTED_PROXIES from its config."""
    hops = app.config["TRUSTED_PROXIES"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=0)  # type: ignore[method-assign]
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.session_interface = CookieSessions()
    app.request_class = PlainRequest

    @app.before_request
    def remember() -> None:
        g.secure = app.config["SECURE"]
        _refuse_nul()
        request.max_content_length = getattr(app.view_functions.get(request.endpoint or ""), "body_size", MAX_BODY)
        request.max_form_memory_size = request.max_content_length

    csrf.init_app(app)
    app.after_request(_headers)
    app.register_error_handler(AfterwordError, _tell)
    app.register_error_handler(HTTPException, _tell_http)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)
