"""One message that came back about a person, with the evidence: as text, whatever it claims to be."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from base.errors import NotFoundError
from base.outbox import Mail
from surveys.bounce import Bounce
from surveys.contact import Contact

bp = Blueprint("returned", __name__)


@bp.get("/w/<workspace>/contacts/<uuid:ident>/returned/<uuid:bounce_id>")
@requires("contacts.view")
def show(*, workspace: Workspace, ident: uuid.UUID, bounce_id: uuid.UUID) -> ResponseReturnValue:
    contact = Contact.of(workspace.id, ident)
    bounce = Bounce.of(contact, bounce_id)
    return render_template(
        "surveys/returned.html",
        contact=contact,
        one=bounce,
        mail=_mail(workspace, bounce),
        evidence=bounce.raw.decode("utf-8", "replace"),
    )


def _mail(workspace: Workspace, bounce: Bounce) -> Mail | None:
    try:
        return Mail.of_workspace(workspace.id, bounce.mail_id) if bounce.mail_id else None
    except NotFoundError:
        return None
