"""The checklist catches each of its problems, in a table of bad surveys, and leaves good ones alone."""

import re

import pytest

from surveys import phrasing
from surveys.checking import findings
from surveys.forms.gathering import lines
from surveys.library import TEMPLATES
from surveys.wording import LOCALES

SCORE, COMMENT = {"id": "score", "kind": "score"}, {"id": "comment", "kind": "long"}


def document(*questions, locales=("en", "sl"), more=None, **texts):
    asked = {"questions": [SCORE, *questions, COMMENT]} if questions else {}
    return {"metric": "csat", "default_locale": "en", "locales": list(locales), "texts": texts} | asked | (more or {})


def only_if(*conditions, match="all"):
    return {"show": {"match": match, "conditions": list(conditions)}}


def kinds(found):
    return {finding.kind for finding in found}


def test_ready_made_words_need_nothing():
    assert findings(document()) == []


@pytest.mark.parametrize("key", TEMPLATES)
def test_a_ready_made_survey_needs_nothing_in_any_language(key):
    found = findings(TEMPLATES[key].document(LOCALES[:30], chosen=("expectation",)))
    assert kinds(found) <= {"many_questions"}


SOLVED = {"id": "solved", "kind": "yesno"}
SAID = {"solved.title": "Was it solved?"}
PICK = {"id": "pick", "kind": "one", "choices": ["a", "b"]}
PICKED = {"pick.title": "Which one?", "pick.choice.a": "This", "pick.choice.b": "That"}
DETRACTOR, PROMOTER = {"about": "band", "is": ["detractor"]}, {"about": "band", "is": ["promoter"]}

BAD = [
    ("no_score", document(more={"questions": [COMMENT]}), True),
    ("no_text", document(SOLVED), True),
    ("no_choice_text", document(PICK, en=PICKED | {"pick.choice.b": " "}), True),
    ("few_choices", document(PICK | {"choices": ["a"]}, en=PICKED), True),
    ("no_rows", document({"id": "t", "kind": "matrix", "low": 1, "high": 5}, en={"t.title": "Rate"}), True),
    ("later", document(SOLVED | only_if({"about": "answer", "question": "comment", "is": ["*"]}), en=SAID), True),
    ("loop", document(SOLVED | only_if({"about": "answer", "question": "solved", "is": ["yes"]}), en=SAID), True),
    ("missing", document(SOLVED | only_if({"about": "answer", "question": "gone", "is": ["yes"]}), en=SAID), True),
    ("value", document(SOLVED | only_if({"about": "score", "is": [9]}), en=SAID), True),
    ("unreachable", document(SOLVED | only_if(DETRACTOR, PROMOTER), en=SAID), True),
    ("untranslated", document(SOLVED, en=SAID), False),
    ("placeholder", document(en={"thanks_title": "Thanks from {compnay}"}), False),
    ("placeholder", document(en={"thanks_title": "Thanks, {{ nobody.name | you }}"}), False),
    ("no_fallback", document(en={"mail_intro": "{{ contact.name }}, how was it?"}), False),
    ("long_question", document(en={"question": "How satisfied are you " + "really " * 20 + "?"}), False),
    ("long_subject", document(en={"mail_subject": "A question " * 7}), False),
    ("leading", document(en={"question": "How great was our service?"}), False),
    ("double", document(en={"question": "Were we quick to answer and friendly?"}), False),
    ("many_questions", document(*(SOLVED | {"id": f"s{n}"} for n in range(12))), False),
    ("anonymous_contact", document({"id": "call", "kind": "contact"}, more={"anonymous": True}), False),
    ("anonymous_fields", document(en={"thanks_body": "{{ contact.name | You }}!"}, more={"anonymous": True}), False),
]


@pytest.mark.parametrize(("kind", "bad", "stops"), BAD, ids=[f"{n}-{row[0]}" for n, row in enumerate(BAD)])
def test_a_bad_survey_is_found_out(kind, bad, stops):
    found = [finding for finding in findings(bad) if finding.kind == kind]
    assert found
    assert {finding.stops for finding in found} == {stops}


def test_what_forbids_publishing_comes_first():
    found = findings(document(SOLVED, en={"question": "How great was it?"}))
    assert [finding.stops for finding in found] == sorted((finding.stops for finding in found), reverse=True)


