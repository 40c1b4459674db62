"""Every route says who may come in."""

from accounts.policy import PERMISSIONS
from base.web import MAX_BODY

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def _views(app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return [(rule, app.view_functions[rule.endpoint]) for rule in rules]


def _permission(view):
    return getattr(view, "permission", None) or getattr(getattr(view, "view_class", None), "permission", None)


def test_every_route_declares_its_permission(app):
    missing = {f"{rule.rule} ({rule.endpoint})" for rule, view in _views(app) if not _permission(view)}
    assert missing == set()


def test_every_permission_is_one_of_the_policy(app):
    known = PERMISSIONS | {"signed in", "api key"}
    declared = {_permission(view) or "" for _, view in _views(app)}
    assert {name for name in declared if name not in known and not name.startswith("public: ")} == set()


def test_a_permission_is_asked_where_there_is_a_workspace(app):
    for rule, view in _views(app):
        if _permission(view) in PERMISSIONS:
            assert "workspace" in rule.arguments, rule.rule
        if rule.rule.startswith("/w/<workspace>"):
            assert _permission(view) in PERMISSIONS, rule.rule


def test_only_the_api_asks_for_keys_and_the_api_asks_for_nothing_else(app):
    for rule, view in _views(app):
        if rule.rule.startswith("/api/") and not (_permission(view) or "").startswith("public: "):
            assert _permission(view) == "api key", rule.rule
        elif _permission(view) == "api key":
            assert rule.rule.startswith("/api/"), rule.rule


def test_an_open_door_gives_its_reason(app):
    reasons = {(_permission(view) or "").partition("public: ")[2] for _, view in _views(app)} - {""}
    assert all(len(reason) >= 8 for reason in reasons), reasons


def test_bodies_are_limited(app):
    assert app.config["MAX_CONTENT_LENGTH"] == MAX_BODY


def test_the_doors_of_one_room_do_not_take_another_rooms_addresses(app):
    seen = {}
    for rule in app.url_map.iter_rules():
        for method in rule.methods & (UNSAFE | {"GET"}):
            key = (method, rule.rule)
            assert key not in seen, f"{key}: {seen.get(key)} and {rule.endpoint}"
            seen[key] = rule.endpoint
