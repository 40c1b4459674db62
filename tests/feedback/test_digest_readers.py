"""Who reads a digest: guests behind a signed link, colleagues who sign in, and those who do not read it any more."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import select

from base import courier
from base.db import db, new_id, transaction
from feedback import digesting, jobs
from feedback.digest import Digest
from feedback.digesting import Cadence
from feedback.order import Scope
from feedback.way import OPEN_FOR, pause_url, read_url
from feedback.zoning import instant, local_date
from tests.cast import a_survey
from tests.feedback.readers import DAY, HOUR, an_order, answered, issues, mails, ordered, told
from tests.feedback.test_digest_parts import text_of

SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
GUEST = "lead@elsewhere.example"


@pytest.fixture
def live(app, run_jobs):
    """`live(moment)`: what is due then goes out."""

    def tick(at):
        with time_machine.travel(at, tick=False):
            jobs.claim_due_digests(at)
            run_jobs()

    return tick


@pytest.fixture(autouse=True)
def saturday():
    with time_machine.travel(SATURDAY + HOUR, tick=False):
        yield


@pytest.fixture
def link(cast, live):
    """The path in a guest's mail that told of one unhappy customer."""
    answered(a_survey(cast.workspace), 1, comment="Nobody called back.")
    ordered(cast.workspace, recipient_email=GUEST)
    live(SATURDAY)
    return path_in(mails()[0])


def path_in(mail):
    return re.search(r"/digest/read/[\w.-]+", text_of(mail))[0]


def the_digest():
    db.session.rollback()
    return db.session.scalars(select(Digest)).one()


def test_a_guests_link_shows_a_button_and_then_what_the_digest_told(cast, client, link):
    shut = client.get(link)
    assert "Nobody called back." not in shut.text
    assert f"for {GUEST} only" in shut.text
    answer = client.post(link)
    assert (answer.status_code, answer.location) == (303, link)
    page = client.get(link)
    assert "Nobody called back." in page.text
    assert "NPS" in page.text
    assert the_digest().last_seen_at == SATURDAY + HOUR
    for one in (shut, page):
        assert one.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert 'content="noindex, nofollow"' in one.text
        assert "/w/" not in one.text  # no way into the product


@pytest.mark.usefixtures("csrf")
def test_a_scanner_that_follows_and_posts_learns_and_does_nothing(client, link):
    for ask in (client.get, client.head, client.post):
        assert "Nobody called back." not in ask(link).text
    assert the_digest().last_seen_at is None
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(link).text)[1]
    client.post(link, data={"csrf_token": token})
    assert "Nobody called back." in client.get(link).text


def test_a_link_shows_its_own_issue_and_no_other(cast, client, link, live):
    survey = db.session.scalars(select(Digest)).one().surveys[0]
    answered(survey, 2, at=SATURDAY + HOUR, comment="Told on Sunday.")
    answered(survey, 9, at=SATURDAY + HOUR, comment="Told never.")
    answered(a_survey(cast.elsewhere), 1, at=SATURDAY + HOUR, comment="Of others.")
    live(SATURDAY + DAY)
    sunday = path_in(mails()[1])
    client.post(link)
    with time_machine.travel(SATURDAY + DAY, tick=False):
        assert re.findall(r"Nobody called back|Told on Sunday", client.get(link).text) == ["Nobody called back"]
        page = client.get(sunday).text  # pressed once, the digest stays open in this browser
    assert "Told on Sunday." in page
    for hidden in ("Nobody called back.", "Told never.", "Of others."):
        assert hidden not in page


def test_the_whole_of_a_long_issue_is_behind_the_link(cast, client, live):
    survey = a_survey(cast.workspace)
    for number in range(9):
        answered(survey, 1, comment=f"Number {number}. " + "long " * 400)
    ordered(cast.workspace, recipient_email=GUEST, most=5)
    live(SATURDAY)
    path = path_in(mails()[0])
    client.post(path)
    page = client.get(path).text
    assert len(re.findall(r"Number \d\. (?:long ){399}long", page)) == 9


