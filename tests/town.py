"""A workspace where everything exists once, and the address of every route in it: for guards that walk the URL map."""

import uuid
from dataclasses import dataclass, fields
from datetime import date, timedelta

from accounts.apikey import ApiKey
from accounts.ticket import Ticket
from accounts.user import User
from accounts.workspace import Workspace
from base import clock
from base.db import db, new_id, transaction
from base.jobs import enqueue
from base.outbox import Mail
from feedback import ballot, casework
from feedback.alert import Alert, Rule
from feedback.alert_emails import stop_url
from feedback.alerting import Conditions
from feedback.case import By, Case
from feedback.case_rule import CaseRule
from feedback.digest import Digest, Order
from feedback.digesting import Cadence
from feedback.export import Export
from feedback.export import Wish as FileWish
from feedback.export_run import ExportRun
from feedback.export_schedule import ExportSchedule, Standing
from feedback.exporter import write_export
from feedback.issue import Issue
from feedback.issue_member import oldest_untold
from feedback.note import Note
from feedback.notice import Attempt, Notice
from feedback.recipient import Addressee, Recipient
from feedback.response import Response
from feedback.revision import Given
from feedback.saved_view import SavedView
from feedback.topic import Topic
from feedback.way import OPEN_FOR, pause_url, read_url
from surveys import forecaster, importer, jobs, receiver, recurring
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.door import Door
from surveys.emails import unsubscribe_url
from surveys.filling import Piece
from surveys.intake import Occasion
from surveys.invitation import Invitation
from surveys.logo import Logo
from surveys.open_link import OpenLink
from surveys.picturing import pictures
from surveys.question import CONTACT
from surveys.received_call import Parcel, ReceivedCall
from surveys.recurrence import Recurrence, Rhythm
from surveys.returning import Returned
from surveys.source import Source
from surveys.suppression import Suppression, Whom, Wish
from surveys.survey import Survey
from surveys.upload import MATCHING, SUPPRESSIONS, Upload
from surveys.version import Version
from tests.cast import a_draft, a_logo, a_person, a_response, a_survey, a_template, an_invitation, an_open_link
from tests.feedback.answers import one, rated, some
from tests.feedback.followers import a_ruling

ANSWERS = (
    (0, "Nobody called me back. Three weeks, and still no parcel!"),
    (3, "Dvakrat sem klical, nihče ni vedel ničesar."),
    (6, None),
    (8, "It was fine, a bit slow."),
    (9, None),
    (10, "Vid solved it in five minutes. Thank you!"),
)
RICH = {
    "texts": {
        "en": {"why.title": "Why?", "why.choice.a": "Speed", "better.title": "What could be better?"}
        | {"better.choice.a": "Prices", "better.choice.b": "Hours", "may.title": "May we contact you?"}
        | {"found.title": "We …", "found.row.r": "are fast", "found.low_label": "no", "found.high_label": "yes"}
        | {"hoped.title": "All should …", "hoped.row.r": "be fast", "hoped.low_label": "no", "hoped.high_label": "yes"}
        | {"since.title": "Since when?", "say.title": "One word?"}
    },
    "questions": [
        {"id": "score", "kind": "score"},
        {"id": "why", "kind": "one", "choices": ["a"], "other": True},
        {"id": "better", "kind": "many", "choices": ["a", "b"]},
        {"id": "found", "kind": "matrix", "rows": ["r"], "low": 1, "high": 7, "dimension": "reliability"},
        {"id": "hoped", "kind": "matrix", "rows": ["r"], "low": 1, "high": 7}
        | {"dimension": "reliability", "side": "expected"},
        {"id": "since", "kind": "date"},
        {"id": "say", "kind": "short"},
        {"id": "comment", "kind": "long"},
        {"id": "may", "kind": "contact"},
    ],
}
RATED = (*rated("found", r=4), *rated("hoped", r=6), Piece("since", day=date(2026, 11, 3)), Piece("say", text="Fine"))
TABLE = "Ticket;E-mail;Name;Solved\r\nT-1;zala@customer.example;Zala;2026-11-18 10:00\r\nT-2;nobody;Bo;2026-11-18\r\n"


