"""feedback views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from feedback.views import answering, health, responses, results, styleguide

blueprints: tuple[Blueprint, ...] = (answering.bp, health.bp, responses.bp, results.bp, styleguide.bp)
