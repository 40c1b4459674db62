"""feedback views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from feedback.views import (
    answering,
    comparison,
    digests,
    exports,
    health,
    issues,
    opening,
    pausing,
    reading,
    responses,
    results,
    styleguide,
    theming,
)

blueprints: tuple[Blueprint, ...] = (
    answering.bp,
    opening.bp,
    comparison.bp,
    digests.bp,
    exports.bp,
    health.bp,
    issues.bp,
    pausing.bp,
    responses.bp,
    results.bp,
    styleguide.bp,
    reading.bp,
    theming.bp,
)
