"""Whoever became a viewer before an update that ends what goes to them is told no more either.

From then on the change of a role itself ends it; what happened before has no second moment. So this does once, for
roles that were changed to viewer and still are, what follows such a change: digests end, mails of alerts stop, open
cases are nobody's, and scheduled exports go to the others. What was ordered for an address before it had an account, or
after the change, was ordered for a guest.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from base.db import Moment, new_id

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

WHY = "role"


def _table(name, *columns):
    kinds = {"at": Moment(), "by": sa.String(60), "id": sa.Uuid(), "data": sa.JSON()}
    return sa.table(name, *(sa.column(one, kinds.get(one.rpartition("_")[2], sa.String())) for one in columns))


EVENT = _table("event", "id", "workspace_id", "kind", "subject_id", "actor", "at", "data")
ROLE = _table("role", "workspace_id", "user_id", "name")
USER = _table("user_account", "id", "email", "created_at")
DIGEST = _table("digest", "id", "workspace_id", "recipient_email", "created_at", "next_due_at", "ended_at", "ended_by")
ALERT = _table("alert", "id", "workspace_id")
RECIPIENT = _table(
    "alert_recipient", "id", "alert_id", "kind", "address", "created_at", "stopped_at", "stopped_by", "removed_at"
)
WAITING = tuple(_table(name, "recipient_id", "notice_id") for name in ("alert_member", "alert_drop"))
CASE = _table("customer_case", "id", "workspace_id", "owner_id", "closed_at")
ENTRY = _table("case_entry", "id", "case_id", "kind", "at", "actor", "data")
READER = _table("export_reader", "schedule_id", "user_id")
SCHEDULE = _table(
    "export_schedule", "id", "workspace_id", "kind", "way", "ended_at", "next_due_at", "paused_at", "paused_by"
)
SCHEDULE.append_column(sa.column("people", sa.Boolean()))


def upgrade():
    run, now = op.get_bind().execute, datetime.now(UTC)
    for (workspace_id, user_id), until in _demoted(run).items():
        email, since = run(sa.select(USER.c.email, USER.c.created_at).where(USER.c.id == user_id)).one()
        _end_digests(run, now, workspace_id, email, (since, until))
        _stop_alerts(run, now, workspace_id, email, (since, until))
        _let_go(run, now, workspace_id, user_id)
        _forget_reader(run, now, workspace_id, user_id)


def downgrade():
    """What ended was to end; whoever should have it again gets it ordered anew."""


def _demoted(run):
    """Who is a viewer where, and until when they were more."""
    still = (ROLE.c.workspace_id == EVENT.c.workspace_id) & (ROLE.c.user_id == EVENT.c.subject_id)
    changes = sa.select(EVENT).join(ROLE, still).where(EVENT.c.kind == "role.changed", ROLE.c.name == "viewer")
    return {
        (event.workspace_id, event.subject_id): event.at
        for event in run(changes.order_by(EVENT.c.at, EVENT.c.id)).all()
        if event.data["from"] != "viewer" and event.data["to"] == "viewer"
    }


def _record(run, kind, subject_id, workspace_id, now, **more):
    said = {"id": new_id(), "kind": kind, "subject_id": subject_id, "workspace_id": workspace_id, "at": now}
    run(sa.insert(EVENT).values({"actor": None, "data": {}, **said, **more}))


def _end_digests(run, now, workspace_id, email, had):
    ours = (DIGEST.c.workspace_id == workspace_id, DIGEST.c.recipient_email == email, DIGEST.c.ended_at.is_(None))
    for ident in run(sa.select(DIGEST.c.id).where(*ours, DIGEST.c.created_at.between(*had))).scalars().all():
        ended = {"ended_at": now, "ended_by": WHY, "next_due_at": None}
        run(sa.update(DIGEST).where(DIGEST.c.id == ident).values(ended))
        _record(run, "digest.ended", ident, workspace_id, now, actor=WHY)


def _stop_alerts(run, now, workspace_id, email, had):
    theirs = (RECIPIENT.c.kind == "mail", RECIPIENT.c.address == email, RECIPIENT.c.removed_at.is_(None))
    mails = sa.select(RECIPIENT.c.id).join(ALERT, ALERT.c.id == RECIPIENT.c.alert_id)
    mails = mails.where(ALERT.c.workspace_id == workspace_id, *theirs, RECIPIENT.c.created_at.between(*had))
    for ident in run(mails).scalars().all():
        stopped = {"stopped_at": sa.func.coalesce(RECIPIENT.c.stopped_at, now), "stopped_by": WHY}
        run(sa.update(RECIPIENT).where(RECIPIENT.c.id == ident).values(stopped))
        for table in WAITING:
            run(sa.delete(table).where(table.c.recipient_id == ident, table.c.notice_id.is_(None)))


def _let_go(run, now, workspace_id, user_id):
    theirs = (CASE.c.workspace_id == workspace_id, CASE.c.owner_id == user_id, CASE.c.closed_at.is_(None))
    for ident in run(sa.select(CASE.c.id).where(*theirs)).scalars().all():
        run(sa.update(CASE).where(CASE.c.id == ident).values(owner_id=None))
        entry = {"id": new_id(), "case_id": ident, "kind": "owner", "at": now, "actor": None}
        run(sa.insert(ENTRY).values({**entry, "data": {"owner": None, "tell": []}}))
        _record(run, "case.owner", ident, workspace_id, now, data={"entry": str(entry["id"])})


def _forget_reader(run, now, workspace_id, user_id):
    theirs = sa.select(SCHEDULE).join(READER, READER.c.schedule_id == SCHEDULE.c.id)
    for one in run(theirs.where(READER.c.user_id == user_id, SCHEDULE.c.workspace_id == workspace_id)).all():
        run(sa.delete(READER).where(READER.c.schedule_id == one.id, READER.c.user_id == user_id))
        others = run(sa.select(sa.func.count()).where(READER.c.schedule_id == one.id)).scalar_one()
        if one.way == "mail" and not others and one.paused_at is None and one.ended_at is None:
            paused = {"paused_at": now, "paused_by": "itself", "next_due_at": None}
            run(sa.update(SCHEDULE).where(SCHEDULE.c.id == one.id).values(paused))
            said = {"kind": one.kind, "people": one.people, "way": one.way}
            _record(run, "export_schedule.paused", one.id, workspace_id, now, actor="itself", data=said)
