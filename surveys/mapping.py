"""Which column of an uploaded table means what: a guess from header names in five languages and from the values."""

import re
import unicodedata
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

REQUIRED = ("email", "external_id")
FIELDS = (*REQUIRED, "name", "locale", "zone", "agent", "team", "channel", "occurred_at")
PROPERTY = "property"  # a column kept with the interaction under its own name
IGNORE = ""  # a column left out

# The spellings of each field, likeliest first, so that "resolved at" wins over "created at" when a table has both.
_NAMES = {
    "email": """requester email|customer email|contact email|client email|user email|end user email|recipient email
        |email|e-mail|email address|e-mail address|mail|from email|elektronska pošta|e-pošta|epošta|e-naslov
        |elektronski naslov|e-poštni naslov|email stranke|adres e-mail|adres email|e-mail klienta|email klienta|poczta
        |poczta elektroniczna|ηλεκτρονικό ταχυδρομείο|ηλ. ταχυδρομείο|ηλεκτρονική διεύθυνση|διεύθυνση email
        |email πελάτη|ημέιλ|электронная почта|эл. почта|почта|email клиента|адрес электронной почты|имейл|мейл""",
    "external_id": """external id|ticket id|ticket number|ticket no|ticket|ticket key|issue key|issue id|case number
        |case id|conversation id|interaction id|order id|order number|reference|ref|key|id|number|številka zahtevka
        |id zahtevka|številka|zahtevek|številka primera|številka naročila|šifra|numer zgłoszenia|id zgłoszenia
        |nr zgłoszenia|zgłoszenie|numer|numer zamówienia|nr|αριθμός αιτήματος|κωδικός αιτήματος|κωδικός|αριθμός
        |αριθμός παραγγελίας|номер заявки|номер обращения|id заявки|id обращения|номер тикета|номер заказа|заявка
        |обращение|номер""",
    "name": """requester name|customer name|contact name|client name|full name|name|requester|customer|first name
        |ime in priimek|ime stranke|ime|stranka|imię i nazwisko|nazwa klienta|imię|klient|ονοματεπώνυμο|όνομα πελάτη
        |όνομα|πελάτης|фио|имя клиента|имя и фамилия|имя|клиент""",
    "locale": """locale|language|lang|requester locale|requester language|customer language|language code|jezik
        |jezik stranke|język|język klienta|γλώσσα|γλώσσα πελάτη|язык|язык клиента""",
    "zone": """time zone|timezone|tz|requester time zone|requester timezone|customer time zone|contact time zone
        |user time zone|časovni pas|strefa czasowa|ζώνη ώρας|часовой пояс""",
    "agent": """agent|agent name|assignee|assignee name|assigned to|owner|handled by|operator|representative
        |assignee email|agent email|svetovalec|skrbnik|dodeljeno|zaposleni|konsultant|przypisany|przypisane do|pracownik
        |opiekun|εκπρόσωπος|υπάλληλος|χειριστής|ανατέθηκε σε|υπεύθυνος|агент|оператор|исполнитель|ответственный
        |сотрудник""",
    "team": """team|team name|group|assignee group|assigned group|group name|department|queue|skupina|ekipa|oddelek
        |zespół|grupa|dział|kolejka|ομάδα|τμήμα|команда|группа|отдел|очередь""",
    "channel": """channel|via|source channel|ticket source|contact channel|medium|origin|kanal|kanał|kanał kontaktu
        |κανάλι|μέσο|канал|канал связи""",
    "occurred_at": """occurred at|resolved at|solved at|closed at|resolved|solved|closed|resolution date
        |date resolved|date closed|resolution time|delivered at|completed at|finished at|timestamp|datetime|date
        |updated at|created at|created|datum zaključka|datum rešitve|zaključeno|rešeno|datum in čas|datum|čas
        |data rozwiązania|data zamknięcia|rozwiązano|zamknięto|data|data utworzenia|ημερομηνία επίλυσης
        |ημερομηνία κλεισίματος|ημερομηνία|ημ/νία|дата решения|дата закрытия|решено|закрыто|дата и время|дата
        |дата создания""",
}

