"""How a question is put: words that lead people to an answer, and two questions in one. Hints, never certainties."""

from __future__ import annotations

import re
from typing import Final

_LEADING: Final = {
    "en": (
        r"how (?:great|good|amazing|wonderful|excellent|happy|pleased|much (?:did|do) you (?:like|love|enjoy))",
        r"(?:do|don['’]t|didn['’]t|wouldn['’]t|isn['’]t|wasn['’]t|aren['’]t) you (?:agree|think|feel|love|enjoy)",
        r"(?:amazing|awesome|fantastic|wonderful|excellent|outstanding|world[- ]class|award[- ]winning|superb)",
        r"(?:terrible|awful|horrible)",
        r"(?:surely|obviously|of course|as you know|everybody knows)",
    ),
    "sl": (
        r"kako (?:odličn|super|čudovit|krasn|dobr)\w*",
        r"(?:ali se ne strinjate|se ne strinjate|mar ne|kajne)",
        r"(?:odličn|fantastičn|čudovit|izjemn|vrhunsk|grozn)\w*",
        r"(?:gotovo|seveda|kot veste)",
    ),
    "pl": (
        r"jak (?:świetn|dobr|wspaniał|doskonał)\w*",
        r"(?:czy nie zgadza|czy nie uważa|czyż nie)\w*",
        r"(?:niesamowit|fantastyczn|wspaniał|doskonał|znakomit|wyjątkow|okropn)\w*",
        r"(?:oczywiście|na pewno|jak wiadomo)",
    ),
    "el": (
        r"πόσο (?:υπέροχ|καταπληκτικ|εξαιρετικ|τέλει|καλ)\w*",
        r"(?:δεν συμφωνείτε|δεν νομίζετε)",
        r"(?:υπέροχ|καταπληκτικ|εξαιρετικ|φανταστικ|απαίσι)\w*",
        r"(?:φυσικά|σίγουρα|όπως γνωρίζετε)",
    ),
    "ru": (
        r"насколько (?:отличн|прекрасн|замечательн|хорош|великолепн)\w*",
        r"(?:вы не согласны|согласитесь|не правда ли|не кажется ли)",
        r"(?:отличн|прекрасн|замечательн|великолепн|потрясающ|превосходн|ужасн)\w*",
        r"(?:конечно|безусловно|разумеется|как известно)",
    ),
}
_AND: Final = {
    "en": ("and", "or", "as well as"),
    "sl": ("in", "ter", "ali"),
    "pl": ("i", "oraz", "lub", "albo"),
    "el": ("και", "ή"),
    "ru": ("и", "или", "а также"),
}
# "Ali" begins most yes/no questions of Slovenian, and pairs that everybody reads as one thing ask one thing.
_ONE_THING: Final = re.compile(
    r"\b(?:terms and conditions|pros and cons|again and again|more or less|one or more|yes or no|question and answer|"
    r"search and rescue|prej ali slej|bolj ali manj|mniej lub bardziej|рано или поздно)\b",
    re.IGNORECASE,
)


def leading(text: str, locale: str) -> str:
    """The first words of a question that lead to an answer, as they stand there; empty when none are known to."""
    for pattern in _LEADING.get(locale.partition("-")[0], ()):
        if found := re.search(rf"\b{pattern}\b", text, re.IGNORECASE):
            return found[0]
    return ""


def double(text: str, locale: str) -> str:
    """The word that joins two questions in one; empty when the question seems to ask one thing."""
    plain = _ONE_THING.sub("", text.strip().rstrip("?!.;…"))
    for joint in _AND.get(locale.partition("-")[0], ()):
        for found in re.finditer(rf"(?<=\w) {joint} (?=\w)", plain, re.IGNORECASE):
            left, right = plain[: found.start()].split(), plain[found.end() :].split()
            if len(left) >= 3 and right:
                return joint
    return ""
