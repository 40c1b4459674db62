"""Comments in many scripts, for tests that search them."""

from datetime import timedelta

import time_machine

from base import clock
from tests.cast import AT, a_response, an_invitation

SAID = (
    "Ο Σόλων ήταν σοφός, αλλά περίμενα τρεις ώρες",
    "Čakal sem tri ure, žal ni bilo nikogar v trgovini",
    "Ещё раз: доставка была быстрой, ёлка стоит",
    "Źle zapakowane, Łódź czekała tydzień",
    "The parcel waited in the shop, don't ask why",
    "The shop parcel came quickly; great SERVICE",
    "很慢的服务",
)


def all_said(survey, run_jobs):
    """One answer for each comment, each a minute after the one before, all of them read."""
    kept = []
    for number, comment in enumerate(SAID):
        with time_machine.travel(AT + timedelta(minutes=number), tick=False):
            asked = an_invitation(survey, email=f"c{number}@customer.example", agent="Zala" if number % 2 else "Vid")
            kept.append(a_response(asked, number, comment, at=clock.now()))
    run_jobs()
    return kept
