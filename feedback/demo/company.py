"""Who works at the demo company, what it asks, and who gets its digests."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accounts import hashing
from accounts.role import Role
from accounts.user import User
from accounts.workspace import Workspace
from base.db import db, transaction
from feedback.alert import Alert, Rule
from feedback.alerting import Conditions
from feedback.digest import Digest
from feedback.digesting import Cadence
from feedback.export_schedule import ExportSchedule, Standing
from feedback.order import Order, Scope
from feedback.recipient import Addressee
from feedback.topic import Topic
from feedback.tracked import TrackedProperty
from surveys.library import TEMPLATES
from surveys.rule import SendingRule, Terms
from surveys.source import Source
from surveys.survey import Survey

SLUG = "demo"
NAME = "Lipa"
"""What its customers know it by; a lime tree, and a shop for phones and travel."""
CARE = "care@lipa.example"
"""Where its customers' answers to mails go."""
ZONE = "Europe/Ljubljana"
EMAIL = "ana@demo.example"
PASSWORD = "look-around-afterword"  # noqa: S105 - printed by the command; the demo listens on loopback unless told otherwise

PEOPLE = (
    (EMAIL, "Ana Kovač", "admin"),
    ("boris@demo.example", "Boris Lind", "designer"),
    ("cvetka@demo.example", "Cvetka Zupan", "manager"),
)

TOPICS = (
    ("Batteries", "batter*, baterij*, bateri*, μπαταρι*, батаре*, charg*, polnilec, ładowar*"),
    ("Couriers", "courier*, driver*, parcel*, kurier*, paczk*, kurir*, paket*, κουριερ*, δεμα*, курьер*, посылк*"),
)
"""What the company looks for in comments, in all of its languages."""

SURVEYS = (
    ("nps", "Loyalty after an order", "nps_purchase"),
    ("csat", "Support, after a solved ticket", "csat_ticket"),
    ("ces", "Returns and repairs", None),
)
"""Metric, name, and the ready-made survey that it is; the last one asks its score and a comment only."""
LANGUAGES = ("en", "sl", "pl", "el", "ru")


@dataclass(frozen=True)
class Company:
    """What `found` made: ids of the workspace, of the surveys by metric, of the daily digest and of the admin."""

    workspace_id: uuid.UUID
    surveys: dict[str, uuid.UUID]
    daily_digest_id: uuid.UUID
    admin_id: uuid.UUID


def exists() -> bool:
    """Whether the demo company is there already."""
    return db.session.query(Workspace).filter_by(slug=SLUG).first() is not None


def found(at: datetime) -> Company:
    """Make the company as of `at`."""
    with transaction():
        workspace = Workspace.create(SLUG.title(), zone=ZONE, quarantine_days=0, at=at)
        workspace.change({"name": NAME, "reply_to": CARE}, at=at)
        people = {}
        for email, name, role in PEOPLE:
            person = User.by_email(email) or User.create(email, name, password_hash=hashing.keep(PASSWORD), at=at)
            db.session.flush()
            Role.grant(workspace.id, person.id, role, at=at)
            people[role] = person.id
        for name, words in TOPICS:
            Topic.make(workspace.id, name, words, at=at)
        TrackedProperty.choose(workspace.id, {"product": False, "first_response_minutes": True}, at=at)
        surveys = {
            metric: ask(workspace.id, name, _document(metric, template), at, people["designer"])
            for metric, name, template in SURVEYS
        }
        digests = [Digest.order(workspace.id, order, at=at, by=people["admin"]).id for order in _orders(surveys)]
        ExportSchedule.make(workspace.id, _weekly_file((people["admin"], people["manager"])), at=at, by=people["admin"])
        for rule in _rules(surveys):
            Alert.make(workspace.id, rule, at=at, by=people["admin"])
        return Company(workspace.id, surveys, digests[0], people["admin"])


