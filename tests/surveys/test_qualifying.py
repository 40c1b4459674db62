"""Which interactions are asked about."""

import uuid

import pytest

from surveys.merging import Person
from surveys.qualifying import drawn, holds, refusal
from surveys.question import Condition, Show

SURVEY = uuid.UUID(int=7)
TICKET = Person({"locale": "sl"}, {"team": "North", "channel": "chat", "tags": "vip, Refund", "hours": 3})


def about(name, *values, negated=False):
    return Condition("interaction", values, name, negated)


@pytest.mark.parametrize(("condition", "expected"), [
    (about("team", "north", "south"), True),
    (about("team", "South"), False),
    (about("team", "South", negated=True), True),
    (about("hours", "3"), True),
    (about("city", "Koper"), False),
    (about("city", "Koper", negated=True), True),
    (about("tags", "refund"), True),
    (about("tags", "VIP", "new"), True),
    (about("tags", "new"), False),
    (about("tags", "new", negated=True), True),
])  # fmt: skip
def test_a_condition_compares_what_happened_however_it_is_capitalised(condition, expected):
    assert holds(Show((condition,)), TICKET) is expected


def test_tags_may_come_as_a_list():
    assert holds(Show((about("tags", "vip"),)), Person({}, {"tags": ["VIP", 7]}))


def test_all_conditions_hold_or_any_of_them():
    both = (about("team", "North"), about("channel", "email"))
    assert not holds(Show(both), TICKET)
    assert holds(Show(both, "any"), TICKET)


def test_a_sample_is_close_to_its_share_and_always_the_same():
    tickets = [("helpdesk", str(number)) for number in range(20_000)]
    taken = [ticket for ticket in tickets if drawn(SURVEY, ticket, 25)]
    assert 0.24 < len(taken) / len(tickets) < 0.26
    assert taken == [ticket for ticket in tickets if drawn(SURVEY, ticket, 25)]
    assert all(drawn(SURVEY, ticket, 100) for ticket in tickets)
    assert not any(drawn(SURVEY, ticket, 0) for ticket in tickets)


def test_two_surveys_do_not_sample_the_same_interactions():
    tickets = [("helpdesk", str(number)) for number in range(2000)]
    both = sum(drawn(SURVEY, one, 50) and drawn(uuid.UUID(int=8), one, 50) for one in tickets)
    assert 400 < both < 600


def test_the_condition_is_the_reason_that_is_told_first():
    refused = {"show": Show((about("team", "South"),)), "sample": 0}
    assert refusal(TICKET, **refused, survey_id=SURVEY, about=("helpdesk", "1")) == "condition"
