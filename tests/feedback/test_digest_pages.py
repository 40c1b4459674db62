"""Digests in the browser and on the command line: ordering, looking, sending, pausing."""

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import event, func, select

from base import tokens
from base.db import db, transaction
from base.events import Event
from base.outbox import Mail
from feedback import jobs
from feedback.cli.digests import digest as command
from feedback.digest import Digest
from feedback.issue import Issue
from feedback.issue_member import IssueMember
from feedback.order import Scope
from feedback.way import PAUSE, pause_url
from tests.cast import a_survey
from tests.feedback.readers import DAY, FRIDAY, an_order, answered, issues, mails, ordered, told

SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
FORM = {
    "email": "Cvetka@acme.example",
    "name": "",
    "locale": "sl",
    "cadence": "weekly",
    "weekday": "4",
    "day": "1",
    "time": "16:30",
    "zone": "new york",
    "which": "all",
    "when_empty": "skip",
}


@pytest.fixture(autouse=True)
def saturday():
    with time_machine.travel(SATURDAY, tick=False):
        yield


@pytest.fixture
def cvetka(cast, browser_of):
    return browser_of(cast.cvetka)


@pytest.fixture
def dmitri(cast, browser_of):
    return browser_of(cast.dmitri)


def rows():
    """How much there is of everything that a digest could write."""
    db.session.rollback()
    return {
        table: db.session.scalar(select(func.count()).select_from(table))
        for table in (Digest, Issue, IssueMember, Mail)
    }


def ours(digest):
    return db.session.get(Digest, digest.id, populate_existing=True)


def test_an_empty_list_says_what_a_digest_is(cvetka):
    page = cvetka.get("/w/acme/digests").text
    assert "Nobody gets a digest yet" in page
    assert "/w/acme/digests/new" in page


def test_a_new_digest_is_for_whoever_orders_it_until_they_say_otherwise(cvetka):
    assert 'value="cvetka@acme.example"' in cvetka.get("/w/acme/digests/new").text.split("<datalist")[0]


def test_a_digest_is_ordered_and_seen_in_the_list(cast, cvetka):
    survey = a_survey(cast.workspace)
    answer = cvetka.post("/w/acme/digests/new", data=FORM | {"which": "chosen", "surveys": [str(survey.id)]})
    assert answer.status_code == 303
    [digest] = Digest.all_of(cast.workspace.id)
    assert (digest.recipient_email, digest.recipient_name) == ("cvetka@acme.example", "Cvetka")
    assert (digest.cadence, digest.weekday, digest.hour, digest.minute) == ("weekly", 4, 16, 30)
    assert (digest.zone, digest.locale, digest.when_empty) == ("America/New_York", "sl", "skip")
    assert digest.chosen == [survey.id]
    assert digest.next_due_at == datetime(2026, 11, 27, 21, 30, tzinfo=UTC)
    page = cvetka.get("/w/acme/digests").text
    assert "Every Friday at 16:30" in page
    assert "Fri 27 Nov, 16:30" in page
    assert "America/New York" in page


