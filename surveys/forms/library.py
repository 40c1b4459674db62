"""The library as designers read it: what each ready-made survey and each metric is called, and what it is for."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from surveys.library import TEMPLATES
from surveys.outlining import Line
from surveys.question import Condition, Show
from surveys.scale import SCALES
from surveys.wording import Texts

NAMES: dict[str, Any] = {
    "csat_ticket": _("After a solved ticket"),
    "csat_chat": _("After a chat"),
    "csat_call": _("After a call"),
    "csat_delivery": _("After a delivery"),
    "ces_self_service": _("After self-service"),
    "nps_purchase": _("After a purchase"),
    "nps_relationship": _("Customer loyalty"),
    "onboarding": _("Getting started"),
    "cancellation": _("After a cancellation"),
    "employee_nps": _("Your own people"),
    "servqual": _("Service quality (SERVQUAL)"),
    "nps": _("Loyalty (NPS)"),
    "csat": _("Satisfaction (CSAT)"),
    "csat3": _("Satisfaction in three words (CSAT)"),
    "ces": _("Effort (CES)"),
    "ces5": _("Effort in five steps (CES)"),
    "stars": _("Stars"),
    "smileys": _("Smileys"),
    "thumbs": _("Thumbs up or down"),
}
ABOUT: dict[str, Any] = {
    "csat_ticket": _("How well it was handled, whether it is resolved, and what is still open where it is not."),
    "csat_chat": _("How the chat went, and what the less happy would have liked better."),
    "csat_call": _("How the call went, and whether one call was enough."),
    "csat_delivery": _("How the delivery went, and what went wrong where it did."),
    "ces_self_service": _("How easy it was to find help alone, and what people looked for in vain."),
    "nps_purchase": _("Would they recommend you, and what mattered most when they bought?"),
    "nps_relationship": _("Would they recommend you, why, and what should you improve first? Once or twice a year."),
    "onboarding": _("How the first weeks went: clear steps, known contacts, an early use."),
    "cancellation": _("Why people leave, what you should improve, and whether they might come back."),
    "employee_nps": _("Would they recommend you as a place to work? Anonymous, so that they can be frank."),
    "servqual": _("22 statements in five dimensions, from what people see to how well they are understood."),
    "nps": _("About the whole relationship, now and then: after onboarding, before a renewal, twice a year."),
    "csat": _("Right after one event: a solved ticket, a delivery, a visit. Best for comparing teams and weeks."),
    "csat3": _("Three words instead of numbers, for people in a hurry."),
    "ces": _("After somebody had to get something done: a return, a claim, a setup. It shows where things are hard."),
    "ces5": _("The same in five steps, from very difficult to very easy."),
    "stars": _("What everybody knows from shops and apps. Good for products and places."),
    "smileys": _("Needs no reading: for kiosks, children, and many languages at once."),
    "thumbs": _("One tap, two answers: under an article, after a chat. Least detail, most answers."),
}
GROUPS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (
        "after",
        _("After an interaction"),
        ("csat_ticket", "csat_chat", "csat_call", "csat_delivery", "ces_self_service"),
    ),
    ("relationship", _("Relationship"), ("nps_purchase", "nps_relationship", "onboarding", "cancellation")),
    ("people", _("People"), ("employee_nps",)),
    ("depth", _("In depth"), ("servqual",)),
    ("scratch", _("From scratch"), tuple(SCALES)),
)
"""The sections of the library, in order: a name for addresses, a heading, what is in it."""
assert {key for _key, _title, keys in GROUPS for key in keys} == {*TEMPLATES, *SCALES}, "everything has its place"
assert set(NAMES) == set(ABOUT) == {*TEMPLATES, *SCALES}, "everything has its words"

KINDS: dict[str, Any] = {
    "score": _("Score"),
    "one": _("One choice"),
    "many": _("Several choices"),
    "short": _("Short text"),
    "long": _("Text"),
    "matrix": _("Statements"),
    "yesno": _("Yes or no"),
    "date": _("Date"),
    "contact": _("Consent and an address"),
}
_BANDS = {"detractor": _("detractors"), "passive": _("passives"), "promoter": _("promoters")}


def when(show: Show, lines: tuple[Line, ...], words: Texts) -> str:
    """Who is asked a question with these conditions, where one short sentence can say it."""
    first = show.conditions[0]
    if len(show.conditions) == 1 and not first.negated:
        if first.about == "band":
            named = [str(_BANDS[band]) for band in ("detractor", "passive", "promoter") if band in first.values]
            return str(gettext("Only %(who)s", who=gettext(" and ").join(named)))
        if first.about == "answer" and (answer := _answer(first, words)):
            asked = next((line.title for line in lines if line.question.id == first.name), "")
            return str(gettext("Only after “%(answer)s” to “%(question)s”", answer=answer, question=asked))
    return str(gettext("Only under conditions"))


def _answer(condition: Condition, words: Texts) -> str:
    """The words of the one answer that a condition asks for."""
    if len(condition.values) != 1:
        return ""
    value = condition.values[0]
    return words.get(f"{condition.name}.choice.{value}", words.get(value, "") if value in {"yes", "no"} else "")
