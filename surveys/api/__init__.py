"""surveys api. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.api import invitations, openapi, surveys

blueprints: tuple[Blueprint, ...] = (invitations.bp, surveys.bp, openapi.bp)
