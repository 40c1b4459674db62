"""What the mail of a digest is made of: one section after the other.

A section is a function of `SECTIONS` that says what its two templates, `email/_digest_<name>.html` and `.txt`, need, or
None when it has nothing to say. To add one, write these three things; mail, preview and the reader's page follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from base.clock import local_date
from base.mail import one_line
from feedback.case_load import LateCase
from feedback.case_tally import Recovery
from feedback.contradicting import contradicts
from feedback.growing import Growth
from feedback.metric import Score
from feedback.report import Card, Line, Report
from feedback.sharing import Share
from feedback.themebook import Entry, WorkspaceTheme
from feedback.way import Way
from feedback.wording import Voice, excerpt

COMMENT_LENGTH = 600
NAME_LENGTH = 80
FACTS_LENGTH = 160
CASE_LENGTH = 140
MOST_TOPICS = 5


@dataclass(frozen=True)
class Section:
    """One that has something to say."""

    name: str
    values: Mapping[str, Any]


Values = Mapping[str, Any] | None


def sections(voice: Voice, report: Report, way: Way) -> list[Section]:
    """Those of a report that have something to say, in their order."""
    found = [(name, make(voice, report, way)) for name, make in SECTIONS]
    return [Section(name, values) for name, values in found if values is not None]


def scores(voice: Voice, report: Report, way: Way) -> Values:
    """How each survey stands, and whether it changed."""
    if not report.lines:
        return None
    days = report.period
    return {
        "lines": [_line(voice, way, line) for line in report.lines],
        "before": voice.dates(days.previous_first_day, days.previous_last_day),
        "quiet": ", ".join(survey.name for survey in report.quiet[:12]),
    }


def topics(voice: Voice, report: Report, way: Way) -> Values:  # noqa: ARG001 - asked like all sections
    """What was clearly more spoken of than before."""
    if not report.grown:
        return None
    book = WorkspaceTheme.book(report.digest.workspace_id)
    return {"topics": [_topic(voice, book, one) for one in report.grown[:MOST_TOPICS]]}


def cases(voice: Voice, report: Report, way: Way) -> Values:
    """Which cases wait for somebody, those overdue the longest one by one, and who was won back."""
    load, number = report.cases, report.cases.standing
    if not number.open:
        return None
    rest = number.overdue - len(load.late)
    late = voice.count("cases_overdue", number.overdue) if number.overdue else voice.say("cases_on_time")
    return {
        "standing": f"{voice.count('cases_open', number.open)}, {late}.",
        "late": [_late(voice, way, one, report.digest.zone) for one in load.late],
        "rest": voice.count("rest", rest) if rest else None,
        "all": way.overdue,
        "recovery": _recovery(voice, load.recovery),
        "few": load.recovery.too_few,
    }


def people(voice: Voice, report: Report, way: Way) -> Values:
    """Everybody it tells of, the worst first."""
    if not report.cards:
        return None
    book = WorkspaceTheme.book(report.digest.workspace_id)
    zone = report.digest.zone
    return {
        "cards": [
            card_of(voice, way.answer(card.entry.response.id), card, zone) | heard_in(voice, card, book)
            for card in report.cards
        ],
        "rest": voice.count("rest", report.rest) if report.rest else None,
        "whole": way.whole,
    }


SECTIONS: tuple[tuple[str, Callable[[Voice, Report, Way], Values]], ...] = (
    ("scores", scores),
    ("topics", topics),
    ("cases", cases),
    ("people", people),
)


def theme_name(voice: Voice, entry: Entry) -> str:
    """What the workspace calls a theme, else the language's word."""
    return entry.name or voice.say(f"theme_{entry.theme}")


def _topic(voice: Voice, book: Mapping[str, Entry], one: Growth) -> Mapping[str, str]:
    return {
        "name": theme_name(voice, book[one.theme]),
        "words": voice.say("topic", **_share(voice, Share(one.spoken, one.n))),
        "before": voice.say("topic_before", **_share(voice, Share(one.before, one.n_before))),
        "bad": voice.say("topic_bad", bad=voice.number(one.bad)),
    }


def _share(voice: Voice, of: Share) -> Mapping[str, str]:
    """Of how many, and where 95 of 100 such shares would lie."""
    assert of.value is not None
    assert of.interval is not None
    said = {"share": voice.value("share", of.value), "spoken": voice.number(of.hits), "n": voice.number(of.n)}
    return {**said, "range": _range(voice, *of.interval)}


def _range(voice: Voice, low: float, high: float) -> str:
    return f"{voice.number(low)}…{voice.value('share', high)}"


