"""The composition root: the only place where the rooms are put together."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g

import config
from accounts import access
from accounts import views as accounts_views
from base import courier, events, i18n, lasting, second_try, web
from base.db import db, engine_options, watch
from base.delivery import Transport
from base.eml import EmlTransport
from base.runners import runner_for
from base.sealing import Seal, SealingTransport
from base.smtp import SmtpServer, SmtpTransport
from feedback import api as feedback_api
from feedback import dashboard, estate, reactions, schedule, tables
from feedback import views as feedback_views
from feedback.reply import replies
from feedback.views.doorstep import Doorstep
from surveys import api as surveys_api
from surveys import estate as surveys_estate
from surveys import holding, mailroom, shelf
from surveys import views as surveys_views
from surveys.reply import REPLIES
from surveys.summary import SUMMARIES

BLUEPRINTS = (
    *accounts_views.blueprints,
    *surveys_views.blueprints,
    *surveys_api.blueprints,
    *feedback_views.blueprints,
    *feedback_api.blueprints,
)


def _configure(app: Flask, settings: config.Settings) -> None:
    app.config.update(
        ROOT=config.ROOT,
        SETTINGS=settings,
        DATA_DIR=settings.data_dir,
        EXPORT_DIR=settings.export_dir,
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        PUBLIC_URL=settings.public_url,
        MAIL_FROM=settings.mail_from,
        MAIL_PER_MINUTE=settings.mail_per_minute,
        MAIL_PER_DOMAIN=settings.mail_per_domain,
        SECURE=settings.secure,
        TRUSTED_HOSTS=settings.trusted_hosts,
        TRUSTED_PROXIES=settings.trusted_proxies,
        FETCH_PRIVATE=settings.fetch_private,
        TESTING=settings.testing,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        SESSION_COOKIE_NAME="__Host-afterword_form" if settings.secure else "afterword_form",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # it asks for a Referer, which our own pages tell browsers not to send
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _page_context() -> dict[str, Any]:
    """What every staff page knows besides its own values."""
    user = access.current_user()
    return {
        "user": user,
        "workspace": g.get("workspace"),
        "workspaces": user.workspaces() if user else [],
        "can": access.can,
        "filing": current_app.config["SETTINGS"].smtp_url is None,
    }


def _transport(settings: config.Settings, seal: Seal | None) -> Transport:
    """SMTP where the operator named a server, signed where there is a key; else files that an admin reads."""
    if settings.smtp_url is None:
        return EmlTransport(settings.data_dir / "outbox")
    plain = SmtpTransport(SmtpServer.from_url(settings.smtp_url))
    return SealingTransport(plain, seal) if seal else plain


def _seal(settings: config.Settings) -> Seal | None:
    if settings.dkim_key is None or settings.dkim_selector is None:
        return None
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    try:
        return Seal(settings.dkim_key, settings.dkim_selector, domain)
    except ValueError as error:
        raise config.SettingError("AFTERWORD_DKIM_KEY", str(error)) from error


def create_app(settings: config.Settings | None = None) -> Flask:
    """The whole service on one database. Nothing is started; `serve` and `work` start the runner."""
    assert tables.TABLES, "imported so that migrations and the sessions know every table"
    settings = settings or config.load()
    root = Path(config.ROOT)
    app = Flask(
        "afterword", root_path=str(root), template_folder=str(root / "templates"), static_folder=str(root / "static")
    )
    _configure(app, settings)
    db.init_app(app)
    with app.app_context():
        watch(db.engine)
    app.wsgi_app = Doorstep(app, app.wsgi_app)  # type: ignore[method-assign]
    web.init(app)
    i18n.init(app)
    app.context_processor(_page_context)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.extensions[SUMMARIES] = dashboard.summaries
    app.extensions[REPLIES] = replies
    holding.wire((*estate.HOLDINGS, shelf.HOLDING, *surveys_estate.HOLDINGS))
    events.wire(reactions.REACTIONS)
    courier.wire(
        reactions.ON_SENT,
        reactions.ON_FAILED,
        reactions.SENT_TOGETHER,
        before=reactions.BEFORE,
        put_off=reactions.PUT_OFF,
    )
    mailroom.wire(reactions.CAME_BACK)
    second_try.wire(reactions.MAY_NOT_RETRY)
    runner = runner_for(app, schedule.tick, schedule.FLOWS)
    app.extensions["afterword.queue"] = app.extensions["afterword.runner"] = runner
    app.extensions["afterword.seal"] = seal = _seal(settings)
    app.extensions["afterword.transport"] = _transport(settings, seal)
    os.register_at_fork(after_in_child=lambda: _forget_connections(app))
    return app


def create_serving_app() -> Flask:
    """What the web server's worker process loads: on SQLite it also runs the jobs and the schedule."""
    lasting.share_one_heap()
    atexit.register(_leave)  # registered first, so that it comes last
    app = create_app()
    lasting.keep()
    if os.environ.get("AFTERWORD_EMBEDDED_RUNNER"):
        runner = app.extensions["afterword.runner"]
        if runner.start():
            atexit.register(runner.stop)
    return app


def _leave() -> None:
    """End a worker process at once, when all is put away.

    The web server's native threads may still hold interpreter states; tearing the interpreter down under them crashes.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _forget_connections(app: Flask) -> None:
    """A forked worker opens its own connections."""
    with app.app_context():
        db.engine.dispose(close=False)
