"""A survey leaves as one JSON file, and comes in from one; nothing of a file with flaws is kept."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.mail import one_line
from base.web import body_up_to
from surveys import exchanging
from surveys.exchanging import LARGEST, Parcel
from surveys.forms.flaws import sentence
from surveys.forms.keeping import ImportForm
from surveys.survey import Survey
from surveys.validating import Flaw
from surveys.version import Version

bp = Blueprint("exchanging", __name__)

TOLD = 100
"""Flaws that a page lists."""


@bp.get("/w/<workspace>/surveys/<slug>/export")
@requires("surveys.view")
def export(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    number = request.args.get("version", "")
    document, mark = survey.draft, ""
    if number:
        document, mark = Version.numbered(survey.id, number).document, f"-v{int(number)}"
    response = Response(exchanging.pack(Parcel(survey.name, document)), mimetype="application/json")
    # The short name holds a–z, 0–9 and hyphens only: nothing in it can leave the quotation marks.
    response.headers["Content-Disposition"] = f'attachment; filename="{survey.slug}{mark}.afterword.json"'
    return response


@bp.route("/w/<workspace>/surveys/new/import", methods=["GET", "POST"])
@requires("surveys.edit")
@body_up_to(LARGEST + 100_000)
def take_in(*, workspace: Workspace) -> ResponseReturnValue:
    form, filename = ImportForm(), ""
    flaws: list[Flaw] = []
    if form.validate_on_submit():
        filename = one_line(form.file.data.filename or "", 120)
        parcel, flaws = exchanging.unpack(form.file.data.stream.read(LARGEST + 1))
        if parcel is not None:
            with transaction():
                survey = Survey.create(workspace.id, parcel.name, parcel.document, at=clock.now(), by=g.user.id)
                slug = survey.slug
            flash(
                _("“%(name)s” is here as a draft. Nobody is asked before you publish it.", name=parcel.name), "success"
            )
            return redirect(url_for("editing.edit", workspace=workspace.slug, slug=slug), 303)
    return _page(form, flaws, filename), 422 if flaws or form.errors else 200


def _page(form: ImportForm, flaws: list[Flaw], filename: str) -> str:
    return render_template(
        "surveys/import_survey.html",
        form=form,
        filename=filename,
        flaws=[(flaw.path, sentence(flaw)) for flaw in flaws[:TOLD]],
        count=len(flaws),
    )
