"""The words respondents see: whole in every language, overlaid by the survey's own."""

import re

import pytest

from surveys import wording
from surveys.scale import SCALES

LONG = {"unsubscribe_body", "unavailable_body", "expired_body", "comment_too_long", "not_saved"}
COFFEE = {
    "metric": "nps",
    "default_locale": "en",
    "locales": ["en", "sl", "sr-Latn"],
    "texts": {
        "en": {"question": "How was the coffee?", "send": "Tell us", "comment_label": "Why?"},
        "sl": {"comment_label": "Zakaj?"},
        "sl-SI": {"thanks_title": "Najlepša hvala!"},
    },
}


def all_words(locale: str) -> dict[str, str]:
    found = dict(wording.built_in(locale))
    for metric in SCALES:
        found |= {f"{metric}.{key}": text for key, text in wording.built_in(locale, metric).items()}
    return found


def placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{.*?\}", text)))


@pytest.mark.parametrize("locale", wording.LOCALES)
def test_every_language_has_every_word_with_the_same_placeholders(locale: str) -> None:
    english = all_words("en")
    words = all_words(locale)
    assert list(words) == list(english)
    assert {k: placeholders(t) for k, t in words.items()} == {k: placeholders(t) for k, t in english.items()}


MOST = {
    **dict.fromkeys(("yes", "no"), 8),
    **dict.fromkeys(("send", "next", "back", "close"), 12),
    "sending": 16,
    **dict.fromkeys(("choose_language", "comment_optional"), 18),
    **dict.fromkeys(("unsubscribe_button", "try_again", "mail_unsubscribe", "thanks_title", "change_answer"), 26),
    **dict.fromkeys(("low_label", "high_label", "other_label", "thumb_up", "thumb_down"), 30),
    **dict.fromkeys(("kiosk_start", "choose_any", "error_title", "mail_open", "unsubscribe_undo"), 36),
    **dict.fromkeys(("mid_label", *(f"smiley_{n}" for n in range(1, 6))), 40),
    "mail_subject": 45,
    "mail_subject_several": 60,
    **dict.fromkeys(LONG, 180),
}
"""Characters that fit: buttons on half a phone, labels of two lines beside each other, subjects in an inbox."""


@pytest.mark.parametrize("locale", wording.LOCALES)
def test_words_fit_their_places(locale: str) -> None:
    words = all_words(locale)
    assert [key for key, text in words.items() if not text] == []
    most = {key: MOST.get(key.split(".")[-1], 150) for key in words}
    assert {key: text for key, text in words.items() if len(text) > most[key]} == {}


def test_every_editable_key_exists_once() -> None:
    keys = [key for group in wording.EDITABLE.values() for key in group]
    assert len(keys) == len(set(keys))
    assert set(keys) <= set(wording.built_in("en", "csat3"))


def test_a_survey_speaks_its_own_words_nearest_first() -> None:
    texts = wording.effective(COFFEE, "sl-SI")
    assert texts["thanks_title"] == "Najlepša hvala!"
    assert texts["comment_label"] == "Zakaj?"


def test_a_changed_question_is_never_swapped_for_another_one() -> None:
    texts = wording.effective(COFFEE, "sl")
    assert texts["question"] == "How was the coffee?"
    assert wording.untranslated(COFFEE, "sl") == ("question",)


def test_a_button_renamed_in_english_stays_slovenian_in_slovenian() -> None:
    assert wording.effective(COFFEE, "en-GB")["send"] == "Tell us"
    assert wording.effective(COFFEE, "sl")["send"] == "Pošlji"


def test_ready_made_words_kept_in_the_default_language_do_not_hide_a_translation() -> None:
    english = wording.built_in("en", "nps")
    document = {**COFFEE, "texts": {"en": {"question": english["question"]}, "pl": {"question": "  "}}}
    assert wording.effective(document, "pl")["question"] == wording.built_in("pl", "nps")["question"]
    assert wording.untranslated(document, "pl") == ()


