"""What can go wrong in our own words. Doors translate these once: to a page, a problem+json or a line on stderr."""

from __future__ import annotations


class AfterwordError(Exception):
    """Root of all errors that a person or a program is told about."""

    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFoundError(AfterwordError):
    """There is no such thing, or it belongs to somebody else: both look the same."""

    status = 404

    def __init__(self, noun: str, ident: object = None) -> None:
        super().__init__(f"There is no such {noun}.")
        self.noun = noun
        self.ident = ident


class InvalidError(AfterwordError):
    """Input that cannot be accepted; `fields` maps a field's path to a sentence."""

    status = 422

    def __init__(self, detail: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.fields = fields or {}


class MalformedError(AfterwordError):
    """A body or an address that cannot even be read."""


class ConflictError(AfterwordError):
    """The request contradicts what is already there."""

    status = 409


class ForbiddenError(AfterwordError):
    """The person is known, and may not do this."""

    status = 403


class TooManyError(AfterwordError):
    """Too many tries; worth another one after `retry_after` seconds."""

    status = 429

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
