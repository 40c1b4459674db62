"""The page of a source, put together for its doors: its address, its calls, and what one of them would become."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from accounts.workspace import Workspace
from base import clock, tokens
from base.errors import NotFoundError
from surveys.forecast import fates
from surveys.forms.calling import FIELD_NAMES, PROBLEMS, SKIPS, note_of, standing, tagged
from surveys.forms.mapping import name_of, problems_of
from surveys.forms.sourcing import ConnectForm, NamedForm, SecureForm, product_of
from surveys.forms.steps import STEPS
from surveys.paging import language_name
from surveys.picking import FIELDS, Picked, pick
from surveys.received_call import FORGED, KEPT_BODY, ReceivedCall
from surveys.receiver import occasion_of, told_by
from surveys.receiving import Told, leaves, text_of, texts_of
from surveys.recipes import recipe
from surveys.selection import Asker
from surveys.source import Source
from surveys.survey import Survey

SHOWN = 25
"""Calls on the page."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A call that is looked at, or what the recipe recorded while none has come. `told` is None for one that cannot be
    read.
    """

    call: ReceivedCall | None
    told: Told | None

    @property
    def options(self) -> list[tuple[str, str]]:
        """What can be chosen from: path and value."""
        return leaves(self.told) if self.told else []

    def sample_of(self, path: str) -> str:
        """What stands at a path, as text."""
        value = self.told.value(path) if self.told and path else None
        return text_of(value) or ", ".join(texts_of(value))


def looked_at(source: Source, ident: uuid.UUID | None) -> Looked:
    """The call of this id, else the newest that can be read, else the recorded one."""
    if ident is not None:
        return _looked(ReceivedCall.of(source, ident))
    for known in ReceivedCall.newest(source.id, limit=5):
        found = _looked(known)
        if found.told is not None:
            return found
    sample = recipe(source.recipe).sample
    recorded = ReceivedCall(body=sample.body, content_type=sample.content_type, query=sample.query, found=sample.found)
    told = told_by(recorded)
    return Looked(None, told if isinstance(told, Told) else None)


def chosen_call() -> uuid.UUID | None:
    """Which call the page is to show, as its address or its form says."""
    written = request.values.get("call", "")
    try:
        return uuid.UUID(written) if written else None
    except ValueError:
        raise NotFoundError("call", written) from None


def becoming(workspace: Workspace, source: Source, looked: Looked, mapping: Mapping[str, Any]) -> str:
    """What the call would become by this mapping, as a part of the page."""
    picked = pick(looked.told, mapping, zone=ZoneInfo(workspace.zone), now=clock.now()) if looked.told else None
    return render_template(
        "surveys/_becomes.html",
        picked=picked,
        verdict=_verdict(source, picked) if picked else None,
        facts=_facts(picked) if picked else [],
        notes=[note_of(note) for note in picked.notes] if picked else [],
        surveys=source.surveys(),
    )


def page(
    workspace: Workspace,
    source: Source,
    *,
    mapping: Mapping[str, Any] | None = None,
    address: str | None = None,
    forms: Mapping[str, Any] | None = None,
) -> str:
    """The whole page. `mapping`: as chosen but not kept; `address`: the secret, right after it was made; `forms`: those
    that were refused.
    """
    looked, wrong = looked_at(source, chosen_call()), mapping is not None
    mapping = source.mapping if mapping is None else mapping
    asked = source.surveys()
    # Of the forms on the page only the one that was sent is read from the request: no other may lose what is kept.
    named = NamedForm(None, data={"name": source.name, "surveys": [survey.id for survey in asked]})
    named.offer(Survey.all_of(workspace.id), asked)
    calls = ReceivedCall.newest(source.id, limit=SHOWN)
    known = {"named": named, "connect": ConnectForm.of(source), "secure": SecureForm.of(source)} | dict(forms or {})
    return render_template(
        "surveys/source.html",
        source=source,
        product=product_of(source.recipe),
        signs=recipe(source.recipe).scheme,
        steps=STEPS[source.recipe],
        address=tokens.link(f"/hooks/{address}") if address else None,
        calls=[(call, standing(call)) for call in calls],
        looked=looked,
        body=_body(looked),
        mapping=mapping,
        rows=_rows(looked, mapping),
        kept=_kept(looked, mapping),
        problems=problems_of(mapping) if wrong else [],
        becomes=Markup(becoming(workspace, source, looked, mapping)),  # noqa: S704 - a part rendered by our template
        note_of=note_of,
        forged=FORGED,
        kept_body=KEPT_BODY,
        **known,
    )


def _looked(call: ReceivedCall) -> Looked:
    told = told_by(call) if call.whole else None
    return Looked(call, told if isinstance(told, Told) else None)


def _rows(looked: Looked, mapping: Mapping[str, Any]) -> list[tuple[str, Any, str, str]]:
    """For each field its name, its title, the path that is chosen, and what stands there."""
    fields = mapping.get("fields") or {}
    return [
        (name, FIELD_NAMES[name], path, looked.sample_of(path)) for name in FIELDS for path in [fields.get(name, "")]
    ]


def _kept(looked: Looked, mapping: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What may be kept beside the answer: path, what it is called, what stands there, whether it is chosen."""
    chosen = {path: name for name, path in (mapping.get("properties") or {}).items()}
    offered = dict(looked.options)
    found = [(path, name, offered.get(path) or looked.sample_of(path), True) for path, name in chosen.items()]
    return found + [(path, name_of(path), text, False) for path, text in offered.items() if path not in chosen]


def _body(looked: Looked) -> str:
    """The body as it came, for whoever wants to see it; cut where it is long."""
    return looked.call.body[:8000].decode("utf-8", "replace") if looked.call else ""


def _verdict(source: Source, picked: Picked) -> tuple[str, str]:
    """A tone and a sentence: what would happen."""
    surveys: Sequence[Survey] = source.surveys()
    if picked.kind == "other":
        return "", _("Left aside: its status “%(status)s” means neither to ask nor to take back.", status=picked.status)
    if picked.problem:
        return "bad", str(PROBLEMS[picked.problem])
    if picked.kind == "cancel":
        return "", _("A question that is still waiting about it would be taken back.")
    if not surveys:
        return "warn", _("It would be kept, and nobody asked: choose a survey below.")
    told = [_foreseen(source, picked, survey) for survey in surveys]
    return ("good" if any(asked for asked, _words in told) else "warn"), " ".join(words for _asked, words in told)


def _foreseen(source: Source, picked: Picked, survey: Survey) -> tuple[bool, str]:
    """Whether a survey would ask about it, by its terms as they are now, and a sentence."""
    if survey.published_number is None:
        return False, _("%(survey)s would not ask: it is not published.", survey=survey.name)
    [fate] = fates(Asker.to_ask(survey), [occasion_of(source, picked)], at=clock.now())
    if fate.kind == "skip":
        why = str(SKIPS.get(str(fate.reason), fate.reason))
        return False, _("%(survey)s would not ask: %(why)s.", survey=survey.name, why=why)
    if fate.kind == "known":
        return False, _("%(survey)s has asked about it already.", survey=survey.name)
    return True, _("%(survey)s would ask about it.", survey=survey.name)


def _facts(picked: Picked) -> list[tuple[Any, Any]]:
    values = {name: getattr(picked, name, None) for name in FIELDS}
    values["locale"] = language_name(picked.locale) if picked.locale else None
    properties = dict(picked.properties)
    tags = properties.pop("tags", None)
    values["tags"] = ", ".join(tags) if tags else None
    return [(FIELD_NAMES[name], value) for name, value in values.items()] + [*tagged(properties)]
