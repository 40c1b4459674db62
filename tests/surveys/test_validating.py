"""What a stranger's survey document may be, and how each thing that it may not be is called and placed."""

import json
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys.asking import MOST_CONDITIONS, MOST_FLAWS, MOST_PARTS, MOST_QUESTIONS
from surveys.forms.flaws import SENTENCES, sentence
from surveys.library import TEMPLATES
from surveys.question import questions
from surveys.reaching import faults
from surveys.scale import SCALES
from surveys.validating import MOST_LOCALES, MOST_TEXT_LOCALES, Flaw, check
from surveys.wording import LOCALES
from tests.surveys.documents import documents

SCORE = {"id": "score", "kind": "score"}
YESNO = {"id": "solved", "kind": "yesno"}
MATRIX = {"id": "m", "kind": "matrix", "rows": ["r"], "low": 1, "high": 7}


def plain(**changes):
    """A good document of a score and a comment; None as a change takes the key away."""
    document = {"metric": "nps", "default_locale": "en", "locales": ["en", "sl"], "texts": {"en": {}, "sl": {}}}
    return {key: value for key, value in (document | changes).items() if value is not None}


def asking(*more, **changes):
    """A good document with further questions, which have titles."""
    titles = {f"{one['id']}.title": "Well?" for one in more if isinstance(one, dict) and isinstance(one.get("id"), str)}
    return plain(questions=[SCORE, *more], **({"texts": {"en": titles}} | changes))


def shown_if(*conditions, **more):
    return {"id": "why", "kind": "short", "show": {"match": "all", "conditions": list(conditions)} | more}


def one_of(*choices, **more):
    return {"id": "c", "kind": "one", "choices": list(choices)} | more


def worded(**texts):
    return plain(texts={"en": texts})


def told(document, **how):
    return [(flaw.path, flaw.code) for flaw in check(document, **how)[1]]


