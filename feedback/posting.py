"""A message of an alert in the shape that each kind of channel takes.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (blocks, at most 3,000 characters a
section). Mattermost: https://developers.mattermost.com/integrate/webhooks/incoming (attachments with fields). Teams:
https://learn.microsoft.com/connectors/teams (a workflow's webhook takes an Adaptive Card as attachment of a message).

What customers wrote is theirs: it may neither format, nor link, nor call anybody by @channel. Services make links of
bare addresses, too: Slack is asked not to (`verbatim`), the others get addresses that are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ("slack", "teams", "mattermost")
NAMES = {"slack": "Slack", "teams": "Microsoft Teams", "mattermost": "Mattermost"}

WORDS = 1500
"""Characters of a comment at most; every service takes that many a piece."""
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
    """What is said, in words of the reader. `more` and `note` may be empty."""

    title: str
    url: str
    label: str
    pieces: Sequence[Piece]
    more: str = ""
    note: str = ""


def payload(kind: str, message: Message) -> dict[str, Any]:
    """The body to post to a channel of a kind."""
    return _SHAPES[kind](message)


def _slack(message: Message) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [_section(f"*<{_slackened(message.url)}|{_slackened(message.title)}>*")]
    for piece in message.pieces:
        words = "\n".join(f"> {line}" for line in _slackened(piece.words[:WORDS]).splitlines())
        lines = (f"*{_slackened(piece.head)}*", words, _slackened(piece.foot))
        block = _section("\n".join(line for line in lines if line))
        block["accessory"] = {"type": "button", "text": _plain(piece.label), "url": piece.url}
        blocks += [{"type": "divider"}, block]
    for line in filter(None, (message.more, message.note)):
        blocks.append({"type": "context", "elements": [_mrkdwn(_slackened(line))]})
    return {"text": _slackened(message.title), "blocks": blocks, "unfurl_links": False}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text[:3000])}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text[:75]}


def _slackened(text: str) -> str:
    """The three characters that Slack asks to escape, and no marks that it would read as bold or code."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _calm(re.sub(r"([*_~`])", "\u200b\\1", text))


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
