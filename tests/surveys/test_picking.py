"""A call means what the mapping of its source picks from it."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from surveys.picking import pick, with_values
from surveys.receiving import read
from surveys.recipes import KINDS, recipe

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MAPPING = {
    "fields": {name: f"/{name}" for name in ("email", "external_id", "name", "locale", "agent", "occurred_at", "tags")},
    "properties": {"Plan": "/plan"},
    "when": {"path": "/status", "done": ["Solved"], "cancel": ["open", "reopened"]},
}


def picked(body=None, *, query="", mapping=MAPPING, **values):
    known = {"email": "ana@customer.example", "external_id": "T-1"} | values
    told = read(json.dumps(known if body is None else body).encode(), "application/json", query)
    return pick(told, mapping, zone=ZoneInfo("Europe/Ljubljana"), now=NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_the_recorded_call_of_each_recipe_is_understood(kind):
    known = recipe(kind)
    told = read(known.sample.body, known.sample.content_type, known.sample.query, found=known.sample.found)
    found = pick(told, known.mapping, zone=UTC, now=NOW)
    assert (found.kind, found.problem, found.notes) == ("ask", None, ())
    assert (found.email, found.name) == ("maja.kovac@customer.example", "Maja Kovač")
    assert found.external_id
    assert found.channel
    assert found.properties


@pytest.mark.parametrize("left", ["{$email}", "{{ticket.requester.email}}", "[[email]]", "", "  ", None])
def test_an_unexpanded_placeholder_or_nothing_is_missing(left):
    assert picked(email=left).problem == "no_email"
    assert picked(external_id=left).problem == "no_id"


def test_a_placeholder_in_part_of_an_id_is_no_id_either():
    found = picked(external_id="ticket-{{ticket.id}}")
    assert found.problem == "no_id"
    assert found.notes == ("placeholder_external_id",)


def test_a_property_that_speaks_of_placeholders_is_kept():
    assert picked(plan="What does {{name}} do?").properties["Plan"] == "What does {{name}} do?"
    assert "Plan" not in picked(plan="{{ticket.plan}}").properties


def test_an_address_that_is_none_is_told_apart_from_none():
    assert picked(email="not an address").problem == "email"
    assert picked(external_id="x" * 201).problem == "long_id"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-18T09:03:11Z", datetime(2026, 11, 18, 9, 3, 11, tzinfo=UTC)),
        ("2026-11-18 10:03", datetime(2026, 11, 18, 9, 3, tzinfo=UTC)),
        ("18.11.2026 10:03", datetime(2026, 11, 18, 9, 3, tzinfo=UTC)),
        (1794992591, datetime(2026, 11, 18, 9, 3, 11, tzinfo=UTC)),
        ("1794992591", datetime(2026, 11, 18, 9, 3, 11, tzinfo=UTC)),
        (1794992591000, datetime(2026, 11, 18, 9, 3, 11, tzinfo=UTC)),
        (1794992591.25, datetime(2026, 11, 18, 9, 3, 11, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_senders_write_it(written, moment):
    assert picked(occurred_at=written).occurred_at == moment


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=400)])
def test_a_clock_that_goes_ahead_is_put_back_with_a_note(ahead):
    for written in ((NOW + ahead).isoformat(), int((NOW + ahead).timestamp())):
        found = picked(occurred_at=written)
        assert (found.occurred_at, found.notes) == (NOW, ("future",))


def test_what_is_wrong_beside_the_point_loses_nobody():
    found = picked(occurred_at="yesterday", locale="Klingon", name="A" * 900)
    assert (found.problem, found.occurred_at, found.locale) == (None, None, None)
    assert set(found.notes) == {"moment", "locale"}
    assert len(found.name) == 200


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Solved", "ask"),
        ("solved", "ask"),
        ("Reopened", "cancel"),
        ("open", "cancel"),
        ("pending", "other"),
        (None, "ask"),
    ],
)
def test_the_status_says_what_to_do(status, kind):
    assert picked(status=status).kind == kind


def test_without_wanted_states_every_one_counts():
    mapping = MAPPING | {"when": {"path": "/status", "done": [], "cancel": ["open"]}}
    assert picked(status="whatever", mapping=mapping).kind == "ask"


@pytest.mark.parametrize(
    ("query", "kind"), [("cancel=1", "cancel"), ("cancel=true", "cancel"), ("cancel=0", "ask"), ("cancel=", "ask")]
)
def test_cancel_in_the_query_takes_back(query, kind):
    assert picked(query=query).kind == kind


def test_taking_back_needs_no_address():
    found = picked({"external_id": "T-1", "cancel": "1"})
    assert (found.kind, found.problem, found.external_id) == ("cancel", None, "T-1")


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        (["a", "b", "a"], ["a", "b"]),
        ("a, b c", ["a", "b c"]),
        ("a b", ["a", "b"]),
        ([{"id": 1, "tag": "a"}, {"name": "b"}, {"id": 3}], ["a", "b"]),
        ("{{ticket.tags}}", None),
        (5, None),
    ],
)
def test_tags_are_read_as_senders_write_them(written, tags):
    assert picked(tags=written).properties.get("tags") == tags


def test_numbers_stay_numbers_among_the_properties():
    assert picked(plan=5).properties["Plan"] == 5
    assert picked(plan=10**30).properties["Plan"] == str(10**30)
    assert "Plan" not in picked(plan={"deep": 1}).properties


def test_values_are_put_where_a_mapping_reads_them():
    tree = {"list": [{"mail": "old"}], "id": 1, "first": "A"}
    mapping = {"fields": {"email": "/list/0/mail", "external_id": "id", "name": "/first + /last", "agent": "/no/way"}}
    made = with_values(tree, mapping, {"email": "new", "external_id": "2", "name": "N", "agent": "x"})
    assert made == {"list": [{"mail": "new"}], "id": "2", "first": "A"}
    assert tree["id"] == 1
