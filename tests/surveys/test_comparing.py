"""Two people's edits of one draft meet, and nothing that anybody typed is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import comparing
from surveys.comparing import Change, changes, flat, joined, merge, news

YESNO = {"id": "solved", "kind": "yesno"}
PICK = {"id": "pick", "kind": "many", "choices": ["a", "b"]}
SCORE, COMMENT = {"id": "score", "kind": "score"}, {"id": "comment", "kind": "long"}


def document(default="en", locales=("en", "sl"), questions=None, more=None, **texts):
    asked = {} if questions is None else {"questions": questions}
    return {"metric": "nps", "default_locale": default, "locales": list(locales), "texts": texts} | asked | (more or {})


BASE = flat(document(en={"question": "How was it?"}), "Support")


def edited(**texts):
    return flat(document(**texts), "Support")


def asking(*questions, **texts):
    return flat(document(questions=[SCORE, *questions, COMMENT], **texts))


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


def test_a_draft_survives_being_flat():
    for draft in (
        document(en={"question": "How was it?"}),
        document(more={"anonymous": True, "template": "csat_call", "look": {"color": "#112233"}}),
        document(questions=[SCORE, PICK, YESNO | {"required": True, "show": {"match": "all", "conditions": []}}]),
    ):
        again = comparing.document_of(flat(draft, "Support"))
        assert flat(again) == flat(draft)
    assert comparing.document_of(BASE) == document(en={"question": "How was it?"})


def test_what_is_usual_is_no_difference():
    spelt_out = [SCORE | {"required": True}, COMMENT | {"required": False, "choices": []}]
    assert flat(document(questions=spelt_out)) == flat(document())


def test_questions_that_two_people_added_stand_where_each_put_them():
    mine, theirs = asking(YESNO), flat(document(questions=[SCORE, COMMENT, PICK]))
    merged, clashes = merge(asking(), mine, theirs)
    assert (merged["questions",], clashes) == (("score", "solved", "comment", "pick"), [])
    assert merged["question", "pick", "choices"] == ("a", "b")
    assert merged["question", "solved", "kind"] == "yesno"


def test_choices_that_two_people_added_come_together():
    mine, theirs = asking(PICK | {"choices": ["a", "b", "c"]}), asking(PICK | {"choices": ["d", "a"]})
    merged, clashes = merge(asking(PICK), mine, theirs)
    assert (merged["question", "pick", "choices"], clashes) == (("d", "a", "c"), [])


def test_a_question_that_they_removed_is_gone_unless_i_changed_it():
    base, theirs = asking(YESNO, PICK), asking(PICK)
    assert (
        merge(base, asking(YESNO, PICK, en={"thanks_title": "Cheers"}), theirs)[0]["questions",] == theirs["questions",]
    )
    mine = asking(YESNO | {"required": True}, PICK, en={"solved.title": "Solved?"})
    merged, clashes = merge(base, mine, theirs)
    assert merged == mine
    assert clashes == [Change(("question", "solved"), "solved", None)]


def test_a_question_that_i_removed_is_gone_and_their_edits_of_it_are_shown():
    theirs = asking(YESNO, PICK, en={"solved.title": "Solved?", "thanks_title": "Cheers"})
    merged, clashes = merge(asking(YESNO, PICK), asking(PICK), theirs)
    assert merged == asking(PICK, en={"thanks_title": "Cheers"})
    assert clashes == [Change(("question", "solved"), None, "solved")]


def test_one_question_that_both_removed_is_no_clash():
    assert merge(asking(YESNO), asking(), asking()) == (asking(), [])


def test_two_orders_clash_and_mine_stands():
    base = flat(document(questions=[SCORE, YESNO, PICK, COMMENT]))
    mine = flat(document(questions=[YESNO, SCORE, PICK, COMMENT]))
    theirs = flat(document(questions=[SCORE, YESNO, COMMENT, PICK]))
    merged, clashes = merge(base, mine, theirs)
    assert merged["questions",] == mine["questions",]
    assert [clash.place for clash in clashes] == [("questions",)]


def test_settings_and_look_are_places_too():
    mine, theirs = flat(document(more={"anonymous": True})), flat(document(more={"look": {"color": "#112233"}}))
    merged, clashes = merge(flat(document()), mine, theirs)
    assert (merged["anonymous",], merged["look", "color"], clashes) == (True, "#112233", [])


@pytest.mark.parametrize(
    ("mine", "theirs", "result", "clash"),
    [
        ("abc", "abc", "abc", False),
        ("abxc", "abc", "abxc", False),
        ("abc", "xabc", "xabc", False),
        ("axbc", "aybc", "axybc", False),
        ("ac", "abc", "ac", False),
        ("cab", "abc", "cab", False),
        ("cab", "abxc", "cabx", False),
        ("cab", "ab", "ab", False),
        ("cab", "bac", "cab", True),
        ("", "abc", "", False),
    ],
)
def test_lists_that_two_people_edited(mine, theirs, result, clash):
    assert joined(tuple("abc"), tuple(mine), tuple(theirs)) == (tuple(result), clash)


@given(st.permutations("abcdef"), st.permutations("abcdxy"), st.sets(st.sampled_from("abcdefxy")))
def test_where_only_one_edited_a_list_it_is_theirs(base, edit, gone):
    mine = tuple(one for one in edit if one not in gone)
    assert joined(tuple(base), mine, tuple(base)) == joined(tuple(base), tuple(base), mine) == (mine, False)


def test_changes_are_told_settings_first_then_by_language_in_the_order_of_the_page():
    after = flat(document(sl={"question": "K?"}, en={"send": "Go", "question": "Q?"}), "Help")
    assert [change.place[-2:] for change in changes(BASE, after)] == [
        ("name",),
        ("en", "question"),
        ("en", "send"),
        ("sl", "question"),
    ]


def test_a_new_question_is_one_change_for_people():
    before, after = asking(), asking(PICK, en={"pick.title": "What?", "pick.choice.a": "This", "send": "Go"})
    assert [change.place for change in news(before, after)] == [("question", "pick"), ("texts", "en", "send")]


def test_a_change_is_read_in_the_words_that_people_saw():
    before, after = document(en={"question": "How was it?"}), document(en={"question": "How was it?", "send": "Go"})
    ours = comparing.readable(Change(("texts", "en", "send"), None, "Go"), before, after)
    assert (ours.before, ours.after) == ("Send", "Go")
    fallen_back = comparing.readable(Change(("texts", "sl", "question"), None, "Kako?"), before, after)
    assert fallen_back.before == "How was it?"
