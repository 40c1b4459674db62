"""What is held about a person, as they read it."""

import re

import pytest

from base.events import Event
from feedback.answer import Answer
from feedback.case import Case
from feedback.case_entry import CaseEntry
from feedback.response import Response
from feedback.revision import Revision
from feedback.theme import Theme
from surveys.bounce import Bounce
from surveys.contact import Contact
from surveys.disclosing import _WORDS, LOCALES, PARTS, Teller
from surveys.holding import all_holdings
from surveys.intent import Intent
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.received_call import ReceivedCall
from surveys.suppression import Suppression
from surveys.upload import RefusedRow

EVENT = "01a0464f-5780-72aa-9f01-b239cd01f0c9"
NEVER_TELL = {"forecasts", "files", "tables"}
"""Holdings that take something away when a person is erased, and have nothing to tell."""


def all_of(rows):
    """Label, text and kind of every line, however deep it lies."""
    for row in rows:
        for line in row:
            yield line.label, line.text, line.kind
            yield from all_of(line.inner)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_the_same_words_and_placeholders(locale):
    english, words = _WORDS["en"], _WORDS[locale]
    assert list(words) == list(english)
    for key, word in words.items():
        assert word.strip()
        assert set(re.findall(r"{\w+}", word)) == set(re.findall(r"{\w+}", english[key])), key


def test_every_holding_stands_under_a_heading(app):
    told = {holding.name for holding in all_holdings()} - NEVER_TELL
    assert told == {name for names in PARTS.values() for name in names}


def test_every_column_that_is_told_of_a_person_has_a_label():
    left_out = {"workspace_id", "token_hash", "search_key", "address_hash", "source_id", "response_id", "case_id"}
    left_out |= {"owner_id", "closed_by", "author_id", "raw", "body"}
    tables = (Contact, Suppression, Interaction, Invitation, Intent, Bounce, ReceivedCall, RefusedRow, Event)
    tables += (Response, Revision, Answer, Theme, Case, CaseEntry)
    columns = {column.key for table in tables for column in table.__mapper__.column_attrs} - left_out
    assert {column for column in columns if f"key_{column}" not in _WORDS["en"]} == set()


def test_what_nobody_has_named_yet_is_told_all_the_same():
    chapters = Teller.of("sl", "UTC").chapters({"new_things": [{"some_key": "Worth telling", "kind": "unheard_of"}]})
    [part] = next(chapter.parts for chapter in chapters if chapter.id == "noted")
    assert part.heading == "new things"
    assert list(all_of(part.rows)) == [("some key", "Worth telling", "value"), ("Vrsta", "unheard of", "value")]


def test_moments_are_told_in_the_time_and_the_language_of_the_person():
    row = {"at": "2026-11-25T22:30:00+00:00", "day": "2026-11-25", "properties": {"at": "2026-11-25"}}
    told = [text for _, text, _ in all_of([Teller.of("pl-PL", "Europe/Warsaw").row(row)])]
    assert told == ["25 listopada 2026, 23:30", "25 listopada 2026", "", "2026-11-25"]
    assert Teller.of("ja", "UTC").locale == "en"


def test_questions_and_choices_are_called_as_they_were_read():
    words = {"question": "How was it?", "why.title": "Why?", "why.choice.a": "The price", "why.row.r": "Speed"}
    teller = Teller.of("en", "UTC", surveys={EVENT: "Support"}, asked={"v": words})
    row = {"version_id": "v", "survey_id": EVENT, "answers": [{"question": "why", "part": "r", "choice": "a"}]}
    assert list(all_of([teller.row(row)])) == [
        ("Survey", "Support", "value"),
        ("Question", "How was it?", "value"),
        ("Further answers", "", "value"),
        ("Question", "Why?", "value"),
        ("Part", "Speed", "value"),
        ("Chosen", "The price", "value"),
        ("version of the survey", "v", "record"),
        ("survey", EVENT, "record"),
    ]


def test_a_mail_is_told_in_its_words_with_the_whole_of_it_beside():
    raw = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nxI1ha2Ft\n"
    assert [(text, kind) for _, text, kind in all_of([Teller.of("en", "UTC").row({"raw": raw})])] == [
        ("čakam", "value"),
        (raw, "whole"),
    ]
    broken = "Content-Type: text/plain; charset=none-such\n\nxI1ha2Ft\n"
    assert (broken, "source") in [
        (text, kind) for _, text, kind in all_of([Teller.of("en", "UTC").row({"raw": broken})])
    ]