def settle(made: Company, at: datetime) -> None:
    """What the designer decided today: whom the surveys ask from now on, and which helpdesk tells of tickets."""
    daytime = Terms(start_hour=8, end_hour=20)
    terms = {
        "csat": replace(daytime, delay_minutes=120, quarantine_days=14),
        "nps": replace(daytime, delay_minutes=3 * 1440, quarantine_days=90, first_reminder_days=4, weekdays="12345"),
        "ces": replace(daytime, delay_minutes=60, sample=50),
    }
    with transaction():
        for metric, ident in made.surveys.items():
            SendingRule.decide(ident, terms[metric], workspace_id=made.workspace_id, at=at, by=made.admin_id)
        desk, _ = Source.create(made.workspace_id, "Support desk", "zendesk", at=at, by=made.admin_id)
        desk.change(name=desk.name, survey_ids=[made.surveys["csat"]], at=at, by=made.admin_id)


def _document(metric: str, template: str | None) -> dict[str, Any]:
    if template:
        return TEMPLATES[template].document(LANGUAGES)
    return {"metric": metric, "default_locale": LANGUAGES[0], "locales": list(LANGUAGES), "texts": {}}


def ask(workspace_id: uuid.UUID, name: str, document: dict[str, Any], at: datetime, by: uuid.UUID) -> uuid.UUID:
    """Publish a survey; its id. Needs a transaction."""
    survey = Survey.create(workspace_id, name, document, at=at, by=by)
    survey.publish(at=at, by=by)
    return survey.id


def _rules(surveys: dict[str, uuid.UUID]) -> tuple[Rule, ...]:
    """Who is told at once, and of what."""
    boss = Addressee("cvetka@demo.example", "Cvetka Zupan")
    battery = Conditions(words=("battery", "baterija", "bateria", "μπαταρία", "аккумулятор", "батарея"))
    return (
        Rule(
            name="Very unhappy in words",
            kind="response",
            conditions=Conditions(band="detractor", below=-0.5),
            cool_down=240,
            mails=(boss,),
        ),
        Rule(
            name="Speaks of the battery",
            kind="response",
            conditions=battery,
            mails=(boss, Addressee(EMAIL, "Ana Kovač")),
        ),
        Rule(
            name="Support got worse",
            kind="drop",
            surveys=(surveys["csat"],),
            days=14,
            cool_down=1440,
            mails=(Addressee(EMAIL, "Ana Kovač"),),
        ),
    )


def _weekly_file(readers: tuple[uuid.UUID, ...]) -> Standing:
    """What everybody answered, as a workbook on Monday mornings."""
    return Standing(
        title="Every answer of the week",
        kind="xlsx",
        survey_id=None,
        wanted={"flagged": False},
        people=False,
        stretch="since",
        way="mail",
        cadence=Cadence("weekly", hour=6, minute=0, weekday=0, day=None, zone=ZONE),
        readers=readers,
    )


def _orders(surveys: dict[str, uuid.UUID]) -> tuple[Order, ...]:
    """A daily digest of everything, a second one in the same mail on Mondays, a team lead's, and weekly ones in other
    languages and zones.
    """
    daily = Cadence("daily", hour=8, minute=0, weekday=None, day=None, zone=ZONE)
    warsaw = Cadence("weekly", hour=8, minute=0, weekday=0, day=None, zone="Europe/Warsaw")
    athens = Cadence("weekly", hour=9, minute=0, weekday=0, day=None, zone="Europe/Athens")
    everything = Order(recipient_email="cvetka@demo.example", recipient_name="Cvetka Zupan", locale="en", cadence=daily)
    return (
        everything,
        replace(
            everything,
            cadence=replace(daily, kind="weekly", weekday=0),
            title="Bad words, whatever the score",
            scope=Scope(threshold="negative"),
        ),
        Order(
            recipient_email="lead@demo.example",
            recipient_name="Tadeja Novak",
            locale="sl",
            cadence=daily,
            title="Team North",
            scope=Scope(team="North", threshold="passives"),
            most=10,
        ),
        Order(
            recipient_email="marek@demo.example",
            recipient_name="Marek Zieliński",
            locale="pl",
            cadence=warsaw,
            surveys=(surveys["csat"],),
        ),
        Order(
            recipient_email="eleni@demo.example",
            recipient_name="Ελένη Παπαδάκη",
            locale="el",
            cadence=athens,
            surveys=(surveys["nps"], surveys["ces"]),
        ),
    )
