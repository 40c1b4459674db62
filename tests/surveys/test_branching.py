"""Which questions are shown, page by page or all at once; and which conditions can never make sense."""

import pytest
from hypothesis import given
from werkzeug.datastructures import MultiDict

from surveys import branching, filling, presenting, stepping, wording
from surveys.branching import Reader, pages, shown
from surveys.library import TEMPLATES
from surveys.merging import Person
from surveys.question import question_of, questions, written
from surveys.reaching import Fault, faults
from tests.surveys.documents import documents, forms

SCORE = {"id": "score", "kind": "score"}
MARA = Person({"email": "mara@customer.example", "plan": "Pro"}, {"team": "North"})


def asked(*raw):
    return questions({"questions": [SCORE, *raw]})


def when(ident, *conditions, match="all", kind="short", **more):
    return {"id": ident, "kind": kind, "show": {"match": match, "conditions": list(conditions)}, **more}


BAD = {"about": "band", "is": ["detractor"]}
RESOLVED = {"id": "resolved", "kind": "yesno"}
TEXT = {"id": "b", "kind": "short"}
SAID_NO = {"about": "answer", "question": "resolved", "is": ["no"]}


def idents(those):
    return [question.id for question in those]


@pytest.mark.parametrize(
    ("condition", "answers", "person", "locale", "visible"),
    [
        (BAD, {"score": 3}, MARA, "en", True),
        (BAD, {"score": 9}, MARA, "en", False),
        (BAD, {}, MARA, "en", False),
        ({**BAD, "not": True}, {"score": 9}, MARA, "en", True),
        ({"about": "score", "is": [0, 10]}, {"score": 10}, MARA, "en", True),
        ({"about": "contact", "property": "plan", "is": ["pro"]}, {}, MARA, "en", True),
        ({"about": "contact", "property": "plan", "is": ["pro"]}, {}, Person(), "en", False),
        ({"about": "interaction", "property": "team", "is": ["South", "North"]}, {}, MARA, "en", True),
        ({"about": "language", "is": ["sl"]}, {}, MARA, "sl-SI", True),
        ({"about": "language", "is": ["sl"]}, {}, MARA, "en", False),
    ],
)
def test_a_question_is_shown_when_its_condition_holds(condition, answers, person, locale, visible):
    found = shown(asked(when("why", condition)), answers, Reader("nps", locale, person))
    assert ("why" in idents(found)) is visible


def test_an_answer_to_a_question_that_is_not_shown_decides_nothing():
    plan = asked(
        when("resolved", BAD, kind="yesno"),
        when("open", SAID_NO),
    )
    answers = {"score": 10, "resolved": "no"}
    assert idents(shown(plan, answers, Reader("nps", "en"))) == ["score"]


def test_any_of_several_conditions_is_enough_when_the_designer_says_any():
    plan = asked(RESOLVED, when("why", BAD, SAID_NO, match="any"))
    assert "why" in idents(shown(plan, {"score": 10, "resolved": "no"}, Reader("nps", "en")))
    assert "why" not in idents(shown(plan, {"score": 10, "resolved": "yes"}, Reader("nps", "en")))


def test_no_question_stands_on_the_page_of_what_decides_on_it():
    plan = asked(
        {"id": "resolved", "kind": "yesno"}, when("open", SAID_NO), when("why", BAD), {"id": "z", "kind": "date"}
    )
    assert [idents(page) for page in pages(plan)] == [["score", "resolved"], ["open", "why", "z"]]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ([when("a", {"about": "answer", "question": "b", "is": ["*"]}), TEXT], ("later", "b")),
        ([when("a", {"about": "answer", "question": "a", "is": ["*"]})], ("loop", "")),
        ([when("a", {"about": "answer", "question": "gone", "is": ["*"]})], ("missing", "gone")),
        (
            [{"id": "b", "kind": "short"}, when("a", {"about": "answer", "question": "b", "is": ["x"]})],
            ("textual", "b"),
        ),
        ([when("a", {"about": "score", "is": [11]})], ("value", "score")),
        ([when("a", {"about": "language", "is": ["xx"]})], ("value", "")),
        ([when("a", BAD, {"about": "band", "is": ["promoter"]})], ("unreachable", "")),
        ([when("resolved", BAD, kind="yesno"), when("a", SAID_NO, {"about": "score", "is": [9]})], ("unreachable", "")),
        ([when("a", {"about": "language", "is": ["en", "sl"], "not": True})], ("unreachable", "")),
    ],
)
def test_conditions_that_cannot_be_are_found(raw, fault):
    found = faults(asked(*raw), "nps", ["en", "sl"])
    assert [(one.kind, one.other) for one in found] == [fault]
    assert found[0].question == "a"


def test_a_scale_without_the_band_that_a_condition_names_is_told():
    found = faults(asked(when("a", {"about": "band", "is": ["passive"]})), "thumbs", ["en"])
    assert found == [Fault("value", "a", "score", "passive")]


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_every_ready_made_survey_makes_sense(template):
    document = template.document(("en", "ar"), chosen=template.options)
    assert faults(questions(document), document["metric"], document["locales"]) == []


@given(documents())
def test_questions_are_written_as_they_are_read(document):
    assert [written(question_of(raw)) for raw in document["questions"]] == document["questions"]


@given(documents(), documents().flatmap(forms))
def test_strange_forms_break_nothing(document, form):
    stepping.read(MultiDict(form), document)


@given(documents().flatmap(lambda made: forms(made).map(lambda form: (made, form))))
def test_what_is_stored_is_exactly_what_was_shown_and_sensibly_answered(made):
    document, form = made
    sent = stepping.read(MultiDict(form), document)
    reader = Reader(document["metric"], "en", MARA)
    plan = questions(document)
    visible = idents(shown(plan, sent.answers, reader))
    stored = {piece.question for piece in filling.pieces(plan, sent.typed, reader)}
    answered = {ident for ident in sent.answers if ident not in {"score", "comment"}}
    assert stored == answered & set(visible)


@given(documents().flatmap(lambda made: forms(made).map(lambda form: (made, form))))
def test_page_by_page_asks_the_same_as_all_at_once(made):
    """Whoever walks through the pages without script sees each shown question once, in order, and no other."""
    document, form = made
    reader = Reader(document["metric"], "en", MARA)
    words = wording.named(wording.effective(document, "en"), "Acme", MARA)
    sent = stepping.read(MultiDict(form), document)
    cut = branching.pages(questions(document))
    page, seen = 0, []
    while page is not None:
        sheet = presenting.sheet(document, reader, words, typed=sent.typed, page=page)
        visible = shown(questions(document), sent.answers, reader)
        seen += [part.id for part in sheet.parts if part.question in visible]
        page = branching.page_after(cut, page, sent.answers, reader)
    assert seen == idents(shown(questions(document), sent.answers, reader))


@given(documents().flatmap(lambda made: forms(made).map(lambda form: (made, form))))
def test_what_was_stored_fills_the_page_again_with_the_same_answers(made):
    document, form = made
    plan, reader = questions(document), Reader(document["metric"], "en", MARA)
    kept = filling.pieces(plan, stepping.read(MultiDict(form), document).typed, reader)
    again = {question: kept_of for question in plan if (kept_of := [p for p in kept if p.question == question.id])}
    typed = filling.typed_of(kept)
    free = [question_of({**written(question), "show": None}) for question in again]
    assert set(filling.pieces(free, typed, reader)) == set(kept)
