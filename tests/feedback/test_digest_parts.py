"""Several digests of one person: whom each tells of, and how what is due together comes in one mail, once."""

import email
import html
import re
import threading
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
import time_machine
from sqlalchemy import select

from base.db import db, new_id, transaction
from base.errors import ConflictError
from feedback import jobs, schedule
from feedback.digest import Digest
from feedback.digesting import Cadence
from feedback.issue import Issue
from feedback.issue_member import IssueMember
from feedback.order import Scope
from feedback.response import Response
from feedback.sentiment import Reading
from feedback.wording import LOCALES
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import a_survey
from tests.feedback.readers import DAY, EIGHT, FRIDAY, HOUR, an_order, answered, change, issues, mails, ordered, told

SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def text_of(mail):
    plain = email.message_from_string(mail.raw, policy=policy.default).get_body(("plain",))
    return plain.get_content().replace("\r", "")


@pytest.fixture
def at_eight(app, run_jobs):
    """`at_eight()`: what goes out when the hour of Saturday, or another one, has come."""

    def live(at=SATURDAY):
        with time_machine.travel(at, tick=False):
            schedule.tick(at)
            run_jobs()
        return mails()

    return live


FACES = {
    "angry": {"score": 2, "sentiment_label": "negative"},
    "cold": {"score": 2},
    "lukewarm": {"score": 8},
    "torn": {"score": 10, "sentiment_label": "negative"},
    "glad": {"score": 9, "sentiment_label": "positive"},
}


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        ("detractors", {"angry", "cold"}),
        ("passives", {"angry", "cold", "lukewarm"}),
        ("negative", {"angry", "torn"}),
    ],
)
def test_a_digest_tells_of_those_whom_it_was_ordered_for(cast, at_eight, threshold, expected):
    survey = a_survey(cast.workspace)
    ids = {}
    for name, facts in FACES.items():
        said = {"comment": f"I am {name}.", "read_at": FRIDAY} if "sentiment_label" in facts else {}
        ids[answered(survey, **facts, **said)] = name
    ordered(cast.workspace, scope=Scope(threshold=threshold))
    [mail] = at_eight()
    assert {ids[ident] for ident in told()} == expected
    assert mail.subject.startswith(str(len(expected)))


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [("team", "North", "South"), ("agent", "Vid", "Ana"), ("channel", "email", "chat"), ("language", "sl", "pl")],
)
def test_a_digest_of_a_part_sees_that_part_only(cast, at_eight, name, value, other):
    survey = a_survey(cast.workspace)
    column = "locale" if name == "language" else name
    ours = answered(survey, 1, **{column: value})
    answered(survey, 1, **{column: other})
    answered(survey, 10, **{column: other})
    ordered(cast.workspace, scope=Scope(**{name: value}))
    [mail] = at_eight()
    assert told() == {ours: 1}
    assert re.search(r"NPS −100 .*\n    1 answer,", text_of(mail))
    assert "Only: " in text_of(mail)


def test_a_comment_that_is_read_late_comes_in_the_next_issue(cast, at_eight):
    late = answered(a_survey(cast.workspace), 10, comment="Hm.")
    ordered(cast.workspace, scope=Scope(threshold="negative"))
    at_eight()
    change(late, sentiment_label="negative", polarity=-0.8, read_at=SATURDAY)
    at_eight(SATURDAY + DAY)
    at_eight(SATURDAY + 2 * DAY)
    assert told() == {late: 1}


def test_a_wider_order_begins_with_the_coming_issue_and_loses_nobody_who_waits(cast, at_eight):
    survey = a_survey(cast.workspace)
    digest = ordered(cast.workspace)
    past = answered(survey, 8, at=FRIDAY + HOUR)
    waiting = answered(survey, 2, at=FRIDAY + 2 * HOUR)
    with transaction():
        wish = an_order(scope=Scope(threshold="passives"))
        moment = FRIDAY + 20 * DAY
        db.session.get(Digest, digest.id).change(wish, at=moment, waiting=FRIDAY + 2 * HOUR)
    fresh = answered(survey, 7, at=moment + HOUR)
    at_eight(moment + DAY)
    assert told() == {waiting: 1, fresh: 1}
    assert past not in told()


def test_a_mail_has_as_many_people_as_were_ordered_and_counts_the_rest(cast, at_eight):
    survey = a_survey(cast.workspace)
    for _ in range(7):
        answered(survey, 1)
    ordered(cast.workspace, most=5, recipient_email="guest@elsewhere.example")
    [mail] = at_eight()
    assert text_of(mail).count("(Detractor") == 5
    assert re.search(r"And 2 more\. See them all: http://surveys\.example/digest/read/\S+", text_of(mail))


def two_of_cvetka(cast, **second):
    return ordered(cast.workspace), ordered(cast.workspace, title="North", scope=Scope(team="North"), **second)


