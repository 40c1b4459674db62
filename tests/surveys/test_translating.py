"""Two languages side by side: what there is to translate, how far it got, and its way out as files and back."""

import csv
import io
import re
import time
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import wording
from surveys.library import TEMPLATES
from surveys.question import questions
from surveys.translating import codes, parsing, tables, xliff
from surveys.translating.judging import Unit, UnreadableError, applied, judge
from surveys.translating.rows import own_texts, progress, rows, with_language, with_texts, without_language
from surveys.validating import clean, limit_of
from tests.surveys.documents import documents

COFFEE = {
    "metric": "nps",
    "default_locale": "en",
    "locales": ["en", "sl", "zu"],
    "texts": {
        "en": {
            "question": "How was the coffee at {company}, {{ contact.name | dear guest }}?",
            "tea.choice.green": "Green",
        },
        "sl": {"comment_label": "Zakaj?"},
    },
    "questions": [
        {"id": "score", "kind": "score"},
        {"id": "tea", "kind": "one", "choices": ["green", "black"]},
        {"id": "comment", "kind": "long"},
    ],
}
TRANSLATED = "Kakšna je bila kava v {company}, {{ contact.name | dragi gost }}?"
XLIFF = "{urn:oasis:names:tc:xliff:document:1.2}"


def place(row):
    return f"{row.group} · {row.part}"


def states(document, source, target):
    return {row.key: row.state for row in rows(document, source, target)}


def as_table(document, source, target, **more):
    return tables.table(rows(document, source, target), (source, target), place, **more)


def as_xliff(document, source, *targets):
    return xliff.write([(tag, rows(document, source, tag)) for tag in targets], source, "acme/coffee", place)


def from_table(document, data, locale="sl"):
    units, source = tables.read(data, locale)
    return judge(document, units, source or document["default_locale"])


def from_xliff(document, data):
    units, source = parsing.read(data, "acme/coffee")
    return judge(document, units, source)


def refusals(verdict):
    return {one.key: one.code for one in verdict.refused}


def test_texts_come_in_the_order_of_the_form():
    keys = [row.key for row in rows(COFFEE, "en", "sl")]
    assert keys[:5] == ["question", "low_label", "high_label", "tea.choice.green", "comment_label"]
    assert keys.index("thanks_title") < keys.index("mail_subject") < keys.index("send") < keys.index("error_title")


def test_a_text_is_own_or_ready_made_or_missing():
    found = states(COFFEE, "en", "sl")
    assert [found[key] for key in ("comment_label", "send", "question", "tea.choice.green")] == [
        *("own", "ready", "missing", "missing")
    ]


def test_in_a_language_without_ready_made_words_every_text_is_missing():
    found = set(states(COFFEE, "en", "zu").values())
    assert found == {"missing"}
    assert progress(COFFEE, "zu").percent == 0


def test_the_main_language_is_complete_by_itself():
    assert progress(COFFEE, "en").missing == 0


def test_a_region_reads_the_words_of_its_language():
    row = next(row for row in rows(COFFEE, "en", "sl-SI") if row.key == "comment_label")
    assert (row.own, row.usual, row.state) == ("", "Zakaj?", "ready")


