"""Words that a finished project does not contain, and words that its respondents read in every language."""

import json
import re
import unicodedata

import pytest

from surveys.wording import LOCALES
from tests.house.tree import ROOMS, ROOT, all_texts, sins

WORDS = ROOT / "surveys" / "words"

UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "lorem " + "ipsum")) + r")\b"
)
STUB = re.compile(r"raise NotImplemented" + "Error|pytest.mark.sk" + r"ip|@unittest.sk" + "ip")


def _unfinished(path):
    if path.parts[-2:-1] == ("words",) or path.name == "common_passwords.txt":
        return []  # words of people
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if UNFINISHED.search(line)]


def test_nothing_is_left_for_later():
    assert sins(all_texts(), _unfinished) == {}


def test_nothing_is_a_stub_and_no_test_is_skipped():
    python = [path for path in all_texts() if path.suffix == ".py"]
    assert sins(python, lambda path: STUB.findall(path.read_text(encoding="utf-8"))) == {}


def test_every_room_exists():
    rooms = {path.parent.name for path in all_texts() if path.name == "__init__.py"}
    assert set(ROOMS) <= rooms


# What respondents read, in every language: surveys/words/*.json.

FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(WORDS.glob("*.json"))}
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
LATIN = "abcdefghijklmnopqrstuvwxyz"
LETTERS = {
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيً ٌٍَُِّْ",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "bs": LATIN + "čćđšž",
    "cs": LATIN + "áčďéěíňóřšťúůýž",
    "da": LATIN + "æøåé",
    "de": LATIN + "äöüß",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
    "en": LATIN,
    "es": LATIN + "áéíñóúü",
    "et": LATIN + "äõöüšž",
    "fi": LATIN + "äöå",
    "fr": LATIN + "àâæçéèêëîïôœùûüÿ",
    "ga": LATIN + "áéíóú",
    "he": "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "hr": LATIN + "čćđšž",
    "hu": LATIN + "áéíóöőúüű",
    "it": LATIN + "àèéìíòóùú",
    "lt": LATIN + "ąčęėįšųūž",
    "lv": LATIN + "āčēģīķļņšūž",
    "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ",
    "mt": LATIN + "ċġħżàèìòù",
    "nb": LATIN + "æøåéòô",
    "nl": LATIN + "éèëêïöü",
    "pl": LATIN + "ąćęłńóśźż",
    "pt": LATIN + "áâãàçéêíóôõúü",
    "ro": LATIN + "ăâîșț",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "sk": LATIN + "áäčďéíĺľňóôŕšťúýž",
    "sl": LATIN + "čšž",
    "sq": LATIN + "çë",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "sr-Latn": LATIN + "čćđšž",
    "sv": LATIN + "åäöé",
    "tr": LATIN + "âçğıîöşüû",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
"""All letters that each language is written with; another one is a slip of the keyboard or of the language."""
BORROWED = {"el": {"email", "chat"}}
"""Words that a language writes in another one's letters."""
QUOTES = {
    **dict.fromkeys(("ar", "el", "es", "fr", "it", "nb", "pt", "ru", "uk"), "«»"),
    **dict.fromkeys(("en", "ga", "mt", "nl", "sq", "tr"), "“”"),
    **dict.fromkeys(("bg", "bs", "cs", "de", "et", "lt", "mk", "sk", "sr", "sr-Latn"), "„“"),
    **dict.fromkeys(("hr", "hu", "lv", "pl", "ro"), "„”"),
    **dict.fromkeys(("da", "fi", "sv"), "””"),
    "he": "״״",
    "sl": "»«",
}
ANY_QUOTE = set("“”„‟«»‹›″״")
APOSTROPHES = {"el", "en", "fr", "ga", "it", "mt", "nl", "sq", "uk"}
SAME_AS_ENGLISH = {
    "da": {"words.send", "library.service"},
    "de": {"words.comment_optional", "library.service"},
    "es": {"words.no", "metrics.thumbs.low_label"},
    "fr": {"metrics.stars.high_label"},
    "it": {"words.no", "metrics.thumbs.low_label"},
    "nb": {"words.send", "library.service"},
    "nl": {"library.service"},
    "sv": {"library.service"},
}
"""Texts that really are the same; each other one was forgotten."""
ENGLISH = re.compile(r"\b(?:the|your|you|please|and|with|survey|answer)\b", re.IGNORECASE)

languages = pytest.mark.parametrize("locale", FILES)


def flat(words, before=""):
    for key, value in words.items():
        yield from flat(value, f"{before}{key}.") if isinstance(value, dict) else [(before + key, value)]


def texts(locale):
    return dict(flat(FILES[locale]))


def wrong(locale, is_wrong):
    """The texts that are wrong, without their placeholders' names."""
    return {key: text for key, text in texts(locale).items() if is_wrong(PLACEHOLDER.sub("0", text))}


def test_every_language_has_its_words_and_its_rules():
    assert FILES.keys() == set(LOCALES) == LETTERS.keys() == QUOTES.keys()


@languages
def test_a_language_has_every_word_in_the_same_order(locale):
    assert list(texts(locale)) == list(texts("en"))


@languages
def test_placeholders_are_those_of_the_english_text(locale):
    english = {key: sorted(PLACEHOLDER.findall(text)) for key, text in texts("en").items()}
    assert {key: sorted(PLACEHOLDER.findall(text)) for key, text in texts(locale).items()} == english


@languages
def test_a_translation_is_not_much_longer_than_what_it_translates(locale):
    english = texts("en")
    long = {key: text for key, text in texts(locale).items() if len(text) > len(english[key]) * 1.6 + 10}
    long.pop("words.language_name", None)
    assert long == {}


@languages
def test_a_language_is_written_in_its_own_letters(locale):
    letters = set(LETTERS[locale])

    def foreign(text):
        words = re.findall(r"[^\W\d_]+", text.lower().replace("i̇", "i"))
        return any(set(word) - letters for word in words if word not in BORROWED.get(locale, ()))

    assert wrong(locale, foreign) == {}


@languages
def test_no_english_is_left(locale):
    if locale == "en":
        return
    english = texts("en")
    same = {key for key, text in texts(locale).items() if text == english[key] and re.search("[a-z]", text)}
    assert same == SAME_AS_ENGLISH.get(locale, set())
    assert wrong(locale, ENGLISH.search) == {}


@languages
def test_quotation_marks_are_those_of_the_language_and_come_in_pairs(locale):
    opening, closing = QUOTES[locale]
    inside_a_word = re.compile(r"(?<=\w)[״׳](?=\w)")  # Hebrew abbreviations

    def odd(text):
        marks = [letter for letter in inside_a_word.sub("", text) if letter in ANY_QUOTE]
        return marks != [opening, closing] * (len(marks) // 2)

    assert wrong(locale, odd) == {}


@languages
def test_typing_is_tidy(locale):
    untidy = re.compile(r"['\"`´]|\.\.\.|\s\s|^\s|\s$|[\x00-\x1f\u200b-\u200f\ufeff]|(?<=[\d\w]) - ")
    assert wrong(locale, untidy.search) == {}
    assert wrong(locale, lambda text: text != unicodedata.normalize("NFC", text)) == {}
    assert locale in APOSTROPHES or wrong(locale, lambda text: "’" in text) == {}


@languages
def test_marks_stand_where_the_language_puts_them(locale):
    if locale == "fr":
        spaced = re.compile(r"(?<!\u202f)[?!:;»]|«(?!\u202f)|\u202f(?![?!:;»])(?<!«\u202f)|\u00a0")
        assert wrong(locale, spaced.search) == {}
        return
    assert wrong(locale, re.compile(r"\s[?!:;,.؟،؛]|\u202f|\u00a0(?!…)").search) == {}
    if locale == "es":
        assert (
            wrong(locale, lambda text: (text.count("¿"), text.count("¡")) != (text.count("?"), text.count("!"))) == {}
        )
    if locale == "el":
        assert wrong(locale, lambda text: "?" in text) == {}
    if locale == "ar":
        assert wrong(locale, re.compile("[?,;]").search) == {}


@languages
def test_the_button_is_called_the_same_where_it_is_spoken_of(locale):
    words = FILES[locale]["words"]
    spoken_of = [words[key] for key in ("almost_done", "almost_done_several", "not_saved")]
    assert [text for text in spoken_of if words["send"] not in text] == []