def test_what_is_due_together_comes_in_one_mail_with_a_part_for_each(cast, at_eight):
    survey = a_survey(cast.workspace, name="Support")
    here, there = answered(survey, 1, comment="north"), answered(survey, 2, team="South", comment="south")
    first, second = two_of_cvetka(cast)
    [mail] = at_eight()
    assert [issue.state for issue in issues()] == ["posted", "posted"]
    assert {issue.mail_id for issue in issues()} == {mail.id}
    assert mail.subject == "2 unhappy customers · Fri 20 Nov"  # who is in both parts is one person
    body = text_of(mail)
    assert re.findall(r"^(SUPPORT|NORTH)$", body, re.MULTILINE) == ["SUPPORT", "NORTH"]
    assert (body.count("> north"), body.count("> south")) == (2, 1)
    of = {
        digest.id: set(db.session.scalars(select(IssueMember.response_id).where(IssueMember.digest_id == digest.id)))
        for digest in (first, second)
    }
    assert of == {first.id: {here, there}, second.id: {here}}


def test_other_people_hours_and_workspaces_keep_mails_of_their_own(cast, at_eight):
    for workspace in (cast.workspace, cast.elsewhere):
        answered(a_survey(workspace), 1)
    two_of_cvetka(cast, cadence=Cadence("daily", 9, 0, None, None, "Europe/Ljubljana"))
    ordered(cast.elsewhere)
    ordered(cast.workspace, recipient_email="ana@acme.example")
    ordered(cast.workspace, title="Slovene", locale="sl")
    found = at_eight()
    assert sorted(mail.to_address for mail in found) == ["ana@acme.example", *["cvetka@acme.example"] * 3]
    assert len(at_eight(SATURDAY + HOUR)) == 5
    assert len({issue.mail_id for issue in issues()}) == 5


def test_a_part_with_nobody_to_tell_of_is_left_out_as_was_wished(cast, at_eight):
    answered(a_survey(cast.workspace), 1, team="South")
    _, second = two_of_cvetka(cast, when_empty="skip")
    [mail] = at_eight()
    assert {issue.digest_id: issue.state for issue in issues()}[second.id] == "skipped"
    assert "NORTH" not in text_of(mail)


@pytest.mark.parametrize("locale", LOCALES)
def test_each_link_of_a_mail_says_which_digest_it_pauses(cast, at_eight, locale):
    answered(a_survey(cast.workspace, name="Returns"), 1)
    for title in ("", "North"):
        ordered(cast.workspace, title=title, locale=locale)
    [mail] = at_eight()
    message = email.message_from_string(mail.raw, policy=policy.default)
    page = message.get_body(("html",)).get_content()
    links = [html.unescape(words) for words in re.findall(r'href="[^"]*/digest/pause/[^"]*"[^>]*>([^<]+)<', page)]
    lines = re.findall(r"^(.*):\s+\S+/digest/pause/", text_of(mail), flags=re.MULTILINE)
    assert lines == links
    assert len(set(links)) == 3
    assert {name for link in links[:2] for name in ("North", "Returns") if name in link} == {"North", "Returns"}


def test_a_digest_of_a_mail_is_called_something_before_any_survey_is_published(cast, at_eight):
    for title in ("", "North"):
        ordered(cast.workspace, title=title)
    [mail] = at_eight()
    assert "Pause the digest “All surveys”: " in text_of(mail)
    assert re.findall(r"^(ALL SURVEYS|NORTH)$", text_of(mail), re.MULTILINE) == ["ALL SURVEYS", "NORTH"]


def test_one_digest_of_a_mail_is_paused_alone_and_all_of_them_by_one_click(cast, at_eight, client):
    answered(a_survey(cast.workspace), 1)
    first, second = two_of_cvetka(cast)
    [mail] = at_eight()
    *_, alone, all_of_them = re.findall(r"(/digest/pause/\S+)", text_of(mail))
    assert re.findall("<li>(.*)</li>", client.get(alone).text) == ["North"]
    client.post(alone, data={"List-Unsubscribe": "One-Click"})
    paused = {digest.id: db.session.get(Digest, digest.id).paused_at for digest in (first, second)}
    assert sorted(moment is None for moment in paused.values()) == [False, True]
    page = client.get(all_of_them).text
    assert "<li>North</li>" in page
    client.post(all_of_them, data={"List-Unsubscribe": "One-Click"})
    assert db.session.get(Digest, first.id).next_due_at is None
    assert db.session.get(Digest, second.id).next_due_at is None


