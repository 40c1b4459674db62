"""What every test may ask for: a database, the app on it, browsers that are signed in, the mails and the jobs."""

import contextvars
import gc
import os
import random
import shutil
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache

from accounts.access import COOKIE
from accounts.session import Session
from base import clock
from base.db import db, transaction
from feedback.app import create_app
from tests import databases
from tests.cast import Cast

# The same cases in every run, however busy the machine is: a red run means a red commit.
hypothesis_settings.register_profile("house", deadline=None, derandomize=True)
hypothesis_settings.load_profile("house")


TODAY = datetime(2026, 11, 26, 4, tzinfo=UTC)
"""Some days after `tests.cast.AT`, when most things happen."""


def pytest_addoption(parser):
    parser.addoption("--only-database", action="store_true", help="leave out tests that no database can change")


@pytest.hookimpl(tryfirst=True)  # before -m chooses by these marks
def pytest_collection_modifyitems(config, items):
    """Folders mark their tests; on the second database, pure calculations would only be calculated again. The longest
    begin first, so that no process is still at one when the others are through.
    """
    for item in items:
        for folder in {"browser", "crash"} & set(item.path.relative_to(config.rootpath).parts):
            item.add_marker(folder)
    if config.getoption("--only-database"):
        needed = {"app", "database_urls"}
        chosen = [item for item in items if needed & set(item.fixturenames) and not item.get_closest_marker("web")]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish():
    """Thousands of collected tests are no garbage: looking through them again and again took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def _today(request):
    """A test begins on the same day at the same hour in every run, unless it has servers in processes of their own,
    whose clocks nobody moves.
    """
    if request.node.get_closest_marker("crash"):
        yield
        return
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture(autouse=True)
def _ids(monkeypatch, request):
    """A test makes the same ids in every run; `AFTERWORD_TEST_LOT=2` gives it others, to find what hangs on them."""
    drawn = random.Random(f"{request.node.nodeid} {os.environ.get('AFTERWORD_TEST_LOT', '')}")
    monkeypatch.setattr("base.db.secrets", SimpleNamespace(randbits=drawn.getrandbits))


class Visitor(FlaskClient):
    """A browser. Each request sees its own session of the database, as in production, and not the test's."""

    def open(self, *args, **kwargs):
        ask = super().open
        response = contextvars.Context().run(lambda: ask(*args, **kwargs))
        db.session.rollback()  # what the test loaded before is read again
        return response


@pytest.fixture(scope="session")
def _shared(tmp_path_factory, request):
    """The directory that all processes of this suite have."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="session")
def database_urls(tmp_path_factory, _shared):
    """Makes databases: `.fresh()` is migrated, `.empty()` has no table. For tests that start servers of their own."""
    made = databases.start(tmp_path_factory.mktemp("databases"), _shared)
    yield made
    made.close()


@pytest.fixture(scope="session")
def settings(database_urls, tmp_path_factory):
    """What an operator would have set. `dataclasses.replace` makes others."""
    return databases.settings_for(database_urls.fresh(), tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def _compiled(_shared):
    """Where templates are kept once they are compiled, for all processes of a run: it takes each some five seconds."""
    directory = databases.kept(_shared) / "templates"
    directory.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(directory))


@pytest.fixture(scope="session")
def _application(settings, _compiled):
    made = create_app(settings)
    made.test_client_class = Visitor
    made.jinja_env.bytecode_cache = _compiled
    made.config["WTF_CSRF_ENABLED"] = False
    with made.app_context():
        databases.hurry(db.engine)
    return made


@pytest.fixture
def app(_application, settings):
    """The service on a database without rows, in an app context of the test."""
    with _application.app_context():
        yield _application
        db.session.remove()
        databases.clean(db.engine)
    shutil.rmtree(settings.data_dir / "outbox", ignore_errors=True)


@pytest.fixture
def csrf(app):
    """Forms insist on their token, as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def client(app):
    """A browser that nobody is signed in with."""
    return app.test_client()


@pytest.fixture
def cast(app):
    """Ana the admin, Boris the designer, Cvetka the manager, and Dmitri from elsewhere."""
    return Cast.again()


@pytest.fixture
def browser_of(app):
    """`browser_of(cast.ana)`: a browser in which that person is signed in."""

    def open_browser(user):
        client = app.test_client()
        with transaction():
            secret = Session.start(user.id, at=clock.now(), address="127.0.0.1", user_agent="pytest")
        client.set_cookie(COOKIE, secret)
        return client

    return open_browser


@pytest.fixture
def run_jobs(app):
    """Runs everything that is due, and what follows from it; returns how many jobs were tried."""

    def run():
        tried = app.extensions["afterword.runner"].drain()
        db.session.rollback()
        return tried

    return run


@pytest.fixture
def outbox(app):
    """`outbox()`: the mails that went out so far, oldest first, parsed. Those still queued go when jobs run."""
    transport = app.extensions["afterword.transport"]
    return lambda: [transport.read(line.name) for line in reversed(transport.latest(1000))]
