"""Takes the pictures of README and docs from a demo company: `python docs/screenshots.py [DATA_DIR] [PORT]`.

Makes the demo in DATA_DIR if there is none, serves it on loopback while it looks, and writes docs/images/*.png.
Needs the packages of requirements/test.txt and Chromium. A picture too large to load fast is taken at a lower density.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LARGEST = 300 * 1024
"""Bytes of a picture."""
DENSITIES = (2, 1.5, 1)
DESKTOP, PHONE = (1280, 860), (390, 844)
EMAIL, PASSWORD = "ana@demo.example", "look-around-afterword"
"""As `afterword demo` prints them."""


@dataclass(frozen=True)
class Shot:
    """One picture: what it is called, where it is taken, on which screen."""

    name: str
    path: str
    size: tuple[int, int] = DESKTOP
    theme: str = "light"


def environment(data_dir: Path, port: int) -> dict[str, str]:
    """What the service is told; settings of the one who runs this do not count."""
    ours = {"AFTERWORD_DATA_DIR": str(data_dir), "AFTERWORD_PORT": str(port), "PYTHONPATH": str(ROOT)}
    return {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")} | ours


@contextmanager
def served(data_dir: Path, port: int) -> Iterator[str]:
    """The demo company at its address."""
    afterword = [sys.executable, "-m", "feedback"]
    told = environment(data_dir, port)
    subprocess.run([*afterword, "demo"], cwd=ROOT, env=told, check=True)
    server = subprocess.Popen([*afterword, "serve"], cwd=ROOT, env=told)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=2).close()  # noqa: S310 - our own address
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def signed_in(browser: Browser, url: str) -> BrowserContext:
    """A browser in which the demo's admin is signed in."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/surveys")
    return context


def first(page: Page, path: str, pattern: str) -> str:
    """The address of the first link on a page whose href has `pattern`."""
    page.goto(path)
    link = page.locator(f'a[href*="{pattern}"]').first.get_attribute("href")
    assert link is not None, f"no link to {pattern} on {path}"
    return link


def open_question(page: Page) -> tuple[str, str]:
    """The newest invitation's mail that asks in English on a scale to ten: its address here, and its answer link."""
    page.goto("/w/demo/outbox")
    mails = [link.get_attribute("href") or "" for link in page.locator('a[href*="/w/demo/outbox/"]').all()]
    for mail in mails:
        page.goto(f"{mail}/html")
        link = page.locator('a[href$="/9"]').first
        if page.locator('a[href$="/9"]').count() and page.locator("html[lang=en]").count():
            return f"{mail}/html", (link.get_attribute("href") or "").partition("/s/")[2]
    raise SystemExit("The outbox of the demo holds no English invitation; make the demo anew in another folder.")


def shots(page: Page) -> list[Shot]:
    """All pictures; addresses with ids are looked up."""
    survey = "/w/demo/surveys/loyalty-after-an-order"
    mail, answer = open_question(page)
    digest = first(page, first(page, "/w/demo/digests", "/digests/0"), "/issues/")
    return [
        Shot("results-desktop", f"{survey}/results"),
        Shot("results-phone", f"{survey}/results", PHONE),
        Shot("answer-phone", f"/s/{answer}", PHONE),
        Shot("answer-dark", f"/s/{answer}", PHONE, "dark"),
        Shot("invitation-mail", mail, PHONE),
        Shot("digest-mail", f"{digest}/mail", PHONE),
        Shot("editor-desktop", f"{survey}/edit"),
        Shot("import-desktop", "/w/demo/import"),
        Shot("digests-desktop", "/w/demo/digests"),
        Shot("comments-desktop", "/w/demo/responses?commented=1"),
        Shot("topics-desktop", f"{survey}/results/topics?period=90d&phrases=en"),
        Shot("case-desktop", first(page, "/w/demo/cases", "/cases/0")),
        Shot("alerts-desktop", "/w/demo/alerts"),
        Shot("surveys-desktop", "/w/demo/surveys"),
    ]


def filled(page: Page) -> int:
    """How far down the page has anything on it, and some room below; pixels."""
    shown = "(document.querySelector('main') ?? document.body).querySelectorAll('*')"
    below = f"[...{shown}].map(one => one.getBoundingClientRect())"
    return int(page.evaluate(f"Math.max(...{below}.filter(r => r.height < innerHeight / 2).map(r => r.bottom))")) + 48


def take(browser: Browser, url: str, cookies: list[dict[str, str]], shot: Shot) -> None:
    """Take one picture, at the highest density at which it is small enough."""
    path, (width, height) = IMAGES / f"{shot.name}.png", shot.size
    for density in DENSITIES:
        context = browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            device_scale_factor=density,
            color_scheme=shot.theme,
        )
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(shot.path, wait_until="networkidle")
        page.screenshot(path=path, clip={"x": 0, "y": 0, "width": width, "height": min(height, filled(page))})
        context.close()
        if path.stat().st_size <= LARGEST:
            break
    print(f"  {path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB at {density}x")


def main() -> None:
    """Take them all."""
    data_dir = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="afterword-")).absolute()
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8765
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    IMAGES.mkdir(exist_ok=True)
    with served(data_dir, port) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = signed_in(browser, url)
        for shot in shots(context.pages[0]):
            take(browser, url, context.cookies(), shot)
        browser.close()


if __name__ == "__main__":
    main()
