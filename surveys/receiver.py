"""Works off calls that came in: reads them by their source's mapping, completes them, and asks about what they tell.

Taking the same call again does no harm: one interaction is asked about once. A helpdesk that does not answer is asked
again with growing waits; what cannot be taken ends as rejected, with the reason.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.workspace import Workspace
from base import clock, fetch
from base.db import db, reading, transaction
from base.fetch import Failure, Fetched
from base.jobs import Job, enqueue, enqueue_missing, job, slow_job
from surveys import completing, intake, jobs
from surveys.intake import Occasion
from surveys.picking import Picked, pick
from surveys.received_call import ReceivedCall
from surveys.receiving import Told, UnreadableError, read
from surveys.recipes import recipe
from surveys.source import Source

WAITS = (30, 120, 600, 1800, 7200)
"""Seconds until a helpdesk that did not answer is asked again."""
STRANDED = timedelta(minutes=10)
PATIENCE = len(WAITS) + 3
"""How often a call may fail to be worked off, for whatever reason, before it is given up."""
NAME_LIFE = timedelta(hours=1)
NAMES = 5000

_names: dict[tuple[str, str, str], tuple[datetime, str]] = {}
"""Agents and departments by (account, kind, id), so that each is asked for once an hour."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ends."""

    state: str
    reason: str | None = None
    detail: str | None = None
    interaction_id: uuid.UUID | None = None


@job
def take_in(call_id: uuid.UUID) -> None:
    """Work off a call that says all by itself."""
    work_off(call_id)


@slow_job
def look_up(call_id: uuid.UUID) -> None:
    """Work off a call that the helpdesk has to complete."""
    work_off(call_id)


def job_of(source: Source, call: ReceivedCall) -> Job:
    """Which job works off a call: whoever waits for a helpdesk holds up nobody else."""
    return look_up if source.asks_back and not call.sample else take_in


def work_off(call_id: uuid.UUID) -> None:
    """Take a waiting call in, or keep why it could not be; a call that is settled stays as it is."""
    now = clock.now()
    with reading() as session:
        call = ReceivedCall.waiting(call_id)
        if call is None:
            return
        source = session.get_one(Source, call.source_id)
        zone = ZoneInfo(session.get_one(Workspace, source.workspace_id).zone)
        told = told_by(call)
    found = _completed(source, told) if source.asks_back and not call.sample and isinstance(told, Told) else None
    with transaction() as session:
        call = ReceivedCall.waiting(call_id, alone=True)
        if call is None:  # somebody else was faster
            return
        source = session.get_one(Source, call.source_id)
        if isinstance(found, Failure) and not found.final and call.attempts < len(WAITS):
            enqueue(look_up, call.id, at=now + timedelta(seconds=WAITS[call.attempts]))
            call.put_off(found.reason)
            return
        if isinstance(found, dict):
            call.found = found
            told = told_by(call)
        _settle(call, source, told if not isinstance(found, Failure | Outcome) else found, zone=zone, now=now)


def told_by(call: ReceivedCall) -> Told | Outcome:
    """What a call says, or why nobody can read it."""
    try:
        return read(call.body, call.content_type, call.query, found=call.found)
    except UnreadableError as error:
        return Outcome("rejected", f"body_{error.key}")


def _settle(
    call: ReceivedCall, source: Source, told: Told | Failure | Outcome, *, zone: ZoneInfo, now: datetime
) -> None:
    """End the call. Needs a transaction."""
    if isinstance(told, Told):
        picked = pick(told, source.mapping, zone=zone, now=now)
        call.notes = list(picked.notes)
        outcome = _acted(source, picked, now)
    else:
        outcome = _unanswered(told) if isinstance(told, Failure) else told
    call.interaction_id = outcome.interaction_id
    call.settle(outcome.state, outcome.reason, at=now, detail=outcome.detail)


def _unanswered(failure: Failure) -> Outcome:
    reasons = {401: "key_refused", 403: "key_refused", 404: "not_found"}
    return Outcome("rejected", reasons.get(failure.status or 0, "no_answer"), failure.reason)


