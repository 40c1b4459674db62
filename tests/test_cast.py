"""The cast is what the guards and the other tests lean on, so it is held to its word."""

from accounts.policy import may
from accounts.role import Role
from base.db import db
from tests.cast import AT, a_response, a_survey, an_invitation


def test_everybody_may_what_their_role_says(cast):
    roles = {user: db.session.get(Role, (cast.workspace.id, user.id)) for user in (cast.ana, cast.boris, cast.cvetka)}
    assert [role.name for role in roles.values()] == ["admin", "designer", "manager"]
    assert db.session.get(Role, (cast.workspace.id, cast.dmitri.id)) is None
    assert may("admin", "people.manage")


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
