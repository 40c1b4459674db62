"""The mail of this room: the issues of one reader's digests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Any

from babel import Locale, UnknownLocaleError
from flask import current_app

from accounts.workspace import Workspace
from base import mail
from base.mail import Letter
from feedback.digest import Digest
from feedback.feed import Seen, seen
from feedback.issue import Issue
from feedback.report import Report
from feedback.section import margin_of, sections
from feedback.tally import FACETS
from feedback.way import Way, pause_url
from feedback.wording import Voice
from surveys.emails import in_the_name_of

LARGEST = 100 * 1024
"""Bytes of HTML; mail programs cut what is longer."""
NAMED_IN_SUBJECT = 2
TOLD_OF = {"detractors": "unhappy", "passives": "unconvinced", "negative": "negatives"}
"""The word for those whom a digest tells of, by its threshold."""

Standing = frozenset[tuple[object, ...]]


@dataclass(frozen=True)
class Prepared:
    """The mail of one reader's digests, ready to be posted, and the reports it tells; no mail when none is wanted."""

    reports: Sequence[Report]
    letter: Letter | None
    message: EmailMessage | None
    stands_for: Standing
    """What it was written of; see `standing`."""
    shown: Seen
    """The answers among that."""


def standing(digests: Mapping[uuid.UUID, Digest], issues: Mapping[uuid.UUID, Issue], shown: Seen) -> Standing:
    """What a mail depends on and somebody may change before it is posted: whether each part is wanted, by whom, and the
    answers that it shows.
    """
    parts = frozenset(
        (one.id, one.state, *_wishes(digests[one.digest_id])) for one in issues.values() if one.digest_id in digests
    )
    return parts | shown


def _wishes(order: Digest) -> tuple[object, ...]:
    return (*order.reader, order.paused_at, order.ended_at, order.when_empty)


