"""What channels are sent: the shape that each takes, with customers' words as words and nothing else."""

import json

import pytest

from feedback.posting import KINDS, Message, Piece, payload

HOSTILE = "<!channel> @all *bold* [click](http://evil.example) <script> & `code` "
HOSTILE += "_@channel x@here HTTP://evil.example www.evil.example"
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
    for trick in ("<!channel>", "@all", "@channel", "@here", "*bold*", "<script>", "`code`"):
        assert trick not in sent
    if kind != "slack":  # which has no such links
        assert "](http://evil" not in sent


@pytest.mark.parametrize("kind", ["mattermost", "teams"])
def test_a_bare_address_of_a_customer_is_made_no_link(kind):
    everywhere = Message("T", "https://s.example/a", "See", [Piece(*[HOSTILE] * 3, "https://s.example/r/1", "Open")])
    sent = json.dumps(payload(kind, everywhere), ensure_ascii=False)
    assert "evil" in sent
    for address in ("://evil", "www.evil", "www\\.evil"):
        assert address not in sent


def test_slack_is_asked_to_make_no_links_of_words():
    texts = [block.get("text") or block.get("elements", [{}])[0] for block in payload("slack", MESSAGE)["blocks"]]
    assert [text["verbatim"] for text in texts if text.get("type") == "mrkdwn"] == [True] * 4


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
