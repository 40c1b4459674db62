"""feedback api. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from feedback.api import alerts, cases, metrics, responses, speaking

blueprints: tuple[Blueprint, ...] = (responses.bp, metrics.bp, cases.bp, alerts.bp, speaking.bp)