@pytest.mark.parametrize("after", [OPEN_FOR, OPEN_FOR + 400 * DAY])
def test_a_link_ends_after_thirty_days(client, link, after):
    client.post(link)
    with time_machine.travel(SATURDAY + after - timedelta(seconds=1), tick=False):
        if after == OPEN_FOR:
            assert client.get(link).status_code == 200
    with time_machine.travel(SATURDAY + after, tick=False):
        page = client.get(link)
        client.post(link)
        assert the_digest().last_seen_at == SATURDAY + HOUR
    assert page.status_code == 410
    assert "no longer open" in page.text
    assert "Nobody called back." not in page.text


def test_whoever_is_removed_sees_nothing_behind_links_they_have(cast, browser_of, client, link):
    digest = the_digest()
    client.post(link)
    assert browser_of(cast.cvetka).post(f"/w/acme/digests/{digest.id}/remove").status_code == 303
    assert client.get(link).status_code == 410
    pause = pause_url(digest).removeprefix("http://surveys.example")
    assert client.get(pause).status_code == 404
    assert client.post(pause, data={"resume": "1"}).status_code == 404
    page = browser_of(cast.cvetka).get(f"/w/acme/digests/{digest.id}").text
    assert "Removed on" in page
    assert f"/issues/{issues()[0].id}" in page  # what was sent is kept
    assert browser_of(cast.cvetka).get(f"/w/acme/digests/{digest.id}/issues/{issues()[0].id}/mail").status_code == 200
    for door in ("send", "resume", "pause", "edit", "remove"):
        assert browser_of(cast.cvetka).post(f"/w/acme/digests/{digest.id}/{door}").status_code == 404


def test_a_digest_that_goes_to_somebody_else_now_shows_nothing_to_whom_it_went_before(client, link):
    client.post(link)
    with transaction():
        wish = an_order(recipient_email="next@elsewhere.example")
        db.session.scalars(select(Digest)).one().change(wish, at=SATURDAY + HOUR)
    assert client.get(link).status_code == 410


def test_what_was_sent_stays_told_when_the_order_changes(cast, browser_of, client, link):
    client.post(link)
    with transaction():
        db.session.scalars(select(Digest)).one().change(
            an_order(recipient_email=GUEST, scope=Scope(team="South")), at=SATURDAY + HOUR
        )
    assert "Nobody called back." in client.get(link).text
    page = browser_of(cast.cvetka).get(f"/w/acme/digests/{the_digest().id}/issues/{issues()[0].id}").text
    assert "Nobody called back." in page


def test_a_mail_that_waits_for_somebody_who_was_removed_does_not_go(cast):
    answered(a_survey(cast.workspace), 1)
    digest = ordered(cast.workspace)
    jobs.compose_issue(jobs.claim_digest(digest.id, SATURDAY))
    with transaction():
        db.session.get(Digest, digest.id).end(at=SATURDAY, by=new_id())
    courier.deliver_due(lambda: False)
    db.session.rollback()
    [mail] = mails()
    assert (mail.state, mail.reason) == ("suppressed", "The digest was removed before its mail went out.")


def test_a_forged_link_opens_nothing(client, link):
    head, _, tail = link.rpartition("/")
    other = pause_url(the_digest()).rpartition("/")[2]
    nowhere = read_url(new_id(), GUEST, SATURDAY + DAY).rpartition("/")[2]
    for forged in (tail[:-1], tail[1:], tail.swapcase(), other, nowhere):
        assert client.get(f"{head}/{forged}").status_code == 404
        assert client.post(f"{head}/{forged}").status_code == 404


def test_the_page_speaks_the_readers_language(cast, client, live):
    answered(a_survey(cast.workspace), 1, comment="Nihče ni poklical.")
    ordered(cast.workspace, recipient_email=GUEST, locale="sl")
    live(SATURDAY)
    path = path_in(mails()[0])
    assert "Prikaži pregled" in client.get(path).text
    client.post(path)
    page = client.get(path).text
    assert '<html lang="sl"' in page
    assert "1 nezadovoljna stranka" in page


def test_a_reader_who_signs_in_is_led_on_and_known_to_have_come(cast, browser_of, client, live):
    unhappy = answered(a_survey(cast.workspace), 1)
    digest = ordered(cast.workspace)
    live(SATURDAY)
    path = re.search(rf"/w/acme/digests/{digest.id}/issues/\S+/open\?answer=\S+", text_of(mails()[0]))[0]
    assert "/sign-in" in client.get(path).location
    assert browser_of(cast.ana).get(path).location == f"/w/acme/responses/{unhappy}"
    assert the_digest().last_seen_at is None  # a colleague who looked is not its reader
    assert browser_of(cast.cvetka).get(path).location == f"/w/acme/responses/{unhappy}"
    assert the_digest().last_seen_at == SATURDAY + HOUR