def test_of_several_schedulers_one_takes_the_whole_mail(app, cast, run_jobs):
    answered(a_survey(cast.workspace), 2)
    idents = [digest.id for digest in two_of_cvetka(cast)]
    start, results = threading.Barrier(4), []

    def scheduler(number):
        with app.app_context():
            start.wait()
            results.append(jobs.claim_digest(idents[number % 2], SATURDAY))

    threads = [threading.Thread(target=scheduler, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_jobs()
    assert len(results) == 4
    assert (len(issues()), len(mails())) == (2, 1)


def test_two_workers_who_write_the_same_mail_write_one(app, cast):
    unhappy = answered(a_survey(cast.workspace), 2)
    first, _ = two_of_cvetka(cast)
    taken, start = jobs.claim_digest(first.id, SATURDAY), threading.Barrier(3)

    def worker():
        with app.app_context():
            start.wait()
            jobs.compose_issue(taken)

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [issue.state for issue in issues()] == ["posted", "posted"]
    assert len(mails()) == 1
    assert told() == {unhappy: 2}


def test_killed_in_between_the_mail_of_two_is_written_once_and_whole(cast, at_eight, monkeypatch):
    unhappy = answered(a_survey(cast.workspace), 2)
    first, _ = two_of_cvetka(cast)
    issue_id = jobs.claim_digest(first.id, SATURDAY)
    posted, calls = Issue.posted, []

    def power_cut(self, *args, **kwargs):
        calls.append(self.id)
        if len(calls) == 2:
            raise KeyboardInterrupt
        posted(self, *args, **kwargs)

    with monkeypatch.context() as broken:
        broken.setattr(Issue, "posted", power_cut)
        with pytest.raises(KeyboardInterrupt):
            jobs.compose_issue(issue_id)
    assert (mails(), [issue.state for issue in issues()]) == ([], ["claimed", "claimed"])
    at_eight(SATURDAY + timedelta(minutes=11))
    at_eight(SATURDAY + timedelta(minutes=22))
    assert ([issue.state for issue in issues()], len(mails()), told()) == (["posted"] * 2, 1, {unhappy: 2})


def test_paused_while_the_mail_is_written_its_part_is_left_out(cast, monkeypatch):
    unhappy = answered(a_survey(cast.workspace), 2, comment="Nobody called back.")
    first, second = two_of_cvetka(cast)
    issue_id, compose = jobs.claim_digest(first.id, SATURDAY), jobs.emails.digest

    def meanwhile(*args, **kwargs):
        prepared = compose(*args, **kwargs)
        with transaction():
            db.session.get(Digest, second.id).pause(at=SATURDAY, by="recipient")
        return prepared

    monkeypatch.setattr(jobs.emails, "digest", meanwhile)
    jobs.compose_issue(issue_id)
    [mail] = mails()
    assert text_of(mail).count("Nobody called back.") == 1
    assert told() == {unhappy: 1}
    assert {issue.digest_id: issue.state for issue in issues()} == {first.id: "posted", second.id: "skipped"}


def test_a_name_is_given_once_to_each_persons_digests(cast):
    two_of_cvetka(cast)
    with pytest.raises(ConflictError), transaction():
        Digest.order(cast.workspace.id, an_order(title="North"), at=FRIDAY)


def spoken_of(survey, theme, number, of, *, at):
    """`of` read comments at a moment, of which `number` complain of a theme."""
    ids = [answered(survey, 9, at=at, comment="Words.") for _ in range(of)]
    with transaction() as session:
        for place, ident in enumerate(ids):
            themes = [(theme, -0.5)] if place < number else []
            session.get(Response, ident).keep_reading(Reading("en", 1.0, "neutral", 0.0, themes=themes), at=at)


def test_a_topic_that_clearly_grew_is_told_with_its_numbers(cast, at_eight):
    survey = a_survey(cast.workspace)
    spoken_of(survey, "delivery", 12, 20, at=FRIDAY)
    spoken_of(survey, "delivery", 1, 20, at=FRIDAY - DAY)
    ordered(cast.workspace)
    [mail] = at_eight()
    body = text_of(mail)
    assert (
        "delivery: in 60% of comments (39…78%; 12 of 20); before in 5% (1…24%; 1 of 20). Complaints among them: 12."
        in body
    )


def test_a_topic_that_grew_no_more_than_by_chance_is_not_told(cast, at_eight):
    survey = a_survey(cast.workspace)
    spoken_of(survey, "delivery", 8, 20, at=FRIDAY)
    spoken_of(survey, "delivery", 4, 20, at=FRIDAY - DAY)
    ordered(cast.workspace)
    [mail] = at_eight()
    assert "What came up more often" not in text_of(mail)


def test_an_erased_person_leaves_a_mail_of_two_parts_that_still_waits(cast, run_jobs):
    survey = a_survey(cast.workspace)
    gone, stays = answered(survey, 1, comment="forget me"), answered(survey, 2, comment="keep me")
    first, _ = two_of_cvetka(cast)
    with time_machine.travel(SATURDAY, tick=False):
        jobs.compose_issue(jobs.claim_digest(first.id, SATURDAY))
        contact_id = db.session.get(Response, gone).contact_id
        with transaction() as session:
            Erasure.of(session.get(Contact, contact_id), at=SATURDAY, answers_too=True)
        run_jobs()
    waiting = [mail for mail in mails() if mail.state == "sent"]
    assert len(waiting) == 1
    assert "keep me" in text_of(waiting[0])
    assert "forget me" not in "".join(mail.raw for mail in mails())
    assert told() == {stays: 2}


def test_two_digests_of_a_day_are_one_name_each(cast):
    digest = ordered(cast.workspace, title="", cadence=EIGHT)
    with transaction():
        db.session.get(Digest, digest.id).end(at=FRIDAY, by=new_id())
    ordered(cast.workspace)  # who was removed may come back
    assert len(Digest.all_of(cast.workspace.id)) == 1
    assert len(Digest.all_of(cast.workspace.id, ended=True)) == 1
