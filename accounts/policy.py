"""Who may do what: one table, asked by pages, API and jobs alike."""

from __future__ import annotations

ROLES = ("viewer", "manager", "designer", "admin")
"""From the one who may least to the one who may most."""

_LEAST = {
    "results.view": "viewer",
    "surveys.view": "viewer",
    "contacts.view": "manager",
    "responses.release": "manager",
    "responses.export": "manager",
    "responses.annotate": "manager",
    "views.edit": "manager",
    "digests.view": "manager",
    "digests.edit": "manager",
    "alerts.view": "manager",
    "alerts.edit": "manager",
    "cases.work": "manager",
    "cases.rules": "manager",
    "surveys.edit": "designer",
    "surveys.publish": "designer",
    "surveys.close": "designer",
    "surveys.pause": "designer",
    "contacts.import": "designer",
    "sources.edit": "designer",
    "contacts.edit": "designer",
    "contacts.erase": "admin",
    "outbox.view": "designer",
    "styleguide.view": "designer",
    "outbox.retry": "admin",
    "outbox.test": "admin",
    "apikeys.manage": "admin",
    "people.manage": "admin",
    "workspace.edit": "admin",
}
PERMISSIONS = frozenset(_LEAST)


def may(role: str | None, permission: str) -> bool:
    """Whether somebody with `role` in a workspace may do `permission` there. Unknown names are programming errors."""
    least = _LEAST[permission]
    return role is not None and ROLES.index(role) >= ROLES.index(least)
