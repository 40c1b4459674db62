"""Surveys from the command line."""

import pytest

from base.db import db
from surveys.survey import Survey


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
