"""docs/api.md: every command in it works, and answers as it is shown there."""

import json
import re
import shlex
import string

import pytest
import time_machine

import config
from base.db import db, transaction
from feedback.case import By, Case
from feedback.case_rule import CaseRule
from feedback.notice import Attempt, Notice
from feedback.recipient import Recipient
from feedback.response import Response
from feedback.theme import Theme
from tests.cast import AT, a_response, a_survey, an_api_key, an_invitation
from tests.feedback.alerts import an_alert
from tests.feedback.answers import one
from tests.feedback.followers import ruled

TEXT = (config.ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(curl.*?)```.*?```json\n(.*?)```", TEXT, flags=re.DOTALL)
READ = {"language": "en", "sentiment_label": "negative", "polarity": -0.4, "confidence": 0.8, "engine": "textblob"}


@pytest.fixture
def variables(cast):
    """What the reader of the handbook has: a key, a survey called support, and two detractors' answers."""
    with time_machine.travel(AT, tick=False):
        asked = [{"id": "score", "kind": "score"}, {"id": "solved", "kind": "yesno"}, {"id": "comment", "kind": "long"}]
        texts = {"en": {"solved.title": "Was it solved?"}}
        survey = a_survey(cast.workspace, name="Support", locales=("en", "sl"), questions=asked, texts=texts)
        invitations = [
            an_invitation(survey, email=f"{n}@customer.example", properties={"plan": "gold"}) for n in range(2)
        ]
        for invitation in invitations:
            response = a_response(invitation, 3, "I waited for two weeks.", at=AT, pieces=(one("solved", "no"),))
            with transaction():
                for name, value in (READ | {"engine_version": "0.19.0"}).items():
                    setattr(db.session.get(Response, response.id), name, value)
                db.session.get(Response, response.id).read_at = AT
                Theme.keep({response.id: [("speed", -0.4)]})
        ruled(cast.workspace, survey)
        with transaction() as session:
            Case.open(session.get_one(Response, response.id), CaseRule.of(cast.workspace), By(AT))
        known = {"INVITATION": str(invitations[0].id), "ALERT": str(told_in_a_channel(cast.workspace, response.id))}
        yield {"AFTERWORD": "", "KEY": an_api_key(cast.workspace)} | known


def told_in_a_channel(workspace, response_id):
    """An alert that spoke of an answer in a channel once."""
    alert = an_alert(workspace, channel=("slack", "https://hooks.example/services/T0/B0/secretXYZ9"), mails=())
    (recipient,) = Recipient.of_alert(alert.id)
    with transaction():
        notice = Notice.claim(recipient.id, at=AT, adding=[response_id])
        notice.tried(Attempt(notice_id=notice.id, at=AT, fine=True, status=200, words="ok"), final=False, told=1)
    return alert.id


def run(client, command, variables):
    """What curl would do, in the test's browser."""
    words = shlex.split(string.Template(command.replace("\\\n", " ")).safe_substitute(variables))
    url, headers, data = None, {}, None
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = next(rest)
        elif word != "-s":
            url = word
    return client.open(url, method="POST" if data else "GET", headers=headers, data=data)


def shape(value):
    """The names and kinds of a value, without what differs from day to day."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__.replace("NoneType", "").replace("int", "number").replace("float", "number")


def test_the_handbook_has_its_examples():
    assert len(EXAMPLES) == TEXT.count("curl -s") == 14


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_each_example_answers_as_shown(client, variables, command, shown):
    answer = run(client, command, variables)
    assert answer.status_code in {200, 201, 422}, answer.text
    told, promised = shape(answer.json), shape(json.loads(shown))
    for score in (
        "value",
        "low",
        "high",
        "margin",
        "mean",
        "mean_low",
        "mean_high",
        "delta",
    ):  # null where nobody answered in the month before
        for holder in (told, told.get("previous", {}), told.get("change", {})):
            if holder.get(score) == "":
                holder[score] = "number"
    assert told == promised
