"""What eyes, keyboards and screen readers meet on the page of all pieces; the app feeds Chromium without a server."""

from urllib.parse import urlsplit

import pytest

from tests.browser.barring import SCREENS, violations

ADDRESS = "http://localhost/w/acme/styleguide"


@pytest.fixture
def look(app, cast, browser_of, chromium):
    """`look(theme, width)`: the page as Boris sees it."""
    boris = browser_of(cast.boris)
    opened = []

    def answer(route):
        parts = urlsplit(route.request.url)
        with app.app_context():  # Playwright calls from a context of its own
            response = boris.get(parts.path, query_string=parts.query)
        route.fulfill(status=response.status_code, headers=dict(response.headers), body=response.data)

    def open_page(theme="light", width=1280, **wishes):
        context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": 900}, **wishes)
        context.route("**/*", answer)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(ADDRESS, wait_until="networkidle")
        return page

    yield open_page
    for context in opened:
        context.close()


@pytest.mark.parametrize(("theme", "width"), SCREENS)
def test_nothing_bars_anybody_in_either_theme(look, theme, width):
    page = look(theme, width)
    assert violations(page) == []
    assert page.complaints == []


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_scrolls_sideways(look, width):
    page = look(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_arrow_keys_read_a_chart(look):
    page = look()
    page.locator(".chart-svg").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert "Apr: +36" in page.locator(".chart-tip").first.inner_text()


def test_a_chosen_theme_outlives_the_page(look):
    page = look("light")
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_what_cannot_be_taken_back_is_asked_first(look):
    page = look()
    page.get_by_role("button", name="Delete", exact=True).click()
    assert "erased for good" in page.get_by_role("dialog").inner_text()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert page.url == ADDRESS


def test_the_menu_opens_without_script(look):
    page = look(width=360, java_script_enabled=False)
    page.locator("summary", has_text="Menu").click()
    assert page.get_by_role("link", name="Digests").is_visible()
