import pytest

from accounts.naming import slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Outdoor", "acme-outdoor"),
        ("Čevlji & Škornji d.o.o.", "cevlji-skornji-d-o-o"),
        ("Kawa & Spółka", "kawa-spolka"),
        ("Καλημέρα Ύπνος", "kalimera-ypnos"),
        ("Чайный Дом №5", "chaynyy-dom-no5"),
        ("東京", "workspace"),
        ("x" * 90, "x" * 40),
    ],
)
def test_a_name_becomes_an_address_people_can_type(name, slug):
    assert slug_of(name) == slug
