"""What channels are sent: the shape that each takes, with customers' words as words and nothing else."""

import json
import re
from dataclasses import replace

import pytest

from feedback.posting import KINDS, Message, Piece, payload

HOSTILE = "<!channel> @all *bold* [click](http://evil.example) <script> & `code` "
HOSTILE += "_@channel x@here HTTP://evil.example www.evil.example"
PIECE = Piece(
    "2 of 10 · Detractor", f"Line one.\n{HOSTILE}", "Mara · North", "https://s.example/r/1", "Open the answer"
)
MESSAGE = Message(
    "1 answer for “Very unhappy”", "https://s.example/a", "See all", [PIECE], 3, "And {} more.".format, "A note."
)


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


def test_the_title_in_slack_leads_where_it_says():
    title, *_ = payload("slack", replace(MESSAGE, url="https://our_team.example/~cx/a?b=1&c=2"))["blocks"]
    assert title["text"]["text"].startswith("*<https://our_team.example/~cx/a?b=1&amp;c=2|1 answer")


def test_slack_gets_blocks_that_it_takes():
    sent = payload(
        "slack", Message("T", "https://s.example/a", "See", [Piece("h", "x" * 9000, "f", "https://u", "L" * 99)])
    )
    sections = [block for block in sent["blocks"] if block["type"] == "section"]
    assert all(len(block["text"]["text"]) <= 3000 for block in sections)
    assert len(sections[1]["accessory"]["text"]["text"]) <= 75
    assert sent["text"] == "T"


@pytest.mark.parametrize("mark", ["&", "<", "\n", "*", "x", "&\n"])
def test_slack_gets_of_a_comment_what_fits_with_its_line_beneath_and_no_half_escape(mark):
    message = Message(
        "T" + mark * 999, "https://s.example/a", "See", [Piece("h", f"No{mark * 9000}", "Foot", "u", "L")]
    )
    title, _, section = payload("slack", message)["blocks"]
    texts = [block["text"]["text"] for block in (title, section)]
    assert all(len(text) <= 3000 for text in texts)
    assert all(re.sub("&(amp|lt|gt);", "", text).count("&") == 0 for text in texts)
    assert texts[0].startswith("*<https://s.example/a|T")
    assert texts[0].endswith("…>*")
    assert re.match(r"\*h\*\n> No", texts[1])
    assert texts[1].endswith("…\nFoot")
    assert mark != "x" or "x" * 1490 in texts[1]


def test_slack_gets_no_more_blocks_than_it_takes_and_the_rest_is_counted():
    sent = payload("slack", replace(many(60, words="Κανείς."), note="A note."))
    assert len(sent["blocks"]) <= SLACK_TAKES
    assert [block["elements"][0]["text"] for block in sent["blocks"][-2:]] == ["And 39 more.", "A note."]
    assert len([block for block in sent["blocks"] if "accessory" in block]) == 23
    assert len(payload("mattermost", many(60, words="Κανείς."))["attachments"]) == 60


def test_teams_gets_an_adaptive_card_and_mattermost_attachments():
    card = payload("teams", MESSAGE)["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["type"] == "AdaptiveCard"
    assert card["content"]["actions"][0] == {"type": "Action.OpenUrl", "title": "See all", "url": "https://s.example/a"}
    attachment = payload("mattermost", MESSAGE)["attachments"][0]
    assert attachment["title_link"] == "https://s.example/r/1"
    assert attachment["text"].startswith("> Line one.\n> ")


SLACK_TAKES = 50
"""Blocks; a message with more it refuses."""
TEAMS_TAKES = 28_000
"""Bytes, about; what is longer it refuses for good."""


def many(number, *, words, foot="Μαρία · Βορράς · Παρ 20 Νοε"):
    pieces = [
        Piece(f"{n} από 10 · Επικριτής", words, foot, f"https://s.example/r/{n}", "Άνοιγμα") for n in range(number)
    ]
    return Message("Δυσαρεστημένοι", "https://s.example/a", "Όλα", pieces, 2, "And {} more.".format)


def size(body):
    return len(json.dumps(body, ensure_ascii=False).encode())


def test_teams_takes_ten_long_comments_in_greek_each_of_them_shortened():
    message = many(10, words="Κανείς δεν απάντησε. " * 72)
    assert size(payload("mattermost", message)) > TEAMS_TAKES
    sent = payload("teams", message)
    assert TEAMS_TAKES / 2 < size(sent) < TEAMS_TAKES - 2000
    body = sent["attachments"][0]["content"]["body"]
    comments = [block["items"][1]["text"] for block in body if block["type"] == "Container"]
    assert len(comments) == 10
    assert all(text.endswith("…") for text in comments)
    assert body[-1]["text"] == "And 2 more."


def test_what_teams_does_not_take_even_so_is_counted_with_the_rest():
    sent = payload("teams", many(10, words="Κανείς. " * 200, foot="Μακρύ όνομα ομάδας " * 100))
    assert size(sent) < TEAMS_TAKES - 2000
    body = sent["attachments"][0]["content"]["body"]
    shown = sum(block["type"] == "Container" for block in body)
    assert 0 < shown < 10
    assert body[-1]["text"] == f"And {12 - shown} more."


def test_what_teams_takes_is_said_whole():
    words = "Nobody answered. " * 80
    body = payload("teams", many(3, words=words))["attachments"][0]["content"]["body"]
    assert [block["items"][1]["text"] for block in body if block["type"] == "Container"] == [words] * 3
