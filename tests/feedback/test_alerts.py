"""An alert speaks at once: of each answer once, merged within the cool-down, and never of what it must not."""

import re
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy

import pytest
import time_machine
from sqlalchemy import select

from base.db import db, transaction
from base.events import Event
from base.outbox import Mail
from feedback import alerter, jobs, schedule
from feedback.alert import Alert, Rule
from feedback.alerting import Conditions
from feedback.bulletin import counts_of
from feedback.digest import Digest
from feedback.figure import Figures
from feedback.notice import WAITS, Attempt, Notice
from feedback.recipient import Addressee, Drop, Member, Recipient
from feedback.response import Response
from feedback.watch import Watch
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import a_response, a_survey, an_invitation
from tests.feedback.alerts import (
    BOSS,
    a_channel,
    alert_mails,
    an_alert,
    an_anonymous_survey,
    answer_anonymously,
    notices,
)
from tests.feedback.answers import many_answers
from tests.feedback.readers import DAY, FRIDAY, HOUR, change, ordered
from tests.town import rows

MINUTE = timedelta(minutes=1)
QUEUES = {"job", "procrastinate_jobs"}


@pytest.fixture
def at(app, run_jobs):
    """`at(moment)`: everything due by then is done. `at(moment, verb, …)` does something first."""

    def live(moment, verb=None, *args, **more):
        with time_machine.travel(moment, tick=False):
            done = verb(*args, **more) if verb else None
            schedule.tick(moment)
            run_jobs()
        return done

    return live


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, at=FRIDAY - DAY)


@pytest.fixture
def say(survey, at):
    """`say(2, "Words", FRIDAY)`: somebody answers at that moment, and everything that follows is done."""

    def answer(score, comment=None, moment=FRIDAY + HOUR, *, asked=None, **sent):
        asked = asked or an_invitation(survey, email=f"c{moment:%d%H%M%S}@customer.example", at=FRIDAY - HOUR)
        return at(moment, a_response, asked, score, comment, at=moment, **sent)

    return answer


def told():
    """How often each response was told, by messages that went out."""
    sent = select(Member.response_id).join(Notice, Notice.id == Member.notice_id)
    return Counter(db.session.scalars(sent.where(Notice.state.in_(("posted", "sent")))))


def plain(mail):
    """The plain text of a mail."""
    return message_from_string(mail.raw, policy=policy.default).get_body(("plain",)).get_content()


def release(response, moment, by):
    with transaction() as session:
        session.get_one(Response, response.id).release(at=moment, by=by)


def test_a_matching_answer_is_told_at_once_and_another_is_not(cast, say):
    an_alert(cast.workspace)
    unhappy = say(2, "Nobody called back.")
    say(9, "Lovely.", FRIDAY + 2 * HOUR)
    [mail], [notice] = alert_mails(), notices()
    assert (mail.state, mail.to_address) == ("sent", "cvetka@acme.example")
    assert mail.subject == "Very unhappy: score 2 of 10 – “Nobody called back.”"
    assert f"/w/acme/responses/{unhappy.id}" in mail.raw.replace("=\n", "")
    assert (notice.state, notice.told, notice.mail_id, notice.created_at) == ("posted", 1, mail.id, FRIDAY + HOUR)
    assert told() == {unhappy.id: 1}


@pytest.mark.parametrize(
    ("locale", "score"),
    [("sl", "ocena 2 od 10"), ("pl", "ocena 2 z 10"), ("el", "βαθμός 2 από 10"), ("ru", "оценка 2 из 10")],
)
def test_its_subject_says_in_every_language_that_it_tells_a_score(cast, say, locale, score):
    an_alert(cast.workspace, locale=locale)
    say(2)
    assert [mail.subject for mail in alert_mails()] == [f"Very unhappy: {score}"]