def test_a_language_we_have_no_words_for_reads_the_surveys_default() -> None:
    texts = wording.effective({**COFFEE, "default_locale": "pl", "texts": {"pl": {"send": "Gotowe"}}}, "zu")
    assert texts["send"] == "Gotowe"
    assert texts["try_again"] == wording.built_in("pl")["try_again"]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (("sl-SI",), "sl"),
        (("SL_si",), "sl"),
        ((None, "el", "sl"), "sl"),
        (("sr",), "sr-Latn"),
        (("el",), "en"),
        (("", None), "en"),
        ((), "en"),
    ],
)
def test_the_locale_is_the_first_wish_the_survey_can_meet(wanted: tuple[str | None, ...], chosen: str) -> None:
    assert wording.choose_locale(COFFEE, *wanted) == chosen


def test_direction_follows_the_script() -> None:
    assert [wording.direction(tag) for tag in ("sl", "ar-EG", "he", "az-Latn", "ks-Latn")] == [
        *("ltr", "rtl", "rtl", "ltr", "ltr")
    ]


def test_a_name_full_of_braces_is_only_a_name() -> None:
    assert wording.merge("Hi {name} of {company}", {"name": "{company} {{7*7}}", "company": "A"}) == (
        "Hi {company} {{7*7}} of A"
    )
    assert wording.merge("{unknown} {0} {", {"company": "A"}) == "{unknown} {0} {"


def test_messages_name_the_numbers_as_the_language_writes_them() -> None:
    assert wording.score_missing(wording.built_in("en"), SCALES["ces"]) == "Choose a score from 1 to 7."
    said = {tag: wording.comment_too_long(wording.built_in(tag), tag, 12_345) for tag in ("en", "sl", "pl", "xx")}
    assert "12,345" in said["en"]
    assert "10,000" in said["en"]
    assert "12.345" in said["sl"]
    assert "12\u00a0345" in said["pl"]
    assert "12345" in said["xx"]


@pytest.mark.parametrize("locale", wording.LOCALES)
def test_every_language_is_served_to_those_who_ask_for_it_in_any_spelling(locale: str) -> None:
    for wish in (locale, locale.upper(), locale.lower(), locale.replace("-", "_"), f"{locale}-XX", f" {locale} "):
        assert wording.served(wish) == locale
    offered = {"default_locale": "en", "locales": ["en", *(tag for tag in wording.LOCALES if tag != "en")]}
    assert wording.choose_locale(offered, f"{locale}-XX") == locale


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("no", "nb"),
        ("nn-NO,nn;q=0.9", "nb"),
        ("iw", "he"),
        ("sr-Latn-RS", "sr-Latn"),
        ("sr-Cyrl-RS,sr;q=0.9", "sr"),
        ("sr-RS", "sr"),
        ("sh", "sr-Latn"),
        ("mo-MD", "ro"),
        ("bs-Latn-BA", "bs"),
        ("zh-CN,zh;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,de;q=0.1", "de"),
        ("de;q=0,fr;q=0.1", "fr"),
        ("fr;q=0.5,de;q=0.9", "de"),
        ("fa-IR", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;,,,q=", "en"),
        ("de;q=nonsense", "en"),
        ("\u0130-\u0130", "en"),
        ("-".join("ab" for _ in range(20_000)), "en"),
        ("de-" + "x" * 50_000, "de"),
    ],
)
def test_a_browsers_wishes_are_met_as_well_as_we_can(header: str, locale: str) -> None:
    assert wording.served(*wording.spoken(header)) == locale


@pytest.mark.parametrize(
    ("locales", "wish", "chosen"),
    [
        (["en", "nb"], "no", "nb"),
        (["en", "nb"], "nn-NO", "nb"),
        (["en", "he"], "iw-IL", "he"),
        (["en", "sr", "sr-Latn"], "sh", "sr-Latn"),
        (["en", "sr", "sr-Latn"], "sr-Latn-BA", "sr-Latn"),
        (["en", "pt"], "pt-BR", "pt"),
        (["en", "pt-BR"], "pt-PT", "pt-BR"),
    ],
)
def test_a_survey_is_read_in_the_language_that_its_reader_also_reads(
    locales: list[str], wish: str, chosen: str
) -> None:
    assert wording.choose_locale({"default_locale": "en", "locales": locales}, wish) == chosen