@dataclass
class Town:
    """One workspace, its admin and what the addresses of routes name there."""

    workspace: Workspace
    admin: User
    survey: Survey
    draft: Survey
    closed: Survey
    rich: Survey
    draft_id: uuid.UUID
    rich_response_id: uuid.UUID
    waiting: Invitation
    response_id: uuid.UUID
    case_id: uuid.UUID
    flagged_id: uuid.UUID
    contact_id: uuid.UUID
    template_id: uuid.UUID
    upload_id: uuid.UUID
    foreseen_upload_id: uuid.UUID
    done_upload_id: uuid.UUID
    digest_id: uuid.UUID
    issue_id: uuid.UUID
    alert_id: uuid.UUID
    recipient_id: uuid.UUID
    mail_id: uuid.UUID
    bounce_id: uuid.UUID
    logo_id: uuid.UUID
    key_id: uuid.UUID
    key: str
    link: OpenLink
    source_id: uuid.UUID
    call_id: uuid.UUID
    hook: str
    tag_id: uuid.UUID
    note_id: uuid.UUID

    @classmethod
    def build(cls, app, workspace, admin):
        """Everything once, by the product's own verbs; what follows from it is done too."""
        now, drain = clock.now(), app.extensions["afterword.runner"].drain
        name = workspace.name
        survey = a_survey(workspace, name=f"{name} support", locales=("en", "sl"), at=now - timedelta(days=9))
        draft, closed = a_draft(workspace, "ces", name=f"{name} draft"), a_survey(workspace, "csat", name=f"{name} end")
        with transaction() as session:
            session.get_one(Survey, closed.id).close(at=now)
        responses = []
        for number, (score, comment) in enumerate(ANSWERS):
            asked = an_invitation(survey, email=f"c{number}@{workspace.slug}.test", at=now - timedelta(days=1, hours=6))
            signs = ("decoy",) if number == len(ANSWERS) - 1 else ()
            responses.append(a_response(asked, score, comment, signs=signs, locale="sl" if number == 1 else "en"))
        rich, kept, told = cls._rich(workspace, now)
        waiting = cls._asked(survey, f"maja@{workspace.slug}.test", now)
        drain()
        digest, issue = cls._digest(workspace, admin, now)
        alert, boss = cls._alert(workspace, admin, now, responses[0])
        drain()
        with transaction():
            key, secret = ApiKey.create(workspace.id, "Helpdesk", at=now)
            logo = Logo.keep(workspace.id, pictures(a_logo()), at=now)
        cls._regular(survey, now)
        return cls(
            workspace=workspace,
            admin=admin,
            survey=survey,
            draft=draft,
            closed=closed,
            rich=rich,
            draft_id=kept.id,
            rich_response_id=told.id,
            waiting=waiting,
            response_id=responses[0].id,
            case_id=cls._case(workspace, survey, admin, responses[0].id, now),
            flagged_id=responses[-1].id,
            contact_id=responses[0].contact_id,
            template_id=a_template(workspace, survey, name=f"{name} template").id,
            upload_id=cls._upload(workspace, survey, "uploaded"),
            foreseen_upload_id=cls._upload(workspace, survey, "mapped", drain),
            done_upload_id=cls._upload(workspace, survey, "importing", drain),
            digest_id=digest.id,
            issue_id=issue.id,
            alert_id=alert.id,
            recipient_id=boss.id,
            mail_id=Mail.by_key(f"invitation:{waiting.id}").id,
            bounce_id=cls._bounce(responses[0].contact_id, now),
            logo_id=logo.id,
            key_id=key.id,
            key=secret,
            link=cls._open_link(survey, now),
            **cls._source(workspace, survey, now, drain),
            **cls._marks(responses[0].id, admin, now),
        )

    @staticmethod
    def _marks(response_id, admin, now):
        """A tag and a note on an answer."""
        with transaction() as session:
            tag = session.get_one(Response, response_id).add_tag("Call back", at=now, by=admin.id)
            note = Note.write(response_id, "I called, nobody answered.", at=now, by=admin.id)
        return {"tag_id": tag.id, "note_id": note.id}

    @staticmethod
    def _rich(workspace, now):
        """A survey with many kinds of questions, answered in two versions, and edits that were put aside."""
        survey = a_survey(workspace, "stars", name=f"{workspace.name} rich", at=now - timedelta(days=8), **RICH)
        for number in range(2):
            asked = an_invitation(survey, email=f"r{number}@{workspace.slug}.test", at=now - timedelta(days=5 - number))
            pieces = (one("why", "other", "The parking"), *some("better", "a", "b"), *RATED)
            told = a_response(asked, 2 + number, "So it went.", pieces=(*pieces, Piece("may", CONTACT, choice="yes")))
            with transaction() as session:
                found = session.get_one(Survey, survey.id)
                texts = {"en": RICH["texts"]["en"] | {"question": f"How many stars, {number}?"}}
                found.save_draft(found.draft | {"texts": texts}, revision=found.draft_revision, at=now)
                if not number:
                    found.publish(at=now - timedelta(days=4, hours=12))
                else:
                    first = Version.numbered(found.id, 1)
                    kept = found.restore(first, revision=found.draft_revision, at=now)
                    found.save_draft(found.draft | {"texts": texts}, revision=found.draft_revision, at=now)
        return survey, kept, told

    @staticmethod
    def _case(workspace, survey, admin, response_id, now):
        """A detractor whom the admin follows up, with something of each kind said."""
        with transaction() as session:
            CaseRule.decide(workspace, a_ruling(survey), at=now - timedelta(days=3), by=admin.id)
            Case.open(session.get_one(Response, response_id), CaseRule.of(workspace), By(now))
            case, by = Case.of_response(response_id), By(now, admin.id)
            case.assign(admin.id, by)
            case.note("Somebody should call.", By(now), ident=new_id(), told=[str(admin.id)])
            casework.write_to(case, "We are sorry.", admin, key=new_id(), at=now)
            case.tell("received", By(now), text="Thank you.", data={"from": "c0@x.test", "to": "c0@x.test"})
            return case.id

    @staticmethod
    def _asked(survey, email, now):
        """Somebody whose mail is really delivered, and who has not answered yet."""
        with transaction() as session:
            occasion = Occasion(email=email, source="town", external_id=new_id().hex, name="Maja", locale="sl")
            return jobs.ask(session.get_one(Survey, survey.id), [occasion], at=now)[0][0]

    @staticmethod
    def _bounce(contact_id, now):
        """A mail that a server refused for now."""
        returned = Returned("soft", "4.2.2", "452 4.2.2 Mailbox full", counted=True)
        with transaction() as session:
            return Bounce.refused(session.get_one(Contact, contact_id), new_id(), returned, at=now).id

    @staticmethod
    def _regular(survey, now):
        """The survey asks everybody every three months, and everybody has a turn."""
        with transaction() as session:
            one = Recurrence.decide(session.get_one(Survey, survey.id), Rhythm(), at=now)
            one.start(people=9, today=now.date(), at=now)
        recurring.ask_regularly(now)

    @staticmethod
    def _open_link(survey, now):
        """A link of the survey, and an answer that came by it."""
        link = an_open_link(survey, at=now, properties={"city": "Ljubljana"}, team="North", kiosk=True)
        given = Given(score=2, comment="The queue was long.", locale="en", form_id=new_id().hex)
        with transaction():
            ballot.walk_in(Door.by_slug(link.slug), given, {}, at=now)
        return link

    @staticmethod
    def _source(workspace, survey, now, drain):
        """A source that was called twice: once it was understood, once not."""
        with transaction():
            source, hook = Source.create(workspace.id, "Desk", "generic", at=now)
            source.change(name="Desk", survey_ids=[survey.id], at=now)
            body = f"id=T-9&email=neza@{workspace.slug}.example&name=Neza&product=Lamp&tags=vip".encode()
            told, empty = (
                ReceivedCall.keep(source.id, Parcel("POST", "application/x-www-form-urlencoded", "", sent), at=now)
                for sent in (body, b"id={$id}")
            )
            for call in (empty, told):
                enqueue(receiver.take_in, call.id)
        drain()
        return {"source_id": source.id, "call_id": told.id, "hook": hook}

    def another_digest(self):
        """One that may be removed."""
        cadence = Cadence("daily", 8, 0, None, None, "Europe/Ljubljana")
        reader = {"recipient_email": f"{new_id().hex}@acme.example", "recipient_name": "", "locale": "en"}
        with transaction():
            return Digest.order(self.workspace.id, Order(**reader, cadence=cadence), at=clock.now())

    @staticmethod
    def _digest(workspace, admin, now):
        cadence = Cadence("daily", 8, 0, None, None, "Europe/Ljubljana")
        order = Order(recipient_email=admin.email, recipient_name=admin.name, locale="en", cadence=cadence)
        with transaction():
            digest = Digest.order(workspace.id, order, at=now)
        since = oldest_untold(digest, now)
        with transaction():
            issue = Issue.claim_by_hand(digest.id, at=now, since=since, by=admin.id)
        return digest, issue

    @staticmethod
    def _alert(workspace, admin, now, response):
        """A rule that told somebody by mail, and failed to tell a channel."""
        like = Conditions(band="detractor", words=("parcel", "nobody"))
        mails = (Addressee(admin.email, admin.name),)
        with transaction():
            alert = Alert.make(workspace.id, Rule(name="Angry", kind="response", conditions=like, mails=mails), at=now)
            Recipient.add_channel(alert.id, "slack", f"https://hooks.example/{new_id().hex}", "#support", at=now)
        boss, channel = Recipient.of_alert(alert.id)
        with transaction():
            Notice.claim(boss.id, at=now, adding=[response.id])
            notice = Notice.test(channel.id, at=now)
            gone = Attempt(id=new_id(), notice_id=notice.id, at=now, fine=False, status=404, words="no_service")
            notice.tried(gone, final=True, told=0)
        return alert, boss

    def another_alert(self):
        """A rule that nobody needs."""
        with transaction():
            return Alert.make(self.workspace.id, Rule(name="Dropped", kind="drop"), at=clock.now())

    def topic(self):
        """An own topic that nobody needs."""
        with transaction():
            return Topic.make(self.workspace.id, f"Topic {new_id().hex}"[:40], "parcel*", at=clock.now())

    def another_place(self):
        """A channel of the alert that nobody needs."""
        with transaction():
            address = f"https://hooks.example/{new_id().hex}"
            return Recipient.add_channel(self.alert_id, "teams", address, "Spare", at=clock.now())

    @staticmethod
    def _upload(workspace, survey, state, drain=None):
        """A table whose columns wait to be confirmed, or that was taken in."""
        known = {"filename": "tickets.csv", "size": len(TABLE), "encoding": "utf-8", "created_at": clock.now()}
        with transaction() as session:
            upload = Upload(id=new_id(), workspace_id=workspace.id, survey_id=survey.id, **known)
            session.add(upload)
            session.flush()
            path = importer.file_of(upload.id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TABLE, encoding="utf-8")
            if state != "uploaded":
                upload.plan(["external_id", "email", "name", "occurred_at"], survey.id, at=clock.now())
                enqueue(forecaster.foresee_upload, upload.id)
            if state == "importing":
                upload.start(at=clock.now(), by=None)
                enqueue(importer.import_upload, upload.id)
        if drain:
            drain()
        return upload.id

    def colleague(self, role="viewer"):
        """Somebody new who belongs here only."""
        return a_person(f"P{new_id().hex}", self.workspace, role, at=clock.now())

    def left_alone(self):
        """An address that is not to be asked, and that nobody has."""
        wish = Wish(reason="by hand", at=clock.now())
        with transaction():
            return Suppression.put(Whom(self.workspace.id, f"{new_id().hex}@gone.test"), wish)[0]

    def list_of(self, source):
        """A list of people who are not to be asked, taken in."""
        known = {"filename": "list.csv", "size": 9, "encoding": "utf-8", "state": "done", "created_at": clock.now()}
        with transaction() as session:
            upload = Upload(id=new_id(), workspace_id=self.workspace.id, source=source, **known)
            session.add(upload)
        return upload.id

    def view(self):
        """A page of results that somebody gave a name."""
        with transaction():
            return SavedView.keep(self.workspace.id, self.survey.id, new_id().hex, "period=7d", at=clock.now()).id

    def ticket(self, purpose):
        """A fresh link of that purpose."""
        with transaction():
            if purpose == "reset":
                return Ticket.issue("reset", at=clock.now(), email=self.admin.email)
            known = {"email": f"{new_id().hex}@new.test", "workspace_id": self.workspace.id, "role": "viewer"}
            return Ticket.issue(purpose, at=clock.now(), **known)

    def export(self):
        """A file of all responses that waits to be fetched."""
        wish = FileWish(kind="csv", survey_id=None, wanted={}, people=True, total=1)
        with transaction():
            export = Export.ask(self.workspace.id, wish, at=clock.now(), by=self.admin.id)
        write_export(export.id)
        return export.id

    def scheduled_export(self):
        """A file that goes out by mail every day."""
        cadence = Cadence("daily", 6, 0, None, None, "Europe/Ljubljana")
        wish = {"title": "Nightly", "kind": "csv", "survey_id": None, "wanted": {"flagged": False}, "people": True}
        standing = Standing(**wish, stretch="since", way="mail", cadence=cadence, readers=(self.admin.id,))
        with transaction():
            return ExportSchedule.make(self.workspace.id, standing, at=clock.now(), by=self.admin.id).id

    def file_of_today(self):
        """The schedule's, and a file of it that could not be made."""
        with transaction() as session:
            schedule = session.get_one(ExportSchedule, self.scheduled_export())
            run = ExportRun.claim_by_hand(schedule, self.workspace.zone, at=clock.now())
            run.fail("The file could not be written (No space left on device).", at=clock.now(), final=True)
        return {"schedule_id": schedule.id, "run_id": run.id}

    def values_of(self, rule):
        """What the arguments of a route are here. A route whose argument nobody knows is an error: teach it here."""
        if rule.endpoint in WHOLE:
            return {"workspace": self.workspace.slug} | WHOLE[rule.endpoint](self)
        room = rule.endpoint.split(".")[0]
        return {name: self._value(name, room, rule.endpoint) for name in rule.arguments}

    def _value(self, name, room, endpoint):
        for known in (endpoint, room, ""):
            if (known, name) in NAMED:
                return NAMED[known, name](self)
        assert name in {field.name for field in fields(self)}, f"tests/town.py does not know {name!r} of {endpoint}"
        return getattr(self, name)

    def path(self, app, rule):
        """The address of a route here."""
        return app.url_map.bind("localhost").build(rule.endpoint, self.values_of(rule), force_external=False)