def test_it_waits_for_the_reading_of_the_comment(cast, say):
    an_alert(cast.workspace, like={"below": -0.2})
    say(9, "Terrible, rude and slow. I hate it.")
    say(1, "Great, wonderful, thank you!", FRIDAY + 3 * HOUR)
    assert [mail.subject for mail in alert_mails()] == [
        "Very unhappy: score 9 of 10 – “Terrible, rude and slow. I hate it.”"
    ]


def test_a_language_that_nobody_reads_alerts_all_the_same(cast, say):
    an_alert(cast.workspace)
    say(1, "Жахливо повільно, ніхто не відповів на мої листи.")
    assert len(alert_mails()) == 1


def test_a_reading_that_fails_delays_it_by_minutes_only(cast, say, at, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("the engine is broken")

    monkeypatch.setattr("feedback.sentiment.read_all", broken)
    an_alert(cast.workspace)
    unhappy = say(1, "Nobody called back.")
    assert alert_mails() == []
    at(FRIDAY + HOUR + alerter.PATIENCE)
    assert told() == {unhappy.id: 1}
    assert "comment not read yet" in alert_mails()[0].raw.replace("=\n", "")
    monkeypatch.undo()
    for minutes in (10, 30, 90):
        at(FRIDAY + HOUR + minutes * MINUTE)
    assert db.session.get(Response, unhappy.id, populate_existing=True).read_at is not None
    assert told() == {unhappy.id: 1}


def test_within_the_cool_down_what_comes_is_merged_and_told_at_its_end(cast, say, at):
    an_alert(cast.workspace)
    answers = [say(2, f"Words {number}.", FRIDAY + HOUR + number * MINUTE) for number in (0, 5, 30, 59)]
    assert len(alert_mails()) == 1
    at(FRIDAY + 2 * HOUR - MINUTE)
    assert len(alert_mails()) == 1
    at(FRIDAY + 2 * HOUR)
    first, second = alert_mails()
    assert second.subject == "3 answers for “Very unhappy”"
    assert told() == dict.fromkeys((answer.id for answer in answers), 1)
    at(FRIDAY + 3 * HOUR)
    at(FRIDAY + 9 * HOUR)
    assert len(alert_mails()) == 2
    assert first.subject.startswith("Very unhappy: score 2 of 10")


def test_a_message_that_was_never_written_spends_no_cool_down(cast, survey, say, at):
    an_alert(cast.workspace, cool_down=1440)
    first, second = many_answers(survey, [{"score": 1, "read_at": FRIDAY, "created_at": FRIDAY}] * 2)
    at(FRIDAY, lambda: None)  # tells of neither: no job is about them
    with time_machine.travel(FRIDAY + MINUTE, tick=False):
        alerter.raise_alerts(first)
        alerter.raise_alerts(second)  # and it waits
    change(first, score=9)
    at(FRIDAY + 2 * MINUTE)
    assert [notice.state for notice in notices()] == ["skipped"]
    at(FRIDAY + 3 * MINUTE)
    assert told() == {second: 1}
    third = say(2, "Words.", FRIDAY + 4 * MINUTE)
    assert told() == {second: 1}  # for that one was sent
    at(FRIDAY + DAY + 3 * MINUTE)
    assert told() == {second: 1, third.id: 1}


def test_a_message_that_comes_to_nothing_leaves_the_cool_down_of_a_later_one(cast, survey):
    alert = an_alert(cast.workspace, cool_down=15)
    [recipient] = Recipient.of_alert(alert.id)
    answers = many_answers(survey, [{"score": 1, "read_at": FRIDAY, "created_at": FRIDAY}] * 2)
    for number, answer in enumerate(answers):
        with transaction():
            Notice.claim(recipient.id, at=FRIDAY + number * HOUR, adding=[answer])
    change(answers[0], score=9)
    alerter.write_mail(notices()[0].id)
    assert [notice.state for notice in notices()] == ["skipped", "claimed"]
    db.session.refresh(recipient)
    assert recipient.quiet_until == FRIDAY + HOUR + 15 * MINUTE


def test_each_recipient_and_each_rule_has_a_cool_down_of_its_own(cast, say, at):
    an_alert(cast.workspace, mails=(*BOSS, Addressee("x@partner.example")), cool_down=15)
    an_alert(cast.workspace, name="Words", like={"words": ("nobody",)})
    say(2, "Nobody came.")
    say(3, "Nobody came again.", FRIDAY + HOUR + MINUTE)
    at(FRIDAY + HOUR + 15 * MINUTE)
    assert Counter(mail.to_address for mail in alert_mails()) == {"cvetka@acme.example": 3, "x@partner.example": 2}
    at(FRIDAY + 2 * HOUR)
    assert len(alert_mails()) == 6
    assert set(told().values()) == {3}


def test_of_two_workers_that_claim_at_the_same_time_one_does(app, cast, survey, at, run_jobs):
    an_alert(cast.workspace)
    [ident] = many_answers(survey, [{"score": 1, "read_at": FRIDAY}])
    with time_machine.travel(FRIDAY, tick=False):
        start = threading.Barrier(5)

        def worker(verb, subject):
            with app.app_context():
                start.wait()
                verb(subject)

        threads = [threading.Thread(target=worker, args=(alerter.raise_alerts, ident)) for _ in range(3)]
        threads += [threading.Thread(target=worker, args=(alerter.tell_waiting, FRIDAY)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        run_jobs()
    assert [notice.told for notice in notices()] == [1]
    assert len(alert_mails()) == 1


def test_of_two_workers_one_speaks_in_the_channel(app, cast, survey, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)
    with a_channel() as channel, time_machine.travel(FRIDAY, tick=False):
        an_alert(cast.workspace, mails=(), channel=("slack", channel.address))
        alerter.raise_alerts(many_answers(survey, [{"score": 1, "read_at": FRIDAY}])[0])
        [ident], start = [notice.id for notice in notices()], threading.Barrier(4)

        def worker():
            with app.app_context():
                start.wait()
                alerter.post_to_channel(ident)

        threads = [threading.Thread(target=worker) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(channel.heard) == 1
    assert notices()[0].state == "sent"


def test_a_job_that_is_lost_is_made_up_for_and_a_repeated_one_does_nothing(cast, survey, at, run_jobs, monkeypatch):
    an_alert(cast.workspace)
    [ident] = many_answers(survey, [{"score": 1, "read_at": FRIDAY}])
    with time_machine.travel(FRIDAY, tick=False):
        with monkeypatch.context() as lost:
            lost.setattr("base.events._reactions", {})  # the queue forgot
            alerter.raise_alerts(ident)
        assert alert_mails() == []
    at(FRIDAY + MINUTE)
    assert len(alert_mails()) == 1
    with time_machine.travel(FRIDAY + HOUR, tick=False):
        alerter.raise_alerts(ident)
        alerter.write_mail(notices()[0].id)
    at(FRIDAY + 3 * HOUR)
    assert len(alert_mails()) == 1


def test_what_is_set_aside_alerts_nobody_until_it_is_released(cast, say, at):
    an_alert(cast.workspace)
    suspicious = say(0, "Nobody called back.", signs=("decoy",))
    at(FRIDAY + 2 * HOUR)
    assert notices() == []
    at(FRIDAY + DAY, release, suspicious, FRIDAY + DAY, cast.ana.id)
    assert told() == {suspicious.id: 1}


def test_what_is_set_aside_while_it_waits_is_not_told(cast, say, at):
    an_alert(cast.workspace)
    say(1, "First.")
    second = say(1, "Second.", FRIDAY + HOUR + MINUTE)
    with transaction() as session:
        session.get_one(Response, second.id).flagged_at = FRIDAY + 90 * MINUTE
    at(FRIDAY + 2 * HOUR)
    assert [notice.state for notice in notices()] == ["posted", "skipped"]
    assert len(alert_mails()) == 1
    at(FRIDAY + 5 * HOUR, release, second, FRIDAY + 5 * HOUR, cast.ana.id)
    assert told()[second.id] == 1


def test_a_revision_that_matches_now_alerts_once(cast, survey, say):
    an_alert(cast.workspace)
    asked = an_invitation(survey, at=FRIDAY - HOUR)
    same = say(9, "Good.", asked=asked)
    assert alert_mails() == []
    say(2, "It broke.", FRIDAY + 3 * HOUR, asked=asked)
    assert told() == {same.id: 1}
    say(1, "And again.", FRIDAY + 6 * HOUR, asked=asked)
    assert told() == {same.id: 1}


def test_only_its_surveys_and_its_own_workspace(cast, survey, at, say):
    other, foreign = a_survey(cast.workspace, name="Other"), a_survey(cast.elsewhere)
    an_alert(cast.workspace, surveys=(other.id,))
    an_alert(cast.elsewhere, mails=(Addressee("d@elsewhere.example"),), surveys=(foreign.id,))
    say(1)
    assert alert_mails() == []
    asked = an_invitation(other, at=FRIDAY)
    at(FRIDAY + HOUR, a_response, asked, 1, at=FRIDAY + HOUR)
    assert [mail.to_address for mail in alert_mails()] == ["cvetka@acme.example"]


def test_switched_off_it_says_nothing_and_later_nothing_of_the_meantime(cast, say, at):
    alert = an_alert(cast.workspace)

    def switch(verb, moment):
        with transaction():
            getattr(Alert.of(cast.workspace.id, alert.id), verb)(at=moment, by=cast.boris.id)

    say(1)
    say(1, "waits", FRIDAY + HOUR + MINUTE)
    at(FRIDAY + HOUR + 2 * MINUTE, switch, "switch_off", FRIDAY + HOUR + 2 * MINUTE)
    say(1, "unheard", FRIDAY + 2 * HOUR)
    off = Alert.of(cast.workspace.id, alert.id)
    assert (off.off_by, off.next_look_at) == (cast.boris.id, None)
    at(FRIDAY + 4 * HOUR, switch, "switch_on", FRIDAY + 4 * HOUR)
    at(FRIDAY + 5 * HOUR)
    assert len(alert_mails()) == 1
    say(1, "heard", FRIDAY + 6 * HOUR)
    assert len(alert_mails()) == 2


def test_old_answers_that_are_read_anew_alert_nobody(cast, say, at, monkeypatch):
    say(1, "Nobody called back.")
    an_alert(cast.workspace, at=FRIDAY + 2 * HOUR)
    with transaction() as session:
        session.scalars(select(Response)).one().sentiment_label = "mixed"
    with time_machine.travel(FRIDAY + 3 * HOUR, tick=False):
        jobs.reread(None, None, None, limit=10)
    told_of = db.session.scalars(select(Event.kind).where(Event.kind.startswith("response.re"))).all()
    assert sorted(told_of) == ["response.read", "response.reread"]
    at(FRIDAY + 3 * HOUR)
    assert notices() == []


def test_the_mail_is_written_in_the_language_of_whoever_gets_a_digest(cast, say):
    ordered(cast.workspace, locale="sl")
    an_alert(cast.workspace, mails=(*BOSS, Addressee("x@partner.example")), locale="pl")
    say(1, "Nobody called back.")
    raw = {mail.to_address: mail.raw for mail in alert_mails()}
    assert "Content-Language: sl" in raw["cvetka@acme.example"]
    assert "Content-Language: pl" in raw["x@partner.example"]
    assert db.session.scalar(select(Digest.locale)) == "sl"


# --- channels ---


@pytest.fixture
def allowed(app, monkeypatch):
    monkeypatch.setitem(app.config, "FETCH_PRIVATE", True)


def attempts():
    return list(db.session.scalars(select(Attempt).order_by(Attempt.id)))


@pytest.mark.parametrize("kind", ["slack", "teams", "mattermost"])
def test_a_channel_is_told_in_its_own_shape(cast, say, allowed, kind):
    with a_channel((200, "ok")) as channel:
        an_alert(cast.workspace, mails=(), channel=(kind, channel.address))
        unhappy = say(2, "Nobody called <!channel> back.")
    [(_path, _type, body)] = channel.heard
    assert {"slack": "blocks", "teams": "attachments", "mattermost": "attachments"}[kind] in body
    assert str(unhappy.id) in str(body)
    assert "<!channel>" not in str(body)
    assert [(one.fine, one.status, one.words) for one in attempts()] == [(True, 200, "ok")]
    assert told() == {unhappy.id: 1}


def test_a_channel_that_fails_is_tried_again_with_growing_waits(cast, say, at, allowed):
    with a_channel((503, "busy"), (429, "slow down")) as channel:
        an_alert(cast.workspace, mails=(), channel=("slack", channel.address))
        say(2)
        assert notices()[0].next_try_at == FRIDAY + HOUR + timedelta(seconds=WAITS[0])
        at(FRIDAY + HOUR + timedelta(seconds=29))
        assert len(channel.heard) == 1
        at(FRIDAY + HOUR + timedelta(seconds=30))
        at(FRIDAY + HOUR + timedelta(seconds=30 + 120))
        assert [one.words for one in attempts()] == ["HTTP 503 – busy", "HTTP 429 – slow down", "ok"]
        assert notices()[0].state == "sent"
        at(FRIDAY + DAY)
        assert len(channel.heard) == 3


def test_a_channel_that_is_gone_is_given_up_with_its_words(cast, say, at, allowed):
    with a_channel((404, "no_service")) as channel:
        an_alert(cast.workspace, mails=(), channel=("slack", channel.address))
        say(2)
        at(FRIDAY + DAY)
    assert len(channel.heard) == 1
    assert (notices()[0].state, attempts()[0].words) == ("failed", "HTTP 404 – no_service")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Cannot POST /services/T0/B0/secretXYZ9?sig=verysecret.", "Cannot POST …."),
        ("No hook secretXYZ9 (sig verysecret) at /services/T0", "No hook … (sig …) at /…/T0"),
    ],
)
def test_of_a_secret_address_that_the_other_side_repeats_nothing_is_kept(cast, say, allowed, words, kept):
    with a_channel((404, words)) as channel:
        an_alert(cast.workspace, mails=(), channel=("teams", f"{channel.address}?sig=verysecret"))
        say(2)
    assert attempts()[0].words == f"HTTP 404 – {kept}"


def test_a_private_address_is_refused_without_a_word_to_it(cast, say):
    with a_channel() as channel:
        an_alert(cast.workspace, mails=(), channel=("slack", channel.address))
        say(2, "Secret words.")
    assert channel.heard == []
    assert "private network" in attempts()[0].words


# --- anonymous ---


def test_an_anonymous_answer_is_told_the_next_morning_with_its_day_only(cast, at, run_jobs):
    survey = an_anonymous_survey(cast.workspace, at=FRIDAY - DAY)
    an_alert(cast.workspace, at=FRIDAY - DAY)
    moments = [FRIDAY + HOUR + timedelta(minutes=7, seconds=13), FRIDAY + 5 * HOUR]
    for number, moment in enumerate(moments):
        asked = an_invitation(survey, email=f"c{number}@customer.example", at=FRIDAY - HOUR)
        at(moment, answer_anonymously, asked, 1, f"Words {number}, terrible.", moment)
    at(FRIDAY + 10 * HOUR)
    assert notices() == []
    at(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))  # eight in Ljubljana
    [mail] = alert_mails()
    text = mail.raw.replace("=\n", "")
    assert mail.subject == "2 answers for “Very unhappy”"
    assert "Fri 20 Nov" in text
    assert "only with their day" in text
    assert not any(f"{moment.hour + 1}:{moment.minute:02}" in text for moment in moments)
    at(datetime(2026, 11, 22, 7, 0, tzinfo=UTC))
    at(datetime(2026, 11, 23, 7, 0, tzinfo=UTC))
    assert len(alert_mails()) == 1


@pytest.mark.parametrize("again", [False, True])
def test_anonymous_answers_of_the_day_are_told_though_the_alert_was_made_or_switched_on_after_noon(cast, at, again):
    survey = an_anonymous_survey(cast.workspace, at=FRIDAY - 2 * DAY)
    afternoon = FRIDAY + 4 * HOUR  # two in Ljubljana
    alert = an_alert(cast.workspace, at=FRIDAY - DAY if again else afternoon)
    if again:
        with transaction() as session:
            found = session.get_one(Alert, alert.id)
            found.switch_off(at=FRIDAY - 20 * HOUR)
            found.switch_on(at=afternoon)
    for number, moment in enumerate((FRIDAY - 11 * HOUR, FRIDAY + 6 * HOUR)):
        asked = an_invitation(survey, email=f"c{number}@customer.example", at=FRIDAY - 12 * HOUR)
        at(moment, answer_anonymously, asked, 1, f"Words {number}.", moment)
    at(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    [mail] = alert_mails()
    assert "Words 1." in plain(mail)
    assert "Words 0." not in plain(mail)  # of the day before


def test_on_the_day_itself_nothing_of_an_alert_knows_of_an_anonymous_answer(cast, at, run_jobs):
    survey = an_anonymous_survey(cast.workspace, at=FRIDAY - DAY)
    an_alert(cast.workspace, at=FRIDAY - DAY)
    asked = an_invitation(survey, at=FRIDAY - HOUR)
    at(FRIDAY, lambda: None)
    before = {name: held for name, held in rows().items() if name.startswith("alert") or name in QUEUES}
    at(FRIDAY + HOUR, answer_anonymously, asked, 1, "Terrible.", FRIDAY + HOUR)
    assert db.session.scalars(select(Response)).one().read_at is not None
    assert {name: held for name, held in rows().items() if name in before} == before


# --- drops ---


def a_history(survey, shares, *, per_day=30, until=FRIDAY):
    """So many answers on each day before `until`; `shares` are the percent of happy ones, the oldest day first."""
    many_answers(
        survey,
        [
            {"score": 5 if number < share * per_day / 100 else 1, "created_at": until - DAY * (len(shares) - day)}
            for day, share in enumerate(shares)
            for number in range(per_day)
        ],
    )


MORNING = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def test_a_clear_drop_is_told_in_the_morning_and_once(cast, at):
    survey = a_survey(cast.workspace, "csat", name="Support")
    a_history(survey, [85] * 7 + [60] * 14, until=FRIDAY + 7 * DAY)
    an_alert(cast.workspace, kind="drop", like={}, name="CSAT", at=FRIDAY - 9 * DAY)
    for day in range(-8, 8):
        at(MORNING + day * DAY)
    [mail] = alert_mails()
    text = plain(mail)
    assert mail.subject == "CSAT dropped: Support"
    assert "/w/acme/surveys/support/results" in text
    assert re.search(
        r"CSAT dropped: Support\s+\d+% ± \d+, 210 answers \(.*2026\)\s+before: \d+% ± \d+, 120 answers", text
    )
    assert re.search(r"A difference of \d+, more than chance explains\.", text)
    assert mail.created_at > MORNING - 8 * DAY


def test_a_drop_that_was_told_is_not_told_again_because_the_alert_is_called_otherwise(cast, at):
    survey = a_survey(cast.workspace, "csat", name="Support")
    a_history(survey, [85] * 7 + [60] * 14, until=FRIDAY + 7 * DAY)
    alert = an_alert(cast.workspace, kind="drop", like={}, name="CSAT", at=FRIDAY - 9 * DAY)

    def call_it(**otherwise):
        rule = {"name": "Happy", "kind": "drop", "mails": BOSS, "cool_down": 15}
        with transaction() as session:
            session.get_one(Alert, alert.id).change(Rule(**rule | otherwise), at=FRIDAY)

    for day in range(-8, 1):
        at(MORNING + day * DAY)
    assert len(alert_mails()) == 1
    at(MORNING + DAY, call_it)
    assert len(alert_mails()) == 1
    assert db.session.scalars(select(Watch)).one().told_on is not None
    call_it(days=14)
    assert db.session.scalars(select(Watch)).all() == []


def test_a_steady_score_says_nothing(cast, at):
    survey = a_survey(cast.workspace, "csat")
    a_history(survey, [80, 76, 83, 80] * 6, until=FRIDAY)
    an_alert(cast.workspace, kind="drop", like={}, at=FRIDAY - 3 * DAY)
    for day in range(-2, 3):
        at(MORNING + day * DAY)
    assert notices() == []


def test_a_drop_is_watched_for_one_team_whatever_its_capitals(cast, at):
    survey = a_survey(cast.workspace, "csat", name="Support")
    for team, shares in (("North", [90] * 7 + [40] * 7), ("South", [90] * 14)):
        many_answers(
            survey,
            [
                {"score": 5 if number < share / 10 else 1, "team": team, "created_at": FRIDAY - DAY * (14 - day)}
                for day, share in enumerate(shares)
                for number in range(10)
            ],
        )
    an_alert(cast.workspace, kind="drop", like={"team": "north"}, name="N", at=FRIDAY - HOUR * 3)
    an_alert(cast.workspace, kind="drop", like={"team": "South"}, name="S", at=FRIDAY - HOUR * 3)
    at(MORNING)
    assert {db.session.get(Alert, notice.alert_id).name for notice in notices()} == {"N"}


def a_fall(workspace):
    """A survey whose score clearly dropped in the week before Friday; all of it is team North's, half of it Vid's."""
    survey = a_survey(workspace, "csat", name="Support", at=FRIDAY - 20 * DAY)
    shares = [90] * 7 + [40] * 7
    given = [
        {"score": 5 if number // 2 < share / 10 else 1, "team": "North", "agent": ("Vid", "Eva")[number % 2]}
        | {"created_at": FRIDAY - DAY * (14 - day)}
        for day, share in enumerate(shares)
        for number in range(20)
    ]
    many_answers(survey, given)
    return survey


def changed(alert, moment, **rule):
    with transaction() as session:
        session.get_one(Alert, alert.id).change(Rule(**{"name": "Another", "mails": BOSS} | rule), at=moment)


VIDS = {"kind": "response", "conditions": Conditions(band="detractor", agent="Vid", team="North")}


def test_a_drop_that_waits_is_let_go_when_something_else_is_watched_and_answers_are_told(cast, say, at):
    a_fall(cast.workspace)
    alert = an_alert(cast.workspace, at=MORNING - 2 * HOUR)
    first = say(1, "First.", MORNING - MINUTE, asked=an_invitation(a_survey(cast.workspace), at=MORNING - HOUR))
    changed(alert, MORNING - MINUTE, kind="drop", conditions=Conditions(team="North"))
    at(MORNING)
    assert db.session.scalars(select(Drop.notice_id)).all() == [None]
    changed(alert, MORNING + MINUTE, **VIDS)
    asked = an_invitation(a_survey(cast.workspace, name="Other"), email="b@customer.example", at=MORNING - HOUR)
    second = say(1, "Second.", MORNING + 2 * MINUTE, asked=asked)
    at(MORNING + HOUR)
    assert told() == {first.id: 1, second.id: 1}
    assert {notice.state for notice in notices()} == {"posted"}
    assert db.session.scalars(select(Drop)).all() == []


def test_a_drop_that_a_channel_did_not_take_yet_is_let_go_when_something_else_is_watched(cast, at, allowed):
    a_fall(cast.workspace)
    with a_channel((503, "later")) as channel:
        alert = an_alert(
            cast.workspace, kind="drop", like={}, mails=(), channel=("slack", channel.address), at=MORNING - HOUR
        )
        at(MORNING)
        assert [notice.state for notice in notices()] == ["claimed"]
        changed(alert, MORNING + MINUTE, mails=(), **VIDS)
        at(MORNING + HOUR)
    assert [notice.state for notice in notices()] == ["skipped"]
    assert len(channel.heard) == 1


def test_a_drop_that_was_told_stays_in_the_history_when_something_else_is_watched(cast, at):
    a_fall(cast.workspace)
    alert = an_alert(cast.workspace, kind="drop", like={}, at=MORNING - HOUR)
    at(MORNING)
    changed(alert, MORNING + MINUTE, **VIDS)
    assert [len(notice.drops) for notice in notices()] == [1]


def test_a_score_can_be_narrowed_by_several_segments_at_once(cast):
    survey = a_fall(cast.workspace)
    alert = an_alert(cast.workspace, kind="drop", like={"agent": "vid", "team": "NORTH"})
    nobody = an_alert(cast.workspace, kind="drop", like={"agent": "vid", "team": "South"})
    with Figures.of(survey.id) as figures:
        assert counts_of(alert, figures, FRIDAY.date(), 7) == {5: 28, 1: 42}
        assert counts_of(nobody, figures, FRIDAY.date(), 7) == {}


def test_of_two_ticks_at_once_one_looks(app, cast, run_jobs):
    survey = a_survey(cast.workspace, "csat")
    a_history(survey, [90] * 7 + [40] * 7)
    an_alert(cast.workspace, kind="drop", like={}, at=FRIDAY - HOUR * 3)
    start = threading.Barrier(3)

    def tick():
        with app.app_context():
            start.wait()
            alerter.look_around(MORNING)

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_jobs()
    assert len(alert_mails()) == 1


# --- people ---


def test_an_erased_person_goes_out_of_what_was_told(cast, survey, say, at, run_jobs):
    an_alert(cast.workspace)
    say(1, "Wordsunique about the parcel.")
    with transaction() as session:
        Erasure.of(session.scalars(select(Contact)).first(), at=FRIDAY + 2 * HOUR, answers_too=False)
    run_jobs()
    held = str(rows()).lower()
    assert "wordsunique" not in held
    assert "were removed" in db.session.scalars(select(Mail.kept).where(Mail.kind == "alert")).one()


def test_an_erased_answer_is_told_to_nobody_as_an_anonymous_one(cast, survey, say, at):
    alert = an_alert(cast.workspace)
    kept = say(1)
    with transaction() as session:
        Erasure.of(session.scalars(select(Contact)).one(), at=FRIDAY + 2 * HOUR)
    with transaction():
        Recipient.settle(alert.id, (*BOSS, Addressee("new@acme.example", "New")), at=FRIDAY + 2 * HOUR)
    for hours in range(2, 28):
        at(FRIDAY + hours * HOUR, schedule.tick, FRIDAY + hours * HOUR)
    at(FRIDAY + DAY, alerter.raise_alerts, kept.id)
    assert [mail.to_address for mail in alert_mails()] == ["cvetka@acme.example"]
    erased = db.session.get_one(Response, kept.id)
    assert (erased.erased, erased.anonymous) == (True, False)


def test_an_answer_that_waits_for_the_end_of_a_cool_down_is_not_told_once_it_is_erased(cast, say, at):
    an_alert(cast.workspace, cool_down=120)
    say(1)
    kept = say(1, moment=FRIDAY + 2 * HOUR)
    with transaction() as session:
        Erasure.of(session.get_one(Contact, kept.contact_id), at=FRIDAY + 2 * HOUR)
    at(FRIDAY + 4 * HOUR)
    assert [(notice.state, notice.told) for notice in notices()] == [("posted", 1), ("skipped", 0)]
    assert len(alert_mails()) == 1


def test_whoever_stopped_the_mails_gets_none_and_is_not_put_back_by_a_change(cast, say, at):
    alert = an_alert(cast.workspace)
    [boss] = Recipient.of_alert(alert.id)
    with transaction() as session:
        session.get_one(Recipient, boss.id).stop(at=FRIDAY, by="recipient")
    say(1)
    assert notices() == []
    with transaction():
        Recipient.settle(alert.id, BOSS, at=FRIDAY + HOUR)
    say(1, moment=FRIDAY + 2 * HOUR)
    assert notices() == []
