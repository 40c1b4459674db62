"""Reading XLIFF that anybody may have made: no document type, no entities, nothing fetched, nothing deep.

Expat calls back for each piece, so that a file is never a tree in memory. A document type declaration ends the
reading at once: with it go entities that grow without end and those that name files or addresses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from surveys.translating.judging import LARGEST, Unit, UnreadableError

_SPACE: Final = " "
_INLINE: Final = frozenset({"ph", "x", "bpt", "ept", "it", "bx", "ex", "g", "mrk", "sub"})
_CODES: Final = frozenset({"ph", "x", "bpt", "ept", "it", "bx", "ex"})
_DEEPEST: Final = 100


@dataclass(slots=True)
class _Code:
    """An inline code being read: where its text begins, and what stands for it when it has none."""

    place: tuple[str, str]
    start: int
    spare: str


@dataclass(slots=True)
class _Text:
    """A source or a target being read. `codes` is what each inline code of the source said."""

    pieces: list[str] = field(default_factory=list)
    open: list[_Code | None] = field(default_factory=list)
    codes: dict[tuple[str, str], str] = field(default_factory=dict)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        code = _Code((_kind(tag), attributes.get("id", "")), len(self.pieces), attributes.get("equiv-text", ""))
        self.open.append(code if tag in _CODES else None)

    def end(self, known: dict[tuple[str, str], str]) -> int:
        """Close an element; how many letters that the file did not hold here were put in for it."""
        code = self.open.pop()
        if code is None:
            return 0
        said = "".join(self.pieces[code.start :])
        text = said or code.spare or known.get(code.place, "")
        self.pieces[code.start :] = [text]
        self.codes[code.place] = text
        return len(text) - len(said)


class _Reader:
    """What expat calls."""

    def __init__(self, original: str) -> None:
        self.units: list[Unit] = []
        self.source_locale = ""
        self._original, self._path = original, list[str]()
        self._file = {"locale": "", "source": ""}
        self._key: str | None = None
        self._texts: dict[str, _Text] = {}
        self._reading: _Text | None = None
        self._put_in = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(_SPACE)[2]
        if not self._path and tag != "xliff":
            raise UnreadableError("not_xliff")
        if not self._path and not attributes.get("version", "1.2").startswith("1."):
            raise UnreadableError("version", version=attributes["version"][:10])
        self._path.append(tag)
        if len(self._path) > _DEEPEST:
            raise UnreadableError("not_xliff")
        if self._reading is not None:
            self._reading.start(tag, attributes)
        elif tag == "file":
            self._begin(attributes)
        elif tag == "trans-unit":
            self._key, self._texts = attributes.get("resname") or attributes.get("id", ""), {}
        elif tag in {"source", "target"} and self._path[-2:-1] == ["trans-unit"]:
            self._reading = self._texts[tag] = _Text()

    def end(self, name: str) -> None:
        tag = name.rpartition(_SPACE)[2]
        self._path.pop()
        if self._reading is not None and self._reading.open:
            source = self._texts.get("source")
            self._put_in += self._reading.end(source.codes if source is not None else {})
            if self._put_in > LARGEST:  # a small file that names a long code again and again
                raise UnreadableError("too_large")
        elif tag in {"source", "target"}:
            self._reading = None
        elif tag == "trans-unit" and self._key is not None:
            self.units.append(Unit(self._file["locale"], self._key[:200], self._read("target"), self._read("source")))
            self._key = None

    def words(self, text: str) -> None:
        if self._reading is not None:
            self._reading.pieces.append(text)

    def no_doctype(self, *_: object) -> int:
        raise UnreadableError("doctype")

    def _read(self, part: str) -> str:
        return "".join(self._texts[part].pieces) if part in self._texts else ""

    def _begin(self, attributes: dict[str, str]) -> None:
        if attributes.get("original", self._original) != self._original:
            raise UnreadableError("other_survey", name=attributes["original"][:120])
        if not attributes.get("target-language"):
            raise UnreadableError("no_language")
        self._file = {"locale": attributes["target-language"][:40], "source": attributes.get("source-language", "")}
        self.source_locale = self.source_locale or self._file["source"]


def read(data: bytes, original: str) -> tuple[list[Unit], str]:
    """Every unit of a file about the survey called `original`, and the language it was translated from."""
    if len(data) > LARGEST:
        raise UnreadableError("too_large")
    if not data.strip():
        raise UnreadableError("empty")
    reader = _Reader(original)
    parser = expat.ParserCreate(namespace_separator=_SPACE)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.words
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = reader.no_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableError("encoding" if _is_foreign(data, error) else "not_xml", line=error.lineno) from None
    except (LookupError, ValueError):  # an encoding that nobody knows, or that expat cannot use
        raise UnreadableError("encoding") from None
    return reader.units, reader.source_locale


def _is_foreign(data: bytes, error: expat.ExpatError) -> bool:
    """Whether the file cannot be read because of its letters, not its tags."""
    if error.code in {18, 19}:  # unknown encoding, not the encoding it says
        return True
    try:
        data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _kind(tag: str) -> str:
    """`<x/>` may stand for what was a `<ph>`, `<bx/>` for a `<bpt>`, `<ex/>` for an `<ept>`."""
    return {"x": "ph", "bx": "bpt", "ex": "ept"}.get(tag, tag)
