"""Which phrases are shown, how sure a share is, and what words of an own topic mean."""

import pytest

from feedback.patterning import part_of, parts_of, speaks, typed_words
from feedback.searching import words_of
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
    ],
)
def test_a_word_means_itself_and_with_a_star_all_that_begin_so(word, comment, said):
    assert speaks(words_of(comment), parts_of([word])) is said


def test_words_stand_between_commas_or_on_lines_each_once():
    assert typed_words(" box,\r\nwet  parcel ;box,, \n") == ("box", "wet parcel")
    assert part_of("box*").prefix
    assert not speaks(["box"], ())
