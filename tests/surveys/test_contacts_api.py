"""People, as other systems see and change them."""

import io

import pytest
from sqlalchemy import func, select

from base import clock
from base.db import db, transaction
from feedback.response import Response
from surveys.cli import contacts
from surveys.contact import Contact
from surveys.erasure import Erasure
from surveys.suppression import Suppression
from tests.cast import AT, a_contact, a_response, a_survey, an_api_key, an_invitation


@pytest.fixture
def key(cast):
    return {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}


def test_people_are_listed_a_page_at_a_time_and_searched(client, cast, key):
    made = [a_contact(cast.workspace, f"p{number}@x.example", name=f"Čop {number}").id for number in range(5)]
    a_contact(cast.elsewhere, "p0@x.example")
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/contacts?limit=2&cursor={cursor}", headers=key).json
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [str(ident) for ident in made[::-1]]
    assert [one["name"] for one in client.get("/api/v1/contacts?q=cop 3", headers=key).json["data"]] == ["Čop 3"]
    assert len(client.get("/api/v1/contacts?email=P1@x.example", headers=key).json["data"]) == 1
    assert client.get("/api/v1/contacts?limit=0", headers=key).status_code == 422


def test_a_person_is_left_alone_by_one_survey_or_by_all_and_welcomed_back(client, cast, key):
    survey, mara = a_survey(cast.workspace), a_contact(cast.workspace)
    path = f"/api/v1/contacts/{mara.id}/suppress"
    one = client.post(f"{path}?survey={survey.slug}", headers=key).json
    assert (one["suppressed_at"], one["suppressions"][0]["survey_id"]) == (None, str(survey.id))
    for _ in range(2):
        assert client.post(path, headers=key).json["suppressed_reason"] == "by hand"
    assert len(client.get(f"/api/v1/contacts/{mara.id}", headers=key).json["suppressions"]) == 2
    assert [one["id"] for one in client.get("/api/v1/contacts?suppressed=true", headers=key).json["data"]]
    client.delete(path, headers=key)
    assert client.delete(f"{path}?survey={survey.id}", headers=key).json["suppressions"] == []
    assert client.post(f"{path}?survey=nothing", headers=key).status_code == 404


@pytest.mark.parametrize(("answers", "left"), [("", 1), ("?answers=remove", 0)])
def test_a_person_is_erased_with_or_without_their_scores(client, cast, key, answers, left):
    response = a_response(an_invitation(a_survey(cast.workspace)), 3, "Words")
    path = f"/api/v1/contacts/{response.contact_id}"
    answer = client.delete(f"{path}{answers}", headers=key)
    assert answer.status_code == 200
    assert db.session.scalar(select(func.count()).select_from(Response)) == left
    assert db.session.scalars(select(Erasure.actor)).one().startswith("key:")
    assert client.delete(path, headers=key).status_code == client.get(path, headers=key).status_code == 404
    assert client.delete(f"{path}?answers=maybe", headers=key).status_code == 422
    page = client.get("/api/v1/responses", headers=key).json
    assert [one["email"] for one in page["data"]] == [None] * left


def test_another_workspaces_people_are_not_there(client, cast, key):
    theirs = a_contact(cast.elsewhere)
    for method, path in (("get", ""), ("delete", ""), ("post", "/suppress"), ("delete", "/suppress")):
        assert getattr(client, method)(f"/api/v1/contacts/{theirs.id}{path}", headers=key).status_code == 404
    db.session.refresh(theirs)
    assert theirs.suppressed_at is None


def say(app, *words, data=b""):
    result = app.test_cli_runner().invoke(contacts.contacts, words, input=io.BytesIO(data))
    db.session.rollback()
    return result


def test_a_list_is_taken_in_from_the_command_line(app, cast):
    a_contact(cast.workspace, "a@x.example")
    done = say(app, "suppress", "--workspace", "acme", "-", data=b"e-mail;x\na@x.example;1\nb@x.example;2\nnobody;3\n")
    assert "2 not asked any more, 0 were already, 1 refused" in done.output
    assert "row 4: nobody: not an address" in done.output
    assert done.exit_code == 1
    assert db.session.scalars(select(Contact.suppressed_reason)).all() == ["imported"]
    assert say(app, "suppress", "--workspace", "acme", "-").exit_code == 1


def test_a_list_can_be_about_one_survey(app, cast):
    survey = a_survey(cast.workspace)
    done = say(app, "suppress", "--workspace", "acme", "--survey", survey.slug, "-", data=b"a@x.example")
    assert done.exit_code == 0
    assert db.session.scalars(select(Suppression.scope)).all() == [survey.id]


def test_the_ledger_of_erasures_goes_out_and_comes_back(app, cast, tmp_path):
    with transaction():
        Erasure.of(a_contact(cast.workspace, at=AT), at=clock.now())
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(say(app, "erasures").output)
    assert "mara" not in ledger.read_text()
    with transaction() as session:
        for table in (Erasure, Suppression):
            for row in session.scalars(select(table)):
                session.delete(row)
    a_contact(cast.workspace, at=AT)
    assert "1 person" in say(app, "erase", "--replay", "--ledger", str(ledger)).output
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0
