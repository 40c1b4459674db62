"""All pieces of the staff pages on one page, for designers who make more of them."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.workspace import Workspace
from feedback.views.specimens import samples

bp = Blueprint("styleguide", __name__)


@bp.get("/w/<workspace>/styleguide")
@requires("styleguide.view")
def show(workspace: Workspace) -> ResponseReturnValue:
    return render_template("styleguide.html", samples=samples(), workspace=workspace)
