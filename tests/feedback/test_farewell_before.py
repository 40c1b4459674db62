"""Whoever was made a viewer while nothing followed from it yet is told no more once the service is updated."""

import pytest
import time_machine
from alembic import command
from flask import current_app
from sqlalchemy import select

from accounts.role import Role
from base import migration
from base.db import db, transaction
from base.events import Event
from feedback import farewell
from feedback.alert import Alert
from feedback.app import create_app
from feedback.case_entry import CaseEntry
from feedback.cli.database import bring_up_to_date
from feedback.digest import Digest
from feedback.export_schedule import ExportReader, ExportSchedule
from feedback.jobs import consider_case
from feedback.recipient import Drop, Recipient
from tests.cast import Cast, a_person, a_survey
from tests.databases import settings_for
from tests.feedback.alerts import an_alert
from tests.feedback.followers import cases, ruled
from tests.feedback.readers import DAY, FRIDAY, HOUR, answered, ordered
from tests.feedback.test_scheduled_exports import mailed

THEN = FRIDAY + HOUR


@pytest.fixture
def cast(database_urls, tmp_path):
    """The cast in a database of their own, which is migrated while they are in it."""
    app = create_app(settings_for(database_urls.fresh(), tmp_path))
    with app.app_context(), time_machine.travel(FRIDAY, tick=False):
        yield Cast.again()
        db.session.remove()
        db.engine.dispose()


def became(workspace, person, name, *, at=THEN):
    with transaction():
        Role.of(workspace.id, person.id).change(name, at=at)


def update():
    db.session.remove()
    migration.prepare(current_app._get_current_object())
    command.downgrade(current_app.extensions["migrate"].migrate.get_config(), "0047")
    with time_machine.travel(FRIDAY + DAY, tick=False):
        bring_up_to_date()


def found():
    """Of digests, recipients, exports and their readers what farewell decides; and what was recorded."""
    db.session.rollback()
    db.session.expire_all()
    kinds = ("digest.ended", "case.owner", "export_schedule.paused")
    return {
        "digests": {
            one.recipient_email: (one.ended_by, one.next_due_at is None) for one in db.session.scalars(select(Digest))
        },
        "alerts": {
            (where, one.address): one.stopped_by
            for one, where in db.session.execute(select(Recipient, Alert.workspace_id).join(Alert))
        },
        "waiting": db.session.scalars(select(Drop.recipient_id)).all(),
        "owners": [case.owner_id for case in cases()],
        "readers": sorted(db.session.scalars(select(ExportReader.user_id))),
        "paused": sorted(map(tuple, db.session.execute(select(ExportSchedule.title, ExportSchedule.paused_by)))),
        "events": sorted(map(tuple, db.session.execute(select(Event.kind, Event.actor).where(Event.kind.in_(kinds))))),
    }


def everything_for(workspace, person, survey):
    """What a manager may have: a digest, an alert with a drop that waits, an open case, two exports."""
    ordered(workspace, recipient_email=person.email)
    alert = an_alert(workspace)
    with transaction() as session:
        [told] = Recipient.of_alert(alert.id)
        days = {"day": FRIDAY.date(), "before": FRIDAY.date() - DAY, "days": 1}
        session.add(Drop(recipient_id=told.id, survey_id=survey.id, **days))
    ruled(workspace, survey, owner_by="person", person=person, at=FRIDAY - DAY)
    consider_case(answered(survey, 2, comment="Nobody called."))


def test_what_goes_to_somebody_who_was_made_a_viewer_ends_as_farewell_ends_it(cast):
    survey = a_survey(cast.workspace, at=FRIDAY - DAY)
    everything_for(cast.workspace, cast.cvetka, survey)
    mailed(cast.workspace, cast.cvetka, title="Hers")
    mailed(cast.workspace, cast.cvetka, cast.boris, title="Theirs")
    ordered(cast.workspace, recipient_email=cast.boris.email)
    an_alert(cast.elsewhere)
    became(cast.workspace, cast.cvetka, "viewer")
    acme, elsewhere, boris, cvetka = (one.id for one in (cast.workspace, cast.elsewhere, cast.boris, cast.cvetka))
    update()
    mended = found()
    assert mended == {
        "digests": {"cvetka@acme.example": ("role", True), "boris@acme.example": (None, False)},
        "alerts": {
            (acme, "cvetka@acme.example"): "role",
            (elsewhere, "cvetka@acme.example"): None,
        },
        "waiting": [],
        "owners": [None],
        "readers": [boris],
        "paused": [("Hers", "itself"), ("Theirs", None)],
        "events": [("case.owner", None), ("digest.ended", "role"), ("export_schedule.paused", "itself")],
    }
    assert [entry.kind for entry in CaseEntry.of(cases()[0].id)][-1] == "owner"
    farewell.tell_no_more(cvetka)
    assert found() == mended


def test_what_was_ordered_for_a_guest_goes_on(cast):
    ordered(cast.workspace, recipient_email="vera@acme.example", at=FRIDAY - 2 * HOUR)
    vera = a_person("Vera", cast.workspace, "manager", at=FRIDAY - HOUR)
    became(cast.workspace, vera, "viewer", at=FRIDAY)
    ordered(cast.workspace, recipient_email="vera@acme.example", title="After", at=THEN)
    update()
    assert found()["digests"] == {"vera@acme.example": (None, False)}


@pytest.mark.parametrize("roles", [("designer",), ("viewer", "manager"), ()])
def test_whoever_may_see_them_keeps_everything(cast, roles):
    everything_for(cast.workspace, cast.cvetka, a_survey(cast.workspace, at=FRIDAY - DAY))
    for hours, name in enumerate(roles):
        became(cast.workspace, cast.cvetka, name, at=THEN + hours * HOUR)
    before = found()
    update()
    assert found() == before