TABLE = {
    "not_an_object": [
        ([], ""),
        (plain(look=[1]), "look"),
        (plain(texts=[]), "texts"),
        (plain(texts={"en": "x"}), "texts.en"),
        (plain(questions=[SCORE, 7]), "questions[1]"),
        (asking({"id": "why", "kind": "short", "show": []}), "questions[1].show"),
        (asking({"id": "why", "kind": "short", "show": {"conditions": {}}}), "questions[1].show"),
    ],
    "unknown_key": [
        (plain(colour="red"), "colour"),
        (plain(look={"font": "Comic"}), "look.font"),
        (asking(YESNO | {"choices": []}), "questions[1].choices"),
        (asking(shown_if(unless=1)), "questions[1].show.unless"),
        (
            asking(shown_if({"about": "band", "is": ["passive"], "question": "x"})),
            "questions[1].show.conditions[0].question",
        ),
    ],
    "unknown_metric": [(plain(metric="osat"), "metric"), (plain(metric=None), "metric"), (plain(metric=[]), "metric")],
    "unknown_template": [(plain(template="nps"), "template"), (plain(template={}), "template")],
    "not_a_boolean": [
        (plain(anonymous="yes"), "anonymous"),
        (asking(YESNO | {"required": 1}), "questions[1].required"),
        (asking(one_of("a", "b", shuffle="no")), "questions[1].shuffle"),
        (asking(shown_if({"about": "score", "is": [1], "not": 0})), "questions[1].show.conditions[0].not"),
    ],
    "not_a_color": [(plain(look={"color": color}), "look.color") for color in ("red", "#FFF", "#12345G", 7, "url(x)")],
    "not_a_logo": [(plain(look={"logo": "https://evil.example/x.svg"}), "look.logo")],
    "no_locale": [(plain(locales=[], default_locale="en"), "locales"), (plain(locales="en"), "locales")],
    "too_many": [
        (plain(locales=["en", *(f"a{a}{b}" for a in "abcdef" for b in "abcdef")][: MOST_LOCALES + 1]), "locales"),
        (plain(questions=[SCORE] * (MOST_QUESTIONS + 1)), "questions"),
        (asking(one_of(*map(str, range(MOST_PARTS + 1)))), "questions[1].choices"),
        (asking(MATRIX | {"rows": list(map(str, range(MOST_PARTS + 1)))}), "questions[1].rows"),
        (
            asking(shown_if(*[{"about": "score", "is": [1]}] * (MOST_CONDITIONS + 1))),
            "questions[1].show.conditions",
        ),
        (plain(texts={f"{chr(97 + n // 26)}{chr(97 + n % 26)}": {} for n in range(MOST_TEXT_LOCALES + 1)}), "texts"),
    ],
    "not_a_locale": [
        (plain(locales=["en", "English"]), "locales[1]"),
        (plain(locales=["en", 7]), "locales[1]"),
        (plain(locales=["en", "../etc"]), "locales[1]"),
        (plain(texts={"en_GB": {}}), "texts.en_GB"),
    ],
    "twice": [
        (plain(locales=["en", "sl", "en"]), "locales[2]"),
        (plain(locales=["en", "pt-BR", "pt-br"]), "locales[2]"),
        (asking(YESNO, YESNO), "questions[2].id"),
        (asking(one_of("a", "b", "a")), "questions[1].choices[2]"),
        (asking(MATRIX | {"rows": ["r", "r"]}), "questions[1].rows[1]"),
    ],
    "not_among_locales": [
        (plain(default_locale="de"), "default_locale"),
        (plain(default_locale=["en"]), "default_locale"),
        (plain(default_locale=None), "default_locale"),
    ],
    "unknown_text": [(worded(headline="Hi"), "texts.en.headline"), (worded(**{"q.title": "Hi"}), "texts.en.q.title")],
    "not_a_text": [(worded(question=7), "texts.en.question"), (worded(question=["Hi"]), "texts.en.question")],
    "too_long": [
        (worded(question="x" * 301), "texts.en.question"),
        (worded(low_label="x" * 81), "texts.en.low_label"),
        (worded(mail_intro="x" * 2001), "texts.en.mail_intro"),
        (worded(**{"score.help": "x" * 501}), "texts.en.score.help"),
        (asking(YESNO, texts={"en": {"solved.title": "x" * 301}}), "texts.en.solved.title"),
        (
            asking(one_of("a", "b"), texts={"en": {"c.title": "C", "c.choice.a": "A", "c.choice.b": "x" * 201}}),
            "texts.en.c.choice.b",
        ),
    ],
    "script_url": [
        (worded(question=text), "texts.en.question")
        for text in (
            "javascript:alert(1)",
            "Read JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "java\0script:alert(1)",
            "vbscript:x",
            "data: text/html;base64,PHNjcmlwdD4=",
        )
    ],
    "no_question": [(plain(questions=[]), "questions"), (plain(questions={}), "questions")],
    "one_score": [(plain(questions=[YESNO]), "questions"), (asking(SCORE | {"id": "again"}), "questions")],
    "score_id": [
        (plain(questions=[{"id": "rating", "kind": "score"}]), "questions[0].id"),
        (asking(SCORE | {"kind": "short"}), "questions[1].id"),
    ],
    "comment_kind": [(asking({"id": "comment", "kind": "short"}), "questions[1].kind")],
    "score_always": [
        (
            plain(questions=[YESNO, SCORE | {"show": shown_if({"about": "language", "is": ["en"]})["show"]}]),
            "questions[1].show",
        )
    ],
    "unknown_kind": [
        (asking({"id": "q", "kind": kind}), "questions[1].kind") for kind in ("slider", None, [], 10**5000)
    ],
    "not_an_id": [
        *((asking({"id": ident, "kind": "short"}), "questions[1].id") for ident in ("", "Q", "a-b", "x" * 41, "č", 7)),
        (asking(one_of("a", "other")), "questions[1].choices[1]"),
        (asking(one_of("a", None)), "questions[1].choices[1]"),
    ],
    "not_a_list": [(asking(one_of() | {"choices": "ab"}), "questions[1].choices")],
    "not_a_scale": [
        (asking(MATRIX | ends), "questions[1].high")
        for ends in ({"high": 11}, {"low": 7}, {"low": -1}, {"high": "7"}, {"low": True}, {"high": 5.5}, {"low": None})
    ],
    "unknown_dimension": [(asking(MATRIX | {"dimension": one}), "questions[1].dimension") for one in ("price", [])],
    "unknown_side": [(asking(MATRIX | {"side": side}), "questions[1].side") for side in ("left", None, {})],
    "unknown_match": [(asking(shown_if(match=match)), "questions[1].show.match") for match in ("none", [], None)],
    "unknown_about": [
        (asking(shown_if(condition)), "questions[1].show.conditions[0].about")
        for condition in ({"about": "weather"}, {"about": []}, {}, 7)
    ],
    "no_values": [
        (asking(shown_if({"about": "score"} | values)), "questions[1].show.conditions[0].is")
        for values in ({}, {"is": []}, {"is": 3}, {"is": list(range(101))})
    ],
    "not_a_value": [
        *(
            (asking(shown_if({"about": "score", "is": [value]})), "questions[1].show.conditions[0].is[0]")
            for value in ("3", 3.5, True, None, 10**5000, -1)
        ),
        *(
            (
                asking(shown_if({"about": "contact", "property": "plan", "is": [value]})),
                "questions[1].show.conditions[0].is[0]",
            )
            for value in (3, "", "x" * 201, "a\0b", "\ud800", ["a"])
        ),
    ],
    "no_name": [
        (asking(shown_if({"about": "answer", "is": ["*"]})), "questions[1].show.conditions[0].question"),
        *(
            (
                asking(shown_if({"about": "contact", "is": ["a"], "property": name})),
                "questions[1].show.conditions[0].property",
            )
            for name in ("", "x" * 61, "a\nb", "\ud800", 7, ["plan"])
        ),
    ],
    "too_few_choices": [
        (asking(one_of("a"), texts={"en": {"c.title": "C", "c.choice.a": "A"}}), "questions[1].choices"),
        (asking({"id": "c", "kind": "many", "other": True}), "questions[1].choices"),
    ],
    "no_rows": [(asking(MATRIX | {"rows": []}), "questions[1].rows")],
    "no_text": [
        (asking(YESNO, texts={"en": {}}), "texts.en.solved.title"),
        (asking(YESNO, texts={"sl": {"solved.title": "Rešeno?"}}), "texts.en.solved.title"),
        (asking(one_of("a", "b"), texts={"en": {"c.title": "C", "c.choice.a": "A"}}), "texts.en.c.choice.b"),
    ],
    "later": [
        (asking(shown_if({"about": "answer", "question": "solved", "is": ["no"]}), YESNO), "questions[1].show"),
        (
            plain(
                questions=[shown_if({"about": "band", "is": ["passive"]}), SCORE], texts={"en": {"why.title": "Why?"}}
            ),
            "questions[0].show",
        ),
    ],
    "loop": [(asking(shown_if({"about": "answer", "question": "why", "is": ["*"]})), "questions[1].show")],
    "missing": [(asking(shown_if({"about": "answer", "question": "gone", "is": ["*"]})), "questions[1].show")],
    "value": [
        (asking(YESNO, shown_if({"about": "answer", "question": "solved", "is": ["maybe"]})), "questions[2].show"),
        (asking(shown_if({"about": "band", "is": ["happy"]})), "questions[1].show"),
        (asking(shown_if({"about": "language", "is": ["de"]})), "questions[1].show"),
        (asking(shown_if({"about": "score", "is": [8]}), metric="csat"), "questions[1].show"),
    ],
    "textual": [
        (
            asking({"id": "t", "kind": "short"}, shown_if({"about": "answer", "question": "t", "is": ["x"]})),
            "questions[2].show",
        )
    ],
    "unreachable": [
        (asking(shown_if({"about": "score", "is": [1]}, {"about": "band", "is": ["promoter"]})), "questions[1].show")
    ],
}
ROWS = [(code, document, path) for code, rows in TABLE.items() for document, path in rows]