WHOLE = {
    "scheduling.again": lambda town: town.file_of_today(),
    "scheduling.show": lambda town: {"schedule_id": town.file_of_today()["schedule_id"]},
}
"""Routes whose arguments belong together."""

NAMED = {
    ("scheduling", "schedule_id"): lambda town: town.scheduled_export(),
    ("", "workspace"): lambda town: town.workspace.slug,
    ("versions", "slug"): lambda town: town.rich.slug,
    ("comparison", "slug"): lambda town: town.rich.slug,
    ("versions", "number"): lambda town: 1,
    ("", "slug"): lambda town: town.survey.slug,
    ("publishing.review", "slug"): lambda town: town.draft.slug,
    ("", "survey"): lambda town: town.survey.slug,
    ("contacts", "ident"): lambda town: town.contact_id,
    ("returned", "ident"): lambda town: town.contact_id,
    ("templating.delete", "template_id"): lambda town: a_template(town.workspace, town.survey).id,
    ("keeping.forget", "view_id"): lambda town: town.view(),
    ("uploading", "ident"): lambda town: town.upload_id,
    ("merging", "ident"): lambda town: town.contact_id,
    ("erasing", "ident"): lambda town: town.contact_id,
    ("forecasting", "ident"): lambda town: town.foreseen_upload_id,
    ("logos", "ident"): lambda town: town.logo_id,
    ("responses", "ident"): lambda town: town.response_id,
    ("handling.follow_up", "ident"): lambda town: town.response_id,
    ("tagging", "ident"): lambda town: town.response_id,
    ("marking", "ident"): lambda town: town.response_id,
    ("theming", "ident"): lambda town: town.response_id,
    ("responses.release", "ident"): lambda town: town.flagged_id,
    ("exports", "ident"): lambda town: town.export(),
    ("places", "ident"): lambda town: town.link.id,
    ("sources", "ident"): lambda town: town.source_id,
    ("calls", "ident"): lambda town: town.source_id,
    ("hooks", "key"): lambda town: town.hook,
    ("opening", "slug"): lambda town: town.link.slug,
    ("opening", "number"): lambda town: 1,
    ("opening", "mode"): lambda town: "kiosk",
    ("", "suppression_id"): lambda town: town.left_alone().id,
    ("", "list_id"): lambda town: town.list_of(SUPPRESSIONS),
    ("", "matching_id"): lambda town: town.list_of(MATCHING),
    ("", "invitation_id"): lambda town: town.waiting.id,
    ("", "user_id"): lambda town: town.colleague().id,
    ("", "ticket_id"): lambda town: town.ticket("invite").id,
    ("", "locale"): lambda town: "sl",
    ("", "score"): lambda town: 3,
    ("interpreting.download", "kind"): lambda town: "xliff",
    ("", "filename"): lambda town: "css/base.css",
    ("answering", "token"): lambda town: town.waiting.token,
    ("unsubscribing", "token"): lambda town: last_part(unsubscribe_url(town.contact_id, town.survey.id, "sl")),
    ("alerts.remove", "alert_id"): lambda town: town.another_alert().id,
    ("", "topic_id"): lambda town: town.topic(),
    ("speaking.remove", "recipient_id"): lambda town: town.another_place().id,
    ("stopping", "token"): lambda town: last_part(stop_url(town.recipient_id)),
    ("pausing", "token"): lambda town: last_part(pause_url(db.session.get_one(Digest, town.digest_id))),
    ("digests.remove", "digest_id"): lambda town: town.another_digest().id,
    ("guests", "token"): lambda town: last_part(read_url(town.issue_id, town.admin.email, clock.now() + OPEN_FOR)),
    ("welcome.join", "token"): lambda town: last_part(town.ticket("invite").link),
    ("welcome.accept", "token"): lambda town: last_part(town.ticket("invite").link),
    ("welcome", "token"): lambda town: last_part(town.ticket("setup").link),
    ("resets", "token"): lambda town: last_part(town.ticket("reset").link),
}
"""What an argument means at an endpoint, else in a room, else everywhere; fields of Town mean themselves."""


def last_part(url):
    """The token at the end of a link."""
    return url.rpartition("/")[2]


def routes(app, method="GET"):
    """The rules that answer to `method`, in order of their addresses."""
    return sorted((rule for rule in app.url_map.iter_rules() if method in rule.methods), key=lambda rule: rule.rule)


def permission_of(app, rule):
    """What the route asks for, as it declares it."""
    return getattr(app.view_functions[rule.endpoint], "permission", "public: static files")


def missing(values):
    """The same arguments, of things that never existed."""
    unknown = {"slug": "no-such-survey", "survey": "no-such-survey"}
    kept = {"workspace", "locale", "score", "filename", "number", "kind", "mode"}
    return {
        name: value if name in kept else unknown.get(name, new_id() if isinstance(value, uuid.UUID) else "nothing")
        for name, value in values.items()
    }


def rows(*, leave=frozenset()):
    """Every table's rows as text, sorted, without the columns to `leave` out: what the database holds now."""
    db.session.rollback()
    held = {}
    with db.engine.connect() as connection:
        for name in db.inspect(connection).get_table_names():
            found = connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings()
            held[name] = sorted(str({key: row[key] for key in row if key not in leave}) for row in found)
        connection.rollback()
    return held