def test_progress_is_told_in_whole_percent_and_is_full_only_when_nothing_is_missing():
    found = progress(COFFEE, "sl")
    assert (found.missing, found.percent) == (2, (found.total - 2) * 100 // found.total)
    done = with_texts(COFFEE, "sl", {"question": "Kava?", "tea.choice.green": "Zeleni", "comment_label": "Zakaj?"})
    assert (progress(done, "sl").missing, progress(done, "sl").percent) == (0, 100)


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_a_survey_of_the_library_is_complete_in_every_language(key):
    document = TEMPLATES[key].document(wording.LOCALES)
    assert {tag: progress(document, tag).missing for tag in wording.LOCALES} == dict.fromkeys(wording.LOCALES, 0)


def test_what_is_called_missing_is_what_a_reader_would_see_in_another_language():
    for target in ("sl", "ar"):
        missing = {row.key for row in rows(COFFEE, "en", target) if row.state == "missing"}
        assert missing == {key for key in wording.untranslated(COFFEE, target) if key in states(COFFEE, "en", target)}


def test_a_language_comes_and_goes_and_its_words_stay():
    more = with_language(COFFEE, "ar")
    assert more["locales"][-1] == "ar"
    less = without_language(COFFEE, "sl")
    assert (less["locales"], less["texts"]["sl"]) == (["en", "zu"], COFFEE["texts"]["sl"])
    assert without_language(COFFEE, "en")["locales"] == COFFEE["locales"]


def test_codes_are_found_and_joined_again():
    text = "Hi {{contact.name|you there}}, {company} says {{ 7*7 }} {unknown} {{ interaction.agent }}"
    assert "".join(piece.text for piece in codes.pieces(text)) == text
    assert sorted(codes.names(text)) == ["{company}", "{unknown}", "{{ contact.name }}", "{{ interaction.agent }}"]


@pytest.mark.parametrize("text", ["{{" + " " * 1990 + "x", ("{{ a" + " " * 660) * 3, "{{ contact.a" + " ." * 990])
def test_blanks_behind_braces_take_no_time(text):
    start = time.process_time()
    assert "".join(piece.text for piece in codes.pieces(text)) == text
    assert time.process_time() - start < 1


def test_a_table_is_what_a_spreadsheet_expects():
    data = as_table(COFFEE, "en", "sl")
    assert data.startswith(b"\xef\xbb\xbf")
    assert not as_table(COFFEE, "en", "sl", mark=False).startswith(b"\xef\xbb\xbf")
    header, first, *_ = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert header == ["key", "place", "source (en)", "target (sl)"]
    assert first == ["question", "question:score · title", COFFEE["texts"]["en"]["question"], ""]


@pytest.mark.parametrize("text", ["=1+1", "+386", "-5", "@home", "'=quoted", "''@", "'", "'t is", "＝1", "plain"])
def test_no_cell_is_a_formula_and_every_one_comes_back(text):
    cell = tables.guarded(text)
    assert not re.match(r"[=+\-@\t\r＝＋－＠]", cell)
    assert tables.unguarded(cell) == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("announced", [False, True])
def test_a_table_saved_by_any_spreadsheet_is_read(delimiter, encoding, announced):
    text = io.StringIO(newline="")
    text.write(f"sep={delimiter}\r\n" if announced else "")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([["Key", "Target"], ["question", TRANSLATED], ["send", "Pošlji; zdaj, prosim"]])
    taken = from_table(COFFEE, text.getvalue().encode(encoding)).taken
    assert {one.key: one.after for one in taken} == {"question": TRANSLATED, "send": "Pošlji; zdaj, prosim"}


def test_xliff_is_what_translators_tools_expect():
    root = ET.fromstring(as_xliff(COFFEE, "en", "sl", "zu"))
    assert (root.tag, root.get("version")) == (f"{XLIFF}xliff", "1.2")
    files = root.findall(f"{XLIFF}file")
    assert [file.get("target-language") for file in files] == ["sl", "zu"]
    assert {file.get("datatype") for file in files} == {"plaintext"}
    unit = files[0].find(f".//{XLIFF}trans-unit[@resname='question']")
    assert (unit.get("maxwidth"), unit.get("size-unit")) == ("300", "char")
    assert unit.find(f"{XLIFF}target").get("state") == "needs-translation"
    assert unit.find(f"{XLIFF}note").text == "question:score · title"
    source = unit.find(f"{XLIFF}source")
    assert [(one.tag.removeprefix(XLIFF), one.get("id"), one.text) for one in source] == [
        ("ph", "1", "{company}"),
        ("bpt", "2", "{{ contact.name |"),
        ("ept", "2", "}}"),
    ]
    assert "".join(source.itertext()) == COFFEE["texts"]["en"]["question"]
    ready = files[0].find(f".//{XLIFF}trans-unit[@resname='send']/{XLIFF}target")
    assert (ready.text, ready.get("state")) == ("Pošlji", "final")


def unit_of(target, source=COFFEE["texts"]["en"]["question"], more=""):
    return (
        '<?xml version="1.0"?><xliff version="1.2"><file original="acme/coffee" source-language="en" '
        f'target-language="sl" datatype="plaintext"><body><trans-unit id="question"><source>{source}</source>'
        f"<target>{target}</target>{more}</trans-unit></body></file></xliff>"
    ).encode()


@pytest.mark.parametrize(
    "target",
    [
        "Kava v {company}, {{ contact.name | dragi gost }}?",
        'Kava v <ph id="1">{company}</ph>, <bpt id="2">{{ contact.name |</bpt> dragi gost <ept id="2">}}</ept>?',
        'Kava v <x id="1"/>, <bx id="2"/> dragi gost <ex id="2"/>?',
        'Kava v <ph id="9" equiv-text="{company}"/>, <bpt id="2"/> dragi gost <ept id="2"/>?',
        '<mrk mtype="seg" mid="1">Kava v <ph id="1"/>, </mrk><g id="7">{{ contact.name | dragi gost }}?</g>',
    ],
)
def test_codes_come_back_whatever_a_tool_made_of_them(target):
    source = (
        'How was the coffee at <ph id="1">{company}</ph>, '
        '<bpt id="2">{{ contact.name |</bpt> dear guest <ept id="2">}}</ept>?'
    )
    alternative = "<alt-trans><source>x</source><target>Something older</target></alt-trans>"
    taken = from_xliff(COFFEE, unit_of(target, source, alternative)).taken
    assert [(one.after, one.stale) for one in taken] == [("Kava v {company}, {{ contact.name | dragi gost }}?", False)]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
ELSEWHERE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def test_a_long_code_is_not_named_until_memory_is_full():
    again = "<x id='1'/>" * 1000
    unit = f"<source><ph id='1'>{'a' * 100_000}</ph></source><target>{again}</target>"
    data = f"<xliff><file target-language='sl'><trans-unit id='question'>{unit}</trans-unit></file></xliff>"
    with pytest.raises(UnreadableError) as told:
        parsing.read(data.encode(), "acme/coffee")
    assert told.value.code == "too_large"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<xliff version='1.2'><file", "not_xml"),
        (b"<html></html>", "not_xliff"),
        (b'<xliff version="2.0"></xliff>', "version"),
        (f'{BOMB}<xliff version="1.2">&b;</xliff>'.encode(), "doctype"),
        (f'{ELSEWHERE}<xliff version="1.2">&a;</xliff>'.encode(), "doctype"),
        (b'<!DOCTYPE xliff SYSTEM "http://elsewhere.test/x.dtd"><xliff version="1.2"></xliff>', "doctype"),
        (b'<xliff version="1.2"><file original="acme/tea" target-language="sl"/></xliff>', "other_survey"),
        (b'<xliff version="1.2"><file original="acme/coffee"/></xliff>', "no_language"),
        ("<xliff version='1.2'>š</xliff>".encode("cp1250"), "encoding"),
        (b'<?xml version="1.0" encoding="klingon"?><xliff version="1.2"/>', "encoding"),
        (b"<xliff version='1.2'>" + b"<g>" * 200, "not_xliff"),
        (b"<" + b" " * 2_000_000, "too_large"),
    ],
)
def test_a_file_that_is_no_harmless_xliff_of_this_survey_is_refused_as_a_whole(data, code):
    with pytest.raises(UnreadableError) as told:
        parsing.read(data, "acme/coffee")
    assert told.value.code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        ("key,target\r\nquestion,Kakšna čežana žemlja".encode("cp1250"), "encoding"),
        (b"a,b\r\n1,2", "columns"),
        (b"x" * 2_000_001, "too_large"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_as_a_whole(data, code):
    with pytest.raises(UnreadableError) as told:
        tables.read(data, "sl")
    assert told.value.code == code


@pytest.mark.parametrize(
    ("key", "target", "code"),
    [
        ("nothing", "x", "unknown"),
        ("tea.choice.white", "Beli", "unknown"),
        ("question", "Kava, {{ contact.name | gost }}?", "lost"),
        ("question", TRANSLATED + " {firma}", "invented"),
        ("question", "Kava v {company}, {{ contact.nmae | gost }}?", "lost"),
        ("question", TRANSLATED + " {{ contact.name", "broken"),
        ("send", "Pošlji {{ interaction.agent }}", "invented"),
        ("send", "P" * 61, "too_long"),
        ("send", "Po\x07šlji", "control"),
        ("thanks_body", "javascript:alert(1)", "script_url"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_and_the_others_are_taken(key, target, code):
    verdict = judge(COFFEE, [Unit("sl", key, target), Unit("sl", "next", "Dalje")], "en")
    assert refusals(verdict) == {key: code}
    assert [one.key for one in verdict.taken] == ["next"]


def test_a_broken_row_of_a_table_does_not_hide_the_rows_after_it():
    verdict = from_table(COFFEE, b'key,target\r\nback,"Na"zaj"\r\nnext,Dalje\r\n')
    assert ([one.code for one in verdict.refused], [one.key for one in verdict.taken]) == (["quotes"], ["next"])


def test_a_language_that_the_survey_does_not_speak_is_told_once():
    verdict = from_table(COFFEE, b"key,target (de)\r\nsend,Senden\r\nnext,Weiter\r\n")
    assert [(one.locale, one.code, one.values) for one in verdict.refused] == [("de", "language", {"count": 2})]


def test_a_text_twice_in_a_file_is_taken_once():
    verdict = judge(
        COFFEE, [Unit("sl", "next", "Dalje"), Unit("sl", "next", "Naprej!"), Unit("sl", "next", "Dalje")], "en"
    )
    assert ([one.after for one in verdict.taken], refusals(verdict)) == (["Dalje"], {"next": "twice"})


def test_an_empty_translation_takes_nothing_away():
    verdict = judge(COFFEE, [Unit("sl", "comment_label", " ")], "en")
    assert (verdict.taken, verdict.refused, verdict.empty) == ((), (), 1)


def test_a_translation_of_words_that_changed_since_is_marked():
    verdict = judge(COFFEE, [Unit("sl", "question", TRANSLATED, "How was the tea?")], "en")
    assert verdict.taken[0].stale


def test_a_file_that_asks_other_questions_is_called_strange():
    units = [Unit("sl", key, f"Nekaj {number}", "Else") for number, key in enumerate(("low_label", "high_label"))]
    assert judge(COFFEE, [*units, Unit("sl", "thanks_title", "Hvala lepa!", "Else")], "en").strange


def test_what_is_taken_joins_what_was_there():
    taken = judge(COFFEE, [Unit("sl", "question", TRANSLATED)], "en").taken
    assert own_texts(applied(COFFEE, taken), "sl") == {"comment_label": "Zakaj?", "question": TRANSLATED}


WORDS = st.text(
    st.one_of(st.sampled_from("=+-@'\"<>&;,\n\t {}|žŽαж\u200f"), st.characters(exclude_categories=["Cs"])), max_size=60
).map(lambda text: clean(text)[:60].strip())


@st.composite
def drafts(draw):
    """A random survey with random words of its own in two languages."""
    document = draw(documents())
    keys = [key for question in questions(document) for key in (*question.text_keys, f"{question.id}.help")]
    keys = [*keys, "send", "mail_intro", "thanks_body"]
    for tag in ("en", "ar"):
        texts = {key: draw(WORDS) for key in draw(st.lists(st.sampled_from(keys), max_size=8))}
        document = with_texts(document, tag, {key: text[: limit_of(key)] for key, text in texts.items()})
    return document


@given(drafts())
def test_what_goes_out_and_comes_back_changes_nothing(document):
    for verdict in (
        from_table(document, as_table(document, "en", "ar"), "ar"),
        from_xliff(document, as_xliff(document, "en", "ar", "sl")),
    ):
        assert (verdict.taken, verdict.refused) == ((), ())


@given(drafts(), st.lists(WORDS, min_size=1, max_size=4))
def test_random_texts_come_back_as_they_went(document, texts):
    keys = ("question", "send", "thanks_body", "mail_intro")
    wanted = {key: text[: limit_of(key)].strip() for key, text in zip(keys, texts, strict=False)}
    said = {key: text for key, text in wanted.items() if text}
    there = with_texts(document, "ar", {**own_texts(document, "ar"), **wanted})
    for units, _ in (
        tables.read(as_table(there, "en", "ar"), "en"),
        parsing.read(as_xliff(there, "en", "ar"), "acme/coffee"),
    ):
        back = {unit.key: unit.target for unit in units}
        assert {key: back[key] for key in said} == said
