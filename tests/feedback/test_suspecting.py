"""Which submissions are flagged as a scanner's, and that people never are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.suspecting import SCANNER_AGENTS, Signs, Submission, Visit, signs_seen, suspicion

MAIL = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


def after(seconds: float) -> datetime:
    return MAIL + timedelta(seconds=seconds)


def sent(
    at: float = 3605, *, opened: float | None = 3600, client: str = "ana", agent: str = BROWSER, delivered: bool = True
) -> Submission:
    return Submission(after(at), client, None if opened is None else after(opened), MAIL if delivered else None, agent)


def sweep(start: float, *, client: str = "ana", step: float = 0.2, scores: Sequence[int] = range(11)) -> list[Visit]:
    return [Visit(after(start + number * step), client, "open", score) for number, score in enumerate(scores)]


def test_a_person_who_reads_and_answers_is_not_flagged() -> None:
    assert suspicion(Signs(sent(), [Visit(after(3600), "ana", "open", 9)])) is None


def test_a_person_who_answers_in_a_blink_is_not_flagged() -> None:
    assert suspicion(Signs(sent(3600.4), [Visit(after(3600), "ana", "open", 9)])) is None


def test_a_person_who_answers_at_once_after_delivery_is_not_flagged() -> None:
    assert suspicion(Signs(sent(20, opened=15))) is None


def test_a_robot_that_presses_send_at_once_is_flagged_by_its_speed() -> None:
    assert suspicion(Signs(sent(5.3, opened=5))) == "robot_speed"


def test_the_decoy_is_enough_alone() -> None:
    assert suspicion(Signs(sent(), [Visit(after(3602), "ana", "decoy")])) == "decoy"


def test_a_sweep_is_enough_alone() -> None:
    assert suspicion(Signs(sent(), sweep(3598))) == "sweep"


def test_two_scores_are_a_change_of_mind_and_three_slow_ones_too() -> None:
    assert suspicion(Signs(sent(), sweep(3599, scores=[7, 9]))) is None
    assert suspicion(Signs(sent(), sweep(3599, scores=[7, 9, 7, 9]))) is None
    slow = [Visit(after(3600 + 8 * number), "ana", "open", number) for number in range(4)]
    assert suspicion(Signs(sent(3640), slow)) is None


@pytest.mark.parametrize(("span", "reason"), [(10.0, "sweep"), (10.1, None)])
def test_three_scores_count_within_ten_seconds(span: float, reason: str | None) -> None:
    visits = sweep(3591, step=span / 2, scores=[1, 2, 3])
    assert suspicion(Signs(sent(3610), visits)) == reason


def test_head_first_needs_a_companion() -> None:
    head = [Visit(after(3599), "ana", "head")]
    assert suspicion(Signs(sent(), head)) is None
    assert suspicion(Signs(sent(3600.5), head)) == "head_first"


@pytest.mark.parametrize("part", SCANNER_AGENTS)
def test_a_known_scanner_needs_a_companion(part: str) -> None:
    agent = f"X {part.title()}1.0"
    assert suspicion(Signs(sent(agent=agent))) is None
    assert suspicion(Signs(sent(40, opened=30, agent=agent))) == "scanner_agent"


def test_a_person_after_a_scanner_swept_the_mail_is_not_flagged() -> None:
    swept = [*sweep(2, client="gateway"), Visit(after(5), "gateway", "decoy"), Visit(after(1), "gateway", "head")]
    assert suspicion(Signs(sent(30, opened=20), swept)) is None
    # Behind one company address with one browser image the scanner may even look like the same client.
    same = [replace(visit, client="ana") for visit in swept]
    assert suspicion(Signs(sent(30, opened=20), same)) is None
    assert suspicion(Signs(sent(), same)) is None


def test_a_scanner_that_dwells_ten_seconds_before_send_is_flagged() -> None:
    assert suspicion(Signs(sent(14, opened=4), sweep(2))) == "sweep"


@pytest.mark.parametrize(
    ("at", "reason"),
    [(3589.9, None), (3590, "decoy"), (3600, "decoy"), (3660, "decoy"), (3660.1, None)],
)
def test_visits_count_from_ten_seconds_before_the_page_to_a_minute_after(at: float, reason: str | None) -> None:
    assert suspicion(Signs(sent(5000), [Visit(after(at), "ana", "decoy")])) == reason


def test_what_comes_after_send_is_another_story() -> None:
    assert suspicion(Signs(sent(), [Visit(after(3606), "ana", "decoy")])) is None


def test_a_send_without_a_page_answers_for_the_ten_seconds_before_it() -> None:
    assert suspicion(Signs(sent(opened=None), [Visit(after(3596), "ana", "decoy")])) == "decoy"
    assert suspicion(Signs(sent(opened=None), [Visit(after(3594), "ana", "decoy")])) is None
    assert suspicion(Signs(sent(opened=None))) is None


def test_an_open_link_was_never_delivered_and_so_is_never_fresh() -> None:
    assert signs_seen(Signs(sent(5.3, opened=5, delivered=False))) == ("fast_send",)


def test_clocks_that_disagree_prove_nothing() -> None:
    assert signs_seen(Signs(sent(-3, opened=-2))) == ()


def test_the_signs_are_kept_as_evidence() -> None:
    visits = [*sweep(4), Visit(after(4), "ana", "decoy"), Visit(after(3), "ana", "head")]
    assert signs_seen(Signs(sent(6.5, opened=6, agent="curl/8"), visits)) == (
        "decoy", "sweep", "head_first", "fast_send", "fresh_mail", "scanner_agent",
    )  # fmt: skip


visits_of_anybody = st.lists(
    st.builds(
        Visit,
        at=st.floats(-100, 4000).map(after),
        client=st.sampled_from(["gateway", "preview", "colleague"]),
        kind=st.sampled_from(["head", "open", "decoy"]),
        score=st.none() | st.integers(0, 10),
    ),
    max_size=30,
)
submissions = st.builds(
    Submission,
    at=st.floats(0, 4000).map(after),
    client=st.just("ana"),
    opened_at=st.none() | st.floats(0, 4000).map(after),
    delivered_at=st.none() | st.just(MAIL),
    user_agent=st.sampled_from([BROWSER, "", "curl/8.1", "Barracuda Sentinel"]),
)


@given(submissions, visits_of_anybody)
def test_what_others_visit_never_changes_the_verdict(submission: Submission, visits: list[Visit]) -> None:
    assert suspicion(Signs(submission, visits)) == suspicion(Signs(submission))


@given(submissions, visits_of_anybody, st.sampled_from(["ana", "gateway"]))
def test_one_weak_sign_never_flags(submission: Submission, visits: list[Visit], client: str) -> None:
    signs = Signs(submission, [replace(visit, client=client) for visit in visits])
    seen = set(signs_seen(signs))
    flagged = suspicion(signs) is not None
    assert flagged == (bool(seen & {"decoy", "sweep"}) or len(seen) >= 2)


@given(submissions, visits_of_anybody)
def test_the_order_of_visits_does_not_matter(submission: Submission, visits: list[Visit]) -> None:
    own = [replace(visit, client="ana") for visit in visits]
    assert signs_seen(Signs(submission, own)) == signs_seen(Signs(submission, own[::-1]))


@given(quickness=st.floats(0, 3000), wait=st.floats(61, 3000))
def test_a_person_with_a_browser_is_never_flagged_after_the_first_minute(quickness: float, wait: float) -> None:
    visit = Visit(after(wait), "ana", "open", 10)
    assert suspicion(Signs(sent(wait + quickness, opened=wait), [visit])) is None
