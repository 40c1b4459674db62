"""Whether an answer meets the conditions of an alert, and whether a score has clearly dropped."""

import random
from itertools import pairwise
from math import comb

import pytest

from feedback.alerting import FALSE_ALARMS, FEWEST, Conditions, Facts, Told, drop, matches, speaks_of

UNHAPPY = Facts(
    metric="nps",
    score=2,
    comment="Nobody called back.",
    polarity=-0.6,
    language="sl-SI",
    agent="Žan",
    team="North",
    channel="email",
    properties={"Plan": "Gold", "seats": 5},
)


@pytest.mark.parametrize(
    "like",
    [
        {},
        {"band": "detractor"},
        {"below": -0.5},
        {"words": ("CALLED",)},
        {"words": ("never", "called back")},
        {"agent": "zan", "team": "north"},
        {"language": "sl"},
        {"property_name": "plan", "property_value": "gold"},
        {"property_name": "seats", "property_value": "5"},
        {"band": "detractor", "below": 0.0, "words": ("nobody",), "channel": "Email"},
    ],
)
def test_an_answer_that_is_like_that_matches(like):
    assert matches(Conditions(**like), UNHAPPY)


@pytest.mark.parametrize(
    "like",
    [
        {"band": "passive"},
        {"below": -0.6},
        {"words": ("call",)},
        {"words": ("back called",)},
        {"agent": "Za"},
        {"language": "en"},
        {"property_name": "plan", "property_value": "silver"},
        {"property_name": "country", "property_value": "gold"},
        {"band": "detractor", "words": ("refund",)},
    ],
)
def test_one_condition_that_fails_is_enough(like):
    assert not matches(Conditions(**like), UNHAPPY)


def test_what_nobody_read_has_no_sentiment_and_what_nobody_said_no_words():
    wordless = Facts(metric="csat", score=1)
    assert matches(Conditions(band="detractor"), wordless)
    assert not matches(Conditions(below=1.0), wordless)
    assert not matches(Conditions(words=("a",)), wordless)
    assert not matches(Conditions(language="en"), wordless)


