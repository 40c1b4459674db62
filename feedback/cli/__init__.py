"""Commands of the feedback room and of the whole service. Each module lists its own; `afterword` collects them."""

from __future__ import annotations

import click

from feedback.cli import comments, database, demo, digests, exports, mail, rollups, serving

commands: tuple[click.Command, ...] = (
    *comments.commands,
    *database.commands,
    *demo.commands,
    *digests.commands,
    *mail.commands,
    *exports.commands,
    *rollups.commands,
    *serving.commands,
)
