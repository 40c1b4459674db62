"""What somebody chose on the mapping page, as the mapping that a source keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from surveys.picking import FIELDS, PROPERTIES, PROPERTY_NAME
from surveys.receiving import JOINED, clean

PATH_LIMIT = 300
STATUSES, STATUS_LIMIT = 20, 60


def mapping_of(form: MultiDict[str, str], present: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping of a posted form. Properties keep the names that they have in the `present` one."""
    fields = {name: path for name in FIELDS if (path := _path(form.get(f"field-{name}", "")))}
    named = {path: name for name, path in (present.get("properties") or {}).items()}
    properties: dict[str, str] = {}
    for path in [_path(path) for path in form.getlist("keep")][:PROPERTIES]:
        if path and path not in properties.values():
            properties[_free(named.get(path) or name_of(path), properties)] = path
    mapping: dict[str, Any] = {"fields": fields, "properties": properties}
    status = _path(form.get("when-path", ""))
    if status:
        mapping["when"] = {"path": status} | {
            name: _listed(form.get(f"when-{name}", "")) for name in ("done", "cancel")
        }
    return mapping


def problems_of(mapping: Mapping[str, Any]) -> list[str]:
    """What is missing for anybody to be asked, a sentence each."""
    fields, found = mapping.get("fields") or {}, []
    if "email" not in fields:
        found.append(gettext("Choose which field holds the email address: without it nobody can be asked."))
    if "external_id" not in fields:
        found.append(
            gettext("Choose which field tells one ticket or order from another, so that nobody is asked twice.")
        )
    return found


def name_of(path: str) -> str:
    """What a property is called after: the last step of its path."""
    last = path.split(JOINED, maxsplit=1)[0].rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return last.lstrip("?")[:PROPERTY_NAME] or "value"


def _free(name: str, taken: Mapping[str, str]) -> str:
    names: Sequence[str] = (name, *(f"{name} ({number})" for number in range(2, PROPERTIES + 2)))
    return next(one for one in names if one not in taken)


def _path(text: str) -> str:
    text = clean(text).strip()
    return text if len(text) <= PATH_LIMIT else ""


def _listed(text: str) -> list[str]:
    values = [clean(value).strip()[:STATUS_LIMIT] for value in text.split(",")]
    return list(dict.fromkeys(filter(None, values)))[:STATUSES]
