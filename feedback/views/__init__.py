"""feedback views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from feedback.views import (
    alerts,
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
    speaking,
    stopping,
    styleguide,
    theming,
)

blueprints: tuple[Blueprint, ...] = (
    alerts.bp,
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
    speaking.bp,
    stopping.bp,
    styleguide.bp,
    reading.bp,
    theming.bp,
)