@pytest.mark.parametrize(("code", "document", "path"), ROWS)
def test_what_is_wrong_is_told_with_its_place(code, document, path):
    assert (path, code) in told(document)
    assert check(document)[0] is None


ELSEWHERE = {"not_json", "too_large", "not_a_survey", "metric_fixed"}
"""Sentences about a file that holds no document, and about a scale that stays: see test_exchanging, test_drafting."""


def test_the_table_knows_every_sentence_there_is():
    assert set(TABLE) | ELSEWHERE == set(SENTENCES)


@pytest.mark.web
@pytest.mark.parametrize(("code", "document", "path"), ROWS)
def test_every_flaw_is_a_whole_sentence(app, code, document, path):
    for flaw in check(document)[1]:
        words = sentence(flaw)
        assert words.endswith(".")
        assert "%" not in words
        words.encode()
        flaw.path.encode()


@pytest.mark.parametrize("key", sorted(TEMPLATES))
@pytest.mark.parametrize("locale", LOCALES)
def test_every_ready_made_survey_is_good_in_every_language(key, locale):
    document = TEMPLATES[key].document((locale, "en"[: 2 * (locale != "en")] or "sl"), chosen=TEMPLATES[key].options)
    assert check(document) == (document, [])


@pytest.mark.parametrize("metric", list(SCALES))
def test_a_survey_of_a_score_and_a_comment_is_good(metric):
    assert check(plain(metric=metric)) == (plain(metric=metric), [])


