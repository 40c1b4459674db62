"""What the pages of alerts say about rules and messages, in the staff's language."""

from __future__ import annotations

from flask_babel import gettext, ngettext

from feedback.alert import Alert
from feedback.forms.naming import language_name
from feedback.posting import NAMES
from feedback.recipient import Recipient
from feedback.response import Response
from surveys.scale import SCALES


def score_words(response: Response) -> str:
    """What a link to an answer is called: "2 of 10"."""
    return str(gettext("%(score)s of %(high)s", score=response.score, high=SCALES[response.metric].high))


def kind_words(recipient: Recipient) -> str:
    """What sort of place a recipient is."""
    return NAMES.get(recipient.kind) or str(gettext("Mail"))


def rule_words(alert: Alert) -> str:
    """For example "A detractor · comment below −0.2 · team North"."""
    if alert.kind == "drop":
        told = [gettext("The score of %(days)s days drops clearly against the %(days)s before", days=alert.days)]
        return " · ".join([*told, *_segments(alert)])
    told = [_bands()[alert.band] if alert.band else gettext("Any score")]
    if alert.below is not None:
        told.append(gettext("comment below %(polarity)s", polarity=f"{alert.below:g}".replace("-", "−")))
    if words := alert.conditions.words:
        quoted = ", ".join(f"“{word}”" for word in words[:5]) + (" …" if len(words) > 5 else "")
        told.append(gettext("comment says %(words)s", words=quoted))
    return " · ".join([*told, *_segments(alert)])


def pause_words(alert: Alert) -> str:
    """How long a recipient is left alone after a message."""
    if alert.cool_down % 1440 == 0:
        return str(ngettext("%(num)s day", "%(num)s days", alert.cool_down // 1440))
    if alert.cool_down % 60 == 0:
        return str(ngettext("%(num)s hour", "%(num)s hours", alert.cool_down // 60))
    return str(ngettext("%(num)s minute", "%(num)s minutes", alert.cool_down))


def _bands() -> dict[str, str]:
    return {
        "detractor": gettext("A detractor"),
        "passive": gettext("A passive answer"),
        "promoter": gettext("A promoter"),
    }


def _segments(alert: Alert) -> list[str]:
    named = {
        gettext("agent"): alert.agent,
        gettext("team"): alert.team,
        gettext("channel"): alert.channel,
        gettext("language"): language_name(alert.language),
    }
    told = [f"{name} {value}" for name, value in named.items() if value]
    return told + ([f"{alert.property_name} = {alert.property_value}"] if alert.property_name else [])
