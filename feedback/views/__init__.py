"""feedback views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from feedback.views import (
    agenda,
    alerts,
    answering,
    comparison,
    digests,
    exports,
    guests,
    health,
    issues,
    marking,
    opening,
    pausing,
    reading,
    responses,
    results,
    speaking,
    stopping,
    styleguide,
    tagging,
    theming,
)

blueprints: tuple[Blueprint, ...] = (
    alerts.bp,
    agenda.bp,
    answering.bp,
    opening.bp,
    comparison.bp,
    digests.bp,
    exports.bp,
    guests.bp,
    health.bp,
    issues.bp,
    marking.bp,
    pausing.bp,
    responses.bp,
    results.bp,
    speaking.bp,
    stopping.bp,
    styleguide.bp,
    reading.bp,
    tagging.bp,
    theming.bp,
)