def test_a_question_of_ones_own_wants_its_translation():
    (finding,) = findings(document(en={"question": "And how was it?"}))
    assert (finding.kind, finding.locale, finding.keys, finding.stops) == ("untranslated", "sl", ("question",), False)


MANY = ("en", "sl", "pl", "ru")


def gathered(app, bad):
    with app.test_request_context():
        return [(line["sentence"], [one["locale"] for one in line["places"]]) for line in lines(findings(bad), bad)]


def test_what_languages_lack_alike_is_one_line(app):
    bad = document(locales=MANY, en={"question": "And how was it?"})
    said = "Some languages show your own words in English: Question."
    assert gathered(app, bad) == [(said, ["sl", "pl", "ru"])]


def test_what_one_language_lacks_names_it(app):
    bad = document(locales=("en", "sl"), en={"question": "And how was it?"})
    assert gathered(app, bad) == [("Slovenščina shows your own words in English: Question.", ["sl"])]


def test_different_placeholders_are_lines_of_their_own(app):
    bad = document(en={"send": "{a} {b}"}, sl={"send": "{a}"})
    assert [tags for _said, tags in gathered(app, bad)] == [["en", "sl"], ["en"]]


def test_a_placeholder_that_nothing_fills_is_named():
    (finding,) = findings(
        document(en={"thanks_title": "Thanks from {compnay}"}, sl={"thanks_title": "Hvala, {company}"})
    )
    assert (finding.kind, finding.detail) == ("placeholder", "{compnay}")


def test_a_name_can_be_filled_in_a_mail_only():
    assert findings(document(en={"mail_subject": "{name}, one question"})) == []
    assert [finding.detail for finding in findings(document(en={"send": "Send, {name}"}))] == ["{name}"]


@pytest.mark.parametrize(
    ("color", "wanted"), [("#ffee00", {"low_contrast"}), ("#2751b8", set()), ("#ff0000", {"low_contrast"})]
)
def test_a_colour_too_light_for_words_is_told_with_what_stands_in_for_it(color, wanted):
    found = findings(document() | {"look": {"color": color}})
    assert kinds(found) == wanted
    assert not any(finding.stops for finding in found)
    assert all(re.fullmatch(r"\d\.\d:1 #[0-9a-f]{6}", finding.detail) for finding in found)


def test_a_merge_field_with_other_words_is_fine():
    assert (
        findings(document(en={"mail_intro": "{{ contact.name | Hello }}, {{interaction.order number|your order}}"}))
        == []
    )


@pytest.mark.parametrize(
    ("text", "locale", "words"),
    [
        ("How great was our help?", "en", "How great"),
        ("Don't you agree that we were quick?", "en", "Don't you agree"),
        ("How was our amazing team?", "en", "amazing"),
        ("Kako odlična je bila naša pomoč?", "sl", "Kako odlična"),
        ("Jak wspaniała była nasza pomoc?", "pl", "Jak wspaniała"),
        ("Πόσο υπέροχη ήταν η εξυπηρέτηση;", "el", "Πόσο υπέροχη"),
        ("Насколько отлично мы помогли?", "ru", "Насколько отлично"),
        ("How satisfied are you with our help?", "en", ""),
        ("Kako zadovoljni ste?", "sl", ""),
        ("How great was our help?", "de", ""),
    ],
)
def test_words_that_lead_to_an_answer(text, locale, words):
    assert phrasing.leading(text, locale) == words


@pytest.mark.parametrize(
    ("text", "locale", "joint"),
    [
        ("Were we quick to answer and friendly?", "en", "and"),
        ("Was the product good or the price fair?", "en", "or"),
        ("Ali je bil agent prijazen in hiter?", "sl", "in"),
        ("Ali smo rešili vašo težavo?", "sl", ""),
        ("Czy konsultant był miły i szybki?", "pl", "i"),
        ("Ήταν ο υπάλληλος ευγενικός και γρήγορος;", "el", "και"),
        ("Был ли сотрудник вежлив и быстр?", "ru", "и"),
        ("Did you accept the terms and conditions?", "en", ""),
        ("Food and drinks?", "en", ""),
    ],
)
def test_two_questions_in_one(text, locale, joint):
    assert phrasing.double(text, locale) == joint
