"""surveys api. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

from surveys.api import contacts, inbound, invitations, openapi, surveys

blueprints: tuple[Blueprint, ...] = (contacts.bp, invitations.bp, inbound.bp, surveys.bp, openapi.bp)
