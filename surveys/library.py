"""Ready-made surveys. Their words are in `words/<locale>.json` under "library", in every built-in language.

A survey made of one keeps its key as `template`, so that a language added later comes with its words too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """What a ready-made survey asks. `texts` maps keys of a document's texts to names of built-in words."""

    key: str
    metric: str
    questions: tuple[Raw, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    anonymous: bool = False
    options: tuple[str, ...] = ()
    """What may be chosen when a survey is made of it: `expectation`."""

    def document(self, locales: tuple[str, ...], *, chosen: tuple[str, ...] = ()) -> Raw:
        """A first draft in these languages, the first being the main one."""
        asked = [dict(raw) for raw in self.questions if raw.get("side") != "expected" or "expectation" in chosen]
        document: Raw = {"metric": self.metric, "default_locale": locales[0], "locales": list(locales)}
        document |= {"texts": {locale: {} for locale in locales}, "questions": asked, "template": self.key}
        return document | ({"anonymous": True} if self.anonymous else {})


SCORE: Final[Raw] = {"id": "score", "kind": "score"}
COMMENT: Final[Raw] = {"id": "comment", "kind": "long"}
CONTACT: Final[Raw] = {"id": "contact", "kind": "contact"}


def _if_band(*bands: str) -> Raw:
    return {"match": "all", "conditions": [{"about": "band", "is": list(bands)}]}


def _if_answer(question: str, *values: str) -> Raw:
    return {"match": "all", "conditions": [{"about": "answer", "question": question, "is": list(values)}]}


def _choices(ident: str, *names: str) -> dict[str, str]:
    return {f"{ident}.choice.{name}": name for name in names}


_BETTER = ("waiting_time", "friendliness", "knowledge", "clear_answers", "solution")
_BETTER_RAW: Raw = {"id": "better", "kind": "many", "choices": list(_BETTER), "other": True, "shuffle": True}
_BETTER_TEXTS = {"better.title": "better", **_choices("better", *_BETTER)}
_UNHAPPY = _if_band("detractor", "passive")
_MATTERED = ("quality", "price", "choice", "delivery", "service", "ease")
_TENURE = ("under_a_year", "one_to_three_years", "over_three_years")
_TROUBLES = ("late", "damaged", "incomplete", "courier", "information")
_STATEMENTS = ("steps_clear", "knew_whom", "useful_soon")
_LEAVING = (*("too_expensive", "missing_something", "quality_reason", "service_reason", "no_need", "another_provider"),)

SERVQUAL: Final[Mapping[str, int]] = MappingProxyType(
    {"tangibles": 4, "reliability": 5, "responsiveness": 4, "assurance": 4, "empathy": 5}
)
"""Its five dimensions, each with how many statements it has (Parasuraman, Zeithaml and Berry, Journal of Retailing
64(1), 1988: 22 statements, each rated from 1 to 7; the statements here are in our own words)."""


def _servqual() -> Template:
    asked: list[Raw] = [SCORE]
    texts = {"question": "servqual_question", "mail_intro": "servqual_mail_intro", "mail_why": "customer_mail_why"}
    for side, ending in (("expected", "_expected"), ("perceived", "")):
        for dimension, statements in SERVQUAL.items():
            ident, rows = f"{dimension}{ending}", [f"{dimension}_{n + 1}" for n in range(statements)]
            matrix: Raw = {"id": ident, "kind": "matrix", "rows": rows, "low": 1, "high": 7}
            asked.append({**matrix, "dimension": dimension, "side": side})
            texts |= {f"{ident}.title": f"servqual_{side}", f"{ident}.help": dimension}
            texts |= {f"{ident}.row.{row}": row for row in rows}
            texts |= {f"{ident}.low_label": "agree_low", f"{ident}.high_label": "agree_high"}
    return Template("servqual", "csat", (*asked, COMMENT), texts, options=("expectation",))


_ALL = (
    Template(
        "csat_ticket",
        "csat",
        (
            SCORE,
            {"id": "resolved", "kind": "yesno"},
            {"id": "still_open", "kind": "long", "show": _if_answer("resolved", "no")},
            COMMENT,
            {**CONTACT, "show": _if_band("detractor")},
        ),
        {"question": "ticket_question", "resolved.title": "resolved", "still_open.title": "still_open"},
    ),
    Template(
        "csat_chat",
        "csat",
        (SCORE, {**_BETTER_RAW, "show": _UNHAPPY}, COMMENT),
        {"question": "chat_question", **_BETTER_TEXTS},
    ),
    Template(
        "csat_call",
        "csat",
        (SCORE, {"id": "called_often", "kind": "yesno"}, {**_BETTER_RAW, "show": _UNHAPPY}, COMMENT),
        {"question": "call_question", "called_often.title": "called_often", **_BETTER_TEXTS},
    ),
    Template(
        "csat_delivery",
        "csat",
        (
            SCORE,
            {"id": "trouble", "kind": "many", "choices": list(_TROUBLES), "other": True, "show": _UNHAPPY},
            COMMENT,
        ),
        {
            "question": "delivery_question",
            "mail_intro": "delivery_mail_intro",
            "trouble.title": "delivery_problem",
            **_choices("trouble", *_TROUBLES),
        },
    ),
    Template(
        "nps_purchase",
        "nps",
        (
            SCORE,
            {"id": "mattered", "kind": "one", "choices": list(_MATTERED), "other": True, "shuffle": True},
            COMMENT,
        ),
        {
            "mail_intro": "purchase_mail_intro",
            "mail_why": "customer_mail_why",
            "mattered.title": "mattered",
            **_choices("mattered", *_MATTERED),
        },
    ),
    Template(
        "nps_relationship",
        "nps",
        (
            SCORE,
            COMMENT,
            {"id": "improve_first", "kind": "short", "show": _UNHAPPY},
            {"id": "customer_for", "kind": "one", "choices": list(_TENURE)},
            {**CONTACT, "show": _if_band("detractor")},
        ),
        {
            "mail_intro": "relationship_mail_intro",
            "mail_why": "customer_mail_why",
            "improve_first.title": "improve_first",
            "customer_for.title": "customer_for",
            **_choices("customer_for", *_TENURE),
        },
    ),
    Template(
        "ces_self_service",
        "ces",
        (
            SCORE,
            {"id": "found", "kind": "yesno"},
            {"id": "looked_for", "kind": "short", "show": _if_answer("found", "no")},
            COMMENT,
        ),
        {
            "question": "self_service_question",
            "mail_intro": "self_service_mail_intro",
            "found.title": "found",
            "looked_for.title": "looked_for",
        },
    ),
    Template(
        "onboarding",
        "csat",
        (SCORE, {"id": "statements", "kind": "matrix", "rows": list(_STATEMENTS), "low": 1, "high": 5}, COMMENT),
        {
            "question": "onboarding_question",
            "mail_intro": "onboarding_mail_intro",
            "mail_why": "customer_mail_why",
            "comment_label": "easier",
            "statements.title": "statements",
            **{f"statements.row.{name}": name for name in _STATEMENTS},
            "statements.low_label": "agree_low",
            "statements.high_label": "agree_high",
        },
    ),
    Template(
        "cancellation",
        "csat",
        (
            SCORE,
            {"id": "leaving", "kind": "one", "choices": list(_LEAVING), "other": True, "shuffle": True},
            COMMENT,
            {"id": "come_back", "kind": "yesno"},
        ),
        {
            "question": "cancellation_question",
            "mail_intro": "cancellation_mail_intro",
            "mail_why": "former_mail_why",
            "comment_label": "improve_first",
            "come_back.title": "come_back",
            "leaving.title": "leaving_reason",
            **_choices("leaving", *_LEAVING),
        },
    ),
    Template(
        "employee_nps",
        "nps",
        (SCORE, COMMENT),
        {
            "question": "employee_question",
            "mail_intro": "employee_mail_intro",
            "mail_why": "employee_mail_why",
            "thanks_body": "employee_thanks",
        },
        anonymous=True,
    ),
    _servqual(),
)
TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType({template.key: template for template in _ALL})
