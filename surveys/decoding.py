"""In which encoding a table of unknown origin was saved: bytes in, a guess with its doubt out; never a lossy one."""

import codecs
import io
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import BinaryIO, Literal

DecodingProblem = Literal["empty", "undecodable", "workbook", "other"]

Data = bytes | mmap.mmap

# Files that are no text, by how they begin: workbooks (zip, as .xlsx and .ods are, and the older .xls), and others.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_OTHERS = (*_WORKBOOKS, b"%PDF-", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"7z\xbc\xaf", b"Rar!")
_BEGINNING = 8

# A word that holds at least one byte above ASCII, with its ASCII neighbours: the context that letters are judged in.
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_WORDS_JUDGED = 3_000
_ASCII = bytes(range(128))
_CHUNK = 1 << 20
_SURE = 0.55  # below this a person is asked; chosen so that names alone of a few lines are enough
_SAMPLE_LENGTH = 160


# What the languages of each page write with. A file is judged by its best language, since most files have one:
# that tells Polish saved as Windows-1250 from the same bytes read as Latin 2.
_CENTRAL = ("čšžćđ", "ąęłńóśźżć", "áéíóúůýčďěňřšťžľĺŕô", "áéíóöőúüű", "äöüß")
_LANGUAGES = {
    "cp1250": _CENTRAL,
    "cp1251": (
        "абвгдежзийклмнопрстуфхцчшщыьэюя",
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "абвгдђежзијклљмнњопрстћуфхцчџш",
    ),
    "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ",),
    "cp1252": ("éàèùâêîôûëïüçœ", "áéíñóúü", "ãáàâçéêíóôõú", "äöüß", "åäöæø"),
    "iso8859_2": _CENTRAL,
}
_OWN_ALPHABET = frozenset({"cp1251", "cp1253"})  # their words have no ASCII letter


@dataclass(frozen=True)
class Candidate:
    """An encoding that can read the whole file, how well it fits (0…1), and one line of the file read with it."""

    encoding: str
    confidence: float
    sample: str


@dataclass(frozen=True)
class Decoding:
    """The answer to "how is this file encoded?".

    `encoding` is a Python codec name, or None when a person must choose among `candidates` (best first) or when no
    codec reads the file (`problem`). `confidence` is 0…1. `nul` tells of NUL bytes, which no table has.
    """

    encoding: str | None
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    problem: DecodingProblem | None = None
    nul: bool = False


def recognise(data: Data) -> Decoding:
    """How to read `data`: the whole of it, strictly. Never raises; when unsure it says so and lists candidates.

    What lies in a mapped file is read in pieces.
    """
    if not data:
        return Decoding(None, 0.0, problem="empty")
    beginning = data[:_BEGINNING]
    if beginning.startswith(_OTHERS):
        return Decoding(None, 0.0, problem="workbook" if beginning.startswith(_WORKBOOKS) else "other")
    marked = _by_mark(data)
    if marked:
        return _certain(data, marked) if _reads(data, marked) else Decoding(None, 0.0, problem="undecodable")
    if _reads(data, "utf-8"):
        return _certain(data, "utf-8")
    return _by_letters(data)


def open_text(binary: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """`binary` as strict text with its line ends untouched, as the readers of tables want it."""
    return io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline="")


def _by_mark(data: Data) -> str | None:
    if data[:3] == codecs.BOM_UTF8:
        return "utf-8-sig"
    return "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else None


def _certain(data: Data, encoding: str) -> Decoding:
    nul = any("\0" in text for text in _texts(data, encoding)) if encoding == "utf-16" else data.find(b"\0") >= 0
    return Decoding(encoding, 1.0, nul=nul)


def _pieces(data: Data) -> Iterator[bytes]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]