def _late(voice: Voice, way: Way, late: LateCase, zone: str) -> Mapping[str, Any]:
    due = voice.moment(late.due_at, zone)
    return {
        "words": one_line(late.words, CASE_LENGTH) if late.words else None,
        "language": late.language if late.language not in (None, "und") else None,
        "owner": voice.say("case_owner", name=one_line(late.owner, NAME_LENGTH))
        if late.owner
        else voice.say("case_nobody"),
        "due": voice.say("case_due", when=due),
        "url": way.case(late.id),
        "open_of": voice.say("case_go_of", when=due),
    }


def _recovery(voice: Voice, won: Recovery) -> str | None:
    if won.share is None or won.interval is None:
        return None
    numbers = {"share": voice.value("share", won.share), "n": voice.number(won.n)}
    return voice.say("recovery", **numbers, range=_range(voice, *won.interval))


def _line(voice: Voice, way: Way, line: Line) -> Mapping[str, Any]:
    now, metric = line.now, line.now.metric
    assert now.value is not None
    assert now.margin is not None
    return {
        "survey": line.survey.name,
        "metric": voice.metric(metric),
        "url": way.results(line.survey),
        "value": voice.value(metric, now.value),
        "margin": margin_of(voice, now),
        "answers": voice.count("answers", now.n),
        "few": now.too_few,
        **_change(voice, line),
    }


def margin_of(voice: Voice, of: Score) -> str:
    """The margin, or both ends of the interval where value ± margin would leave the scale."""
    assert of.value is not None
    assert of.margin is not None
    assert of.low is not None
    assert of.high is not None
    lowest = -100 if of.metric == "nps" else 0
    if lowest <= round(of.value) - round(of.margin) and round(of.value) + round(of.margin) <= 100:
        return f"± {voice.number(of.margin)}"
    return f"({voice.number(of.low)}…{voice.number(of.high)})"


def _change(voice: Voice, line: Line) -> Mapping[str, str]:
    kind, delta = line.change.kind, round(line.change.delta or 0)
    if line.now.too_few or line.before.too_few:
        return {"change": voice.say("few" if line.now.too_few else "few_before"), "kind": "few"}
    if kind in ("up", "down") and delta:
        return {"change": voice.say(kind, delta=voice.number(abs(delta))), "kind": kind}
    return {"change": voice.say("unclear"), "kind": "unclear"}


def heard_in(voice: Voice, card: Card, book: Mapping[str, Entry]) -> dict[str, Any]:
    """What the comment speaks of, and whether it says the opposite of the score."""
    response = card.entry.response
    on = [book[one.theme] for one in response.themes if response.read_at and not book[one.theme].off]
    read = (response.sentiment_label, response.polarity, response.confidence)
    odd = contradicts(card.scale.band(response.score), *read)
    return {
        "themes": ", ".join(theme_name(voice, entry) for entry in on),
        "contradicts": voice.say("contradicts") if odd else None,
    }


def card_of(voice: Voice, url: str, card: Card, zone: str) -> dict[str, Any]:
    """One person's answer, as mails show it; `url` leads to it."""
    response, link = card.entry.response, card.entry.link
    agent = voice.say("agent", agent=response.agent) if response.agent else None
    facts = [agent, response.team, response.channel]
    unknown = voice.say("by_link", link=link.name) if link else voice.say("anonymous")
    who, band = one_line(card.entry.person or unknown, NAME_LENGTH), card.scale.band(response.score)
    return {
        "id": response.id.hex,
        "score": voice.score(response.score, card.scale),
        "named_score": voice.named_score(response.score, card.scale),
        "band": band,
        "band_word": voice.say(f"band_{band}"),
        "metric": voice.metric(card.scale.key),
        "survey": card.survey.name,
        "words": excerpt(response.comment, COMMENT_LENGTH) if response.comment else None,
        "all_words": response.comment,
        "language": response.language if response.language not in (None, "und") else None,
        "sentiment": voice.say(response.sentiment_label or "unscored") if response.comment else None,
        "who": who,
        "facts": one_line(" · ".join(filter(None, facts)), FACTS_LENGTH),
        "when": voice.day(local_date(response.created_at, zone))
        if response.anonymous
        else voice.moment(response.created_at, zone),
        "url": url,
        "open_of": _opening(voice, card, who),
    }


def _opening(voice: Voice, card: Card, who: str) -> str:
    """What a button says that leads to an answer: whose it is, and of somebody without a name the score."""
    if card.entry.person:
        return voice.say("open_of", name=who)
    return f"{voice.say('open_answer')}: {voice.named_score(card.entry.response.score, card.scale)}"
