"""Is the service fit to work? One list of checks, told as JSON by /readyz and in words by `afterword check`."""

from __future__ import annotations

import shutil
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, or_, select

from accounts.workspace import Workspace
from base import clock, heartbeat, migration
from base.breaker import Breaker
from base.db import db, sqlite_module
from base.hold import Hold
from base.outbox import Mail
from feedback.sentiment import DEFAULT, installed
from feedback.sentiment.choosing import FILE

LATE_TICK = timedelta(seconds=120)
OLD_MAIL = timedelta(minutes=10)

Check = tuple[str, bool, str]
"""Name, whether it is fine, and what to say."""


def readiness() -> list[Check]:
    """All checks, each on its own; a broken one does not hide the others."""
    return [_tried(name, check) for name, check in _CHECKS.items()]


def _tried(name: str, check: object) -> Check:
    assert callable(check)
    try:
        fine, words = check()
    except Exception as error:  # noqa: BLE001 - whatever breaks is the finding
        db.session.rollback()
        return name, False, f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return name, fine, words


def _database() -> tuple[bool, str]:
    db.session.execute(select(1))
    if db.engine.dialect.name != "sqlite":
        return True, "PostgreSQL answers"
    return True, f"SQLite {sqlite_module().sqlite_version} answers"


def _migrations() -> tuple[bool, str]:
    here, head = migration.present(), migration.newest()
    return here == head, f"at {here}" if here == head else f"at {here}, needs {head}: run `afterword migrate`"


def _tick() -> tuple[bool, str]:
    last = heartbeat.last()
    if last is None:
        return False, "the schedule has never run"
    age = clock.now() - last
    return age <= LATE_TICK, f"the schedule ran {int(age.total_seconds())} s ago"


def _outbox() -> tuple[bool, str]:
    waiting = [Mail.state.in_(("queued", "sending")), Mail.created_at < clock.now() - OLD_MAIL]
    if held := Hold.all():
        waiting.append(or_(Mail.stream_id.is_(None), Mail.stream_id.not_in(held)))
    late = db.session.scalar(select(func.count()).select_from(Mail).where(*waiting)) or 0
    return late == 0, "no mail waits" if late == 0 else f"{late} mails have waited for more than 10 minutes"


def _mail_server() -> tuple[bool, str]:
    broken = Breaker.current()
    if broken is None:
        return True, "nothing is wrong with the mail server"
    since = f"{broken.since:%Y-%m-%d %H:%M} UTC" if broken.since else "now"
    return False, f"the mail server has not worked with us since {since} and is tried again soon: {broken.words}"


def _disk() -> tuple[bool, str]:
    usage = shutil.disk_usage(current_app.config["DATA_DIR"])
    free = usage.free / usage.total
    return free >= 0.05 or usage.free > 5 * 2**30, f"{usage.free / 2**30:.1f} GiB free"


def _comments() -> tuple[bool, str]:
    chosen = {one.sentiment_engine for one in Workspace.all()} | {DEFAULT}
    missing = sorted(name for name in chosen if not installed(name) or not (name == "textblob" or FILE.exists()))
    return not missing, f"comments cannot be read by {', '.join(missing)}" if missing else "comments can be read"


_CHECKS = {
    "database": _database,
    "migrations": _migrations,
    "schedule": _tick,
    "outbox": _outbox,
    "mail server": _mail_server,
    "disk": _disk,
    "comments": _comments,
}
