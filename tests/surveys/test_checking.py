import re

import pytest

from surveys.checking import findings


def document(**texts):
    return {"metric": "csat", "default_locale": "en", "locales": ["en", "sl"], "texts": texts}


def test_ready_made_words_need_nothing():
    assert findings(document()) == []


def test_a_question_of_ones_own_wants_its_translation():
    (finding,) = findings(document(en={"question": "And how was it?"}))
    assert (finding.kind, finding.locale, finding.keys, finding.stops) == ("untranslated", "sl", ("question",), False)


def test_a_placeholder_that_nothing_fills_is_named():
    (finding,) = findings(
        document(en={"thanks_title": "Thanks from {compnay}"}, sl={"thanks_title": "Hvala, {company}"})
    )
    assert (finding.kind, finding.detail) == ("placeholder", "{compnay}")


def test_a_name_can_be_filled_in_a_mail_only():
    assert findings(document(en={"mail_subject": "{name}, one question"})) == []
    assert [finding.detail for finding in findings(document(en={"send": "Send, {name}"}))] == ["{name}"]


@pytest.mark.parametrize(
    ("color", "kinds"), [("#ffee00", ["low_contrast"]), ("#2751b8", []), ("#ff0000", ["low_contrast"])]
)
def test_a_colour_too_light_for_words_is_told_with_what_stands_in_for_it(color, kinds):
    found = findings(document() | {"look": {"color": color}})
    assert [finding.kind for finding in found] == kinds
    assert not any(finding.stops for finding in found)
    assert all(re.fullmatch(r"\d\.\d:1 #[0-9a-f]{6}", finding.detail) for finding in found)
