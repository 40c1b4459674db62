"""The translations page and the files that leave it and come back: nothing typed is lost, nothing unseen is kept."""

import html
import io
import re

import pytest

from base.db import db, transaction
from surveys.survey import Survey
from surveys.translating.rows import own_texts
from tests.cast import AT, a_draft

AT_PAGE = "/w/acme/surveys/coffee/translations"
TEXTS = {"en": {"question": "How was the coffee at {company}?"}, "ar": {"thanks_title": "شكرًا لك!"}}


@pytest.fixture
def coffee(cast):
    return a_draft(cast.workspace, name="Coffee", locales=("en", "sl", "ar"), texts=TEXTS)


@pytest.fixture
def boris(coffee, browser_of, cast):
    return browser_of(cast.boris)


def fresh(survey):
    return db.session.get(Survey, survey.id, populate_existing=True)


def form_of(page):
    """The hidden fields of the texts' form, and what its fields hold."""
    found = dict(re.findall(r'name="(revision|base)"[^>]*value="([^"]*)"', page))
    texts = re.findall(r'name="(t-[^"]+)".*?>\n(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in [*found.items(), *texts]}


def somebody_else(survey, locale, **texts):
    with transaction():
        found = db.session.get(Survey, survey.id)
        kept = {**found.draft["texts"], locale: {**own_texts(found.draft, locale), **texts}}
        found.save_draft({**found.draft, "texts": kept}, revision=found.draft_revision, at=AT)


def test_the_page_shows_two_languages_and_how_far_each_got(boris):
    page = boris.get(AT_PAGE + "?to=ar").text
    assert "How was the coffee at {company}?" in page
    assert re.search(r'lang="ar" dir="rtl"[^>]*>\nشكرًا لك!', page)
    numbers = re.findall(r"(\d+) of (\d+) texts, (\d+)%", page)
    assert [int(total) - int(done) for done, total, _ in numbers[:3]] == [0, 1, 1]
    assert numbers[0][2] == "100"
    assert f'placeholder="{"Pošlji"}"' in boris.get(AT_PAGE + "?to=sl").text


def test_the_page_opens_at_the_first_language_that_lacks_something(boris):
    assert re.search(r'name="t-send"[^>]*lang="sl"', boris.get(AT_PAGE).text)


def test_only_what_is_missing_is_shown_when_asked(boris):
    page = boris.get(AT_PAGE + "?to=sl&only=missing").text
    assert list(form_of(page).keys() - {"revision", "base"}) == ["t-question"]
    done = boris.post(AT_PAGE + "?to=sl", data=form_of(page) | {"t-question": "Kava v {company}?", "only": "missing"})
    assert done.location == f"{AT_PAGE}?to=sl&by=en&only=missing"
    assert "Nothing is missing" in boris.get(done.location).text


def test_what_is_typed_is_kept_and_what_is_emptied_goes_back_to_the_ready_made(boris, coffee, cast):
    page = boris.get(AT_PAGE + "?to=ar").text
    answer = boris.post(AT_PAGE + "?to=ar", data=form_of(page) | {"t-thanks_title": " ", "t-question": "كيف القهوة؟"})
    assert answer.status_code == 303
    survey = fresh(coffee)
    assert own_texts(survey.draft, "ar") == {"question": "كيف القهوة؟"}
    assert (survey.draft_revision, survey.draft_saved_by) == (2, cast.boris.id)
    assert "In the original but not in the translation: {company}" in boris.get(answer.location).text


def test_saving_nothing_new_makes_no_new_draft(boris, coffee):
    boris.post(AT_PAGE + "?to=sl", data=form_of(boris.get(AT_PAGE + "?to=sl").text))
    assert fresh(coffee).draft_revision == 1


def test_a_refused_text_keeps_every_word_that_was_typed(boris, coffee):
    data = form_of(boris.get(AT_PAGE + "?to=sl").text) | {"t-send": "P" * 61, "t-next": "Dalje!"}
    answer = boris.post(AT_PAGE + "?to=sl", data=data)
    assert answer.status_code == 422
    assert form_of(answer.text)["t-send"] == "P" * 61
    assert form_of(answer.text)["t-next"] == "Dalje!"
    assert "at most 60" in answer.text
    assert fresh(coffee).draft_revision == 1


def test_two_people_who_translate_different_texts_both_keep_theirs(boris, coffee):
    data = form_of(boris.get(AT_PAGE + "?to=sl").text) | {"t-question": "Kava v {company}?"}
    somebody_else(coffee, "sl", send="Oddaj", question="")
    somebody_else(coffee, "en", send="Tell us")
    assert boris.post(AT_PAGE + "?to=sl", data=data).status_code == 303
    draft = fresh(coffee).draft
    assert own_texts(draft, "sl") == {"send": "Oddaj", "question": "Kava v {company}?"}
    assert draft["texts"]["en"]["send"] == "Tell us"


def test_a_text_that_both_changed_is_asked_about_and_nothing_is_lost(boris, coffee):
    data = form_of(boris.get(AT_PAGE + "?to=sl&only=missing").text) | {"t-question": "Kava?", "only": "missing"}
    somebody_else(coffee, "sl", question="Kava od nekoga", send="Oddaj")
    answer = boris.post(AT_PAGE + "?to=sl", data=data)
    assert answer.status_code == 409
    assert "Kava od nekoga" in answer.text
    met = form_of(answer.text)
    assert met["t-question"] == "Kava?"
    assert own_texts(fresh(coffee).draft, "sl")["question"] == "Kava od nekoga"
    assert boris.post(AT_PAGE + "?to=sl", data=met).status_code == 303
    assert own_texts(fresh(coffee).draft, "sl") == {"question": "Kava?", "send": "Oddaj"}


def test_words_of_a_question_that_went_are_told(boris, coffee):
    data = form_of(boris.get(AT_PAGE + "?to=sl").text) | {"t-tea.title": "Kakšen čaj?"}
    answer = boris.post(AT_PAGE + "?to=sl", data=data)
    assert "Kakšen čaj?" in boris.get(answer.location).text


def test_a_language_is_added_and_removed_here(boris, coffee):
    assert boris.post(f"{AT_PAGE}/languages", data={"add": "he"}).location == f"{AT_PAGE}?to=he"
    assert boris.post(f"{AT_PAGE}/languages", data={"add": "", "tag": "pt_BR"}).location == f"{AT_PAGE}?to=pt-BR"
    assert fresh(coffee).draft["locales"] == ["en", "sl", "ar", "he", "pt-BR"]
    boris.post(f"{AT_PAGE}/languages/ar/remove")
    boris.post(f"{AT_PAGE}/languages/en/remove")
    draft = fresh(coffee).draft
    assert (draft["locales"], own_texts(draft, "ar")) == (["en", "sl", "he", "pt-BR"], TEXTS["ar"])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"add": "", "tag": ""}, "Choose a language."),
        ({"add": "", "tag": "<script>"}, "This is no language tag."),
        ({"add": "", "tag": "SL"}, "This is no language tag."),
        ({"add": "sl"}, "asked in this language already"),
    ],
)
def test_a_language_that_cannot_be_added_is_refused_at_its_field(boris, coffee, data, sentence):
    answer = boris.post(f"{AT_PAGE}/languages", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert fresh(coffee).draft_revision == 1


def upload(browser, data, name="coffee.csv", to="sl"):
    files = {"file": (io.BytesIO(data), name)}
    return browser.post(f"{AT_PAGE}/file?to={to}", data=files, content_type="multipart/form-data")


def changes_of(page):
    return html.unescape(re.search(r'name="changes" value="([^"]*)"', page)[1])


@pytest.mark.parametrize("kind", ["csv", "xliff"])
def test_a_file_goes_out_comes_back_and_is_taken_once_it_was_seen(boris, coffee, kind):
    out = boris.get(f"{AT_PAGE}/{kind}?to=sl")
    assert out.headers["Content-Disposition"].startswith('attachment; filename="coffee-sl.')
    same = upload(boris, out.data)
    assert "Nothing in this file differs" in same.text
    line = {"csv": (b"at {company}?,\r\n", b"at {company}?,Kava v {company}?\r\n")}.get(
        kind, (b'needs-translation">', b'translated">Kava v <ph id="1">{company}</ph>?')
    )
    assert out.data.count(line[0]) == 1
    seen = upload(boris, out.data.replace(*line))
    assert "One text would change" in seen.text
    assert fresh(coffee).draft_revision == 1
    done = boris.post(f"{AT_PAGE}/apply?to=sl", data={"changes": changes_of(seen.text)})
    assert done.location == f"{AT_PAGE}?to=sl"
    assert own_texts(fresh(coffee).draft, "sl") == {"question": "Kava v {company}?"}


def test_all_languages_go_out_in_one_xliff(boris):
    out = boris.get(f"{AT_PAGE}/xliff?to=all").text
    assert re.findall(r'target-language="(\w+)"', out) == ["sl", "ar"]
    assert 'original="acme/coffee"' in out


def test_rows_that_cannot_be_taken_are_listed_beside_those_that_can(boris):
    table = "key,target\r\nquestion,Kava?\r\nteapot,Čajnik\r\nnext,Dalje\r\n".encode()
    page = upload(boris, table).text
    assert "2 texts cannot be taken" in page
    assert "In the original but not in the translation: {company}" in page
    assert "This survey has no text of this key." in page
    assert "One text would change" in page


def test_a_file_that_cannot_be_read_says_why(boris, coffee):
    assert "Choose a file." in boris.post(f"{AT_PAGE}/file?to=sl", data={}).text
    answer = upload(boris, b'<!DOCTYPE x [<!ENTITY a "b">]><xliff version="1.2"/>', "a.xlf")
    assert (answer.status_code, "document type (DTD)" in answer.text) == (422, True)
    answer = upload(boris, b"x" * 2_100_000)
    assert (answer.status_code, "more than 2 MB" in answer.text) == (422, True)
    assert (
        "belongs to another survey (acme/tea)"
        in upload(boris, b'<xliff version="1.2"><file original="acme/tea" target-language="sl"/></xliff>').text
    )
    assert fresh(coffee).draft_revision == 1


def test_a_text_that_somebody_changed_since_it_was_seen_is_not_overwritten(boris, coffee):
    seen = upload(boris, b"key,target\r\nnext,Dalje\r\nback,Nazaj!\r\n")
    somebody_else(coffee, "sl", next="Naprej!!")
    late = boris.post(f"{AT_PAGE}/apply?to=sl", data={"changes": changes_of(seen.text)})
    assert late.status_code == 409
    assert "Somebody changed this text meanwhile. It says now: “Naprej!!”" in html.unescape(late.text)
    assert own_texts(fresh(coffee).draft, "sl") == {"next": "Naprej!!"}
    boris.post(f"{AT_PAGE}/apply?to=sl", data={"changes": changes_of(late.text)})
    assert own_texts(fresh(coffee).draft, "sl") == {"next": "Dalje", "back": "Nazaj!"}


@pytest.mark.parametrize("changes", ["", "nonsense", "{}", '[["sl", "next"]]', '[["sl", 1, "", "x"]]', "[1]"])
def test_a_confirmation_that_makes_no_sense_changes_nothing(boris, coffee, changes):
    assert boris.post(f"{AT_PAGE}/apply?to=sl", data={"changes": changes}).status_code == 303
    assert fresh(coffee).draft_revision == 1


def test_a_confirmation_is_as_little_trusted_as_a_file(boris, coffee):
    data = {"changes": '[["sl", "send", "Pošlji", "' + "P" * 99 + '"]]'}
    assert boris.post(f"{AT_PAGE}/apply?to=sl", data=data).status_code == 409
    assert fresh(coffee).draft_revision == 1


def test_who_may_not_edit_sees_no_translations(coffee, browser_of, cast):
    assert browser_of(cast.cvetka).get(AT_PAGE).status_code == 403
    assert browser_of(cast.dmitri).get(AT_PAGE).status_code == 404


def test_the_largest_survey_is_saved_whole(boris, coffee, cast):
    asked = [{"id": f"q{n}", "kind": "one", "choices": [f"c{m}" for m in range(40)]} for n in range(40)]
    with transaction():
        survey = db.session.get(Survey, coffee.id)
        english = {f"q{n}.choice.c{m}": "Choice" for n in range(40) for m in range(40)}
        document = {**survey.draft, "questions": [{"id": "score", "kind": "score"}, *asked], "texts": {"en": english}}
        survey.save_draft(document, revision=1, at=AT)
    data = form_of(boris.get(AT_PAGE + "?to=ar").text)
    data |= {name: "خيار" * 40 for name in data if ".choice." in name}
    assert boris.post(AT_PAGE + "?to=ar", data=data).status_code == 303
    assert len(own_texts(fresh(coffee).draft, "ar")) == 1600