def weeks(live, *numbers):
    """The weekly issues of these weeks, one after the other."""
    for number in numbers:
        live(SATURDAY + number * WEEK)


def weekly(cast, **changes):
    a_survey(cast.workspace)
    every_week = Cadence("weekly", 8, 0, 5, None, "Europe/Ljubljana")
    return ordered(cast.workspace, cadence=every_week, recipient_email=GUEST, **changes)


@pytest.mark.parametrize("when_empty", ["short", "skip"])
def test_after_eight_weeks_that_nobody_opened_and_that_told_of_nobody_it_pauses_itself(cast, client, live, when_empty):
    weekly(cast, when_empty=when_empty)
    weeks(live, *range(8))
    assert the_digest().paused_at is None
    before = len(mails())
    weeks(live, 8, 9)
    assert (len(mails()), the_digest().paused_by) == (before + 1, "itself")
    last = mails()[-1]
    assert last.subject.startswith("Your digest pauses itself")
    assert "For eight weeks nobody has opened this digest" in text_of(last)
    path = re.search(r"Let it go on: http://surveys\.example(\S+)", text_of(last))[1]
    for ask in (client.get, client.head, client.post):  # as a scanner does
        assert ask(path).status_code == 200
        assert the_digest().paused_at is not None
    with time_machine.travel(SATURDAY + 10 * WEEK, tick=False):
        assert "on again" in client.post(path, data={"resume": "1"}).text
    assert the_digest().next_due_at == SATURDAY + 11 * WEEK
    live(SATURDAY + 11 * WEEK)
    assert the_digest().paused_at is None


def test_opened_or_with_somebody_to_tell_of_it_goes_on(cast, client, live):
    weekly(cast)
    weeks(live, *range(8))
    unhappy = answered(the_digest().surveys[0], 1, at=SATURDAY + 8 * WEEK - HOUR)
    live(SATURDAY + 8 * WEEK)
    assert told() == {unhappy: 1}
    assert the_digest().paused_at is None
    path = path_in(mails()[-1])
    weeks(live, 9, 10)
    with time_machine.travel(SATURDAY + 10 * WEEK + HOUR, tick=False):
        client.get(path)
        client.post(path)
    weeks(live, *range(11, 18))
    assert the_digest().paused_at is None
    weeks(live, 18)
    assert the_digest().paused_by == "itself"


def test_weeks_without_service_are_not_weeks_that_nobody_opened(cast, live):
    weekly(cast)
    live(SATURDAY + 10 * WEEK)
    live(SATURDAY + 11 * WEEK)
    assert the_digest().paused_at is None
    assert len(mails()) == 2


# The days on which clocks change: São Paulo's last ones, and where they never do those of Ljubljana.
CLOCKS = [
    ("Europe/Ljubljana", date(2026, 10, 25)),
    ("Europe/Ljubljana", date(2027, 3, 28)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/New_York", date(2027, 3, 14)),
    ("Asia/Kolkata", date(2026, 10, 25)),
    ("Asia/Kolkata", date(2027, 3, 28)),
    ("Pacific/Auckland", date(2026, 9, 27)),
    ("Pacific/Auckland", date(2027, 4, 4)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2019, 2, 17)),
]


