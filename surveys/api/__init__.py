"""surveys api. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.api import inbound, invitations, openapi, surveys

blueprints: tuple[Blueprint, ...] = (invitations.bp, inbound.bp, surveys.bp, openapi.bp)