@given(documents())
def test_what_the_house_makes_is_accepted_and_stays_as_it_is(document):
    found, flaws = check(document, strict=False)
    assert not flaws
    assert check(found, strict=False) == (found, [])


def test_several_flaws_are_all_told():
    document = plain(
        metric="x", locales=["en", "E"], questions=[SCORE, {"id": "A", "kind": "one", "choices": ["a", "a"]}]
    )
    assert set(told(document)) == {
        ("metric", "unknown_metric"),
        ("locales[1]", "not_a_locale"),
        ("questions[1].id", "not_an_id"),
        ("questions[1].choices[1]", "twice"),
    }


LOOSE = ("unknown_text", "too_few_choices", "no_rows", "no_text", "later", "loop", "missing", "value", "textual")
LOOSE += ("unreachable",)


@pytest.mark.parametrize(("code", "document", "path"), [row for row in ROWS if row[0] in LOOSE])
def test_a_draft_may_be_unfinished(code, document, path):
    found, flaws = check(document, strict=False)
    assert flaws == []
    assert check(found, strict=False) == (found, [])


@pytest.mark.parametrize(("code", "document", "path"), [row for row in ROWS if row[0] not in LOOSE])
def test_a_draft_may_not_be_broken(code, document, path):
    assert (path, code) in told(document, strict=False)


def test_a_draft_loses_the_words_of_questions_that_are_gone():
    found, _ = check(worded(**{"gone.title": "Old", "question": "New?"}), strict=False)
    assert found["texts"] == {"en": {"question": "New?"}, "sl": {}}


def test_texts_are_kept_clean():
    found, _ = check(worded(question="  Well?\r\n\x00Really\ud800? ", send="   "))
    assert found["texts"]["en"] == {"question": "Well?\nReally?"}


@pytest.mark.parametrize(
    "text", ["JavaScript: how good are our courses?", "Is our data: text, html or both?", "We build scripts: why?"]
)
def test_a_sentence_about_programs_is_none(text):
    assert told(worded(question=text)) == []


def test_a_languages_texts_are_kept_while_it_is_off():
    found, _ = check(plain(locales=["en"], texts={"sl": {"question": "No?"}}))
    assert found["texts"] == {"en": {}, "sl": {"question": "No?"}}


# What a stranger may send.

NASTY = (None, True, 0, -1, 1.5, float("nan"), 10**5000, "", "x", "\0", "\ud800", "%s%(x)s", [], {}, [[]], {"": {}})


def deep(levels, wrap):
    value = 0
    for _ in range(levels):
        value = wrap(value)
    return value


NASTY += (deep(100_000, lambda inside: [inside]), deep(100_000, lambda inside: {"show": inside}))


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inside, (*path, key))


def replaced(value, path, other):
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = replaced(copy[path[0]], path[1:], other)
    return copy


FULL = TEMPLATES["csat_delivery"].document(("en", "sl")) | {
    "anonymous": True,
    "look": {"color": "#2751b8", "logo": "0" * 32},
    "texts": {"en": {"question": "Well?", "trouble.choice.late": "Late"}, "sl": {}},
}
FULL["questions"] = [*FULL["questions"], MATRIX | {"dimension": "empathy", "side": "expected"}]
FULL["texts"]["en"] |= {"m.title": "M", "m.row.r": "R"}


def answered(document):
    """The flaws of a document, strictly, found fast whatever it is."""
    start = time.perf_counter()
    for strict in (False, True):
        found, flaws = check(document, strict=strict)
        assert (found is None) == bool(flaws)
        assert len(flaws) <= MOST_FLAWS
        for flaw in flaws:
            assert flaw.code in SENTENCES
            flaw.path.encode()
            assert len(flaw.path) < 400
    assert time.perf_counter() - start < 2
    return flaws


