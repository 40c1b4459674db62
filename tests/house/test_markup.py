"""Whatever people and programs store stays text: pages and mails have the same elements for it as for plain words."""

import copy
import json
from collections import Counter
from datetime import timedelta

import html5lib
import pytest
import time_machine
from sqlalchemy import select

from accounts.apikey import ApiKey
from base import clock
from base.db import new_id, transaction
from base.outbox import Mail
from feedback.digest import Digest
from feedback.issue_member import IssueMember
from feedback.note import Note
from feedback.response import Response
from feedback.revision import Revision
from feedback.tag import Tag
from surveys import importer
from surveys.contact import Contact
from surveys.interaction import Interaction
from surveys.open_link import OpenLink
from surveys.received_call import ReceivedCall
from surveys.source import Source
from surveys.survey import Survey
from surveys.template import SurveyTemplate
from surveys.upload import RefusedRow, Upload
from surveys.version import Version
from tests.town import permission_of, routes

pytestmark = pytest.mark.web

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</noscript><img src=x onerror=alert(1)>",
    "<!--><img src=x onerror=alert(1)>",
    "--><svg onload=alert(1)>",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<?xml ?><a onclick=alert(1)>x</a>",
    "<img src=x onerror=alert(1)>",
    "<img/src=`x`onerror=alert(1)>",
    "<img src=x onerror\x0b=alert(1)>",
    "<IMG SRC=javascript:alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mi xlink:href='javascript:alert(1)'>x",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=//evil.example/x.swf>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=//evil.example><button>go</button></form>",
    "<button formaction=//evil.example>go",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<html onmouseover=alert(1)>",
    "<table background=javascript:alert(1)>",
    "<td></table><script>alert(1)</script>",
    "<template><script>alert(1)</script></template>",
    "<xss id=x tabindex=1 onfocus=alert(1)></xss>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<style>@import '//evil.example/x.css';</style>",
    "<div style=background:url(//evil.example)>",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    '" autofocus onfocus=alert(1) x="',
    '" style="position:fixed" x="',
    '"/><base href="//evil.example',
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:msgbox(1)",
    "//evil.example/%2f..",
    "{{7*7}}<b>{{config}}</b>",
    "{% for x in y %}<i>{% endfor %}",
    "${7*7}<u>#{7*7}</u>",
    "%(name)s<em>%s %n</em>",
    "{company}<q>{0.__class__}</q>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\u202e<script>alert(1)</script>\u2066",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "\u2028<script>alert(1)</script>\u2029",
    "<scr\ufeffipt>alert(1)</scr\ufeffipt>",
    "<plaintext>",
    "<noembed><xmp><listing>",
    "x" * 30 + "<wbr><marquee onstart=alert(1)>",
)
PLAIN = {"text/plain", "image/svg+xml", "image/png", "text/csv", "text/javascript"}
PLAIN |= {"application/xliff+xml", "application/zip"}
"""What is no page; of these only our own scripts run, and they are the same for everybody."""
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data", "srcset", "poster", "background"}


class Ink:
    """Hands out the payloads one after the other, or plain words; each is another one."""

    def __init__(self, start=None):
        self.place, self.hostile = start or 0, start is not None

    def __call__(self, limit=120):
        self.place += 1
        if not self.hostile:
            return f"Plain words {self.place % len(PAYLOADS)}"
        return PAYLOADS[self.place % len(PAYLOADS)][:limit]