def _texts(data: Data, encoding: str) -> Iterator[str]:
    """The text in pieces, so that a large file is never held twice."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    for piece in _pieces(data):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _reads(data: Data, encoding: str) -> bool:
    """Whether the codec reads every byte."""
    try:
        for _ in _texts(data, encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True)
class _Reading:
    """The words of a file as one code page reads them, each with its likeness (0…1) to words that people write."""

    encoding: str
    words: tuple[str, ...]
    likeness: tuple[float, ...]

    @property
    def fit(self) -> float:
        return sum(self.likeness) / len(self.likeness)

    def lead(self, rival: "_Reading") -> float:
        """0…1: by how much it is better where the two differ, weighed by how each fits the whole; 0 if not."""
        pairs = zip(self.words, rival.words, self.likeness, rival.likeness, strict=True)
        here, there = 0.0, 0.0
        for mine, other, likeness, rival_likeness in pairs:
            if mine != other:
                here, there = here + likeness, there + rival_likeness
        return max(0.0, 1 - there * rival.fit / (here * self.fit)) if here else 0.0


def _by_letters(data: Data) -> Decoding:
    high = bytes(sorted({byte for piece in _pieces(data) for byte in set(piece.translate(None, _ASCII))}))
    words = [match.group() for match in islice(_WORD.finditer(data), _WORDS_JUDGED)]
    readings: dict[str, _Reading] = {}  # by what the bytes above ASCII become
    for encoding in _LANGUAGES:
        try:
            meaning = high.decode(encoding)
        except UnicodeDecodeError:
            continue  # a byte that this page does not have: it cannot have been written with it
        # Two pages that read every byte of this file alike are one answer; the first one listed is its name.
        if meaning not in readings:
            readings[meaning] = _read_words(words, encoding)
    nul = data.find(b"\0") >= 0
    if not readings:
        return Decoding(None, 0.0, problem="undecodable", nul=nul)
    candidates = _candidates(data, sorted(readings.values(), key=lambda reading: -reading.fit))
    sure = candidates[0].confidence >= _SURE
    return Decoding(candidates[0].encoding if sure else None, candidates[0].confidence, candidates, nul=nul)


def _read_words(words: list[bytes], encoding: str) -> _Reading:
    read = tuple(word.decode(encoding) for word in words)
    judged = (tuple(_likeness(word, encoding, language) for word in read) for language in _LANGUAGES[encoding])
    return _Reading(encoding, read, max(judged, key=sum))


def _candidates(data: Data, ranked: list[_Reading]) -> tuple[Candidate, ...]:
    """Confidence is the fit, lowered by how near the strongest rival comes, and by having seen hardly any word."""
    line = _telling_line(data)
    best = ranked[0]
    lead = min((best.lead(rival) for rival in ranked[1:]), default=1.0)
    evidence = min(1.0, 0.7 + 0.1 * len(best.words))
    confidence = best.fit * min(1.0, 0.2 + 2 * lead) * evidence
    found = [(best, confidence)] + [(rival, rival.fit * (1 - confidence)) for rival in ranked[1:]]
    return tuple(Candidate(r.encoding, round(c, 3), line.decode(r.encoding)[:_SAMPLE_LENGTH]) for r, c in found)


def _telling_line(data: Data) -> bytes:
    """The line with the most bytes above ASCII among the first ones that have any."""
    lines = (line for line in io.BytesIO(data[:_CHUNK]) if line.translate(None, _ASCII))
    best = max(
        islice(lines, 50), key=lambda line: len(line[:_SAMPLE_LENGTH].translate(None, _ASCII)), default=data[:_CHUNK]
    )
    return best.strip()


def _likeness(word: str, encoding: str, language: str) -> float:
    """0…1: how much a word looks like one that somebody wrote in `language` with this code page."""
    foreign = [letter for letter in word if not letter.isascii()]
    if not all(letter.isalpha() for letter in foreign) or _swings_case(word):
        return 0.0
    if encoding in _OWN_ALPHABET:
        if len(foreign) < len(word):
            return 0.0
    elif len(word) >= 3 and len(foreign) > 0.7 * len(word):
        return 0.05  # Latin words are not made of accented letters only: this is another alphabet read wrongly
    page = "".join(_LANGUAGES[encoding])
    weights = [1.0 if x in language else 0.5 if x in page else 0.05 for x in map(str.lower, foreign)]
    return sum(weights) / len(weights)


def _swings_case(word: str) -> bool:
    """People write KRAKÓW, Kraków and McDonald; a small letter before a large foreign one betrays a wrong page."""
    swings = [(a, b) for a, b in pairwise(word) if a.islower() and b.isupper()]
    return len(swings) > 1 or any(not b.isascii() for _, b in swings)
