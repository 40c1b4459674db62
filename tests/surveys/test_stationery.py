"""The real invitation from a stencil says what the composed one says, in every language, for whoever it is for."""

import uuid

import pytest

from base.cutting import same
from surveys import emails, stationery
from surveys.link import person_of
from surveys.wording import LOCALES
from tests.cast import AT

pytestmark = pytest.mark.web

NAMES = ("Mary Smith", "Žiga Čeh", "ليلى حداد", "山田太郎", 'O"Brien & <Sons>', None, "Visit www.spam.example now")
FIELDS = {
    "question": "{{ contact.city | Here }}: {{interaction.agent|we}} & you?",
    "mail_intro": "{{ contact.name | friend }}!",
}


def occasion(version_id, document, locale, name, **facts):
    ident = uuid.uuid4()
    person = person_of(name, "a@b.example", locale, facts.pop("properties", {}), facts)
    to = emails.Recipient(address="maja@müller.example", name=name, company="Acme & Co", person=person)
    links = emails.links(ident.hex[:22], ident, ident, locale)
    return stationery.Occasion(version_id, document, locale, to, links, "<1@a.example>", AT)


def a_document(locales, texts=None):
    texts = {locale: texts or {} for locale in locales}
    return {"metric": "nps", "default_locale": locales[0], "locales": list(locales), "texts": texts}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_mail_says_the_same_in_every_language(app, locale):
    version_id, document = uuid.uuid4(), a_document([locale])
    with pytest.raises(stationery.UnknownError):
        stationery.from_stencil(occasion(version_id, document, locale, "Mary Smith"))
    for name in NAMES:
        one = occasion(version_id, document, locale, name)
        stationery.written(one)
        again = occasion(version_id, document, locale, name)
        made, composed = stationery.from_stencil(again), stationery._composed(again)
        assert made.sheet is not None
        assert same(made.raw, composed.raw)
        assert (made.subject, made.to_address) == (composed.subject, "maja@xn--mller-kva.example")


@pytest.mark.parametrize("city", ["Kranj", "a\xa0b <i>", "東京", None, "A" * 300, "Qzxwordaxz", "line\nbreak"])
def test_merge_fields_are_filled_as_composing_fills_them(app, city):
    version_id, document = uuid.uuid4(), a_document(["sl"], FIELDS)
    for name, agent in (("Maja", "Vid"), (None, None), ("Maja", None), ("Žiga & co", "{{ contact.email }}")):
        one = occasion(version_id, document, "sl", name, agent=agent, properties={"x": 1})
        one.to.person.contact["city"] = city
        written = stationery.written(one)
        assert same(written.raw, stationery._composed(one).raw)
        assert "Qzxword" not in written.raw or "Qzxword" in str(city)