def test_the_full_document_is_good():
    assert check(FULL)[1] == []


@pytest.mark.parametrize("place", list(places(FULL)), ids=lambda place: ".".join(map(str, place)) or "all")
def test_anything_may_stand_anywhere_and_nothing_breaks(place):
    for value in NASTY:
        answered(replaced(FULL, place, value))


@pytest.mark.web
@pytest.mark.parametrize("key", ["", "\0", "\ud800", "x" * 100_000, "__class__", "%(known)s", "questions[0]"])
def test_names_may_be_anything(key, app):
    for place in places(FULL):
        holder = FULL
        for step in place:
            holder = holder[step]
        if isinstance(holder, dict):
            for flaw in answered(replaced(FULL, place, holder | {key: "javascript:alert(1)"})):
                sentence(flaw).encode()


KEYS = st.sampled_from(sorted({str(step) for place in places(FULL) for step in place} | {"show", "is", "not", "about"}))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(list(SCALES)) | KEYS,
    lambda inside: st.lists(inside) | st.dictionaries(KEYS | st.text(), inside),
    max_leaves=30,
)


@given(JSON)
def test_no_value_breaks_the_check(value):
    answered(value)


@given(documents(), JSON, st.data())
def test_no_value_inside_a_good_document_breaks_the_check(document, value, data):
    place = data.draw(st.sampled_from(sorted(places(document), key=repr)))
    answered(replaced(document, place, value))


@given(documents())
def test_what_is_accepted_can_be_asked(document):
    found, flaws = check(document)
    assume(not flaws)
    assert faults(questions(found), found["metric"], found["locales"]) == []
    json.dumps(found).encode()


MEGABYTES = 10 * 1024 * 1024
HUGE = {
    "one long text": lambda: worded(question="x" * MEGABYTES),
    "one long name": lambda: worded(**{"q" * MEGABYTES: "x"}),
    "many unknown names": lambda: {str(number): 0 for number in range(700_000)},
    "many texts": lambda: worded(**{f"{number}.title": "x" for number in range(400_000)}),
    "many questions": lambda: plain(questions=[SCORE] * 400_000),
    "many names of a question": lambda: asking(YESNO | {str(number): 0 for number in range(400_000)}),
    "many locales": lambda: plain(locales=["en"] * 1_000_000),
    "many choices": lambda: asking(one_of(*["a"] * 1_000_000)),
    "many values": lambda: asking(shown_if({"about": "score", "is": [1] * 1_000_000})),
    "many conditions": lambda: asking(shown_if(*[{"about": "score", "is": [1]}] * 100_000)),
    "blanks before what runs": lambda: worded(question="data:" + " " * MEGABYTES + "text/html"),
}
"""Each is made when it is asked about: together they would take seconds, and half a gigabyte until the end."""


@pytest.mark.parametrize("name", HUGE)
def test_ten_megabytes_are_answered_fast(name):
    assert answered(HUGE[name]())


def test_a_chain_of_conditions_is_followed_fast():
    """Each question depends on both before it: looked at naively, the ways to the last one double with each."""
    chain = [{"id": f"q{n}", "kind": "yesno"} for n in range(MOST_QUESTIONS - 1)]
    for number, question in enumerate(chain[2:]):
        before = [{"about": "answer", "question": f"q{number + step}", "is": ["yes"]} for step in (0, 1)]
        question["show"] = {"match": "all", "conditions": before}
    assert answered(asking(*chain)) == []


def test_a_web_of_conditions_is_followed_fast():
    """Twenty ways to each of many questions, and questions that need all of them at once."""
    any_score = {"match": "any", "conditions": [{"about": "score", "is": [n % 11]} for n in range(MOST_CONDITIONS)]}
    firsts = [{"id": f"a{n}", "kind": "yesno", "show": any_score} for n in range(MOST_CONDITIONS)]
    all_of = [{"about": "answer", "question": f"a{n}", "is": ["yes"]} for n in range(MOST_CONDITIONS)]
    lasts = [{"id": f"b{n}", "kind": "yesno", "show": {"match": "all", "conditions": all_of}} for n in range(29)]
    assert answered(asking(*firsts, *lasts)) == []


@pytest.mark.web
def test_a_flaw_without_a_sentence_still_says_something(app):
    assert sentence(Flaw("x", "brand_new")) == "This cannot be."