@pytest.mark.parametrize(
    ("comment", "word"),
    [
        ("Čakal sem tri tedne!", "cakal"),
        ("Ο ΣΌΛΩΝΑΣ δεν απάντησε", "σολωνας"),
        ("ΣΌΛΩΝΑΣ", "σόλωνας"),
        ("Отменю подписку", "отменю подписку"),
        ("re-FUND, please", "fund"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
    ],
)
def test_words_are_found_whatever_their_capitals_and_accents(comment, word):
    assert speaks_of(comment, (word,))


@pytest.mark.parametrize(
    ("comment", "word", "found"),
    [
        ("Where are my refunds?", "refund*", True),
        ("REFÚND me", "refund*", True),
        ("Late deliveries again", "late deliver*", True),
        ("They prerefund", "refund*", False),
        ("I want 退款 now", "退款", True),
    ],
)
def test_words_are_looked_for_as_those_of_own_topics(comment, word, found):
    assert speaks_of(comment, (word,)) is found


@pytest.mark.parametrize("word", ["a*", "re*fund", "refund *", "*", "*refund*"])
def test_a_star_that_could_not_be_typed_today_means_as_little_as_it_did(word):
    assert not speaks_of("All refunds are refundable", (word,))


def test_only_whole_words_are_found():
    assert not speaks_of("The refunded parcel", ("refund", "arc"))
    assert not speaks_of("anything at all", ("", "…"))


def csat(percent, n=200):
    happy = round(n * percent / 100)
    return {5: happy, 1: n - happy}


def test_a_clear_drop_is_told_with_both_scores():
    outcome, fall = drop("csat", csat(60), csat(80), None)
    assert outcome == "dropped"
    assert (fall.now.value, fall.before.value, fall.now.n) == (60, 80, 200)


def test_what_chance_explains_is_no_drop_and_neither_is_a_rise():
    assert drop("csat", csat(72), csat(80), None) == ("steady", None)
    assert drop("csat", csat(95), csat(60), None) == ("steady", None)
    assert drop("nps", {0: 40, 10: 60}, {0: 30, 10: 70}, None) == ("steady", None)


@pytest.mark.parametrize(("now", "before"), [(29, 500), (500, 29), (0, 100), (100, 0)])
def test_too_few_answers_on_either_side_say_nothing(now, before):
    assert drop("csat", csat(0, now), csat(100, before), None) == ("steady", None)
    assert drop("csat", csat(0, 30), csat(100, 30), None)[0] == "dropped"


def a_week_of_looks(scores, *, length=7):
    """The outcomes of daily looks at whole-period scores; a period is past after `length` looks."""
    told, since, outcomes = None, 0, []
    for number, (before, now) in enumerate(pairwise(scores)):
        past = number - since >= length
        outcome, fall = drop("csat", csat(now), csat(before), Told(told, past=past) if told else None)
        told, since = (fall, number) if outcome == "dropped" else (None if outcome == "recovered" else told, since)
        outcomes.append(outcome)
    return outcomes


def test_a_drop_is_told_once_while_it_lasts():
    assert a_week_of_looks([80, 60, 61, 60, 59, 60, 61, 60, 60, 60, 60]).count("dropped") == 1


def test_a_further_clear_drop_is_told_again():
    assert a_week_of_looks([80, 60, 58, 35, 35]) == ["dropped", "steady", "dropped", "steady"]


def test_it_flaps_never_however_the_score_jumps():
    assert a_week_of_looks([80, 60, 80, 60, 80, 60, 80]) == ["dropped"] + ["steady"] * 5


def test_after_a_recovery_the_next_drop_is_told():
    looks = a_week_of_looks([80, 60, *[60] * 6, 80, 80, 60])
    assert looks[0] == looks[-1] == "dropped"
    assert looks.count("dropped") == 2
    assert looks.count("recovered") == 1


@pytest.mark.parametrize(
    ("of", "shares", "a_day", "least"),
    [
        ("csat", {5: 0.5, 2: 0.5}, 25, 30),
        ("csat", {5: 0.85, 2: 0.15}, 3, FEWEST),
        ("nps", {10: 0.5, 8: 0.3, 2: 0.2}, 12, 30),
        ("ces", {7: 0.7, 4: 0.1, 1: 0.2}, 8, 30),
    ],
)
def test_a_score_that_never_changes_alarms_as_seldom_as_promised(of, shares, a_day, least):
    """Sixteen years of daily looks; more than twice the promise would come by chance once in hundreds of runs."""
    dice, years, length = random.Random(20261126), 16, 7
    kinds, weights = list(shares), list(shares.values())
    days = [dice.choices(kinds, weights, k=dice.randint(a_day // 2, a_day * 3 // 2)) for _ in range(years * 365)]
    sums = [dict.fromkeys(kinds, 0)]
    for day in days:
        sums.append({kind: sums[-1][kind] + day.count(kind) for kind in kinds})
    told, since, alarms = None, 0, 0
    for at in range(2 * length, len(sums)):
        now, before = (
            {kind: sums[end][kind] - sums[end - length][kind] for kind in kinds} for end in (at, at - length)
        )
        past = Told(told, past=at - since >= length) if told else None
        outcome, fall = drop(of, now, before, past, least=least)
        if outcome == "dropped":
            told, since, alarms = fall, at, alarms + 1
        elif outcome == "recovered":
            told = None
    assert alarms <= FALSE_ALARMS * years


def test_a_real_drop_is_found_within_a_week():
    dice, found = random.Random(7), 0
    for _ in range(50):
        before, now = (sum(dice.random() < share for _ in range(210)) for share in (0.85, 0.65))
        found += drop("csat", {5: now, 1: 210 - now}, {5: before, 1: 210 - before}, None)[0] == "dropped"
    assert found >= 45


def test_few_answers_after_many_drop_no_oftener_by_chance_than_promised():
    """By the chances themselves: of every count that thirty answers can give beside a period of three hundred."""
    share, few, many = 0.98, 30, 300
    before = {5: round(share * many), 1: many - round(share * many)}
    found = sum(
        comb(few, hits) * share**hits * (1 - share) ** (few - hits)
        for hits in range(few + 1)
        if drop("csat", {5: hits, 1: few - hits}, before, None, least=FEWEST)[0] == "dropped"
    )
    assert 365 * found <= FALSE_ALARMS
