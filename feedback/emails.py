"""The mails of this room: an issue of a digest, and what an alert says, which channels are told in the same words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from flask import current_app

from accounts.workspace import Workspace
from base import mail, tokens
from base.clock import local_date
from base.mail import Letter
from feedback.bulletin import Bulletin, Slump
from feedback.contradicting import contradicts
from feedback.digest import Digest
from feedback.issue import Issue
from feedback.metric import Score
from feedback.posting import Message, Piece
from feedback.report import Card, Line, Report
from feedback.themebook import Entry, WorkspaceTheme
from feedback.wording import Voice, excerpt
from surveys.emails import in_the_name_of

LARGEST = 100 * 1024
"""Bytes of HTML; mail programs cut what is longer."""
COMMENT_LENGTH = 600
NAME_LENGTH = 80
FACTS_LENGTH = 160
NAMED_IN_SUBJECT = 2
PAUSE = "digest-pause"
STOP = "alert-stop"


@dataclass(frozen=True)
class Prepared:
    """A digest's mail, ready to be posted, and the report it tells."""

    report: Report
    letter: Letter
    message: EmailMessage


def pause_url(digest_id: uuid.UUID) -> str:
    """Where the recipient pauses their digest without signing in; it needs no row but the digest's."""
    return tokens.link(f"/digest/pause/{tokens.sign(PAUSE, digest_id.hex)}")


