"""Surveys leave and arrive as files: by the pages, by the command line and by the API."""

import io
import json

import pytest

from base.db import db, transaction
from surveys.exchanging import Parcel, pack
from surveys.library import TEMPLATES
from surveys.survey import Survey
from tests.cast import a_draft, a_survey, an_api_key

GOOD = pack(Parcel("After a ticket", TEMPLATES["csat_ticket"].document(("en", "sl", "ar"))))
BAD = json.loads(GOOD) | {"name": ""}
BAD["document"]["questions"][1]["kind"] = "slider"
BAD["document"]["texts"]["en"] = {"question": "javascript:alert('<b>')"}
BAD = json.dumps(BAD).encode()
BAD_PLACES = {
    "name": "This text is still empty.",
    "document.questions[1].kind": "There is no kind of question called slider.",
}


def surveys_of(workspace):
    db.session.expire_all()
    return [survey.name for survey in Survey.all_of(workspace.id)]


def sent(browser, data, name="survey.json"):
    where = "/w/acme/surveys/new/import"
    return browser.post(where, data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def test_a_draft_is_downloaded_as_a_file(cast, browser_of):
    survey = a_draft(cast.workspace, name="Čas & <b>“dostave”</b>", locales=("sl", "en"))
    answer = browser_of(cast.cvetka).get(f"/w/acme/surveys/{survey.slug}/export")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cas-b-dostave-b.afterword.json"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data == pack(Parcel(survey.name, survey.draft))


def test_a_version_is_downloaded_as_it_was_published(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_survey(cast.workspace, texts={"en": {"question": "First?"}})
    with transaction() as session:
        fresh = session.get(Survey, survey.id)
        fresh.save_draft(fresh.draft | {"texts": {"en": {"question": "Second?"}}}, revision=1, at=survey.created_at)
    address = f"/w/acme/surveys/{survey.slug}/export"
    assert f"{address}?version=1" in browser.get(f"/w/acme/surveys/{survey.slug}/versions").text
    old, new = browser.get(f"{address}?version=1"), browser.get(address)
    assert old.json["document"]["texts"]["en"] == {"question": "First?"}
    assert new.json["document"]["texts"]["en"] == {"question": "Second?"}
    assert "frozen" not in old.json["document"]
    assert f'{survey.slug}-v1.afterword.json"' in old.headers["Content-Disposition"]
    for number in ("2", "0", "-1", "x", "9" * 30, "١"):
        assert browser.get(f"{address}?version={number}").status_code == (200 if number == "١" else 404)


def test_a_file_becomes_a_draft_and_goes_out_as_the_same_file(cast, browser_of):
    browser = browser_of(cast.boris)
    first = sent(browser, GOOD)
    assert (first.status_code, first.location) == (303, "/w/acme/surveys/after-a-ticket/edit")
    assert sent(browser, GOOD).location == "/w/acme/surveys/after-a-ticket-2/edit"
    survey = Survey.of(cast.workspace.id, "after-a-ticket")
    assert (survey.published_number, survey.created_by) == (None, cast.boris.id)
    assert browser.get("/w/acme/surveys/after-a-ticket/export").data == GOOD
    assert "is here as a draft" in browser.get("/w/acme/surveys/after-a-ticket").text


def test_every_flaw_of_a_file_is_listed_and_nothing_is_kept(cast, browser_of):
    answer = sent(browser_of(cast.boris), BAD, name="<i>bad.json")
    assert answer.status_code == 422
    for path, sentence in BAD_PLACES.items():
        assert path in answer.text
        assert sentence in answer.text
    assert "&lt;i&gt;bad.json cannot be imported" in answer.text
    assert 'type="file"' in answer.text
    assert surveys_of(cast.workspace) == []


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "This is no JSON"),
        (b"\x89PNG\r\n", "This is no JSON"),
        (b"[" * 50_000, "This is no JSON"),
        (b'{"a": "\\ud800"}', "This is no JSON"),
        (b" " * (2 * 1024 * 1024 + 1), "This file is too large; at most 2 MB are possible."),
        (json.dumps({str(n): 0 for n in range(100_000)} | {"afterword": 1, "kind": "survey"}).encode(), "first 100"),
    ],
    ids=["empty", "a picture", "deep", "half a pair", "large", "a million flaws"],
)
def test_a_file_that_is_no_survey_is_refused_kindly(cast, browser_of, data, complaint):
    answer = sent(browser_of(cast.boris), data)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert len(answer.text) < 200_000
    assert surveys_of(cast.workspace) == []


def test_no_file_is_asked_for_again(cast, browser_of):
    answer = browser_of(cast.boris).post("/w/acme/surveys/new/import")
    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)


def test_a_file_of_many_megabytes_is_turned_away(cast, browser_of):
    assert sent(browser_of(cast.boris), b" " * 4 * 1024 * 1024).status_code == 413


def test_a_file_comes_in_with_the_token_of_its_form_only(cast, browser_of, csrf):
    assert sent(browser_of(cast.boris), GOOD).status_code == 400
    assert surveys_of(cast.workspace) == []


def test_nothing_of_another_workspace_leaves(cast, browser_of):
    survey = a_survey(cast.elsewhere)
    for path in (survey.slug, survey.id):
        assert browser_of(cast.boris).get(f"/w/acme/surveys/{path}/export").status_code == 404


# By the command line.


@pytest.fixture
def say(app, cast):
    from feedback.__main__ import main

    runner = app.test_cli_runner()

    def run(*words):
        result = runner.invoke(main.commands[words[0]], words[1:])
        db.session.rollback()
        return result

    return run


