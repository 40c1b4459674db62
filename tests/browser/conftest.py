"""A real browser on a real server: Chromium, and the app on a free port of loopback."""

import os
import shutil
import threading

import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from accounts.access import COOKIE
from accounts.session import Session
from base import clock
from base.db import transaction

PATIENCE = 20_000
"""Milliseconds for what a page should do by itself; much, for a busy machine is no fault of the page."""

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def _chromium():
    """The browser that run.sh found, else the system's."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("AFTERWORD_TEST_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    assert found, "These tests need Chromium: `./run.sh test` installs it, or name it in AFTERWORD_TEST_BROWSER."
    return found


@pytest.fixture(scope="session")
def chromium():
    """The browser; one for all tests, each test has contexts of its own."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def site(app):
    """The address of the served app, which is also its public address while the test runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    # It looks for the end of its time often: half a second, as is usual, would be a third of all these tests.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    before, app.config["PUBLIC_URL"] = app.config["PUBLIC_URL"], f"http://127.0.0.1:{server.server_port}"
    yield app.config["PUBLIC_URL"]
    app.config["PUBLIC_URL"] = before
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browse(chromium, site):
    """`browse(user=None, width=1280, theme="light", **wishes)`: a page of a fresh browser, signed in as `user`.

    `page.complaints` has what the console and scripts complained about, `page.elsewhere` every request that left
    the site. `page.goto("/w/acme/surveys")` takes paths.
    """
    opened = []

    def open_page(user=None, *, width=1280, height=900, theme="light", **wishes):
        context = chromium.new_context(
            base_url=site, color_scheme=theme, viewport={"width": width, "height": height}, **wishes
        )
        opened.append(context)
        if user is not None:
            with transaction():
                secret = Session.start(user.id, at=clock.now(), address="127.0.0.1", user_agent="Chromium")
            context.add_cookies([{"name": COOKIE, "value": secret, "url": site}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.complaints, page.elsewhere = [], []
        page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "request", lambda asked: None if asked.url.startswith((site, "data:")) else page.elsewhere.append(asked.url)
        )
        return page

    yield open_page
    for context in opened:
        context.close()
