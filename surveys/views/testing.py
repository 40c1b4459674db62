"""A test mail of the draft, to the person who designs it. Its links lead to `previewing.look`."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock, courier, throttle, tokens
from base.db import new_id, transaction
from surveys import emails, wording
from surveys.forms.publishing import TestForm
from surveys.logo import look_of
from surveys.survey import Survey

bp = Blueprint("testing", __name__)

HOURLY = 30
"""Test mails a person may send."""


@bp.post("/w/<workspace>/surveys/<slug>/test")
@requires("surveys.edit")
def send(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey, now = Survey.of(workspace.id, slug), clock.now()
    locale = wording.choose_locale(survey.draft, TestForm().locale.data)
    with transaction():
        throttle.spend(f"test:{g.user.id}", limit=HOURLY, per_seconds=3600, now=now)
    to = emails.Recipient(
        address=g.user.email,
        name=g.user.name,
        company=workspace.name,
        reply_to=workspace.reply_to,
        look=look_of(workspace, survey.draft),
    )
    preview_url = tokens.link(url_for("previewing.look", workspace=workspace.slug, slug=survey.slug, locale=locale))
    message = emails.test_invitation(survey.draft, locale, to, preview_url=preview_url, at=now)
    ident = new_id()
    with transaction():
        about = {"survey_id": str(survey.id)}
        courier.post(message, kind="test", dedupe_key=f"test:{ident}", workspace_id=workspace.id, at=now, about=about)
    if current_app.config["SETTINGS"].smtp_url:
        flash(_("A test is on its way to %(email)s.", email=g.user.email), "success")
    else:
        flash(_("The test is in the outbox: no mail server is set, so mails stay on this machine."), "info")
    return redirect(url_for("surveys.overview", workspace=workspace.slug, slug=slug, locale=locale), 303)
