"""Mail scanners follow every link, run scripts and even press buttons; persons press Send."""

import re
import urllib.request

import pytest
from sqlalchemy import func, select

from base import clock
from base.db import db, transaction
from feedback import tally
from feedback.digest import Digest, Order
from feedback.digesting import Cadence
from feedback.issue_member import untold
from feedback.response import Response
from feedback.views import visiting
from surveys import jobs
from surveys.contact import Contact
from surveys.intake import Occasion
from surveys.intent import Intent
from surveys.invitation import Invitation
from tests.cast import a_survey

DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/{} Safari/537.36"
SCANNER, PERSON = DESKTOP.format("120.0.0.0"), DESKTOP.format("142.0.0.0")
DWELL = 250
"""Milliseconds that the scanner's browser stays on each page, its scripts running."""


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, locales=("en", "sl"))


@pytest.fixture
def mail(site, survey, run_jobs, outbox):
    """A mail that was really delivered, as its receiver's server holds it."""
    with transaction():
        occasion = Occasion(email="maja@customer.example", source="desk", external_id="1", name="Maja", locale="en")
        jobs.ask(db.session.merge(survey), [occasion], at=clock.now())
    run_jobs()
    (delivered,) = outbox()
    return delivered


@pytest.fixture
def digest(cast):
    """Cvetka's order, which tells her of everybody who is unhappy."""
    cadence = Cadence("daily", 8, 0, None, None, "UTC")
    order = Order(recipient_email=cast.cvetka.email, recipient_name="Cvetka", locale="en", cadence=cadence)
    with transaction():
        return Digest.order(cast.workspace.id, order, at=clock.now())


def every_link(mail):
    """All addresses in the mail: its HTML, its text and its header lines."""
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    texts += [str(value) for value in mail.values()]
    found = {link for text in texts for link in re.findall(r"https?://[^\s\"'<>]+", text)}
    return sorted(link for link in found if not link.startswith("http://www.w3.org/"))


def fetches(link, method):
    request = urllib.request.Request(link, method=method, headers={"User-Agent": SCANNER})
    with urllib.request.urlopen(request) as reply:
        reply.read()


def swept(mail, *, methods=("HEAD", "GET")):
    for link in every_link(mail):
        for method in methods:
            fetches(link, method)


def settled(app, run_jobs):
    """What was noted of visits is written, and everything that follows is done."""
    app.extensions[visiting.KEY].gatherer.flush()
    run_jobs()
    db.session.rollback()


def nothing_happened():
    """No answer, nobody unsubscribed, and the link as usable as before."""
    invitation = db.session.scalars(select(Invitation)).one()
    contact = db.session.scalars(select(Contact)).one()
    answers = db.session.scalar(select(func.count()).select_from(Response))
    return (answers, contact.suppressed_at, invitation.answered_at, invitation.status) == (0, None, None, "sent")


def counted(survey):
    return sum(tally.counts_of_all(survey.workspace_id).get(survey.id, {}).values())


def scoring(mail, score):
    return next(link for link in every_link(mail) if link.endswith(f"/{score}") and "/s/" in link)


def presses_send(page, mail, *, score, after):
    """Opens the link of a score, stays `after` milliseconds and presses Send."""
    page.goto(scoring(mail, score))
    page.wait_for_timeout(after)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/thanks*")


def test_the_mail_has_every_link_that_a_scanner_could_follow(mail):
    paths = [re.sub(r"https?://[^/]+/(.)/[^/]+", r"/\1/…", link) for link in every_link(mail)]
    assert set(paths) == {"/s/…", "/s/…/all", "/u/…", *(f"/s/…/{score}" for score in range(11))}


def test_fetching_every_link_answers_nothing_and_ends_nothing(app, mail, run_jobs):
    swept(mail)
    settled(app, run_jobs)
    assert nothing_happened()
    assert db.session.scalar(select(func.count()).select_from(Intent)) >= 24


def test_a_browser_that_runs_scripts_on_every_link_answers_nothing(app, browse, mail, run_jobs):
    page = browse(user_agent=SCANNER)
    for link in every_link(mail):
        page.goto(link)
        page.wait_for_timeout(DWELL)
        page.mouse.move(100, 100)
        page.keyboard.press("End")
    settled(app, run_jobs)
    assert nothing_happened()
    assert page.complaints == page.elsewhere == []


def test_after_all_scanning_a_person_answers_once_and_is_believed(app, browse, mail, survey, digest, run_jobs):
    swept(mail)
    browse(user_agent=SCANNER).goto(scoring(mail, 0))
    presses_send(browse(user_agent=PERSON, width=360), mail, score=2, after=1200)
    settled(app, run_jobs)
    (response,) = db.session.scalars(select(Response))
    assert (response.score, response.flagged_at) == (2, None)
    assert counted(survey) == 1
    assert untold(db.session.merge(digest), clock.now()) == [response.id]


@pytest.mark.parametrize("methods", [("GET",), ("HEAD", "GET")])
def test_a_bot_that_sweeps_and_sends_is_kept_apart(app, browse, mail, survey, digest, run_jobs, methods):
    swept(mail, methods=methods)
    presses_send(browse(user_agent=SCANNER), mail, score=0, after=0)
    settled(app, run_jobs)
    (response,) = db.session.scalars(select(Response))
    assert response.score == 0
    assert response.flagged_at is not None
    assert response.flag_reason in {"decoy", "sweep"}
    assert counted(survey) == 0
    assert untold(db.session.merge(digest), clock.now()) == []
