"""feedback api. Each module has one blueprint; they are listed here for the composition root."""

from flask import Blueprint

blueprints: tuple[Blueprint, ...] = ()
