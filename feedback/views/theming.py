"""What pages need to show themes and contradictions, and the words behind a sentiment."""

from __future__ import annotations

import uuid

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.workspace import Workspace
from feedback import feed
from feedback.contradicting import contradicts
from feedback.response import Response
from feedback.sentiment import EngineError
from feedback.sentiment.choosing import table
from feedback.sentiment.explaining import words_of
from feedback.sharing import Share
from feedback.themebook import Entry, WorkspaceTheme
from surveys.scale import SCALES

bp = Blueprint("theming", __name__)


@bp.get("/w/<workspace>/responses/<uuid:ident>/words")
@requires("results.view")
def words(workspace: Workspace, ident: uuid.UUID) -> ResponseReturnValue:
    """A comment with the words marked that carried its sentiment."""
    response = feed.entry(workspace.id, ident).response
    comment = response.comment or ""
    try:
        found = words_of(comment, table()) if comment else []
    except EngineError:
        found = []
    pieces: list[tuple[str, float]] = []
    at = 0
    for word in found:
        pieces += [(comment[at : word.begin], 0.0), (comment[word.begin : word.end], word.weight)]
        at = word.end
    pieces.append((comment[at:], 0.0))
    return render_template("feedback/_carried.html", response=response, pieces=pieces, found=found)


def built_in_names() -> dict[str, str]:
    """The names of themes in the reader's language."""
    return {
        "speed": _("Speed"),
        "courtesy": _("Courtesy"),
        "competence": _("Competence"),
        "resolution": _("Resolution"),
        "effort": _("Effort"),
        "communication": _("Communication"),
        "delivery": _("Delivery"),
        "price": _("Price"),
        "product": _("Product"),
        "digital": _("Digital"),
        "returns": _("Returns"),
        "availability": _("Availability"),
        "reliability": _("Reliability"),
    }


@bp.app_template_global()
def theme_names() -> dict[str, str]:
    """The themes that this workspace looks at, as it calls them."""
    if "theme_names" not in g:
        workspace: Workspace | None = g.get("workspace")
        book = WorkspaceTheme.book(workspace.id) if workspace else {}
        built_in = built_in_names()
        on = [entry for entry in book.values() if not entry.off] if workspace else [Entry(one) for one in built_in]
        g.theme_names = {entry.theme: entry.name or built_in[entry.theme] for entry in on}
    names: dict[str, str] = g.theme_names
    return names


@bp.app_template_global()
def themes_of(response: Response) -> list[tuple[str, str, float]]:
    """Theme, name and polarity of what a comment speaks of, the strongest opinion first."""
    names = theme_names()
    read = response.themes if response.read_at else []
    known = [(one.theme, names[one.theme], one.polarity) for one in read if one.theme in names]
    return sorted(known, key=lambda one: -abs(one[2]))


@bp.app_template_global()
def contradictory(response: Response) -> bool:
    """Whether the score and the comment of a response say opposite things."""
    band = SCALES[response.metric].band(response.score)
    return contradicts(band, response.sentiment_label, response.polarity, response.confidence)


@bp.app_template_global()
def share_interval(hits: int, n: int) -> tuple[float, float] | None:
    """Where 95 of 100 such shares would lie, in percent."""
    return Share(hits, n).interval
