"""The same few people in every test, and builders that use the product's own verbs."""

import io
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy import insert, select

from accounts.apikey import ApiKey
from accounts.role import Role
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import Model, db, new_id, transaction
from feedback.response import Response
from feedback.revision import Given
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.link import Link
from surveys.logo import Logo
from surveys.open_link import OpenLink, Terms
from surveys.picturing import pictures
from surveys.survey import Survey
from surveys.template import SurveyTemplate
from surveys.version import Version

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday morning on which everything below happened, unless a test says otherwise."""


@dataclass
class Cast:
    """Ana, Boris and Cvetka work at Acme; Dmitri is admin elsewhere and must see nothing of Acme."""

    workspace: Workspace
    elsewhere: Workspace
    ana: User
    boris: User
    cvetka: User
    dmitri: User

    @classmethod
    def create(cls, *, at=AT):
        with transaction():
            acme = a_workspace("Acme", zone="Europe/Ljubljana", at=at)
            elsewhere = a_workspace("Elsewhere", at=at)
            return cls(
                workspace=acme,
                elsewhere=elsewhere,
                ana=a_person("Ana", acme, "admin", at=at),
                boris=a_person("Boris", acme, "designer", at=at),
                cvetka=a_person("Cvetka", acme, "manager", at=at),
                dmitri=a_person("Dmitri", elsewhere, "admin", at=at),
            )

    @classmethod
    def again(cls):
        """The cast on a database without rows: what the verbs wrote at its first time in this process, with other ids.

        Every third test begins with it, and its rows alone take a third of the time that the verbs take.
        """
        if _first:
            return cls(*_copied(**_first))
        alone = not _rows() and not clock.stands()  # while it stands, ids do not sort as they were made
        made = cls.create()
        if alone:
            _first.update(rows=_rows(), members=[one.id for one in vars(made).values()])
        return made


_first = {}


def _rows():
    """All that is in the database: tables with their rows, in the order in which they can be written."""
    found = [(table, db.session.execute(select(table)).mappings().all()) for table in Model.metadata.sorted_tables]
    db.session.rollback()
    return [(table, [dict(row) for row in rows]) for table, rows in found if rows]


def _copied(rows, members):
    """Write the rows with ids and salts of their own; the objects that are `members`."""
    old = {value for _, lines in rows for line in lines for value in line.values() if isinstance(value, UUID)}
    fresh = {ident: new_id() for ident in sorted(old)}
    named = {str(ident): str(other) for ident, other in fresh.items()}

    def changed(key, value):
        if key == "address_salt":
            return secrets.token_hex(32)
        return fresh[value] if isinstance(value, UUID) else named.get(value, value) if isinstance(value, str) else value

    with transaction() as session:
        for table, lines in rows:
            session.execute(insert(table), [{key: changed(key, line[key]) for key in line} for line in lines])
        found = {one.id: one for kind in (Workspace, User) for one in session.scalars(select(kind))}
    return [found[fresh[ident]] for ident in members]


def a_workspace(name, *, zone="UTC", at=AT):
    """A workspace without people, whose surveys do not look at each other."""
    with transaction():
        return Workspace.create(name, zone=zone, quarantine_days=0, at=at)


def a_person(name, workspace, role, *, at=AT):
    """Somebody with one role in one workspace; has no password, browsers are signed in by `browser_of`."""
    with transaction() as session:
        user = User.create(f"{name.lower()}@{workspace.slug}.example", name, password_hash=None, at=at)
        Role.grant(workspace.id, user.id, role, at=at)
        session.flush()
    return user


def an_api_key(workspace, *, name="Helpdesk", at=AT):
    """The secret text of a new key, for `headers={"Authorization": f"Bearer {key}"}`."""
    with transaction():
        _, secret = ApiKey.create(workspace.id, name, at=at)
    return secret


def a_draft(workspace, metric="nps", *, name=None, locales=("en",), texts=None, at=AT, **more):
    """A survey that was never published. `texts` overrides words: {"en": {"question": "…"}}; `more` of a document."""
    document = {
        "metric": metric,
        "default_locale": locales[0],
        "locales": list(locales),
        "texts": texts or {locale: {} for locale in locales},
        **more,
    }
    with transaction():
        return Survey.create(workspace.id, name or f"After the ticket ({metric})", document, at=at)


def a_survey(workspace, metric="nps", **draft):
    """A published survey."""
    survey = a_draft(workspace, metric, **draft)
    with transaction():
        survey.publish(at=draft.get("at", AT))
    return survey


def a_template(workspace, survey, *, name="Our way", description="", at=AT):
    """A copy of the survey's draft, kept to make others of."""
    with transaction():
        return SurveyTemplate.keep(workspace.id, name, description, survey.draft, at=at)


