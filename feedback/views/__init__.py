"""feedback views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from feedback.views import (
    agenda,
    answering,
    comparison,
    digests,
    exports,
    guests,
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
    agenda.bp,
    answering.bp,
    opening.bp,
    comparison.bp,
    digests.bp,
    exports.bp,
    guests.bp,
    health.bp,
    issues.bp,
    pausing.bp,
    responses.bp,
    results.bp,
    styleguide.bp,
    reading.bp,
    theming.bp,
)
