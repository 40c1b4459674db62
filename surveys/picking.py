"""What a call means: its values picked by the mapping of its source. No database, no network, no clock.

A mapping is JSON: `fields` (field → path), `properties` (name → path) and `when`: the `path` of a status, the values
that mean `done` (ask; none: every one does) and those that mean `cancel` (take back what is still waiting).
"""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from surveys.normalising import UnfitError, email_address, locale_tag, moment
from surveys.receiving import JOINED, Told, text_of, texts_of, unexpanded

FIELDS = ("email", "external_id", "name", "locale", "agent", "team", "channel", "occurred_at", "tags")
LIMITS = {"name": 200, "agent": 120, "team": 120, "channel": 60}
ID_LIMIT = 200
PROPERTIES, PROPERTY_NAME, PROPERTY_LENGTH = 40, 60, 2000
TAGS, TAG = 40, 60
CANCEL = "cancel"
"""A field of the query, or of a form, that takes back whatever a status says."""

_NEITHER = {"", "0", "false", "no", "off"}


@dataclass(frozen=True, kw_only=True)
class Picked:
    """What came out. `email` and `external_id` are None where the call has none; `notes` say what was put right."""

    kind: str
    """ask · cancel · other (a status that means neither)"""
    email: str | None
    external_id: str | None
    status: str | None = None
    name: str | None = None
    locale: str | None = None
    agent: str | None = None
    team: str | None = None
    channel: str | None = None
    occurred_at: datetime | None = None
    properties: Map[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem: str | None = None
    """Why nobody can be asked: no_email, email, no_id or long_id. A cancel needs the id alone."""


class _Reader:
    """Reads fields one after the other and remembers what it had to put right."""

    def __init__(self, told: Told, mapping: Map[str, Any]) -> None:
        self.told = told
        self.fields: Map[str, str] = mapping.get("fields") or {}
        self.notes = ["encoding"] if told.broken else []

    def text(self, name: str) -> str | None:
        """The text of a field; what is a placeholder still, is missing."""
        path = self.fields.get(name)
        text = text_of(self.told.value(path)) if path else None
        if text is not None and unexpanded(text):
            self.notes.append(f"placeholder_{name}")
            return None
        if text is not None and name in LIMITS:
            text = " ".join(text.removeprefix("Channel::").split())[: LIMITS[name]]
        return text

    def locale(self) -> str | None:
        written = self.text("locale")
        try:
            return locale_tag(written) if written else None
        except UnfitError:
            self.notes.append("locale")
            return None

    def moment(self, zone: tzinfo, now: datetime) -> datetime | None:
        """When it happened; a clock that goes before ours is put back to now."""
        written = self.text("occurred_at")
        if written is None:
            return None
        try:
            found = _unix(written) or moment(written, zone=zone, now=now)
        except UnfitError as error:
            self.notes.append(error.key)
            return now if error.key == "future" else None
        if found > now:
            self.notes.append("future")
        return min(found, now)

    def email(self) -> tuple[str | None, str | None]:
        """The address, or why there is none."""
        written = self.text("email")
        if written is None:
            return None, "no_email"
        try:
            return email_address(written), None
        except UnfitError:
            return None, "email"


def pick(told: Told, mapping: Map[str, Any], *, zone: tzinfo, now: datetime) -> Picked:
    """What `told` means. `zone`: of times without one."""
    reader = _Reader(told, mapping)
    kind, status = _kind(told, mapping.get("when") or {})
    email, problem = reader.email()
    external_id = reader.text("external_id")
    if external_id is None:
        problem = "no_id"
    elif len(external_id) > ID_LIMIT:
        external_id, problem = None, "long_id"
    elif kind == "cancel":
        problem = None
    return Picked(
        kind=kind,
        status=status,
        email=email,
        external_id=external_id,
        problem=problem,
        locale=reader.locale(),
        occurred_at=reader.moment(zone, now),
        properties=_properties(told, mapping.get("properties") or {}) | _tags(told, reader.fields.get("tags")),
        **{name: reader.text(name) for name in ("name", "agent", "team", "channel")},
        notes=tuple(dict.fromkeys(reader.notes)),
    )


def with_values(tree: Any, mapping: Map[str, Any], values: Map[str, str]) -> Any:
    """A copy of a body in which the fields named have these values, where the body has them."""
    import copy

    changed = copy.deepcopy(tree)
    for name, value in values.items():
        path = (mapping.get("fields") or {}).get(name, "")
        steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
        steps = steps if path.startswith("/") else [path]
        place = changed
        for step in steps[:-1]:
            place = place[int(step)] if isinstance(place, list) and step.isdigit() else _below(place, step)
        if isinstance(place, dict) and steps[-1] in place and JOINED not in path:
            place[steps[-1]] = value
    return changed


def _below(place: Any, step: str) -> Any:
    return place.get(step) if isinstance(place, dict) else None


def _kind(told: Told, when: Map[str, Any]) -> tuple[str, str | None]:
    asked = text_of(told.value(CANCEL)) if isinstance(told.body, dict) else text_of(told.query.get(CANCEL))
    status = text_of(told.value(when["path"])) if when.get("path") else None
    if asked is not None and asked.casefold() not in _NEITHER and not unexpanded(asked):
        return "cancel", status
    if status is None or unexpanded(status):
        return "ask", None
    done, cancel = ({str(value).casefold() for value in when.get(name, ())} for name in ("done", "cancel"))
    if status.casefold() in cancel:
        return "cancel", status
    return ("ask" if not done or status.casefold() in done else "other"), status


def _properties(told: Told, wanted: Map[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, path in list(wanted.items())[:PROPERTIES]:
        value = told.value(path)
        if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < 2**53):
            found[name[:PROPERTY_NAME]] = value
        elif (text := text_of(value)) and not unexpanded(text, wholly=True):
            found[name[:PROPERTY_NAME]] = text[:PROPERTY_LENGTH]
    return found


def _tags(told: Told, path: str | None) -> dict[str, list[str]]:
    """Tags as senders write them: a list, names inside of objects, or one text with commas or blanks between."""
    value = told.value(path) if path else None
    if isinstance(value, str):
        value = value.split(",") if "," in value else value.split()
    texts = [text[:TAG] for text in texts_of(value) if not unexpanded(text)]
    return {"tags": list(dict.fromkeys(texts))[:TAGS]} if texts else {}


def _unix(written: str) -> datetime | None:
    """Seconds or milliseconds since 1970, if it is a bare number of that size."""
    number = written.partition(".")[0]
    if not number.isascii() or not number.isdigit() or not 9 <= len(number) <= 14:
        return None
    seconds = int(number) / (1000 if len(number) > 11 else 1)
    return datetime.fromtimestamp(seconds, UTC)