def a_logo(*, color=(11, 29, 79), size=(320, 120), mode="RGBA", kind="PNG", noisy=False, **more):
    """The bytes of a picture: a disc of `color` on nothing, or noise, which no format makes small."""
    image = Image.effect_noise(size, 120).convert(mode) if noisy else Image.new(mode, size)
    if not noisy:
        ImageDraw.Draw(image).ellipse((0, 0, size[0] - 1, size[1] - 1), fill=color)
    written = io.BytesIO()
    image.save(written, kind, **more)
    return written.getvalue()


def a_look(workspace, color=None, logo=None, *, at=AT):
    """The workspace wears a colour, and a logo made of these bytes."""
    with transaction() as session:
        kept = Logo.keep(workspace.id, pictures(logo), at=at) if logo else None
        own = session.get_one(Workspace, workspace.id)
        own.dress(name=own.name, color=color, logo_id=kept and kept.id, at=at)
    return kept


def a_contact(workspace, email="mara@customer.example", *, at=AT, **known):
    """A customer; `known`: name, locale, zone, properties."""
    with transaction():
        return Contact.keep(workspace.id, email, at=at, **known)


def an_interaction(contact, *, external_id=None, at=AT, **facts):
    """A solved ticket of Vid in team North by email; `facts` change agent, team, channel, properties."""
    known = {"agent": "Vid", "team": "North", "channel": "email"} | facts
    with transaction():
        return Interaction.keep(contact, "helpdesk", external_id or new_id().hex, at=at, **known)[0]


def an_invitation(survey, *, email="mara@customer.example", at=AT, sent=True, **known):
    """An invitation about a new interaction; the mail is out unless `sent=False`. `known`: locale, agent, team, …"""
    locale = known.pop("locale", None)
    workspace = db.session.get(Workspace, survey.workspace_id)
    contact = a_contact(workspace, email, at=at, locale=locale)
    interaction = an_interaction(contact, at=at, **known)
    with transaction():
        invitation, _ = Invitation.ask(Version.newest(survey.id), interaction, at=at, send_at=at, locale=locale)
        if sent:
            invitation.mark_sent(at=at + timedelta(seconds=5))
    return invitation


def an_open_link(survey, name="Till receipt", *, at=AT, by=None, **terms):
    """An address of the survey that anybody may open. `terms`: team, properties, opens_on, closes_on, cap, sites, …"""
    with transaction() as session:
        return OpenLink.make(session.get_one(Survey, survey.id), Terms(name=name, **terms), at=at, by=by)


def a_response(invitation, score, comment=None, *, at=None, **sent):
    """The answer to an invitation, an hour after it was sent unless `at` says when; unread until jobs run.

    `sent`: locale, form_id, signs, pieces (answers to further questions).
    """
    known = {"locale": "en", "form_id": new_id().hex} | sent
    given = Given(score=score, comment=comment, **known)
    with transaction():
        kept = Response.submit(Link.by_token(invitation.token), given, at=at or invitation.sent_at + timedelta(hours=1))
    return db.session.get(Response, kept.id)