def stain(town, ink):
    """Write `ink` into everything of the town that somebody outside or inside can write."""
    with transaction() as session:
        workspace, user = session.merge(town.workspace), session.merge(town.admin)
        workspace.name, user.name = ink(), ink()
        for survey in session.scalars(select(Survey).where(Survey.workspace_id == workspace.id).order_by(Survey.slug)):
            survey.name, survey.draft = ink(), stained(survey.draft, ink)
            for version in session.scalars(
                select(Version).where(Version.survey_id == survey.id).order_by(Version.number)
            ):
                version.document = stained(version.document, ink)
        for template in session.scalars(select(SurveyTemplate).where(SurveyTemplate.workspace_id == workspace.id)):
            template.name, template.description, template.document = ink(), ink(), stained(template.document, ink)
        for contact in session.scalars(select(Contact).where(Contact.workspace_id == workspace.id)):
            contact.name, contact.properties = ink(), {ink(): ink()}
        for link in session.scalars(select(OpenLink)):
            link.name, link.agent, link.team, link.channel = ink(), ink(), ink(), ink(60)
            link.properties = {ink(): ink()}
        told = [
            *session.scalars(select(Interaction).order_by(Interaction.id)),
            *session.scalars(select(Response).order_by(Response.id)),
        ]
        for one in told:
            one.agent, one.team, one.channel = ink(), ink(), ink(60)
            one.properties = {ink(): ink(), ink(): ink()}
            if isinstance(one, Interaction):
                one.source, one.external_id = ink(40), f"{one.id} {ink()}"[:200]
            else:
                one.comment = one.comment and f"{ink()} {ink()}"
        for revision in session.scalars(select(Revision).order_by(Revision.response_id, Revision.number)):
            revision.comment = revision.comment and ink()
    stain_marks(ink)
    stain_the_rest(town, ink)


def stain_marks(ink):
    """What the staff left beside answers."""
    with transaction() as session:
        for tag in session.scalars(select(Tag).order_by(Tag.id)):
            tag.name = ink(40)
        for note in session.scalars(select(Note).order_by(Note.id)):
            note.text = ink()


def stained(document, ink):
    """All words that an editor can change, in every language, with their line of company kept where it was."""
    document = copy.deepcopy(document)
    for texts in document["texts"].values():
        for key in ("question", "comment_label", "thanks_title", "thanks_body", "low_label", "high_label"):
            texts[key] = ink()
        for key in ("mail_subject", "mail_preheader", "mail_greeting", "mail_intro", "mail_why", "mail_choose"):
            texts[key] = ink()
    return document


def stain_the_rest(town, ink):
    """What belongs to digests, keys, uploads and mails."""
    with transaction() as session:
        session.get(Digest, town.digest_id).recipient_name = ink()
        session.get(ApiKey, town.key_id).name = ink()
        for mail in session.scalars(select(Mail).order_by(Mail.id)):
            mail.subject, mail.reply, mail.reason = ink(), ink(), ink()
        for ident in (town.upload_id, town.done_upload_id):
            session.get(Upload, ident).filename = ink()
        source, call = session.get(Source, town.source_id), session.get(ReceivedCall, town.call_id)
        source.name, source.settings = ink(), {"base_url": ink()}
        source.mapping = {"fields": {"email": ink(), "name": "/0/0"}, "properties": {ink(): "/0/1"}}
        source.mapping |= {"when": {"path": "/1", "done": [ink()], "cancel": [ink()]}}
        call.body, call.content_type = json.dumps([[ink(), ink()], ink()]).encode(), "application/json"
        call.size, call.detail, call.reason, call.notes = len(call.body), ink(), "status", [ink()]
        for row in session.scalars(select(RefusedRow).order_by(RefusedRow.row)):
            row.column, row.value = ink(), ink()
    cells = [f'"{ink().replace(chr(34), chr(34) * 2).replace("@", "")}"' for _ in range(6)]  # @: no line of names
    table = f"Ticket,E-mail,{','.join(cells[:3])}\r\nT-1,a@b.test,{','.join(cells[3:])}\r\nT-2,{cells[0]},x,y,z\r\n"
    importer.file_of(town.upload_id).write_bytes(table.encode())


def skeleton(markup):
    """Elements with their attributes, counted; and what is wrong in itself."""
    tree, found, wrong = html5lib.parse(markup, namespaceHTMLElements=False), Counter(), []
    for element in tree.iter():
        if not isinstance(element.tag, str):
            found["comment"] += 1
            continue
        if element.tag == "br":  # a line that somebody ended is one
            continue
        names = sorted(str(name) for name in element.attrib)
        found[f"{element.tag} {' '.join(names)}"] += 1
        wrong += [name for name in names if name.startswith("on") or name == "srcdoc"]
        for name in ADDRESSES & set(names):
            value = element.attrib[name].strip().lower()
            value = value.partition("?")[0]
            if "script:" in value or value.startswith(("data:text", "//")) or "evil" in value:
                wrong.append(f"{name}={value}")
    return found, wrong


