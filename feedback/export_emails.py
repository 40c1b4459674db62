"""The mail that tells of a scheduled file. It is not in it: what has gone into a mailbox cannot be taken back when
a customer asks to be forgotten. Whoever opens the link must be signed in, and still be allowed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from flask import current_app

from accounts.user import User
from accounts.workspace import Workspace
from base import mail, tokens
from base.db import db
from feedback.export import Export
from feedback.export_run import ExportRun
from feedback.export_schedule import ExportSchedule
from feedback.exporting import suffix
from feedback.wording import Voice
from feedback.zoning import ONE_DAY, local_date
from surveys.emails import in_the_name_of
from surveys.survey import Survey


@dataclass(frozen=True)
class Ready:
    """A file that waits to be fetched, and who is told."""

    schedule: ExportSchedule
    run: ExportRun
    export: Export
    reader: User


def ready(workspace: Workspace, what: Ready, *, at: datetime) -> EmailMessage:
    """What tells one reader that a file is there."""
    values = _values(workspace, what)
    heading = mail.Heading(
        sender=in_the_name_of(workspace.name),
        to_address=what.reader.email,
        to_name=what.reader.name,
        at=at,
        locale=values["locale"],
        reply_to=workspace.reply_to,
    )
    return mail.compose(mail.render(current_app.jinja_env, "export", values), heading)


def _values(workspace: Workspace, what: Ready) -> dict[str, Any]:
    schedule, run, export = what.schedule, what.run, what.export
    voice, zone, base = Voice.of(schedule.locale), workspace.zone, f"/w/{workspace.slug}/exports"
    survey = db.session.get(Survey, export.survey_id) if export.survey_id else None  # the schedule may have changed
    catches_up = run.catches_up_from
    return {
        "voice": voice,
        "locale": voice.locale,
        "dir": voice.direction,
        "company": workspace.name,
        "title": schedule.title,
        "days": _days(voice, run, zone),
        "answers": voice.count("answers", export.rows) if export.rows else voice.say("no_answers"),
        "survey": survey.name if survey else voice.say("all_surveys"),
        "kind": f"{suffix(export.kind).upper()}, {_size(voice, export.size or 0)}",
        "people": export.people,
        "catch_up": voice.say("export_catch_up", date=voice.day(catches_up)) if catches_up else None,
        "until": voice.moment(export.expires_at, zone),
        "url": tokens.link(f"{base}/{export.id}/file"),
        "schedule_url": tokens.link(f"{base}/scheduled/{schedule.id}"),
        "address": what.reader.email,
    }


def _days(voice: Voice, run: ExportRun, zone: str) -> str:
    last = local_date(run.period_to, zone) - ONE_DAY
    if run.period_from is None:
        return voice.say("export_until_day", date=voice.day(last, "last_day"))
    return voice.dates(min(local_date(run.period_from, zone), last), last)


def _size(voice: Voice, size: int) -> str:
    if size < 1_000_000:
        return f"{voice.number(max(1, size / 1000))} kB"
    return f"{voice.number(size / 1_000_000)} MB"
