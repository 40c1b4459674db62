"""feedback views. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from feedback.views import answering, health, styleguide

blueprints: tuple[Blueprint, ...] = (answering.bp, health.bp, styleguide.bp)