def addresses(app, town):
    """Every route but the static files, and where it is."""
    return [(rule, town.path(app, rule)) for rule in routes(app) if "static" not in rule.endpoint]


def pages(app, town, admin, client, known):
    """Each page's address and markup, as the admin and as a stranger with the mailed links sees it."""
    for rule, path in known:
        visitor = client if permission_of(app, rule).startswith("public") else admin
        reply = visitor.get(path, headers={"Authorization": f"Bearer {town.key}"})
        kind = reply.content_type.partition(";")[0]
        if kind == "text/html":
            yield rule.rule, reply.text
        else:
            assert kind.endswith("json") or kind in PLAIN, (rule.rule, kind)
            assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def town(town):
    with transaction() as session:
        session.get(Upload, town.done_upload_id).refuse([(9, "Phone", "too_long", "x")])
        told = {"digest_id": town.digest_id, "issue_id": town.issue_id, "response_id": town.response_id}
        session.merge(IssueMember(**told))  # whether the answer is of the digest's days hangs on the hour
    return town


def test_stored_words_add_no_element_and_no_attribute_to_any_page(app, town, browser_of, client):
    admin, known, ink = browser_of(town.admin), addresses(app, town), Ink(0)
    stain(town, Ink())
    plain = {name: skeleton(markup)[0] for name, markup in pages(app, town, admin, client, known)}
    stain(town, ink)
    assert ink.place > len(PAYLOADS)
    broken, seen = {}, 0
    for name, markup in pages(app, town, admin, client, known):
        found, wrong = skeleton(markup)
        if name.endswith("/publish") and found.keys() == plain[name].keys():
            found = plain[name]  # its checklist has a line for all words that it finds odd, and these are
        if name.endswith("/words"):  # it marks as many words as carried the sentiment
            found["mark class"] = plain[name]["mark class"]
        seen += "alert(1)" in markup
        if wrong or found != plain[name]:
            broken[name] = wrong, found - plain[name], plain[name] - found
    assert broken == {}
    assert seen > 20


def test_stored_words_add_no_element_to_any_mail(town, browser_of, run_jobs, outbox):
    admin = browser_of(town.admin)

    def mails():
        run_jobs()
        before = len(outbox())
        slug, again = town.survey.slug, f"/w/acme/digests/{town.digest_id}/issues/{town.issue_id}/again"
        assert admin.post(f"/w/acme/surveys/{slug}/test", data={"locale": "en"}).status_code == 303
        assert admin.post(again).status_code == 303
        assert admin.post("/forgot-password", data={"email": town.admin.email}).status_code == 200
        to = f"{new_id().hex}@new.example"
        assert admin.post("/w/acme/settings/people", data={"email": to, "role": "viewer"}).status_code == 303
        run_jobs()
        return outbox()[before:]

    stain(town, Ink())
    plain = [skeleton(mail.get_body(("html",)).get_content())[0] for mail in mails()]
    stain(town, Ink(3))
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=True):
        broken, made = {}, mails()
    assert len(made) == len(plain) == 4
    for place, mail in enumerate(made):
        found, wrong = skeleton(mail.get_body(("html",)).get_content())
        if wrong or found != plain[place]:
            broken[mail["Subject"]] = wrong, found - plain[place], plain[place] - found
        assert len(mail["To"].addresses) == 1
        assert not {"Bcc", "Cc", "X"} & set(mail.keys())
    assert "alert(1)" in made[1].get_body(("plain",)).get_content()
    assert broken == {}


def test_words_are_never_a_template(app, town, browser_of):
    admin = browser_of(town.admin)
    with transaction() as session:
        session.merge(town.workspace).name = "{{7*191}} ${7*191} {0.__class__} {company} %(x)s"
    page = admin.get("/w/acme/settings").text
    assert "{{7*191}}" in page
    assert "1337" not in page
