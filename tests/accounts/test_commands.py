import re

import pytest
from sqlalchemy import select

from accounts.apikey import ApiKey
from accounts.ticket import Ticket
from accounts.workspace import Workspace
from base.db import db
from base.errors import AfterwordError, NotFoundError
from feedback.__main__ import main


@pytest.fixture
def afterword(app):
    """`afterword("user", "list")` runs a command on the test's database."""
    from flask.cli import ScriptInfo

    runner = app.test_cli_runner()

    def run(*words):
        return runner.invoke(main, words, obj=ScriptInfo(create_app=lambda: app), catch_exceptions=True)

    return run


def test_a_new_key_is_the_only_thing_printed(cast, afterword):
    answer = afterword("apikey", "create", "--workspace", "acme", "--name", "Shop")
    assert answer.exit_code == 0, answer.output
    assert re.fullmatch(r"aw_[0-9a-f]{8}_[\w-]{43}\n", answer.stdout)
    assert db.session.scalars(select(ApiKey.name)).all() == ["Shop"]


def test_a_colleague_is_invited_from_the_command_line(cast, afterword, client):
    answer = afterword("user", "invite", "eva@acme.example", "--workspace", "acme", "--role", "manager")
    link = answer.stdout.strip()
    assert link == db.session.scalars(select(Ticket)).one().link
    assert client.get(re.sub(r"^https?://[^/]+", "", link)).status_code == 200


def test_unknown_workspaces_and_people_are_told(cast, afterword):
    for words in (("apikey", "create", "--workspace", "nowhere", "--name", "x"), ("user", "reset", "x@y.example")):
        answer = afterword(*words)
        assert answer.exit_code == 1
        assert isinstance(answer.exception, NotFoundError)
    answer = afterword("user", "invite", "not an address", "--workspace", "acme")
    assert isinstance(answer.exception, AfterwordError)


def test_workspaces_are_made_and_listed(cast, afterword):
    assert afterword("workspace", "create", "Žabji Svet", "--zone", "Europe/Ljubljana").stdout == "zabji-svet\n"
    assert afterword("workspace", "create", "Žabji Svet").stdout == "zabji-svet-2\n"
    assert afterword("workspace", "create", "Ωμέγα").stdout == "omega\n"
    assert "zabji-svet\tŽabji Svet\n" in afterword("workspace", "list").stdout
    assert afterword("workspace", "create", "X", "--zone", "Nowhere").exit_code == 2
    assert afterword("workspace", "create", "X", "--locale", "xx").exit_code == 2
    assert len(Workspace.all()) == 5


def test_people_are_listed_with_what_they_may(cast, afterword):
    assert "boris@acme.example\tBoris\tacme (designer)\tactive\n" in afterword("user", "list").stdout
