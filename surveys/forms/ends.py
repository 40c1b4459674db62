"""In which ways the rows of a table end, in words: as foreseen, and as they became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from flask_babel import format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

from base.i18n import show_date, show_datetime
from surveys.tallying import Tally, apart

Tone = Literal["good", "warn", "bad", "quiet"]

WORDS: Final[Mapping[str, Any]] = {
    "ask": _("will be asked"),
    "later": _("will be asked when their quarantine ends"),
    "keep": _("new, will be kept"),
    "known": _("known already or repeated, not asked twice"),
    "skip.quarantine": _("in quarantine, not asked"),
    "skip.suppressed": _("unsubscribed, or mail to them came back"),
    "skip.condition": _("not what this survey asks about"),
    "skip.sample": _("not drawn for the sample"),
    "skip.closed": _("not asked, because the survey is closed"),
    "skip.unpublished": _("not asked, because the survey is not published"),
    "skip.expired": _("not asked, because the link would have expired"),
    "skip.cancelled": _("taken back before the mail went"),
    "skip.stopped": _("not asked, because somebody stopped the sending"),
    "skip.undeliverable": _("with an address that takes no mail"),
    "refused.email": _("invalid address"),
    "refused.foreign": _("address that many mail servers refuse"),
    "refused.several": _("more than one address in a cell"),
    "refused.missing": _("without address or number"),
    "refused.moment": _("with a date that we cannot read"),
    "refused.future": _("with a date in the future"),
    "refused.too_long": _("with a cell that is too long"),
    "refused.nul": _("with a character that no text may have"),
    "refused.columns": _("with more cells than the table has columns"),
    "refused.quotes": _("with a quotation mark that is never closed"),
    "refused.undecodable": _("not readable in this encoding"),
    "noted.locale": _("with an unknown language; the survey's own is used"),
    "noted.zone": _("with an unknown time zone; the workspace's is used"),
}
BECAME: Final[Mapping[str, Any]] = {
    "ask": _("asked, or waiting for their moment"),
    "later": _("waiting for the end of their quarantine"),
    "keep": _("new, kept"),
}
_ORDER: Final = ("ask", "later", "keep", "skip", "known", "refused", "noted")
_TONES: Final[Mapping[str, Tone]] = {"ask": "good", "keep": "good", "later": "warn", "skip": "warn", "refused": "bad"}


@dataclass(frozen=True)
class End:
    """One way in which rows end. `foreseen`: how many were to, where that is told beside."""

    key: str
    words: str
    count: int
    foreseen: int | None = None
    note: str = ""
    examples: Sequence[Sequence[Any]] = ()

    @property
    def kind(self) -> str:
        return self.key.partition(".")[0]

    @property
    def tone(self) -> Tone:
        return _TONES.get(self.kind, "quiet")


def ends_of(tally: Tally, foreseen: Tally | None = None) -> list[End]:
    """All ends of a tally, those who are asked first. With `foreseen`, of what became beside what was to become."""
    keys = {key for one in (tally, foreseen) if one for key, number in one.counts.items() if number}
    known = [key for key in keys if key.partition(".")[0] in _ORDER]
    known.sort(key=lambda key: (_ORDER.index(key.partition(".")[0]), -tally[key], key))
    return [_end(key, tally, foreseen) for key in known]


def _end(key: str, tally: Tally, foreseen: Tally | None) -> End:
    became = BECAME.get(key) if foreseen is not None else None
    words = str(became or WORDS.get(key) or gettext("not asked (%(reason)s)", reason=key.partition(".")[2]))
    beside = None if foreseen is None else foreseen[key]
    examples = [] if foreseen is not None else tally.examples.get(key, [])
    return End(key, words, tally[key], beside, _note(key, tally), [_example(key, one) for one in examples])


def _note(key: str, tally: Tally) -> str:
    moments = tally.moments(key)
    if key == "ask" and moments:
        return _when(tally)
    if key in ("later", "skip.quarantine") and moments:
        first, last = (show_date(at) for at in moments)
        if first == last:
            return str(gettext("until %(day)s", day=last))
        return str(gettext("until %(first)s, the last until %(last)s", first=first, last=last))
    return ""


def _when(tally: Tally) -> str:
    """When the mails go: at once, after the delay, when the hours allow it."""
    parts = []
    for cause, words in (
        ("now", gettext("%(num)s at once", num="%s")),
        ("due", gettext("%(num)s after the delay, the last on %(last)s", num="%s", last="%s")),
        ("hours", gettext("%(num)s when mail may go, from %(first)s", num="%s", first="%s")),
    ):
        number, moments = tally[f"wait.{cause}"], tally.moments(f"wait.{cause}")
        if number and (moments or cause == "now"):
            told: tuple[Any, ...] = () if cause == "now" else (show_datetime(moments[cause == "due"]),)
            parts.append(words % (format_decimal(number), *told))
    return ", ".join(parts)


def _example(key: str, one: Sequence[Any]) -> Sequence[Any]:
    """Row, who or which column, and when or what it holds."""
    row, about, more = (*one, "")[:3]
    if more and not key.startswith(("refused", "noted")):
        more = show_datetime(datetime.fromisoformat(more))
    return row, about, more


def differences(foreseen: Tally, become: Tally) -> list[str]:
    """What became otherwise than foreseen, a sentence each."""
    told = []
    for key, number in apart(foreseen, become).items():
        what = gettext("asked") if key == "ask" else str(WORDS.get(key, key.partition(".")[2]))
        if number > 0:
            told.append(ngettext("%(num)s more: %(what)s", "%(num)s more: %(what)s", number, what=what))
        else:
            told.append(ngettext("%(num)s fewer: %(what)s", "%(num)s fewer: %(what)s", -number, what=what))
    return told
