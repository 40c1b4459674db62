"""Three years of one survey with 200 agents, by a seeded generator, written straight into the tables."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from base.db import db
from surveys.survey import Survey

ZONE, YEARS, AGENTS = "Europe/Ljubljana", 3, 200
FIRST, LAST = date(2023, 11, 20), date(2026, 11, 19)
BEGAN = datetime(2023, 11, 19, 23, tzinfo=UTC)
SECONDS = int(timedelta(days=(LAST - FIRST).days + 1).total_seconds())
LANGUAGES = ("en",) * 10 + ("sl",) * 5 + ("de",) * 3 + ("hr", "it", "fr", "es", "pl", "sr", "el")
LABELS = ("positive",) * 5 + ("negative",) * 3 + ("neutral", "mixed", None)
THEMES = ("speed", "courtesy", "competence", "resolution", "delivery", "price", "product", "reliability")
SCORES = (10,) * 8 + (9,) * 6 + (8,) * 4 + (7,) * 3 + (6, 5, 4, 3, 2, 1, 0)
COMMENTS = ("Quick and friendly, thank you.", "Nobody called me back for three weeks.", "Hitro in prijazno.")
CHUNK = 20_000

Rows = dict[str, list[tuple[Any, ...]]]
COLUMNS = {
    "contact": ("id", "workspace_id", "email", "email_key", "properties", "created_at"),
    "interaction": (
        *("id", "workspace_id", "source", "external_id", "contact_id", "agent", "team", "channel"),
        *("occurred_at", "properties", "created_at"),
    ),
    "invitation": (
        *("id", "workspace_id", "survey_id", "version_id", "contact_id", "interaction_id", "token_hash"),
        *("status", "send_at", "sent_at", "clicked_at", "answered_at", "expires_at", "created_at"),
    ),
    "response": (
        *("id", "workspace_id", "survey_id", "version_id", "invitation_id", "contact_id", "submission_key"),
        *("metric", "score", "comment", "locale", "agent", "team", "channel", "properties", "revision"),
        *("created_at", "updated_at", "flagged_at", "flag_reason", "language", "sentiment_label", "polarity"),
        *("confidence", "engine", "read_at", "heard"),
    ),
    "response_revision": ("response_id", "number", "form_id", "score", "comment", "locale", "submitted_at"),
    "response_theme": ("response_id", "theme", "polarity"),
}


class Town:
    """Who asks and answers; everything by chance, and the same in every run."""

    def __init__(self, survey: Survey, versions: list[uuid.UUID], number: int, *, began: datetime = BEGAN) -> None:
        self.survey, self.versions, self.number, self.began = survey, versions, number, began
        self.chance = random.Random(number)
        self.contact = uuid.UUID(int=0)

    def rows(self, places: range, seconds: float = SECONDS) -> Rows:
        made: Rows = {name: [] for name in COLUMNS}
        for place in places:
            at = self.began + timedelta(seconds=seconds * place / self.number + self.chance.random())
            self._asked(made, place, at)
            if place % 2:
                self._asked(made, -place, at, answers=False)
        return made

    def _id(self, at: datetime) -> uuid.UUID:
        bits = self.chance.getrandbits(74)
        return uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | (bits & 0xFFF) << 64 | 2 << 62 | bits >> 12)

    def _asked(self, made: Rows, place: int, at: datetime, *, answers: bool = True) -> None:
        chance, workspace = self.chance, self.survey.workspace_id
        if place % 5 == 0 or not self.contact.int:
            self.contact = self._id(at)
            address = f"c{self.contact.hex}@customer.example"
            made["contact"].append((self.contact, workspace, address, address, "{}", at))
        agent = int(chance.random() ** 1.5 * AGENTS)
        about = (f"Agent {agent}", f"Team {agent % 8}", chance.choice(("email", "chat", "phone", "shop")))
        interaction, invitation = self._id(at), self._id(at)
        known = (interaction, workspace, "benchmark", invitation.hex, self.contact, *about, at, "{}", at)
        made["interaction"].append(known)
        version = self.versions[min(len(self.versions) - 1, max(0, place) * len(self.versions) // self.number)]
        answered = at + timedelta(hours=2) if answers else None
        clicked = answered if answers or chance.random() < 0.1 else None
        status = "answered" if answers else "sent"
        made["invitation"].append(
            (
                *(invitation, workspace, self.survey.id, version, self.contact, interaction, invitation.hex * 2),
                *(status, at, at, clicked, answered, at + timedelta(days=90), at),
            )
        )
        if answered:
            self._answered(made, (invitation, version), about, answered)

    def _answered(self, made: Rows, of: tuple[Any, Any], about: tuple[str, str, str], at: datetime) -> None:
        chance, ident, score = self.chance, self._id(at), self.chance.choice(SCORES)
        comment = chance.choice(COMMENTS) if chance.random() < 0.4 else None
        spoken = chance.choice(LANGUAGES)
        label = chance.choice(LABELS) if comment else None
        flagged = at if chance.random() < 0.01 else None
        themes = [(theme, chance.choice((-0.5, 0.0, 0.5))) for theme in chance.sample(THEMES, 2)] if comment else []
        said = " ".join(f"{theme}{'-' if tone < 0 else '+' if tone else '='}" for theme, tone in sorted(themes))
        made["response"].append(
            (
                *(ident, self.survey.workspace_id, self.survey.id, of[1], of[0], self.contact, str(of[0]), "nps"),
                *(score, comment, spoken, *about, "{}", 1, at, at, flagged, "decoy" if flagged else None),
                *(spoken if comment else None, label, 0.5 if label else None, 0.9 if label else None),
                *("ngram" if comment else None, at, said or None),
            )
        )
        made["response_revision"].append((ident, 1, ident.hex, score, comment, spoken, at))
        made["response_theme"] += [(ident, theme, tone) for theme, tone in themes]


def write(rows: Rows) -> None:
    """Straight into the tables."""
    db.session.rollback()  # a read that goes on would let SQLite's log grow as large as all that is written
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        for table, found in rows.items():
            names = ", ".join(COLUMNS[table])
            if connection.dialect.name == "postgresql":
                with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in found:
                        copy.write_row(row)
                raw.commit()
            else:
                marks = ", ".join("?" * len(COLUMNS[table]))
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [_plain(row) for row in found])
                raw.execute("COMMIT")


def _plain(row: tuple[Any, ...]) -> list[Any]:
    """As SQLite keeps it."""
    return [
        value.hex
        if isinstance(value, uuid.UUID)
        else value.strftime("%Y-%m-%d %H:%M:%S.%f")
        if isinstance(value, datetime)
        else value
        for value in row
    ]
