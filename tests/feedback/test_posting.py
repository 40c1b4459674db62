"""What channels are sent: the shape that each takes, with customers' words as words and nothing else."""

import json

import pytest

from feedback.posting import KINDS, Message, Piece, payload

HOSTILE = "<!channel> @all *bold* [click](http://evil.example) <script> & `code`"
PIECE = Piece(
    "2 of 10 · Detractor", f"Line one.\n{HOSTILE}", "Mara · North", "https://s.example/r/1", "Open the answer"
)
MESSAGE = Message("1 answer for “Very unhappy”", "https://s.example/a", "See all", [PIECE], "And 3 more.", "A note.")


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_said_and_leads_to_the_answer(kind):
    sent = json.dumps(payload(kind, MESSAGE), ensure_ascii=False).replace("\\\\", "").replace("\u200b", "")
    for words in (
        "1 answer for “Very unhappy”",
        "2 of 10 · Detractor",
        "Line one.",
        "Mara · North",
        "https://s.example/r/1",
        "And 3 more.",
    ):
        assert words in sent


@pytest.mark.parametrize("kind", KINDS)
def test_a_customer_calls_nobody_and_links_nowhere(kind):
    sent = json.dumps(payload(kind, MESSAGE), ensure_ascii=False)
    for trick in ("<!channel>", "@all", "*bold*", "<script>", "`code`"):
        assert trick not in sent
    if kind != "slack":  # which has no such links
        assert "](http://evil" not in sent


def test_slack_gets_blocks_that_it_takes():
    sent = payload(
        "slack", Message("T", "https://s.example/a", "See", [Piece("h", "x" * 9000, "f", "https://u", "L" * 99)])
    )
    sections = [block for block in sent["blocks"] if block["type"] == "section"]
    assert all(len(block["text"]["text"]) <= 3000 for block in sections)
    assert len(sections[1]["accessory"]["text"]["text"]) <= 75
    assert sent["text"] == "T"


def test_teams_gets_an_adaptive_card_and_mattermost_attachments():
    card = payload("teams", MESSAGE)["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["type"] == "AdaptiveCard"
    assert card["content"]["actions"][0] == {"type": "Action.OpenUrl", "title": "See all", "url": "https://s.example/a"}
    attachment = payload("mattermost", MESSAGE)["attachments"][0]
    assert attachment["title_link"] == "https://s.example/r/1"
    assert attachment["text"].startswith("> Line one.\n> ")