def digest(workspace: Workspace, reports: Sequence[Report], *, at: datetime, staff: bool = False) -> Prepared:
    """The issues of one reader as one mail. A long mail loses cards, not comments' beginnings, to stay under LARGEST.
    For `staff` who look at it, its links lead where they may go.
    """
    shown = [report for report in reports if report.wanted]
    known = seen(card.entry for report in shown for card in report.cards)
    known |= {late.seen for report in shown for late in report.cases.late}
    before = standing(
        {report.digest.id: report.digest for report in reports},
        {report.issue.id: report.issue for report in reports},
        known,
    )
    if not shown:
        return Prepared(reports, None, None, before, known)
    order = shown[0].digest
    way = partial(Way.of, workspace, at=at, staff=staff)
    letter = _letter(workspace, shown, way)
    while len(letter.html.encode()) > LARGEST and any(report.cards for report in shown):
        longest = max(shown, key=lambda report: len(report.cards))
        fewer = replace(longest, cards=longest.cards[: len(longest.cards) * 2 // 3])
        shown = [fewer if report is longest else report for report in shown]
        letter = _letter(workspace, shown, way)
    heading = mail.Heading(
        sender=in_the_name_of(workspace.name),
        to_address=order.recipient_email,
        to_name=order.recipient_name,
        at=at,
        locale=Voice.of(order.locale).locale,
        reply_to=workspace.reply_to,
        unsubscribe_url=pause_url(*(report.digest for report in shown)),
    )
    return Prepared(reports, letter, mail.compose(letter, heading), before, known)


def _letter(workspace: Workspace, reports: Sequence[Report], way: Callable[[Report], Way]) -> Letter:
    return mail.render(current_app.jinja_env, "digest", _values(workspace, reports, way))


def _values(workspace: Workspace, reports: Sequence[Report], way: Callable[[Report], Way]) -> Mapping[str, Any]:
    order = reports[0].digest
    voice, name = Voice.of(order.locale), order.recipient_name
    hello = voice.say("hello_named", name=name) if name else voice.say("hello")
    parts = [part(voice, report, way(report)) for report in reports]
    several, farewell = len(parts) > 1, all(report.farewell for report in reports)
    if several:  # links that look alike must say which they are of
        for one in parts:
            called = one["title"] = title(voice, one["report"].digest)
            one |= {"pause": voice.say("pause_of", title=called), "go_on": voice.say("farewell_of", title=called)}
    return {
        "voice": voice,
        "locale": voice.locale,
        "dir": voice.direction,
        "company": workspace.name,
        "headline": voice.say("farewell_title") if farewell else _headline(voice, reports),
        "farewell": farewell,
        "subject": _subject(voice, reports),
        "intro": voice.say("merged", hello=hello)
        if several
        else voice.say("intro", hello=hello, dates=parts[0]["dates"]),
        "preview": _first_words(parts),
        "parts": parts,
        "several": several,
        "address": order.recipient_email,
        "pause_url": pause_url(*(report.digest for report in reports)),
    }


def part(voice: Voice, report: Report, way: Way) -> dict[str, Any]:
    """One issue, as mails and the reader's page show it."""
    order, issue, days = report.digest, report.issue, report.period
    return {
        "report": report,
        "dates": voice.dates(days.first_day, days.last_day),
        "headline": _headline(voice, [report]),
        "quietly": _quietly(voice, report),
        "only": voice.say("only", what=_only(voice, order)) if _only(voice, order) else None,
        "catch_up": voice.say("catch_up", date=voice.day(issue.catches_up_from)) if issue.catches_up_from else None,
        "sections": sections(voice, report, way),
        "next": voice.say("next", when=voice.moment(issue.next_due_at, order.zone))
        if issue.next_due_at
        else voice.say("next_paused"),
        "pause_url": pause_url(order),
        "go_on": voice.say("farewell_button"),
    }


def title(voice: Voice, order: Digest) -> str:
    """What a digest is called: its name, else the surveys that it follows, of which there may be none yet."""
    return order.title or ", ".join(survey.name for survey in order.surveys[:3]) or voice.say("all_surveys")


def _only(voice: Voice, order: Digest) -> str:
    """Which part of the answers it looks at."""
    found = {name: getattr(order, name) for name in FACETS if getattr(order, name)}
    if "language" in found:
        with suppress(UnknownLocaleError, ValueError):
            found["language"] = Locale.parse(found["language"], sep="-").get_display_name(voice.locale)
    return ", ".join(str(value) for value in found.values())


def _quietly(voice: Voice, report: Report) -> str | None:
    """What to say where there is nobody to tell of."""
    if report.told:
        return None
    if not report.lines:
        return None if report.overdue else voice.say("no_answers_body")  # which says that there is nothing to act on
    return voice.say("none_unhappy_body" if report.digest.threshold == "detractors" else "nothing_body")


def _headline(voice: Voice, reports: Iterable[Report]) -> str:
    """How many are told of; somebody whom two digests tell of is one."""
    told: dict[str, frozenset[uuid.UUID]] = {}
    reports = list(reports)
    for report in reports:
        word = TOLD_OF[report.digest.threshold]
        told[word] = told.get(word, frozenset()) | report.whom
    words = [voice.count(word, len(whom)) for word, whom in told.items() if whom]
    if words:
        return " · ".join(words)
    if any(report.overdue for report in reports):
        # Two digests may look at the same case, so that only those of one are counted.
        return voice.count("late_cases", reports[0].overdue) if len(reports) == 1 else voice.say("late_title")
    return voice.say(f"none_{next(iter(told))}" if any(report.lines for report in reports) else "no_answers")


def _subject(voice: Voice, reports: Sequence[Report]) -> str:
    """What is in it before it is opened: who is unhappy, the scores that say something, which days."""
    lines = reports[0].lines if len(reports) == 1 else []  # of several, nobody would know whose scores they are
    scores = [
        voice.say(
            "subject_score",
            metric=voice.metric(line.now.metric),
            value=voice.value(line.now.metric, line.now.value),
            margin=margin_of(voice, line.now),
            n=voice.number(line.now.n),
        )
        for line in [line for line in lines if not line.now.too_few][:NAMED_IN_SUBJECT]
        if line.now.value is not None
    ]
    first = min(report.period.first_day for report in reports)
    last = max(report.period.last_day for report in reports)
    if all(report.farewell for report in reports):
        return " · ".join([voice.say("farewell_title"), voice.short_dates(first, last)])
    return " · ".join([_headline(voice, reports), *scores, voice.short_dates(first, last)])


def _first_words(parts: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The first comment of all, for the line that mail programs show beside the subject."""
    cards = [card for one in parts for section in one["sections"] for card in section.values.get("cards", ())[:1]]
    return next(((card["words"], card["who"]) for card in cards if card["words"]), None)
