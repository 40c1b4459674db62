import pytest

from surveys.mapping import IGNORE, PROPERTY, Mapping, guess

HELPDESKS = {
    "English": ["Ticket ID", "Requester email", "Requester", "Language", "Assignee", "Group", "Via", "resolved_at"],
    "Slovenian": ["Številka zahtevka", "E-pošta", "Ime stranke", "Jezik", "Skrbnik", "Skupina", "Kanal", "Rešeno"],
    "Polish": ["Numer zgłoszenia", "Adres e-mail", "Imię i nazwisko", "Język", "Konsultant", "Zespół", "Kanał", "Data"],
    "Greek": [
        "Αριθμός αιτήματος",
        "Ηλεκτρονικό ταχυδρομείο",
        "Ονοματεπώνυμο",
        "Γλώσσα",
        "Υπεύθυνος",
        "Ομάδα",
        "Κανάλι",
        "Ημερομηνία",
    ],
    "Russian": ["Номер заявки", "Эл. почта", "ФИО", "Язык", "Исполнитель", "Группа", "Канал", "Дата решения"],
}
MEANING = ("external_id", "email", "name", "locale", "agent", "team", "channel", "occurred_at")


@pytest.mark.parametrize("headers", HELPDESKS.values(), ids=HELPDESKS)
def test_the_headers_of_a_helpdesk_are_understood_in_its_language(headers):
    assert guess(headers, []).choices(len(headers)) == MEANING


def test_the_likelier_of_two_columns_wins_and_the_other_is_offered_as_a_property():
    mapping = guess(["created_at", "id", "email", "solved_at"], [])
    assert mapping.fields["occurred_at"] == 3
    assert mapping.properties == {"created_at": 0}


def test_values_tell_what_a_header_does_not():
    mapping = guess(["A", "B", "Ticket"], [["22.11.2026 08:15", "ana@example.com", "T-1"]])
    assert mapping.fields == {"external_id": 2, "email": 1, "occurred_at": 0}
    assert mapping.from_values == {"email", "occurred_at"}
    assert mapping.missing == ()


def test_a_column_called_requester_with_names_in_it_is_not_the_address():
    mapping = guess(["Requester", "Ticket", "Contact details"], [["Ana Novak", "1", "ana@example.com"]])
    assert (mapping.fields["email"], mapping.fields["name"]) == (2, 0)


def test_a_column_called_requester_with_addresses_in_it_is_the_address():
    assert guess(["Requester", "Ticket"], [["ana@example.com", "1"]]).fields == {"email": 0, "external_id": 1}


def test_the_address_of_the_agent_is_never_the_customers():
    mapping = guess(["Assignee email", "Ticket"], [["agent@example.com", "1"]])
    assert mapping.fields["agent"] == 0
    assert mapping.missing == ("email",)


def test_what_a_person_chooses_is_what_is_read():
    headers = ["mail", "key", "plan", "plan", "junk"]
    mapping = Mapping.chosen(headers, ["email", "external_id", PROPERTY, PROPERTY, IGNORE])
    assert mapping.properties == {"plan": 2, "plan (4)": 3}
    assert mapping.choices(5) == ("email", "external_id", PROPERTY, PROPERTY, IGNORE)


def test_one_field_cannot_have_two_columns():
    with pytest.raises(ValueError, match="email"):
        Mapping.chosen(["a", "b"], ["email", "email"])