_EMAIL = re.compile(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*")
_MOMENT = re.compile(r"\s*(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{4})([T ,].*)?")


@dataclass(frozen=True)
class Mapping:
    """Fields and properties by column index (from 0); `from_values` are fields guessed by what the cells look like."""

    fields: Map[str, int]
    properties: Map[str, int] = field(default_factory=lambda: MappingProxyType({}))
    from_values: frozenset[str] = frozenset()

    @property
    def missing(self) -> tuple[str, ...]:
        """The required fields that no column gives; an import cannot start until this is empty."""
        return tuple(name for name in REQUIRED if name not in self.fields)

    def choices(self, width: int) -> tuple[str, ...]:
        """For each of `width` columns the choice to show on screen: a field, `PROPERTY` or `IGNORE`."""
        by_index = {index: name for name, index in self.fields.items()}
        kept = set(self.properties.values())
        return tuple(by_index.get(index, PROPERTY if index in kept else IGNORE) for index in range(width))

    @classmethod
    def chosen(cls, headers: Sequence[str], choices: Sequence[str]) -> "Mapping":
        """From a person's choice for each column. Raises ValueError naming a field that is chosen twice or unknown."""
        fields: dict[str, int] = {}
        for index, choice in enumerate(choices):
            if choice in (PROPERTY, IGNORE):
                continue
            if choice not in FIELDS or choice in fields:
                raise ValueError(choice)
            fields[choice] = index
        kept = [index for index, choice in enumerate(choices) if choice == PROPERTY]
        return cls(fields, _properties(headers, kept))


def guess(headers: Sequence[str], sample_rows: Sequence[Sequence[str]]) -> Mapping:
    """The likeliest mapping: by header name first, then by values; every other named column becomes a property."""
    plain = [_plain(header) for header in headers]
    addresses = {index for index in range(len(headers)) if _looks(sample_rows, index, _EMAIL)}
    fields: dict[str, int] = {}
    for name, spellings in _SPELLINGS.items():
        # A column "requester" may hold names or addresses; only the second can be mailed, only the first greeted.
        unfit = set() if name in ("email", "agent") else addresses
        index = _by_name(plain, spellings, taken={*fields.values(), *unfit})
        if index is not None:
            fields[name] = index
    seen: set[str] = set()
    for name, shape in (("email", _EMAIL), ("occurred_at", _MOMENT)):
        free = [index for index in range(len(headers)) if index not in fields.values()]
        found = next((index for index in free if _looks(sample_rows, index, shape)), None)
        if name not in fields and found is not None:
            fields[name] = found
            seen.add(name)
    rest = [index for index in range(len(headers)) if index not in fields.values() and headers[index]]
    return Mapping(fields, _properties(headers, rest), frozenset(seen))


def _properties(headers: Sequence[str], indexes: Sequence[int]) -> dict[str, int]:
    """Property names by column; a name used twice gets its column's place, so that no column hides another."""
    names: dict[str, int] = {}
    for index in indexes:
        name = headers[index] or f"column {index + 1}"
        names[name if name not in names else f"{name} ({index + 1})"] = index
    return names


def _by_name(plain: Sequence[str], spellings: Sequence[str], *, taken: set[int]) -> int | None:
    for spelling in spellings:
        for index, header in enumerate(plain):
            if header == spelling and index not in taken:
                return index
    return None


def _looks(rows: Sequence[Sequence[str]], index: int, shape: re.Pattern[str]) -> bool:
    """Whether a column has filled cells and most of them have the shape."""
    cells = [row[index] for row in rows if index < len(row) and row[index].strip()]
    return sum(bool(shape.fullmatch(cell)) for cell in cells) >= 0.6 * len(cells) if cells else False


def _plain(header: str) -> str:
    """Letters and digits only, small, without accents: "E-Pošta" and "e_posta" are the same word."""
    bare = unicodedata.normalize("NFKD", header.casefold().replace("ł", "l"))
    return "".join(letter for letter in bare if letter.isalnum())


_SPELLINGS = {name: tuple(_plain(spelling) for spelling in words.split("|")) for name, words in _NAMES.items()}