@pytest.mark.parametrize(("zone", "day"), CLOCKS, ids=str)
def test_around_a_change_of_clocks_what_was_foreseen_comes_once_and_tells_everybody_once(app, cast, zone, day):
    survey, noon = a_survey(cast.workspace), instant(day - DAY, time(12), zone)
    eight, odd = (Cadence("daily", *at, None, None, zone) for at in ((8, 0), (2, 30)))
    digests = [
        ordered(cast.workspace, at=noon, cadence=eight),
        ordered(cast.workspace, at=noon, cadence=eight, title="Second"),
        ordered(cast.workspace, at=noon, cadence=odd, title="Odd"),
    ]
    foreseen = {one.id: [due.at for due in digesting.coming(one.rhythm, noon, until=noon + 2 * DAY)] for one in digests}
    expected = [answered(survey, 1, at=noon)]
    for moment in sorted({at for dues in foreseen.values() for at in dues}):
        if moment.hour % 2:
            expected.append(answered(survey, 2, at=moment - timedelta(minutes=40)))
        for at in (moment - timedelta(seconds=1), moment, moment + timedelta(minutes=1)):
            before = len(issues())
            jobs.claim_due_digests(at)
            assert (len(issues()) > before) == (at == moment)
        for bundle in {issue.bundle_id for issue in issues() if issue.state == "claimed"}:
            jobs.compose_issue(bundle)
    found = {one.id: [issue for issue in issues() if issue.digest_id == one.id] for one in digests}
    assert {ident: [issue.due_at for issue in some] for ident, some in found.items()} == foreseen
    for some in found.values():
        assert [issue.local_date for issue in some] == [day, day + DAY]
        assert [local_date(issue.due_at, zone) for issue in some] == [day, day + DAY]
    assert all(issue.due_at == instant(issue.local_date, time(8), zone) for issue in found[digests[0].id])
    assert len(mails()) == 4
    assert set(told()) <= set(expected)
    assert told()[expected[0]] == 3


@pytest.mark.parametrize(("zone", "day"), CLOCKS, ids=str)
def test_eight_weeks_are_fifty_six_days_of_the_reader_over_a_change_of_clocks(zone, day):
    eight = instant(day + 3 * DAY, time(8), zone)
    stirred = instant(day - 53 * DAY, time(8), zone)
    digest = Digest(zone=zone, created_at=stirred, stirred_at=stirred)
    assert digest.idle(eight)
    assert not digest.idle(instant(day + 2 * DAY, time(8), zone))
    digest.last_seen_at = stirred + DAY
    assert not digest.idle(eight)


@pytest.mark.parametrize(("zone", "day"), CLOCKS, ids=str)
def test_the_calendar_tells_each_mail_by_the_clock_of_its_reader(cast, browser_of, zone, day):
    noon = instant(day - DAY, time(12), zone)
    with time_machine.travel(noon, tick=False):
        ordered(cast.workspace, at=noon, cadence=Cadence("daily", 8, 0, None, None, zone))
        ordered(cast.workspace, at=noon, cadence=Cadence("daily", 8, 0, None, None, zone), title="Second")
        page = browser_of(cast.cvetka).get("/w/acme/digests/calendar").text
    told_moments = [datetime.fromisoformat(found) for found in re.findall(r'<time datetime="([^"]+)"', page)]
    assert told_moments == [instant(day + number * DAY, time(8), zone) for number in range(len(told_moments))]
    assert len(told_moments) >= 6
    assert page.count(", 08:00<") == len(told_moments)


def test_the_calendar_lists_what_was_sent_in_this_workspace(cast, browser_of, live):
    answered(a_survey(cast.workspace), 1)
    answered(a_survey(cast.elsewhere), 1)
    ordered(cast.workspace)
    ordered(cast.elsewhere, recipient_email="x@elsewhere.example")
    live(SATURDAY)
    page = browser_of(cast.cvetka).get("/w/acme/digests/calendar").text
    mine = next(issue for issue in issues() if issue.workspace_id == cast.workspace.id)
    assert f"/issues/{mine.id}" in page
    assert "1 unhappy customer" in page
    assert "x@elsewhere.example" not in page
    assert browser_of(cast.dmitri).get("/w/acme/digests/calendar").status_code == 404
    older = browser_of(cast.cvetka).get(f"/w/acme/digests/calendar?before={mine.id}").text
    assert "Nothing was sent yet" in older


def test_the_calendar_leaves_out_no_digest_however_many_mails_come(cast, browser_of):
    zone = "Europe/Ljubljana"
    with time_machine.travel(SATURDAY, tick=False):
        for number in range(10):
            reader = f"r{number}@acme.example"
            ordered(cast.workspace, recipient_email=reader, cadence=Cadence("daily", 8, 0, None, None, zone))
        ordered(
            cast.workspace,
            recipient_email="last@acme.example",
            cadence=Cadence("monthly", 8, 0, None, 20, zone),
        )
        page = browser_of(cast.cvetka).get("/w/acme/digests/calendar").text
    assert "last@acme.example" in page
    assert page.count("<time datetime=") == 61
