"""Translations as files: out to a translator as CSV or XLIFF, and back, each change seen before it is kept."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from accounts.access import requires
from accounts.workspace import Workspace
from base import clock
from base.db import transaction
from base.web import body_up_to
from surveys.forms import translating as words
from surveys.forms.translating import FileForm, Names
from surveys.survey import Survey
from surveys.translating.files import ENDINGS, MEDIA_TYPES, Kind, Wish, name_of, read, write
from surveys.translating.judging import LARGEST, UnreadableError, Verdict, applied, judge
from surveys.translating.rows import rows
from surveys.views.translating import SIZE, pair

bp = Blueprint("interpreting", __name__)

WITH_FRAME = LARGEST + 500_000
"""Bytes of a request with such a file; one that is a little too large is told so in a sentence."""
ALL = "all"


@bp.get("/w/<workspace>/surveys/<slug>/translations/<any(csv, xliff):kind>")
@requires("surveys.edit")
def download(*, workspace: Workspace, slug: str, kind: Kind) -> ResponseReturnValue:
    """One language pair as a file; XLIFF also holds all languages at once, with `to=all`."""
    survey = Survey.of(workspace.id, slug)
    source, target = pair(survey.draft)
    every = kind == "xliff" and request.args.get("to") == ALL
    targets = [tag for tag in survey.draft["locales"] if tag != source] if every else [target]
    wish = Wish(source, targets, name_of(workspace.slug, survey.slug), mark=request.args.get("mark") != "0")
    response = Response(write(survey.draft, kind, wish, Names.of(survey.draft).place), content_type=MEDIA_TYPES[kind])
    name = f"{survey.slug}-{ALL if every else target}.{ENDINGS[kind]}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.post("/w/<workspace>/surveys/<slug>/translations/file")
@requires("surveys.edit")
@body_up_to(WITH_FRAME)
def upload(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    """Look at a file: what it would change, and what of it cannot be taken. Nothing is kept."""
    survey, form = Survey.of(workspace.id, slug), FileForm()
    source, target = pair(survey.draft)
    if not form.validate():
        return _shown(survey, target, problem=" ".join(map(str, form.file.errors))), 422
    try:
        units, origin = read(form.file.data.read(), name_of(workspace.slug, survey.slug), target)
    except UnreadableError as error:
        return _shown(survey, target, problem=words.file_problem(error)), 422
    source = origin if origin in survey.draft["locales"] else source
    return _shown(survey, target, judge(survey.draft, units, source))


@bp.post("/w/<workspace>/surveys/<slug>/translations/apply")
@requires("surveys.edit")
@body_up_to(SIZE)
def apply(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    """Keep the changes that were shown, all of them or, when one cannot be kept any more, none."""
    units, before = words.confirmed(request.form.get("changes", ""))
    with transaction():
        survey = Survey.of(workspace.id, slug)
        source, target = pair(survey.draft)
        verdict = judge(survey.draft, units, source)
        late = tuple(words.moved(one, one.before) for one in verdict.taken if before[one.locale, one.key] != one.before)
        if late or verdict.refused:
            again = Verdict(verdict.taken, (*late, *verdict.refused), verdict.same, verdict.empty)
            return _shown(survey, target, again), 409
        if verdict.taken:
            document = applied(survey.draft, verdict.taken)
            survey.save_draft(document, revision=survey.draft_revision, at=clock.now(), by=g.user.id)
    number = len(verdict.taken)
    flash(ngettext("One text was taken into the draft.", "%(num)s texts were taken into the draft.", number), "success")
    return redirect(url_for("translating.show", workspace=workspace.slug, slug=slug, to=target), 303)


def _shown(survey: Survey, target: str, verdict: Verdict | None = None, *, problem: str = "") -> str:
    names = Names.of(survey.draft)
    verdict = verdict or Verdict()
    every = {row.key: row for tag in survey.draft["locales"] for row in rows(survey.draft, tag, tag)}
    places = {key: names.place(row) for key, row in every.items()}
    return render_template(
        "surveys/translations_file.html",
        survey=survey,
        target=target,
        verdict=verdict,
        problem=problem,
        places=places,
        words=words,
        changes=words.written(verdict.taken),
    )
