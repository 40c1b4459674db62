"""Surveys from the command line."""

import pytest

from base.db import db
from surveys.survey import Survey
from tests.cast import a_draft


@pytest.fixture
def say(app, cast):
    from feedback.__main__ import main

    runner = app.test_cli_runner()

    def run(*words):
        command = main.commands[words[0]]
        result = runner.invoke(command, words[1:])
        db.session.rollback()
        return result

    return run


def test_a_survey_is_made_published_listed_and_closed(say, cast):
    made = say(
        "surveys", "create", "--workspace", "acme", "--name", "After an order", "--metric", "nps", "--locale", "sl"
    )
    assert made.output == "after-an-order\n"
    assert say("surveys", "publish", "--workspace", "acme", "after-an-order").output == "version 1\n"
    assert say("surveys", "list", "--workspace", "acme").output == "after-an-order\tnps\tversion 1\tAfter an order\n"
    say("surveys", "close", "--workspace", "acme", "after-an-order")
    assert Survey.of(cast.workspace.id, "after-an-order").closed_at is not None


def test_a_survey_can_be_published_at_once_in_the_language_of_its_workspace(say, cast):
    say("surveys", "create", "--workspace", "acme", "--name", "Support", "--metric", "csat", "--publish")
    survey = Survey.of(cast.workspace.id, "support")
    assert (survey.published_number, survey.draft["locales"]) == (1, ["en"])


def test_the_survey_of_another_workspace_is_not_there(say, cast):
    say("surveys", "create", "--workspace", "acme", "--name", "Support", "--metric", "csat")
    assert "no such survey" in str(say("surveys", "publish", "--workspace", "elsewhere", "support").exception)


@pytest.fixture
def coffee(cast):
    texts = {"en": {"question": "How was the coffee at {company}?"}}
    return a_draft(cast.workspace, name="Coffee", locales=("en", "sl"), texts=texts)


def test_texts_go_out_and_come_back(say, coffee, tmp_path):
    path = tmp_path / "coffee.csv"
    out = ("surveys", "texts", "export", "--workspace", "acme", "coffee", "--locale", "sl")
    assert say(*out, "--format", "csv", "--output", str(path)).exit_code == 0
    back = ("surveys", "texts", "import", "--workspace", "acme", "coffee", str(path))
    assert say(*back).output.startswith("0 taken, 0 refused")
    path.write_bytes(path.read_bytes().replace(b"at {company}?,", b"at {company}?,Kava v {company}?"))
    assert "Aborted" in say(*back).output
    assert Survey.of(coffee.workspace_id, "coffee").draft_revision == 1
    assert "1 taken, 0 refused" in say(*back, "--yes").output
    assert Survey.of(coffee.workspace_id, "coffee").draft["texts"]["sl"] == {"question": "Kava v {company}?"}
    xliff = say(*out, "--format", "xliff").output
    assert '<ph id="1" ctype="x-merge-field">{company}</ph>' in xliff


def test_texts_that_cannot_be_taken_are_told_and_end_in_an_error(say, coffee, tmp_path):
    path = tmp_path / "coffee.csv"
    path.write_text("key,target (sl)\nquestion,Kava?\nnext,Dalje\n")
    told = say("surveys", "texts", "import", "--workspace", "acme", "coffee", str(path), "--yes")
    assert "In the original but not in the translation: {company}" in told.stderr
    assert "could not be taken" in str(told.exception)
    assert Survey.of(coffee.workspace_id, "coffee").draft["texts"]["sl"] == {"next": "Dalje"}


def test_a_language_that_the_survey_does_not_speak_cannot_be_exported(say, coffee):
    told = say("surveys", "texts", "export", "--workspace", "acme", "coffee", "--locale", "de", "--format", "csv")
    assert told.exit_code == 2
    assert "the survey is asked in en, sl, not in de" in told.stderr
