"""The cast is what the guards and the other tests lean on, so it is held to its word."""

from accounts.policy import may
from accounts.role import Role
from base.db import db
from tests import databases
from tests.cast import AT, Cast, _rows, a_response, a_survey, an_invitation


def test_everybody_may_what_their_role_says(cast):
    roles = {user: db.session.get(Role, (cast.workspace.id, user.id)) for user in (cast.ana, cast.boris, cast.cvetka)}
    assert [role.name for role in roles.values()] == ["admin", "designer", "manager"]
    assert db.session.get(Role, (cast.workspace.id, cast.dmitri.id)) is None
    assert may("admin", "people.manage")


def _named(names, value):
    return value if isinstance(value, dict) else names.get(value, value)


def _written(make):
    """What `make` writes into an empty database, with names instead of ids; its ids; who is who."""
    databases.clean(db.engine)
    db.session.remove()
    members = vars(make())
    rows = [(table.name, row) for table, lines in _rows() for row in lines]
    names = {row["id"]: row.get("email") or row.get("slug") or "an event" for _, row in rows if "id" in row}
    names |= {str(ident): name for ident, name in names.items()}
    plain = [(table, {key: _named(names, value) for key, value in row.items()}) for table, row in rows]
    for _, row in plain:
        assert len(row.pop("address_salt", 64 * "0")) == 64
    return sorted(map(str, plain)), set(names), {role: one.name for role, one in members.items()}


def test_a_cast_that_is_written_again_is_what_the_verbs_make(app):
    _written(Cast.again)
    (made, ids, people), (again, others, same), (_, last, _) = map(_written, (Cast.create, Cast.again, Cast.again))
    assert (again, same) == (made, people)
    assert len(others) == len(ids)
    assert not others & last


def test_a_signed_in_browser_is_that_person_and_the_strangers_is_not(app, cast, client, browser_of):
    url = f"/w/{cast.workspace.slug}/surveys"
    assert client.get(url).status_code == 302
    assert browser_of(cast.dmitri).get(url).status_code == 404
    assert browser_of(cast.boris).get(url).status_code == 200


def test_an_answer_is_read_when_jobs_have_run(cast, run_jobs):
    invitation = an_invitation(a_survey(cast.workspace))
    response = a_response(invitation, 2, "It was terrible and slow.")
    assert (response.score, response.created_at > AT, response.read_at) == (2, True, None)
    run_jobs()
    assert response.sentiment_label == "negative"


def test_one_test_leaves_nothing_for_the_next(app):
    from feedback.tables import TABLES

    assert TABLES
    for table in reversed(db.metadata.sorted_tables):
        assert db.session.execute(table.select()).first() is None, table.name


def test_nothing_of_one_request_leaks_into_the_next(cast, browser_of, client):
    browser_of(cast.ana).get("/")
    assert client.get(f"/w/{cast.workspace.slug}/surveys").status_code == 302
