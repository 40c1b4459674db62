"""Which jobs follow which event, and what follows a mail of a kind. One page, so that nobody has to search."""

from base.courier import Hook
from base.jobs import Job

REACTIONS: dict[str, list[Job]] = {}

ON_SENT: dict[str, Hook] = {}