def test_a_survey_goes_from_one_workspace_to_another_by_the_command_line(say, cast, tmp_path):
    survey = a_survey(cast.workspace, name="Podpora", locales=("sl", "en"), texts={"sl": {"question": "Kako je šlo?"}})
    out = say("surveys", "export", "--workspace", "acme", survey.slug)
    assert out.exit_code == 0
    assert out.stdout_bytes == pack(Parcel("Podpora", survey.draft))
    assert (
        say("surveys", "export", "--workspace", "acme", str(survey.id), "--version", "1").stdout_bytes
        == out.stdout_bytes
    )
    file = tmp_path / "podpora.json"
    file.write_bytes(out.stdout_bytes)
    come = say("surveys", "import", "--workspace", "elsewhere", str(file))
    assert (come.exit_code, come.output) == (0, "podpora\n")
    again = say("surveys", "export", "--workspace", "elsewhere", "podpora")
    assert again.stdout_bytes == out.stdout_bytes


def test_each_flaw_of_a_file_is_a_line_on_stderr(say, cast, tmp_path):
    file = tmp_path / "bad.json"
    file.write_bytes(BAD)
    answer = say("surveys", "import", "--workspace", "acme", str(file))
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert answer.stderr.splitlines()[0] == "name: This text is still empty."
    assert "document.questions[1].kind: There is no kind of question called slider." in answer.stderr
    assert surveys_of(cast.workspace) == []


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("export", "nothing"), 1),
        (("export", "podpora", "--version", "7"), 1),
        (("export", "podpora", "--version", "x"), 2),
        (("export",), 2),
        (("import", "/no/such/file"), 2),
        (("import",), 2),
    ],
)
def test_the_command_line_says_by_its_code_what_went_wrong(say, cast, command, code):
    a_survey(cast.workspace, name="Podpora")
    assert say("surveys", command[0], "--workspace", "acme", *command[1:]).exit_code == code


def test_a_ready_made_survey_is_made_by_the_command_line(say, cast):
    create = ("surveys", "create", "--workspace", "acme", "--name")
    assert say(*create, "Quality", "--template", "servqual", "--locale", "sl", "--expectation").output == "quality\n"
    document = Survey.of(cast.workspace.id, "quality").draft
    assert document == TEMPLATES["servqual"].document(("sl",), chosen=("expectation",))
    assert say(*create, "Faces", "--metric", "smileys", "--publish").output == "faces\n"
    assert Survey.of(cast.workspace.id, "faces").published_number == 1
    wrong = [
        (),
        ("--metric", "nps", "--template", "servqual"),
        ("--metric", "nps", "--expectation"),
        ("--template", "x"),
    ]
    assert [say(*create, "Wrong", *words).exit_code for words in wrong] == [2, 2, 2, 2]


# By the API.


@pytest.fixture
def api(cast, client):
    headers = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    return lambda method, path, **more: client.open(f"/api/v1/{path}", method=method, headers=headers, **more)


def test_a_program_reads_what_a_survey_asks(cast, api):
    survey = a_survey(cast.workspace, name="Podpora", texts={"en": {"question": "First?"}})
    with transaction() as session:
        fresh = session.get(Survey, survey.id)
        fresh.save_draft(fresh.draft | {"texts": {"en": {"question": "Second?"}}}, revision=1, at=survey.created_at)
    for name in (survey.slug, survey.id):
        assert api("GET", f"surveys/{name}").json["document"]["texts"]["en"]["question"] == "Second?"
    assert api("GET", "surveys/podpora?version=1").json["document"]["texts"]["en"]["question"] == "First?"
    assert api("GET", "surveys/podpora?version=2").status_code == 404
    assert api("GET", "surveys/podpora?version=0").status_code == 422
    assert "document" not in api("GET", "surveys").json["data"][0]


def test_a_program_makes_a_draft_of_an_exported_file_or_of_a_name_and_a_document(cast, api):
    made = api("POST", "surveys", data=GOOD, content_type="application/json")
    assert made.status_code == 201
    assert (made.json["slug"], made.json["version"], made.json["metric"]) == ("after-a-ticket", None, "csat")
    assert made.json["document"] == json.loads(GOOD)["document"]
    again = api("POST", "surveys", json={"name": "Copy", "document": made.json["document"]})
    assert again.json["document"] == made.json["document"]
    assert Survey.of(cast.workspace.id, "copy").draft == Survey.of(cast.workspace.id, "after-a-ticket").draft
    assert api("GET", "surveys/copy").json == again.json


def test_a_program_is_told_every_flaw_with_its_path(cast, api):
    document = json.loads(BAD)["document"]
    answer = api("POST", "surveys", json={"name": "Bad", "document": document})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert answer.json["errors"] == [
        {
            "field": "document.questions[1].kind",
            "detail": "There is no kind of question called slider. "
            "Use one of: score, one, many, short, long, matrix, yesno, date, contact.",
        }
    ]
    assert surveys_of(cast.workspace) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"document": {}}, "name"),
        ({"name": "x"}, "document"),
        ({"name": "x", "document": []}, "document"),
        ({"name": "x", "document": {}, "slug": "mine"}, "slug"),
        ({"name": "x", "document": {}, "afterword": 2}, "afterword"),
        ({"name": "x", "document": {}}, "document.metric"),
        ({"name": " ", "document": {}}, "name"),
        ({"name": "x", "document": {"look": {"logo": "0" * 32}}}, "document.metric"),
    ],
)
def test_a_program_is_told_which_field_is_at_fault(cast, api, body, field):
    answer = api("POST", "surveys", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json["errors"]]


def test_a_program_cannot_send_more_than_a_file_may_hold(cast, api):
    body = b'{"name": "x", "document": {}}' + b" " * 2 * 1024 * 1024
    assert api("POST", "surveys", data=body, content_type="application/json").status_code == 413
    assert surveys_of(cast.workspace) == []