@pytest.mark.parametrize(
    ("field", "wrong", "words"),
    [
        ("email", "nobody", "This is not an email address."),
        ("email", "", "Say who gets it."),
        ("zone", "Atlantis", "This is no time zone we know."),
        ("time", "25:99", "Not a valid time value."),
        ("cadence", "hourly", "Not a valid choice."),
        ("locale", "tlh", "Not a valid choice."),
        ("when_empty", "shout", "Not a valid choice."),
        ("language", "xx", "Not a valid choice."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(cvetka, field, wrong, words):
    answer = cvetka.post("/w/acme/digests/new", data=FORM | {field: wrong})
    assert answer.status_code == 422
    assert words in answer.text
    assert rows()[Digest] == 0


def test_a_month_has_days_and_a_choice_has_surveys(cast, cvetka):
    a_survey(cast.workspace)
    for more in ({"cadence": "monthly", "day": "32"}, {"cadence": "monthly", "day": ""}, {"which": "chosen"}):
        assert cvetka.post("/w/acme/digests/new", data=FORM | more).status_code == 422
    foreign = str(a_survey(cast.elsewhere).id)
    chosen = FORM | {"which": "chosen", "surveys": [foreign]}
    assert cvetka.post("/w/acme/digests/new", data=chosen).status_code == 422
    assert cvetka.post("/w/acme/digests/new", data=FORM | {"cadence": "monthly", "day": "31"}).status_code == 303


def test_a_second_digest_for_the_same_person_needs_a_name_of_its_own(cvetka):
    assert cvetka.post("/w/acme/digests/new", data=FORM).status_code == 303
    answer = cvetka.post("/w/acme/digests/new", data=FORM | {"team": "North"})
    assert answer.status_code == 409
    assert "already has a digest of this name here" in answer.text
    assert 'value="North"' in answer.text
    assert cvetka.post("/w/acme/digests/new", data=FORM | {"title": "North", "team": "North"}).status_code == 303


def test_a_digest_is_changed(cast, cvetka):
    digest = ordered(cast.workspace)
    address = f"/w/acme/digests/{digest.id}/edit"
    assert 'value="cvetka@acme.example"' in cvetka.get(address).text
    assert cvetka.post(address, data=FORM | {"name": "Boss"}).status_code == 303
    assert (ours(digest).recipient_name, ours(digest).cadence) == ("Boss", "weekly")


def test_a_language_that_the_list_does_not_have_stays_chosen(cast, cvetka):
    digest = ordered(cast.workspace, scope=Scope(language="hr-BA"))
    address = f"/w/acme/digests/{digest.id}"
    assert '<option selected value="hr-BA">' in cvetka.get(f"{address}/edit").text
    assert cvetka.post(f"{address}/edit", data=FORM | {"language": "hr-BA"}).status_code == 303
    assert ours(digest).language == "hr-BA"
    assert "language Croatian (Bosnia &amp; Herzegovina)" in cvetka.get(address).text


def test_a_digest_of_a_name_that_no_answer_has_says_so_and_what_may_be_meant(cast, cvetka):
    survey = a_survey(cast.workspace)
    first = cvetka.post("/w/acme/digests/new", data=FORM | {"team": "Nort"}).location
    assert "No answer of the last" not in cvetka.get(first).text
    answered(survey, 2, team="North", agent="Vid")
    reply = cvetka.post("/w/acme/digests/new", data=FORM | {"title": "2", "team": "Nort", "agent": "Vid"})
    page = cvetka.get(reply.location).text
    assert "No answer of the last 2,000 has the team “Nort” so far" in page
    assert "The nearest name that they have is “North”." in page
    assert "the agent “Vid”" not in page
    assert f'href="{reply.location}/edit">Correct it' in page
    assert cvetka.post(f"{reply.location}/edit", data=FORM | {"title": "2", "team": "North"}).status_code == 303
    assert "No answer of the last" not in cvetka.get(reply.location).text


def test_a_name_that_is_like_none_and_one_in_other_capitals_are_told_apart(cast, cvetka):
    answered(a_survey(cast.workspace), 2, team="North", channel="chat")
    told = [ordered(cast.workspace, title=team, scope=Scope(team=team, channel="chat")) for team in ("Zu", "north")]
    pages = [cvetka.get(f"/w/acme/digests/{digest.id}").text for digest in told]
    assert "They have no name that is like it." in pages[0]
    assert "No answer of the last 2,000 has the team “north” so far" in pages[1]
    assert "The nearest name that they have is “North”." in pages[1]


def test_the_next_three_dates_are_told_while_ordering(cvetka):
    words = cvetka.get("/w/acme/digests/next", query_string=FORM).text
    assert re.findall(r"Fri \d+ \w+, 16:30", words) == [
        "Fri 27 Nov, 16:30",
        "Fri 4 Dec, 16:30",
        "Fri 11 Dec, 16:30",
    ]
    assert "once hour and time zone are whole" in cvetka.get("/w/acme/digests/next?zone=At").text


def test_the_preview_shows_the_mail_and_records_nothing(cast, cvetka):
    answered(a_survey(cast.workspace), 1, comment="Nobody called back.")
    digest = ordered(cast.workspace)
    before = rows()
    page = cvetka.get(f"/w/acme/digests/{digest.id}/preview")
    framed = cvetka.get(f"/w/acme/digests/{digest.id}/preview/mail?theme=dark")
    assert "1 unhappy customer" in page.text
    assert "Nobody called back." in framed.text
    assert "default-src 'none'" in framed.headers["Content-Security-Policy"]
    assert rows() == before


def test_sent_by_hand_it_is_todays_issue(cast, cvetka, run_jobs):
    unhappy = answered(a_survey(cast.workspace), 1)
    digest = ordered(cast.workspace)
    assert cvetka.post(f"/w/acme/digests/{digest.id}/send").status_code == 303
    run_jobs()
    jobs.claim_due_digests(SATURDAY)  # its own hour is now
    run_jobs()
    [issue] = issues()
    assert (issue.local_date, issue.trigger, issue.state) == (date(2026, 11, 21), "by hand", "posted")
    assert told() == {unhappy: 1}
    assert len(mails()) == 1
    assert ours(digest).next_due_at == SATURDAY + DAY


def test_a_second_time_today_the_same_issue_may_be_sent_again(cast, cvetka, run_jobs):
    answered(a_survey(cast.workspace), 1)
    digest = ordered(cast.workspace)
    cvetka.post(f"/w/acme/digests/{digest.id}/send")
    run_jobs()
    answer = cvetka.get(cvetka.post(f"/w/acme/digests/{digest.id}/send").location)
    assert "is there already" in answer.text
    assert (len(issues()), len(mails())) == (1, 1)
    again = f"/w/acme/digests/{digest.id}/issues/{issues()[0].id}/again"
    assert again in answer.text
    for _ in range(2):  # a double click is one wish
        assert cvetka.post(again).status_code == 303
    run_jobs()
    first, second = mails()
    assert first.subject == second.subject
    assert first.message_id != second.message_id
    assert len(issues()) == 1


def test_one_that_was_skipped_in_the_morning_is_sent_by_hand(cast, cvetka, run_jobs):
    survey = a_survey(cast.workspace)
    digest, other = ordered(cast.workspace, when_empty="skip"), ordered(cast.workspace, title="Another")
    jobs.claim_due_digests(SATURDAY)
    run_jobs()
    assert {issue.digest_id: issue.state for issue in issues()} == {digest.id: "skipped", other.id: "posted"}
    unhappy = answered(survey, 1, at=SATURDAY)
    assert f"/w/acme/digests/{digest.id}/send" in cvetka.get(f"/w/acme/digests/{digest.id}/preview").text
    assert "is on its way" in cvetka.get(cvetka.post(f"/w/acme/digests/{digest.id}/send").location).text
    run_jobs()
    [issue] = [one for one in issues() if one.digest_id == digest.id]
    assert (issue.local_date, issue.trigger, issue.state) == (date(2026, 11, 21), "by hand", "posted")
    assert told() == {unhappy: 1}
    assert len(mails()) == 2
    assert f"/w/acme/digests/{digest.id}/send" not in cvetka.get(f"/w/acme/digests/{digest.id}/preview").text
    cvetka.post(f"/w/acme/digests/{digest.id}/send")
    run_jobs()
    assert len(mails()) == 2


def test_an_issue_is_kept_as_it_was_sent(cast, cvetka, run_jobs):
    unhappy = answered(a_survey(cast.workspace), 1, comment="Nobody called back.")
    digest = ordered(cast.workspace)
    jobs.claim_due_digests(SATURDAY)
    run_jobs()
    at = f"/w/acme/digests/{digest.id}/issues/{issues()[0].id}"
    assert f"/w/acme/digests/{digest.id}/issues/{issues()[0].id}" in cvetka.get(f"/w/acme/digests/{digest.id}").text
    page = cvetka.get(at).text
    assert f"/w/acme/responses/{unhappy}" in page
    assert mails()[0].subject in page
    assert "Nobody called back." in cvetka.get(f"{at}/mail").text


def test_staff_pause_and_resume(cast, cvetka):
    digest = ordered(cast.workspace)
    cvetka.post(f"/w/acme/digests/{digest.id}/pause")
    assert (ours(digest).next_due_at, ours(digest).paused_by) == (None, str(cast.cvetka.id))
    assert "Paused on" in cvetka.get(f"/w/acme/digests/{digest.id}").text
    cvetka.post(f"/w/acme/digests/{digest.id}/resume")
    assert ours(digest).next_due_at == SATURDAY + DAY


def test_nobody_elsewhere_sees_or_moves_a_digest(cast, cvetka, dmitri, run_jobs):
    answered(a_survey(cast.workspace), 1)
    digest = ordered(cast.workspace)
    jobs.claim_due_digests(SATURDAY)
    run_jobs()
    before, issue = rows(), issues()[0].id
    paths = ["", "/edit", "/preview", "/preview/mail", f"/issues/{issue}", f"/issues/{issue}/mail"]
    posts = ["/edit", "/send", "/pause", "/resume", f"/issues/{issue}/again"]
    for slug in ("acme", "elsewhere"):
        for path in paths:
            assert dmitri.get(f"/w/{slug}/digests/{digest.id}{path}").status_code == 404, path
        for path in posts:
            assert dmitri.post(f"/w/{slug}/digests/{digest.id}{path}", data=FORM).status_code == 404, path
    other = ordered(cast.workspace, recipient_email="ana@acme.example")
    assert cvetka.get(f"/w/acme/digests/{other.id}/issues/{issue}").status_code == 404
    assert ours(digest).paused_at is None
    assert rows() == before | {Digest: 2}


def test_a_list_asks_little_however_long_it_is(cast, cvetka):
    for number in range(8):
        ordered(cast.workspace, recipient_email=f"r{number}@acme.example")
    asked = []

    def note(*args):
        asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        cvetka.get("/w/acme/digests")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([text for text in asked if text.startswith("SELECT")]) <= 8


@pytest.fixture
def link(cast):
    return pause_url(ordered(cast.workspace)).removeprefix("http://surveys.example")


def test_opening_the_pause_link_changes_nothing(cast, client, link):
    for ask in (client.get, client.head):
        assert ask(link).status_code == 200
    [digest] = Digest.all_of(cast.workspace.id)
    assert digest.paused_at is None
    assert "Pause your digest?" in client.get(link).text
    assert client.post(link).status_code == 200  # what a scanner posts says nothing
    assert ours(digest).paused_at is None


@pytest.mark.usefixtures("csrf")
def test_one_click_pauses_without_cookies_and_may_be_undone(app, cast, client, link, run_jobs):
    for _ in range(2):
        answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.headers.get("Location")) == (200, None)
    [digest] = Digest.all_of(cast.workspace.id)
    assert (digest.paused_by, digest.next_due_at) == ("recipient", None)
    jobs.claim_due_digests(SATURDAY + 3 * DAY)
    run_jobs()
    assert issues() == []
    assert "Your digest is paused" in client.get(link).text
    assert "on again" in client.post(link, data={"resume": "1"}).text
    assert ours(digest).next_due_at == SATURDAY + DAY
    kinds = db.session.scalars(select(Event.kind).where(Event.subject_id == digest.id))
    assert sorted(kinds) == ["digest.ordered", "digest.paused", "digest.resumed"]


def test_the_pause_page_speaks_the_readers_language(cast, client):
    digest = ordered(cast.workspace, locale="sl")
    page = client.get(pause_url(digest).removeprefix("http://surveys.example")).text
    assert "Želite začasno ustaviti pregled?" in page
    assert '<html lang="sl"' in page


def pause_of(digest):
    return pause_url(digest).removeprefix("http://surveys.example")


def corrected(digest):
    with transaction():
        Digest.locked(digest.id).change(an_order(recipient_email="new@acme.example"), at=FRIDAY)


def test_a_pause_link_holds_only_as_long_as_the_digest_goes_to_its_reader(cast, client):
    digest = ordered(cast.workspace, recipient_email="old@acme.example")
    before = pause_of(digest)
    corrected(digest)
    page = client.get(before)
    assert (page.status_code, "new@acme.example" in page.text) == (404, False)
    assert client.post(before, data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert db.session.get(Digest, digest.id).paused_at is None
    assert "new@acme.example" in client.get(pause_of(db.session.get(Digest, digest.id))).text


def test_a_pause_link_of_an_earlier_version_holds_until_the_order_is_changed(cast, client):
    digest = ordered(cast.workspace, recipient_email="old@acme.example")
    before = f"/digest/pause/{tokens.sign(PAUSE, digest.id.hex)}"
    assert client.get(before).status_code == 200
    corrected(digest)
    assert client.get(before).status_code == 404


def test_a_forged_pause_link_opens_nothing(client, link):
    head, _, tail = link.rpartition("/")
    for forged in (tail[:-1], tail[1:], "x" + tail[1:], tail.swapcase(), "None"):
        assert client.get(f"{head}/{forged}").status_code == 404
        assert client.post(f"{head}/{forged}", data={"List-Unsubscribe": "One-Click"}).status_code == 404


def test_a_dry_run_tells_and_records_nothing(app, cast):
    answered(a_survey(cast.workspace), 1, comment="Nobody called back.")
    digest = ordered(cast.workspace)
    before = rows()
    told_all = app.test_cli_runner().invoke(command, ["--dry-run", "--workspace", "acme"])
    assert (told_all.exit_code, told_all.exception) == (0, None)
    assert "To: Cvetka <cvetka@acme.example>" in told_all.output
    assert "1 unhappy customer" in told_all.output
    assert "> Nobody called back." in told_all.output
    with time_machine.travel(FRIDAY, tick=False):
        early = app.test_cli_runner()
        assert "No digest is due now." in early.invoke(command, ["--dry-run"]).output
        assert "Nobody called back." in early.invoke(command, ["--dry-run", "--digest", str(digest.id)]).output
    assert rows() == before


def test_without_dry_run_what_is_due_goes_out_once(app, cast):
    answered(a_survey(cast.workspace), 1)
    ordered(cast.workspace)
    for _ in range(2):
        assert app.test_cli_runner().invoke(command, []).exit_code == 0
    assert (len(issues()), len(mails())) == (1, 1)
    assert mails()[0].state == "sent"


def test_an_unknown_workspace_or_digest_is_a_clear_error(app, cast):
    for wrong in (["--workspace", "nowhere"], ["--digest", str(cast.workspace.id)]):
        answer = app.test_cli_runner().invoke(command, ["--dry-run", *wrong])
        assert answer.exit_code == 1
        assert "There is no such" in answer.output
