"""Commands of the surveys room. Each module lists its own; `afterword` collects them."""

from __future__ import annotations

import click

from surveys.cli import contacts, surveys

commands: tuple[click.Command, ...] = (*surveys.commands, *contacts.commands)
