"""What a helpdesk's API is asked to complete a call that names no more than a ticket. LiveAgent's API v3 is spoken."""

import re
from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from surveys.receiving import Told, text_of, unexpanded

PLACE = "liveagent"
"""Where in the body what was found is laid: `/liveagent/ticket/…`, `/liveagent/agent/…`, `/liveagent/department/…`."""

_CHANNELS = {
    "E": "email",
    "M": "form",
    "B": "chat",
    "I": "chat",
    "C": "call",
    "W": "call",
    "F": "facebook",
    "T": "twitter",
}
_IDENTIFIER = re.compile(r"[\w.~:-]{1,100}", re.ASCII)


def identifier(told: Told, names: Sequence[str]) -> str | None:
    """The id or code of the ticket, from the first of these fields that has one."""
    for name in names:
        text = text_of(told.value(name))
        if text and not unexpanded(text) and _IDENTIFIER.fullmatch(text):
            return text
    return None


def headers(settings: Map[str, str]) -> dict[str, str]:
    """What every request carries."""
    return {"apikey": settings.get("api_key", "")}


def address(settings: Map[str, str], kind: str, ident: str) -> str:
    """Where a ticket, an agent or a department is read. `kind`: tickets, agents or departments."""
    return f"{base_of(settings.get('base_url', ''))}/api/v3/{kind}/{quote(ident, safe='')}"


def base_of(url: str) -> str:
    """The address of an account as people copy it, without what follows the host's own part."""
    return url.strip().rstrip("/").removesuffix("/api/v3").removesuffix("/agent").rstrip("/")


def further(ticket: Map[str, Any]) -> dict[str, tuple[str, str]]:
    """What else to ask about a ticket: agent and department, each as (kind, id)."""
    wanted = {"agent": ("agents", "agentid"), "department": ("departments", "departmentid")}
    found = {}
    for part, (kind, name) in wanted.items():
        ident = text_of(ticket.get(name))
        if ident and _IDENTIFIER.fullmatch(ident):
            found[part] = (kind, ident)
    return found


def laid(ticket: Map[str, Any], names: Map[str, str]) -> dict[str, Any]:
    """What was found, in the place where mappings look for it; channels as words."""
    channel = ticket.get("channel_type")
    known = dict(ticket) | ({"channel_type": _CHANNELS.get(channel, channel)} if isinstance(channel, str) else {})
    return {PLACE: {"ticket": known, **{part: {"name": name} for part, name in names.items()}}}
