"""What ids tell of the order in which things were made, and where they must tell nothing."""

from datetime import timedelta
from itertools import pairwise

import time_machine

from base import clock
from base.db import new_id
from tests.cast import AT


def test_ids_of_one_millisecond_sort_as_they_were_made():
    with time_machine.travel(AT, tick=False):
        made = [new_id() for _ in range(1000)]
    assert made == sorted(set(made))
    assert {ident.version for ident in made} == {7}
    assert {ident.variant for ident in made} == {"specified in RFC 4122"}
    assert {ident.int >> 80 for ident in made} == {int(AT.timestamp() * 1000)}


def test_a_later_millisecond_sorts_after_an_earlier_one():
    with time_machine.travel(AT, tick=False) as traveller:
        earlier = [new_id() for _ in range(50)]
        traveller.shift(timedelta(milliseconds=1))
        assert max(earlier) < new_id()


def test_steps_from_one_id_to_the_next_cannot_be_guessed():
    with time_machine.travel(AT, tick=False):
        made = [new_id().int & 0x3FFFFFFFFFFFFFFF for _ in range(100)]
    assert len({later - earlier for earlier, later in pairwise(made)}) == 99


def test_ids_made_while_the_clock_stands_do_not_tell_who_was_first():
    with clock.standing_at(AT):
        made = [new_id() for _ in range(60)]
    assert made != sorted(made)
    assert {ident.int >> 80 for ident in made} == {int(AT.timestamp() * 1000)}
