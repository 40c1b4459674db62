"""What the model is trained and tested on: the shape of a row, where rows lie, and which are kept for testing."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
COMMENTS = HERE / "comments"
DATA = HERE / "data"

CORE = ("en", "sl", "pl", "el", "ru")
OTHERS = ("de", "fr", "es", "it", "pt", "nl", "hr", "sr", "cs", "sk")
LABELS = ("neg", "neu", "pos")
COLUMNS = ("label", "themes", "industry", "text")
# fmt: off
THEMES = ("speed", "courtesy", "competence", "resolution", "effort", "communication", "delivery", "price", "product",
          "digital", "returns", "availability", "reliability")
INDUSTRIES = frozenset((
    "telecom", "bank", "insurance", "energy", "parcel", "webshop", "grocery", "fashion", "electronics", "hotel",
    "airline", "rail", "restaurant", "clinic", "pharmacy", "software", "gym", "education", "government", "carrental",
    "garage", "furniture", "saas", "utilities", "realestate", "travel", "gaming", "garden", "pets", "delivery-food",
))
# fmt: on
_THEME = re.compile(rf"({'|'.join(THEMES)})[-+0]")
_WATCHED = 26
_HELD = 26
"""Of 256: about a tenth of the comments is never trained on."""
ASIDE = 26
"""Of 256, of the texts from elsewhere: what the fits have not seen."""


@dataclass(frozen=True)
class Row:
    """One comment as somebody labelled it; `themes` as written: "speed- courtesy+"."""

    label: str
    themes: str
    industry: str
    text: str
    lang: str = ""
    source: str = "own"

    @property
    def held(self) -> bool:
        """Kept for the project's own test: decided by the text alone, so a row never changes sides."""
        return hashlib.sha256(self.text.encode()).digest()[0] < _HELD

    @property
    def key(self) -> str:
        """What makes two rows the same comment."""
        return " ".join(self.text.split())


def byte(row: Row, place: int) -> int:
    """A number 0…255 that depends on the text alone: who is in which fold never changes."""
    return hashlib.sha256(row.text.encode()).digest()[place]


def watched(row: Row) -> bool:
    """Kept from the fit of the sentence model, to see how it goes and to weigh it by; a part of the first third."""
    return row.source == "own" and byte(row, 1) % 3 == 0 and byte(row, 3) < _WATCHED


def parsed(line: str, lang: str = "") -> Row:
    """The row of a line, or a ValueError that says what is wrong with it."""
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} columns instead of {len(COLUMNS)}")
    label, themes, industry, text = cells
    if label not in {*LABELS, "mixed"}:
        raise ValueError(f"unknown label {label!r}")
    if any(not _THEME.fullmatch(theme) for theme in themes.split()):
        raise ValueError(f"unknown theme in {themes!r}")
    if industry not in INDUSTRIES:
        raise ValueError(f"unknown industry {industry!r}")
    if not text.strip():
        raise ValueError("no text")
    return Row(label, " ".join(themes.split()), industry, text, lang)


def comments() -> list[Row]:
    """All written comments, in the order of their files."""
    return [
        parsed(line, lang)
        for lang in (*CORE, *OTHERS)
        if (path := COMMENTS / f"{lang}.tsv").exists()
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    ]


def second() -> list[tuple[Row, Row]]:
    """Comments of the test as they are labelled, each with how another reader, who did not know that, labels it."""
    known = {(row.lang, row.text): row for row in comments()}
    lines = (HERE / "second.tsv").read_text(encoding="utf-8").splitlines()[1:]
    told = (line.split("\t") for line in lines)
    return [(known[lang, text], Row(label, themes, "", text, lang)) for lang, label, themes, text in told]


def faces() -> list[Row]:
    """Emoji and emoticons, each with what it says when it stands alone."""
    lines = (HERE / "faces.tsv").read_text(encoding="utf-8").splitlines()
    return [
        Row(label, "", "", face, "face")
        for label, told in (line.split("\t") for line in lines)
        for face in told.split()
    ]


def plain() -> list[Row]:
    """What opinions are called at their plainest, which people who tell what happened do without."""
    lines = (HERE / "plain.tsv").read_text(encoding="utf-8").splitlines()
    return [
        Row(label, "", "", phrase, lang, "plain")
        for lang, label, told in (line.split("\t") for line in lines)
        for phrase in told.split("|")
    ]


def tier_a() -> list[Row]:
    """Texts from elsewhere whose licences allow a model trained on them to be given away."""
    return [
        row
        for path in sorted(DATA.glob("*.tsv.xz"))
        for row in _labelled(lzma.open(path, "rt", encoding="utf-8"), path)
    ]


def dev(folder: Path) -> list[Row]:
    """Texts for measuring only."""
    return [row for path in sorted(folder.glob("*.tsv")) for row in _labelled(path.open(encoding="utf-8"), path)]


def _labelled(lines: Iterator[str], path: Path) -> Iterator[Row]:
    lang = path.name.split(".")[0]
    for line in lines:
        label, source, text = line.rstrip("\n").split("\t", 2)
        if label in LABELS:
            yield Row(label, "", "", text, lang, source)
