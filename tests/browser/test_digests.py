"""A digest on a phone: the mail with the worst that people write, and the page of a guest behind its link."""

import email
import re
from datetime import timedelta
from email import policy

import pytest

from base import clock
from feedback import jobs
from feedback.order import Scope
from tests.browser.test_every_page import violations
from tests.cast import a_survey
from tests.feedback.readers import answered, mails, ordered

SAID = {
    "en": '<script>alert(1)</script></td></table><a href="http://evil.example">Click</a>',
    "ar": "لم يتصل بي أحد منذ أسبوع، والخدمة سيئة جدا.",
    "sl": "Nepretrganobesedilo" * 520,
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_guest_reads_the_mail_and_what_is_behind_its_button(cast, browse, run_jobs, theme):
    survey, now = a_survey(cast.workspace, name="A survey with a rather long name, asked everywhere"), clock.now()
    for language, words in SAID.items():
        answered(survey, 7, at=now - timedelta(hours=1), comment=words, language=language, agent="Agent" * 20)
    digest = ordered(
        cast.workspace,
        at=now - timedelta(days=2),
        recipient_email="lead@elsewhere.example",
        scope=Scope(threshold="passives"),
    )
    jobs.claim_digest(digest.id, now)
    run_jobs()
    html = email.message_from_string(mails()[0].raw, policy=policy.default).get_body(("html",)).get_content()
    page = browse(width=320, theme=theme)
    page.set_content(html)
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".words[lang=ar]").evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert page.locator("a[href*='evil']").count() == 0
    assert violations(page) == []
    page.goto(re.search(r"/digest/read/[\w.-]+", html)[0])
    assert "<script>alert(1)" not in page.inner_text("body")
    page.get_by_role("button", name="Show the digest").click()
    page.wait_for_selector("text=<script>alert(1)</script>")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert violations(page) == []
    assert (page.complaints, page.elsewhere) == ([], [])
