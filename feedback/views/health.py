"""For machines that watch: is the process there, is the service ready, how is it doing."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from base import clock, heartbeat
from base.db import db
from base.outbox import Mail
from base.web import public
from feedback.health import readiness
from feedback.response import Response as Answered
from surveys.invitation import Invitation

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public("load balancers ask without a key")
def process() -> ResponseReturnValue:
    return jsonify(status="ok")


@bp.get("/readyz")
@public("load balancers ask without a key; it names no customer")
def ready() -> ResponseReturnValue:
    checks = readiness()
    body = {name: {"ok": fine, "detail": words} for name, fine, words in checks}
    return jsonify(body), 200 if all(fine for _, fine, _ in checks) else 503


@bp.get("/metrics")
@public("Prometheus scrapes without a key; only counts")
def metrics() -> ResponseReturnValue:
    lines = [*_counted("afterword_mails", Mail.state), *_counted("afterword_invitations", Invitation.status)]
    lines.append("# TYPE afterword_responses gauge")
    lines.append(f"afterword_responses {db.session.scalar(select(func.count()).select_from(Answered))}")
    last = heartbeat.last()
    if last is not None:
        lines.append("# TYPE afterword_schedule_age_seconds gauge")
        lines.append(f"afterword_schedule_age_seconds {(clock.now() - last).total_seconds():.1f}")
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _counted(name: str, column: object) -> list[str]:
    found = db.session.execute(select(column, func.count()).group_by(column))  # type: ignore[call-overload]
    return [f"# TYPE {name} gauge", *(f'{name}{{state="{state}"}} {count}' for state, count in sorted(found))]
