"""What the demo company's customers say to its further questions: chance, but the same one each time."""

from __future__ import annotations

import random
from collections.abc import Iterator

from surveys import filling
from surveys.filling import Piece, name_of
from surveys.link import Link
from surveys.question import COMMENT, OTHER, SCORE, Question, questions
from surveys.scale import SCALES

ANSWERED = 0.8
"""Share of the questions that somebody answers who need not."""

OTHERS = {
    "en": ("The packaging", "Parking in front of the shop"),
    "sl": ("Embalaža", "Parkirišče pred trgovino"),
    "pl": ("Opakowanie", "Parking przed sklepem"),
    "el": ("Η συσκευασία", "Το πάρκινγκ μπροστά στο κατάστημα"),
    "ru": ("Упаковка", "Парковка перед магазином"),
}

OPEN = {
    "en": (
        "I still wait for the money back.",
        "The second parcel has not come.",
        "It works for an hour, then it switches itself off again.",
        "Nobody has called me back yet.",
        "The invoice still has the wrong address.",
    ),
    "sl": (
        "Še vedno čakam na vračilo denarja.",
        "Drugega paketa še ni.",
        "Dela eno uro, potem se spet ugasne.",
        "Nihče me še ni poklical nazaj.",
        "Na računu je še vedno napačen naslov.",
    ),
    "pl": (
        "Nadal czekam na zwrot pieniędzy.",
        "Druga paczka jeszcze nie przyszła.",
        "Działa przez godzinę, potem znowu się wyłącza.",
        "Nikt jeszcze do mnie nie oddzwonił.",
        "Na fakturze wciąż jest zły adres.",
    ),
    "el": (
        "Περιμένω ακόμα την επιστροφή των χρημάτων.",
        "Το δεύτερο δέμα δεν έχει έρθει.",
        "Δουλεύει μία ώρα και μετά σβήνει πάλι.",
        "Δεν με έχει πάρει κανείς τηλέφωνο ακόμα.",
        "Στο τιμολόγιο υπάρχει ακόμα λάθος διεύθυνση.",
    ),
    "ru": (
        "Я всё ещё жду возврата денег.",
        "Вторая посылка так и не пришла.",
        "Работает час, потом снова выключается.",
        "Мне до сих пор никто не перезвонил.",
        "В счёте всё ещё неверный адрес.",
    ),
}
"""What is not resolved yet, for those who say so."""


def pieces(link: Link, ident: str, score: int, locale: str) -> tuple[Piece, ...]:
    """The further answers of the customer of interaction `ident`, to exactly the questions that they are shown."""
    asked, reader = questions(link.asked.document), link.reader(locale)
    dice = random.Random(ident)  # noqa: S311 - a story, not a secret
    typed: dict[str, tuple[str, ...]] = {SCORE: (str(score),)}
    happy = SCALES[link.metric].band(score) == "promoter"
    for question in asked:
        if (question.required or dice.random() < ANSWERED) and question.id not in {SCORE, COMMENT}:
            typed |= _typed(question, dice, locale, happy=happy)
    return filling.pieces(asked, typed, reader)


def _typed(question: Question, dice: random.Random, locale: str, *, happy: bool) -> dict[str, tuple[str, ...]]:
    name, others = name_of(question), OTHERS.get(locale, OTHERS["en"])
    match question.kind:
        case "yesno":
            return {name: ("yes" if dice.random() < (0.95 if happy else 0.4) else "no",)}
        case "one" | "many":
            chosen = tuple(_chosen(question, dice))
            return {name: chosen} | ({f"{name}-other": (dice.choice(others),)} if OTHER in chosen else {})
        case "long":
            return {name: (dice.choice(OPEN.get(locale, OPEN["en"])),)}
        case "matrix":
            low, high = (3, question.high) if happy else (question.low, 4)
            return {f"{name}-{row}": (str(dice.randint(low, high)),) for row in question.rows}
        case "contact":
            return {name: ("yes",)} if dice.random() < 0.5 else {}
        case _:
            return {}


def _chosen(question: Question, dice: random.Random) -> Iterator[str]:
    """The first choices are the most usual, and "other" is rare."""
    likely = {choice: 1 / (place + 1.5) for place, choice in enumerate(question.choices)}
    number = 1 if question.kind == "one" else dice.randint(1, 2)
    if question.other and dice.random() < 0.08:
        yield OTHER
        number -= 1
    for _ in range(number):
        choice = dice.choices(list(likely), list(likely.values()))[0]
        del likely[choice]
        yield choice
