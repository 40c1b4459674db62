"""Two people's edits of one draft meet, and nothing that anybody typed is lost."""

import json

from surveys import comparing
from surveys.comparing import Change, changes, flat, merge


def document(default="en", locales=("en", "sl"), **texts):
    return {"metric": "nps", "default_locale": default, "locales": list(locales), "texts": texts}


BASE = flat(document(en={"question": "How was it?"}), "Support")


def edited(**texts):
    return flat(document(**texts), "Support")


def test_edits_of_different_texts_come_together():
    mine = edited(en={"question": "How was our help?"})
    theirs = edited(en={"question": "How was it?", "thanks_title": "Cheers"}, sl={"question": "Kako je bilo?"})
    merged, clashes = merge(BASE, mine, theirs)
    assert merged == edited(
        en={"question": "How was our help?", "thanks_title": "Cheers"}, sl={"question": "Kako je bilo?"}
    )
    assert clashes == []


def test_one_text_edited_by_both_keeps_mine_and_shows_theirs():
    merged, clashes = merge(BASE, edited(en={"question": "Mine?"}), edited(en={"question": "Theirs?"}))
    assert merged["texts", "en", "question"] == "Mine?"
    assert clashes == [Change(("texts", "en", "question"), "Mine?", "Theirs?")]


def test_the_same_edit_twice_is_no_clash():
    both = edited(en={"question": "Same?"})
    assert merge(BASE, both, both) == (both, [])


def test_what_i_emptied_stays_empty_and_what_they_emptied_too():
    mine, theirs = edited(en={}), edited(en={"question": "How was it?", "send": "Go"})
    assert merge(BASE, mine, theirs)[0] == edited(en={"send": "Go"})
    assert merge(BASE, BASE, edited(en={}))[0] == edited(en={})


def test_a_main_language_that_the_other_switched_off_is_on_again():
    mine = flat(document(default="sl"), "Support")
    theirs = flat(document(locales=("en",)), "Support")
    merged, _ = merge(flat(document(), "Support"), mine, theirs)
    assert merged["default_locale",] == "sl"
    assert "sl" in merged["locales",]


def test_a_draft_survives_the_way_through_the_form():
    assert comparing.read_flat(json.loads(json.dumps(comparing.written(BASE)))) == BASE
    assert comparing.read_flat({"broken": 1}) == comparing.read_flat([[1], "x", [[], ""]]) == {}
    assert comparing.document_of(BASE, "nps") == document(en={"question": "How was it?"})


def test_changes_are_told_settings_first_then_by_language_in_the_order_of_the_form():
    after = flat(document(sl={"question": "K?"}, en={"send": "Go", "question": "Q?"}), "Help")
    assert [change.place[-2:] for change in changes(BASE, after)] == [
        ("name",),
        ("en", "question"),
        ("en", "send"),
        ("sl", "question"),
    ]


def test_a_change_is_read_in_the_words_that_people_saw():
    before, after = document(en={"question": "How was it?"}), document(en={"question": "How was it?", "send": "Go"})
    ours = comparing.readable(Change(("texts", "en", "send"), None, "Go"), before, after)
    assert (ours.before, ours.after) == ("Send", "Go")
    fallen_back = comparing.readable(Change(("texts", "sl", "question"), None, "Kako?"), before, after)
    assert fallen_back.before == "How was it?"