def digest(
    workspace: Workspace, order: Digest, issue: Issue, members: Sequence[uuid.UUID], *, at: datetime
) -> Prepared:
    """An issue with these members as a mail; long ones lose cards, not comments' beginnings, to stay under LARGEST."""
    report = Report.of(order, issue, members)
    letter = _letter(workspace, report)
    while len(letter.html.encode()) > LARGEST and report.cards:
        report = replace(report, cards=report.cards[: len(report.cards) * 2 // 3])
        letter = _letter(workspace, report)
    heading = mail.Heading(
        sender=in_the_name_of(workspace.name),
        to_address=order.recipient_email,
        to_name=order.recipient_name,
        at=at,
        locale=Voice.of(order.locale).locale,
        reply_to=workspace.reply_to,
        unsubscribe_url=pause_url(order.id),
    )
    return Prepared(report, letter, mail.compose(letter, heading))


def stop_url(recipient_id: uuid.UUID) -> str:
    """Where the recipient of an alert's mails stops them without signing in."""
    return tokens.link(f"/alert/stop/{tokens.sign(STOP, recipient_id.hex)}")


def alert(bulletin: Bulletin, *, at: datetime) -> EmailMessage:
    """What an alert says, as a mail."""
    values, recipient = alert_values(bulletin), bulletin.recipient
    heading = mail.Heading(
        sender=in_the_name_of(bulletin.workspace.name),
        to_address=recipient.address,
        to_name=recipient.name,
        at=at,
        locale=values["locale"],
        reply_to=bulletin.workspace.reply_to,
        unsubscribe_url=values["stop_url"],
    )
    return mail.compose(mail.render(current_app.jinja_env, "alert", values), heading)


def alert_values(bulletin: Bulletin) -> dict[str, Any]:
    """Everything that a message of an alert says, in its reader's words."""
    voice, workspace, rule = Voice.of(bulletin.locale), bulletin.workspace, bulletin.alert.name
    base, book = f"/w/{workspace.slug}", WorkspaceTheme.book(workspace.id)
    cards = []
    for one in bulletin.cards:
        card = _card(voice, base, one, workspace.zone) | _read(voice, one, book)
        card["band"] = one.scale.band(one.entry.response.score)
        if one.entry.response.comment and one.entry.response.read_at is None:
            card["sentiment"] = voice.say("alert_unread")
        cards.append(card)
    slumps = [_slump(voice, base, slump) for slump in bulletin.slumps]
    url = tokens.link(f"{base}/alerts/{bulletin.alert.id}")
    test, alone = bulletin.notice.trigger == "test", [*slumps, *cards] if bulletin.told == 1 else []
    return {
        "voice": voice,
        "locale": voice.locale,
        "dir": voice.direction,
        "company": workspace.name,
        "rule": rule,
        "test": test,
        "headline": _alert_headline(voice, bulletin, slumps),
        "cards": cards,
        "slumps": slumps,
        "rest": bulletin.rest,
        "merged": bulletin.told > 1,
        "anonymous": any(card.entry.response.anonymous for card in bulletin.cards),
        "url": alone[0]["url"] if alone else url,
        "button": voice.say("alert_test_button" if test else "alert_all") if not alone else alone[0]["button"],
        "address": bulletin.recipient.address,
        "stop_url": stop_url(bulletin.recipient.id),
    }


def alert_message(bulletin: Bulletin) -> Message:
    """The same for a channel."""
    values = alert_values(bulletin)
    voice: Voice = values["voice"]
    pieces = [
        Piece(one["title"], f"{one['now']}\n{one['before']}", one["why"], one["url"], one["button"])
        for one in values["slumps"]
    ]
    for card in values["cards"]:
        read = card["sentiment"] or voice.say("no_comment")
        head = f"{card['score']} · {voice.say('band_' + card['band'])} · {read}"
        foot = " · ".join(filter(None, (card["who"], card["facts"], card["survey"], card["when"])))
        pieces.append(Piece(head, card["words"] or "", foot, card["url"], card["button"]))
    more = voice.count("rest", values["rest"]) if values["rest"] else ""
    notes = (values["test"] and "alert_test_body", values["anonymous"] and "alert_day_only")
    note = " ".join(voice.say(key) for key in notes if key)
    return Message(values["headline"], values["url"], values["button"], pieces, more, note)


def _alert_headline(voice: Voice, bulletin: Bulletin, slumps: Sequence[Mapping[str, Any]]) -> str:
    if bulletin.notice.trigger == "test":
        return voice.say("alert_test", rule=bulletin.alert.name)
    if slumps and not bulletin.answers:
        return " · ".join(slump["title"] for slump in slumps[:NAMED_IN_SUBJECT])
    return voice.count("alert_answers", bulletin.answers, rule=bulletin.alert.name)


def _slump(voice: Voice, base: str, slump: Slump) -> dict[str, Any]:
    of, told = slump.survey.metric, {}
    for name, score, days in (("now", slump.fall.now, slump.now), ("before", slump.fall.before, slump.before)):
        value = voice.value(of, score.value) if score.value is not None else "–"
        margin = _margin(voice, score) if score.value is not None else ""
        known = {"answers": voice.count("answers", score.n), "dates": voice.dates(*days)}
        told[name] = voice.say(f"alert_{name}", value=value, margin=margin, **known)
    delta = voice.number(abs((slump.fall.now.value or 0) - (slump.fall.before.value or 0)))
    return told | {
        "title": voice.say("alert_dropped", metric=voice.metric(of), survey=slump.survey.name),
        "why": voice.say("alert_clear", delta=delta),
        "url": tokens.link(f"{base}/surveys/{slump.survey.slug}/results"),
        "button": voice.say("alert_results"),
    }


def _letter(workspace: Workspace, report: Report) -> Letter:
    return mail.render(current_app.jinja_env, "digest", _values(workspace, report))


def _values(workspace: Workspace, report: Report) -> Mapping[str, Any]:
    order, voice = report.digest, Voice.of(report.digest.locale)
    base, issue = f"/w/{workspace.slug}", report.issue
    days = report.period
    name, book = order.recipient_name, WorkspaceTheme.book(workspace.id)
    hello = voice.say("hello_named", name=name) if name else voice.say("hello")
    return {
        "voice": voice,
        "locale": voice.locale,
        "dir": voice.direction,
        "company": workspace.name,
        "report": report,
        "headline": _headline(voice, report),
        "subject": _subject(voice, report),
        "intro": voice.say("intro", hello=hello, dates=voice.dates(days.first_day, days.last_day)),
        "before": voice.dates(days.previous_first_day, days.previous_last_day),
        "lines": [_line(voice, base, line) for line in report.lines],
        "quiet": ", ".join(survey.name for survey in report.quiet[:12]),
        "cards": [_card(voice, base, card, order.zone) | _read(voice, card, book) for card in report.cards],
        "all_url": tokens.link(f"{base}/digests/{order.id}/issues/{issue.id}"),
        "next": voice.moment(issue.next_due_at, order.zone) if issue.next_due_at else None,
        "address": order.recipient_email,
        "pause_url": pause_url(order.id),
    }


def _headline(voice: Voice, report: Report) -> str:
    if report.told:
        return voice.count("unhappy", report.told)
    return voice.say("none_unhappy" if report.lines else "no_answers")


def _subject(voice: Voice, report: Report) -> str:
    """What is in it before it is opened: who is unhappy, the scores, which days."""
    scores = [
        voice.say(
            "subject_score",
            metric=voice.metric(line.now.metric),
            value=voice.value(line.now.metric, line.now.value),
            n=voice.number(line.now.n),
        )
        for line in report.lines[:NAMED_IN_SUBJECT]
        if line.now.value is not None
    ]
    dates = voice.short_dates(report.period.first_day, report.period.last_day)
    return " · ".join([_headline(voice, report), *scores, dates])


def _line(voice: Voice, base: str, line: Line) -> Mapping[str, Any]:
    now, metric = line.now, line.now.metric
    assert now.value is not None
    assert now.margin is not None
    return {
        "survey": line.survey.name,
        "metric": voice.metric(metric),
        "url": tokens.link(f"{base}/surveys/{line.survey.slug}/results"),
        "value": voice.value(metric, now.value),
        "margin": _margin(voice, now),
        "answers": voice.count("answers", now.n),
        "few": now.too_few,
        **_change(voice, line),
    }


def _margin(voice: Voice, of: Score) -> str:
    """The margin, or both ends of the interval where value ± margin would leave the scale."""
    assert of.value is not None
    assert of.margin is not None
    assert of.low is not None
    assert of.high is not None
    lowest = -100 if of.metric == "nps" else 0
    if lowest <= round(of.value) - round(of.margin) and round(of.value) + round(of.margin) <= 100:
        return f"± {voice.number(of.margin)}"
    return f"({voice.number(of.low)}…{voice.number(of.high)})"


def _change(voice: Voice, line: Line) -> Mapping[str, str]:
    kind, delta = line.change.kind, round(line.change.delta or 0)
    if line.now.too_few or line.before.too_few:
        return {"change": voice.say("few" if line.now.too_few else "few_before"), "kind": "few"}
    if kind in ("up", "down") and delta:
        return {"change": voice.say(kind, delta=voice.number(abs(delta))), "kind": kind}
    return {"change": voice.say("unclear"), "kind": "unclear"}


def _read(voice: Voice, card: Card, book: Mapping[str, Entry]) -> dict[str, Any]:
    """What the comment speaks of, and whether it says the opposite of the score."""
    response = card.entry.response
    on = [book[one.theme] for one in response.themes if response.read_at and not book[one.theme].off]
    read = (response.sentiment_label, response.polarity, response.confidence)
    odd = contradicts(card.scale.band(response.score), *read)
    return {
        "themes": ", ".join(entry.name or voice.say(f"theme_{entry.theme}") for entry in on),
        "contradicts": voice.say("contradicts") if odd else None,
    }


def _card(voice: Voice, base: str, card: Card, zone: str) -> dict[str, Any]:
    response, link = card.entry.response, card.entry.link
    agent = voice.say("agent", agent=response.agent) if response.agent else None
    facts = [agent, response.team, response.channel]
    unknown = voice.say("by_link", link=link.name) if link else voice.say("anonymous")
    who = mail.one_line(card.entry.person or unknown, NAME_LENGTH)
    return {
        "score": voice.score(response.score, card.scale),
        "metric": voice.metric(card.scale.key),
        "survey": card.survey.name,
        "words": excerpt(response.comment, COMMENT_LENGTH) if response.comment else None,
        "language": response.language if response.language not in (None, "und") else None,
        "sentiment": voice.say(response.sentiment_label or "unscored") if response.comment else None,
        "who": who,
        "facts": mail.one_line(" · ".join(filter(None, facts)), FACTS_LENGTH),
        "when": voice.day(local_date(response.created_at, zone))
        if response.anonymous
        else voice.moment(response.created_at, zone),
        "url": tokens.link(f"{base}/responses/{response.id}"),
        "button": voice.say("alert_open"),
        "open_of": voice.say("open_of", name=re.sub(r"[<>\"&]", "", who)),
    }
