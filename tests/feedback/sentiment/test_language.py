import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.sentiment.language import UNKNOWN, detect

COMMENTS = {
    "en": "The agent was friendly, but I had to wait for an hour before anybody called me back.",
    "sl": "Svetovalka je bila zelo prijazna, vendar sem na odgovor čakala skoraj tri dni.",
    "pl": "Konsultant był uprzejmy, ale na rozwiązanie problemu czekałem ponad tydzień.",
    "el": "Η εξυπηρέτηση ήταν γρήγορη και ο υπάλληλος πολύ ευγενικός.",
    "ru": "Оператор ответил быстро, но проблему так и не решили до конца.",
    "de": "Die Lieferung kam zu spät und niemand konnte mir sagen, wo mein Paket ist.",
    "fr": "Le conseiller a tout de suite compris mon problème et l'a réglé le jour même.",
    "it": "Il servizio è stato veloce, però nessuno mi ha spiegato il motivo del ritardo.",
    "es": "La respuesta tardó demasiado y al final tuve que llamar otra vez por teléfono.",
    "hr": "Djelatnica je bila ljubazna, no tjedan dana nitko nije odgovorio na moj upit.",
}


@pytest.mark.parametrize(("language", "comment"), COMMENTS.items(), ids=COMMENTS)
def test_a_sentence_is_known_for_its_language(language, comment):
    found = detect(comment)
    assert found.tag == language
    assert found.confidence > 0.5


@pytest.mark.parametrize("page", ["en", "sl-SI", "pl"])
def test_the_language_of_the_page_does_not_override_what_was_written(page):
    for language, comment in COMMENTS.items():
        assert detect(comment, hint=page).tag == language


def test_the_language_of_the_page_decides_where_a_few_words_could_be_either():
    assert detect("Vse dobro", hint="sl-SI").tag == "sl"
    assert detect("Vse dobro", hint="sl").confidence > detect("Vse dobro").confidence
    assert detect("Великолепно", hint="ru").tag == "ru"


@pytest.mark.parametrize("comment", ["", " ", "12345", "5/5", "👍👍", "https://example.com/slow", "!!!", "x", "\0"])
@pytest.mark.parametrize("page", [None, "en", "el"])
def test_nothing_to_go_by_is_unknown_and_no_guess(comment, page):
    assert detect(comment, hint=page).tag == UNKNOWN


def test_one_word_in_no_expected_language_is_unknown():
    assert detect("super").tag == UNKNOWN
    assert detect("asdfgh", hint="en").tag == UNKNOWN


@pytest.mark.parametrize(("comment", "language"), [("Ναι", "el"), ("ΟΛΑ ΚΑΛΑ", "el"), ("とても良い", "ja")])
def test_a_script_of_one_language_needs_one_word(comment, language):
    assert detect(comment, hint="en").tag == language


@pytest.mark.parametrize(
    ("comment", "language"),
    [
        ("Zelo sem razocaran, nihce se ni oglasil.", "sl"),
        ("Jestem bardzo zadowolona, szybko zalatwione", "pl"),
        ("Apogoiteutiki eksypiretisi, kanenas den apantouse", "el"),
        ("poly kali eksipiretisi, efxaristo", "el"),
        ("uzhasnoe obsluzhivanie, nikto ne otvetil", "ru"),
        ("vse bystro i vezhlivo, spasibo bolshoe", "ru"),
        ("Nem válaszolt senki, nagyon csalódott vagyok", "hu"),
    ],
)
def test_a_language_is_known_without_its_accents_and_in_other_letters(comment, language):
    assert detect(comment).tag == language


def test_the_language_of_the_contact_tips_the_scale_too():
    assert detect("Sve u redu", second="hr").confidence > detect("Sve u redu").confidence
    assert detect(COMMENTS["el"], hint="en", second="sl").tag == "el"


def test_without_its_table_every_language_is_unknown(monkeypatch, tmp_path):
    from feedback.sentiment import tongues

    monkeypatch.setattr(tongues, "_made", lambda: tongues.Tongues(tmp_path / "none.npz"))
    assert detect(COMMENTS["en"]).tag == UNKNOWN


def test_a_link_or_an_address_in_a_comment_does_not_make_it_english():
    assert detect("Παράδοση https://www.example.com/the/order/and/delivery ποτέ").tag == "el"


@settings(deadline=None)  # the first example loads the models
@given(st.text(max_size=200), st.sampled_from([None, "", "en", "sl_SI", "nb", "zz", "-"]))
def test_any_text_has_an_answer(comment, page):
    found = detect(comment, hint=page)
    assert found.tag
    assert 0.0 <= found.confidence <= 1.0


def test_many_threads_read_the_model_once_and_agree():
    program = (
        "from concurrent.futures import ThreadPoolExecutor as Pool\n"
        "from feedback.sentiment import language\n"
        "with Pool(8) as pool: found = set(pool.map(language.detect, ['とても良い'] * 16))\n"
        "print(len(found), len(language._loaded))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]


def test_threads_with_different_hints_do_not_disturb_one_another():
    jobs = [(comment, hint) for comment in COMMENTS.values() for hint in ("sl", "en", None)] * 5
    expected = [detect(comment, hint=hint) for comment, hint in jobs]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda job: detect(job[0], hint=job[1]), jobs)) == expected


def test_importing_loads_no_model():
    program = "import sys, feedback.sentiment; print({'py3langid', 'textblob', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
