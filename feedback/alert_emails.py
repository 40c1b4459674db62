"""What an alert says: as a mail, and in the same words as a message for channels."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Any

from flask import current_app

from base import mail, tokens
from feedback.bulletin import Bulletin, Slump
from feedback.posting import Message, Piece
from feedback.section import card_of, heard_in, margin_of
from feedback.themebook import WorkspaceTheme
from feedback.wording import Voice
from surveys.emails import in_the_name_of

NAMED_IN_SUBJECT = 2
STOP = "alert-stop"


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
        url = tokens.link(f"{base}/responses/{one.entry.response.id}")
        card = card_of(voice, url, one, workspace.zone) | heard_in(voice, one, book)
        card["button"] = voice.say("open_answer")
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
    notes = (values["test"] and "alert_test_body", values["anonymous"] and "alert_day_only")
    note = " ".join(voice.say(key) for key in notes if key)
    say_more = partial(voice.count, "rest")
    return Message(values["headline"], values["url"], values["button"], pieces, values["rest"], say_more, note)


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
        margin = margin_of(voice, score) if score.value is not None else ""
        known = {"answers": voice.count("answers", score.n), "dates": voice.dates(*days)}
        told[name] = voice.say(f"alert_{name}", value=value, margin=margin, **known)
    delta = voice.number(abs((slump.fall.now.value or 0) - (slump.fall.before.value or 0)))
    return told | {
        "title": voice.say("alert_dropped", metric=voice.metric(of), survey=slump.survey.name),
        "why": voice.say("alert_clear", delta=delta),
        "url": tokens.link(f"{base}/surveys/{slump.survey.slug}/results"),
        "button": voice.say("alert_results"),
    }
