"""A message of an alert in the shape that each kind of channel takes.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (blocks).
Mattermost: https://developers.mattermost.com/integrate/webhooks/incoming (attachments with fields).
Teams: https://learn.microsoft.com/connectors/teams (a workflow's webhook takes an Adaptive Card as attachment of a
message).

What customers wrote is theirs: it may neither format, nor link, nor call anybody by @channel. Services make links of
bare addresses, too: Slack is asked not to (`verbatim`), the others get addresses that are none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

KINDS = ("slack", "teams", "mattermost")
NAMES = {"slack": "Slack", "teams": "Microsoft Teams", "mattermost": "Mattermost"}

WORDS = 1500
"""Characters of a comment at most; every service takes that many a piece."""
SHORTER = (1000, 700, 500, 300)
"""The same where a body would be too long, one after the other."""
LARGEST = {"teams": 25_000}
"""Bytes of a body. Teams refuses what is over some 28 KB, for good:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""
MOST = {"slack": 23}
"""Pieces of a message. Slack refuses one of more than 50 blocks: https://docs.slack.dev/reference/block-kit/blocks.
The title is one, each piece is two, and beneath them may be two lines more.
"""
SLACK_TEXT = 3000
"""Characters of a block's text at most, as they are sent: https://docs.slack.dev/reference/block-kit/blocks/section-block.
"""
LINE = 250
"""Characters of a title and of what stands around a comment: escaped, a character may become five."""
RED = "#a3291f"


@dataclass(frozen=True)
class Piece:
    """One answer or one drop: a line on top, what was said, a line beneath, and where it leads."""

    head: str
    words: str
    foot: str
    url: str
    label: str


@dataclass(frozen=True)
class Message:
    """What is said, in words of the reader. `rest` is how many more there are, and `say_more` says so; `note` may be
    empty.
    """

    title: str
    url: str
    label: str
    pieces: Sequence[Piece]
    rest: int = 0
    say_more: Callable[[int], str] = str
    note: str = ""

    @property
    def more(self) -> str:
        return self.say_more(self.rest) if self.rest else ""

    def shortened(self, most: int) -> Message:
        """The same with at most so many characters of each comment."""
        return replace(self, pieces=[replace(one, words=_cut(one.words, most)) for one in self.pieces])

    def at_most(self, number: int) -> Message:
        """The same with so many pieces, the last ones among the rest."""
        return replace(self, pieces=self.pieces[:number], rest=self.rest + len(self.pieces[number:]))


def payload(kind: str, message: Message) -> dict[str, Any]:
    """The body to post to a channel of a kind. Where it would be too long, every comment is shortened, as far as one
    still learns something from it; then the last pieces are only counted, as those are that are too many.
    """
    shape, most = _SHAPES[kind], LARGEST.get(kind)
    body = shape(message := message.at_most(MOST.get(kind, len(message.pieces))))
    for words in SHORTER:
        if most is None or _size(body) <= most:
            return body
        body = shape(message := message.shortened(words))
    while most is not None and _size(body) > most and len(message.pieces) > 1:
        body = shape(message := message.at_most(len(message.pieces) - 1))
    return body


def _cut(text: str, most: int) -> str:
    return f"{text[:most].rstrip()}…" if len(text) > most else text


def _size(body: Mapping[str, Any]) -> int:
    """Bytes, as they are posted."""
    return len(json.dumps(body, ensure_ascii=False).encode())


def _slack(message: Message) -> dict[str, Any]:
    title = _slackened(_cut(message.title, LINE))
    blocks: list[dict[str, Any]] = [_section(f"*<{_escaped(message.url)}|{title}>*")]
    for piece in message.pieces:
        block = _section(_told_to_slack(piece))
        block["accessory"] = {"type": "button", "text": _plain(piece.label), "url": piece.url}
        blocks += [{"type": "divider"}, block]
    for line in filter(None, (message.more, message.note)):
        blocks.append({"type": "context", "elements": [_mrkdwn(_slackened(_cut(line, 2 * LINE)))]})
    return {"text": title, "blocks": blocks, "unfurl_links": False}


def _told_to_slack(piece: Piece) -> str:
    """As much of a comment as there is room for. It is shortened before it is escaped, for half an escape is none."""
    head, foot = (_slackened(_cut(line, LINE)) for line in (piece.head, piece.foot))
    most = min(WORDS, len(piece.words))
    while True:
        words = "\n".join(f"> {line}" for line in _slackened(_cut(piece.words, most)).splitlines())
        text = "\n".join(line for line in (f"*{head}*", words, foot) if line)
        if len(text) <= SLACK_TEXT:
            return text
        most = most * 9 // 10


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text[:75]}


def _slackened(text: str) -> str:
    """Nothing that Slack would read as bold, as code or as a call."""
    return _calm(re.sub(r"([*_~`])", "\u200b\\1", _escaped(text)))


def _escaped(text: str) -> str:
    """The three characters that Slack asks to escape."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mattermost(message: Message) -> dict[str, Any]:
    attachments = [
        {
            "fallback": _unlinked(_calm(piece.head)),
            "color": RED,
            "title": _unlinked(_calm(piece.head)),
            "title_link": piece.url,
            "text": "\n".join(f"> {line}" for line in _marked(piece.words[:WORDS]).splitlines()),
            "footer": _unlinked(_calm(piece.foot)),
        }
        for piece in message.pieces
    ]
    lines = [f"#### [{_marked(message.title)}]({message.url})", _marked(message.more), _marked(message.note)]
    return {"text": "\n\n".join(filter(None, lines)), "attachments": attachments}


def _teams(message: Message) -> dict[str, Any]:
    body: list[dict[str, Any]] = [_block(_marked(message.title), size="Large", weight="Bolder")]
    for piece in message.pieces:
        items = [_block(_marked(piece.head), weight="Bolder")]
        items += [_block(_marked(piece.words[:WORDS]))] if piece.words else []
        items += [_block(f"{_marked(piece.foot)} · [{_marked(piece.label)}]({piece.url})", isSubtle=True)]
        body.append({"type": "Container", "separator": True, "spacing": "Medium", "items": items})
    body += [_block(_marked(line), isSubtle=True) for line in (message.more, message.note) if line]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": message.label, "url": message.url}],
    }
    shape = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": shape, "contentUrl": None, "content": card}]}


def _block(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}


def _marked(text: str) -> str:
    """Text in which Markdown finds nothing to do."""
    return _unlinked(_calm(re.sub(r"([\\`*_{}\[\]()#+!|<>~-])", r"\\\1", text)))


def _calm(text: str) -> str:
    """Text that calls nobody: an @ with nothing joined to it."""
    return text.replace("@", "@\u200b")


def _unlinked(text: str) -> str:
    """Text in which no address is made a link of."""
    return re.sub(r"(://|www)", "\\1\u200b", text, flags=re.IGNORECASE)


_SHAPES: Mapping[str, Callable[[Message], dict[str, Any]]] = {
    "slack": _slack,
    "mattermost": _mattermost,
    "teams": _teams,
}
