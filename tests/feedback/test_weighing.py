"""Which phrases are shown, how sure a share is, and what words of an own topic mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback import patterning
from feedback.patterning import Patterns, part_of, parts_of, typed_words
from feedback.searching import Part, words_of
from feedback.sharing import Share, shift
from feedback.weighing import c_value, chosen


def test_the_c_value_is_that_of_the_paper_with_single_words_let_in():
    assert c_value("delivery late", 10, []) == 2 * 10
    assert c_value("delivery", 12, [10]) == 1 * (12 - 10)
    assert c_value("contact lens soft", 4, []) == pytest.approx((1 + 1.5849625) * 4)
    assert c_value("lens", 30, [8, 4]) == 30 - 6


def test_a_longer_phrase_stands_in_place_of_its_parts_where_it_explains_them():
    assert chosen({"delivery": 12, "late": 11, "delivery late": 10}) == ["delivery late"]
    assert chosen({"delivery": 40, "late": 11, "delivery late": 10}) == ["delivery", "delivery late"]


def test_what_few_comments_have_is_not_shown_and_explains_nothing():
    assert chosen({"parcel": 4, "courier": 5}) == ["courier"]
    assert chosen({"parcel": 5, "parcel wet": 4}) == ["parcel"]
    assert chosen({f"word{n}": 5 + n for n in range(100)}, most=2) == ["word99", "word98"]
    assert chosen({}) == []


def test_a_difference_of_shares_is_that_of_the_literature():
    """Newcombe, Statistics in Medicine 17, 1998, table II, contrast (a), method 10."""
    found = shift(Share(56, 70), Share(48, 80))
    assert (round(found.delta, 4), round(found.low, 2), round(found.high, 2)) == (20.0, 5.24, 33.39)
    assert found.kind == "up"
    assert shift(Share(48, 80), Share(56, 70)).kind == "down"
    assert shift(Share(50, 80), Share(43, 70)).kind == "unclear"
    assert shift(Share(9, 9), Share(0, 80)).kind == "no_data"
    assert shift(Share(56, 70), Share(48, 80), z=3.5).kind == "unclear"
    assert Share(0, 0).value is None
    assert Share(0, 0).interval is None


@pytest.mark.parametrize(
    ("word", "comment", "said"),
    [
        ("delivery", "DELIVERY was slow", True),
        ("delivery", "deliveryman", False),
        ("deliver*", "the deliveries", True),
        ("late deliver*", "Late deliveries", True),
        ("late deliver*", "late, deliveries", True),
        ("late deliver*", "late and delivered", False),
        ("Škatla", "mokra skatla", True),
        ("σοφός", "ΣΟΦΟΣ", True),
        ("don't", "I don’t know", True),
        ("慢", "很慢的服务", True),
        ("配送*", "已配送完成", True),
        ("配送*", "送配", False),
    ],
)
def test_a_word_means_itself_and_with_a_star_all_that_begin_so(word, comment, said):
    assert bool(Patterns([parts_of([word])]).spoken(words_of(comment))) is said


def test_words_stand_between_commas_or_on_lines_each_once():
    assert typed_words(" box,\r\nwet  parcel ;box,, \n") == ("box", "wet parcel")
    assert part_of("box*").prefix
    assert Patterns([()]).spoken(["box"]) == 0


SAID = st.sampled_from(["late", "later", "la", "box", "送"])
PARTS = st.builds(Part, st.lists(SAID, min_size=1, max_size=3).map(tuple), st.booleans())


@given(st.lists(st.lists(PARTS, max_size=4), max_size=3), st.lists(SAID | st.just("boxes"), max_size=8))
def test_lists_of_words_together_find_what_each_word_alone_finds(lists, comment):
    found = Patterns(lists).spoken(comment)
    assert [bool(found >> n & 1) for n in range(len(lists))] == [
        any(part.within(comment) for part in parts) for parts in lists
    ]


def test_a_thousand_words_are_known_in_few_looks_and_what_is_remembered_has_an_end(monkeypatch):
    """A part that is asked at every place of every comment took seconds of each pause in typing."""
    monkeypatch.setattr(Part, "within", None)
    monkeypatch.setattr(patterning, "MOST_KNOWN", 3)
    patterns = Patterns([parts_of([f"word{n}*" for n in range(50)]), parts_of(["late", "late deliver*"])])
    assert [patterns.spoken([f"word{n}s", "other"]) for n in range(50)] == [1] * 50
    assert patterns.spoken(["late", "word7"]) == 3
