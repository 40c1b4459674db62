"""The builder: one page, and a draft that is saved while it is typed (`drafting`)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from accounts.access import can, requires
from accounts.language import LANGUAGE_NAMES
from accounts.workspace import Workspace
from base.i18n import show_ago
from surveys import asking, previewing, validating, wording
from surveys.checking import findings
from surveys.forms.editing import LONG, NAME_LIMIT
from surveys.forms.findings import told
from surveys.forms.gathering import lines
from surveys.forms.labels import LABELS
from surveys.forms.phrases import phrases
from surveys.library import SERVQUAL
from surveys.question import questions
from surveys.scale import SCALES, Band
from surveys.survey import Survey
from surveys.version import Version

bp = Blueprint("editing", __name__)


@bp.get("/w/<workspace>/surveys/<slug>/edit")
@requires("surveys.edit")
def edit(*, workspace: Workspace, slug: str) -> ResponseReturnValue:
    survey = Survey.of(workspace.id, slug)
    return render_template("surveys/edit.html", survey=survey, start=_start(workspace, survey))


def ready(document: wording.Document, locale: str) -> wording.Texts:
    """The ready-made words that the builder shows where the designer wrote nothing."""
    known = {*wording.question_keys(document), *(key for group in wording.EDITABLE.values() for key in group)}
    return {key: text for key, text in wording.ready(document, locale).items() if key in known and text}


def _start(workspace: Workspace, survey: Survey) -> dict[str, Any]:
    """Everything that the builder knows when it opens."""
    document = survey.draft
    wish = request.args.get("lang", "")
    opened = wish if wish in document["locales"] else document["default_locale"]
    found = findings(document)
    return {
        "survey": {
            "id": str(survey.id),
            "name": survey.name,
            "published": survey.published_number is not None,
            "asked": _asked(survey),
        },
        "document": document,
        "revision": survey.draft_revision,
        "saved": show_ago(survey.draft_saved_at),
        "editor": survey.editor.name if survey.editor else "",
        "open": opened,
        "words": {tag: ready(document, tag) for tag in {opened, document["default_locale"]}},
        "findings": [told(finding, document) for finding in found],
        "lines": lines(found, document),
        "company": workspace.name,
        "token": generate_csrf() if current_app.config["WTF_CSRF_ENABLED"] else "",
        "addresses": _addresses(workspace, survey),
        "phrases": phrases(),
        **_known(),
    }


def _asked(survey: Survey) -> list[str]:
    """The ids of questions that were published: answers are kept under them."""
    newest = Version.newest(survey.id)
    return [question.id for question in questions(newest.document)] if newest else []


def _addresses(workspace: Workspace, survey: Survey) -> dict[str, str]:
    at = url_for("surveys.overview", workspace=workspace.slug, slug=survey.slug)
    places = ("draft", "draft/merge", "draft/words", "preview", "copy", "publish")
    return {
        place.rpartition("/")[2]: f"{at}/{place}" for place in places if place != "publish" or can("surveys.publish")
    }


def _known() -> dict[str, Any]:
    """What is the same for every survey: scales, languages, limits, the names of words."""
    keys = [key for group in wording.EDITABLE.values() for key in group]
    bands: tuple[Band, ...] = ("detractor", "passive", "promoter")
    return {
        "scales": {
            key: {"values": scale.values, "look": scale.look, "bands": {band: scale.in_band(band) for band in bands}}
            for key, scale in SCALES.items()
        },
        "languages": dict(LANGUAGE_NAMES),
        "rtl": [tag for tag in wording.LOCALES if wording.direction(tag) == "rtl"],
        "groups": {group: list(keys) for group, keys in wording.EDITABLE.items()},
        "labels": {key: str(label) for key, label in LABELS.items()},
        "long": sorted(LONG),
        "limits": {
            "texts": {key: validating.limit_of(key) for key in keys},
            "endings": dict(validating.ENDINGS),
            "part": validating.PART_LIMIT,
            "name": NAME_LIMIT,
            "questions": asking.MOST_QUESTIONS,
            "parts": asking.MOST_PARTS,
            "conditions": asking.MOST_CONDITIONS,
            "locales": validating.MOST_LOCALES,
        },
        "dimensions": list(SERVQUAL),
        "people": [{"key": key, "name": sample.name} for key, sample in previewing.PEOPLE.items()],
    }