def _acted(source: Source, picked: Picked, now: datetime) -> Outcome:
    """Ask, or take back. Needs a transaction."""
    if picked.kind == "other":
        return Outcome("ignored", "status", picked.status)
    if picked.problem is not None:
        return Outcome("rejected", picked.problem)
    assert picked.external_id is not None
    if picked.kind == "cancel":
        taken_back = jobs.cancel(source.workspace_id, source.slug, picked.external_id, at=now)
        return Outcome("ignored", "cancelled", str(taken_back))
    return _asked(source, occasion_of(source, picked), now)


def _asked(source: Source, occasion: Occasion, now: datetime) -> Outcome:
    surveys = source.surveys()
    ready = [survey for survey in surveys if survey.published_number is not None]
    if not ready:
        kept = intake.keep(source.workspace_id, [occasion], at=now)[0]
        reason = "unpublished" if surveys else "only_kept"
        return Outcome(
            "processed" if kept.new else "ignored", reason if kept.new else "repeated", None, kept.interaction_id
        )
    asked = [jobs.ask(survey, [occasion], at=now)[0] for survey in ready]
    interaction_id = asked[0][0].interaction_id
    fresh = [invitation for invitation, new in asked if new]
    if not fresh:
        return Outcome("ignored", "repeated", None, interaction_id)
    skipped = [invitation.reason for invitation in fresh if invitation.status == "skipped"]
    if len(skipped) == len(fresh):
        return Outcome("processed", "skipped", skipped[0], interaction_id)
    return Outcome("processed", None, None, interaction_id)


def occasion_of(source: Source, picked: Picked) -> Occasion:
    """What a call that can be taken tells."""
    assert picked.email is not None
    assert picked.external_id is not None
    return Occasion(
        email=picked.email,
        source=source.slug,
        external_id=picked.external_id,
        name=picked.name,
        locale=picked.locale,
        agent=picked.agent,
        team=picked.team,
        channel=picked.channel,
        occurred_at=picked.occurred_at,
        properties=picked.properties,
    )


def _completed(source: Source, told: Told) -> dict[str, Any] | Failure | Outcome:
    """What the helpdesk says about the ticket that a call names. No transaction is open."""
    if not source.settings.get("base_url") or not source.settings.get("api_key"):
        return Outcome("rejected", "unconnected")
    ident = completing.identifier(told, recipe(source.recipe).lookup)
    if ident is None:
        return Outcome("rejected", "no_ticket")
    ticket = _ask_back(source, "tickets", ident)
    if isinstance(ticket, Failure):
        return ticket
    names: dict[str, str] = {}
    for part, (kind, other) in completing.further(ticket).items():
        name = _name(source, kind, other)
        if isinstance(name, Failure) and not name.final:
            return name
        if isinstance(name, str):
            names[part] = name
    return completing.laid(ticket, names)


def _name(source: Source, kind: str, ident: str) -> str | Failure:
    """What an agent or a department is called."""
    now, key = clock.now(), (completing.base_of(source.settings["base_url"]), kind, ident)
    known = _names.get(key)
    if known and known[0] > now:
        return known[1]
    answer = _ask_back(source, kind, ident)
    if isinstance(answer, Failure):
        return answer
    name = str(answer.get("name") or "")
    if len(_names) >= NAMES:
        _names.clear()
    _names[key] = (now + NAME_LIFE, name)
    return name


def _ask_back(source: Source, kind: str, ident: str) -> dict[str, Any] | Failure:
    url = completing.address(source.settings, kind, ident)
    answer = fetch.get_json(url, completing.headers(source.settings))
    if isinstance(answer, Fetched):
        value = answer.value
        return value if isinstance(value, dict) else Failure("it answered with something else", final=True)
    return answer


def sweep(now: datetime) -> None:
    """See to calls that no job is about any more, as when it failed for good; after some tries they are given up."""
    with transaction():
        left = ReceivedCall.stranded(now - STRANDED)
        sources = {source_id: db.session.get_one(Source, source_id) for source_id in {call.source_id for call in left}}
        for call in left:
            if call.attempts >= PATIENCE:
                call.settle("rejected", "gave_up", at=now, detail=call.detail)
            elif enqueue_missing(job_of(sources[call.source_id], call), [call.id]):
                call.attempts += 1


def prune(now: datetime) -> None:
    """Forget calls that nobody needs to see any more."""
    with transaction():
        ReceivedCall.prune(now)
