"""Translations as XLIFF 1.2, the file that translators' own tools read.

Placeholders are `<ph>` elements whose content is the placeholder itself, and a merge field with a fallback is a pair
`<bpt>`…`<ept>` around the words of the fallback, which are to be translated. Tools lock the content of these elements
and show them as tags; a tool that throws the tags away still leaves their text; and `<x/>`, which has no content,
would leave nothing. What comes back is read in each of these forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Final

from surveys.translating.codes import Piece, pieces
from surveys.translating.rows import Row, State

MEDIA_TYPE: Final = "application/xliff+xml"
_STATES: Final[dict[State, str]] = {"own": "translated", "ready": "final", "missing": "needs-translation"}
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPACE: Final = "urn:oasis:names:tc:xliff:document:1.2"
_HEAD: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="1.2" xmlns="{_SPACE}">\n'


def write(found: Iterable[tuple[str, Iterable[Row]]], source: str, original: str, place: Callable[[Row], str]) -> bytes:
    """One `<file>` a target language, each with its rows; `original` names the survey."""
    parts = [_HEAD]
    for target, rows in found:
        tags = f'source-language="{escape(source)}" target-language="{escape(target)}"'
        parts.append(f'<file original="{escape(original)}" datatype="plaintext" {tags}>\n<body>\n')
        parts += (_unit(row, place(row)) for row in rows)
        parts.append("</body>\n</file>\n")
    return "".join([*parts, "</xliff>\n"]).encode()


def sayable(text: str) -> str:
    """The text without the few characters that no XML file can hold."""
    return _NO_XML.sub("", text)


def _unit(row: Row, place: str) -> str:
    state = "" if row.state != "ready" else ' state-qualifier="leveraged-inherited"'
    ids = _Ids()
    room = f'maxwidth="{row.limit}" size-unit="char"'
    return (
        f'<trans-unit id="{row.key}" resname="{row.key}" {room} xml:space="preserve">\n'
        f"<source>{_marked(row.source, ids)}</source>\n"
        f'<target state="{_STATES[row.state]}"{state}>{_marked(row.shown, ids)}</target>\n'
        f"<note>{_text(place)}</note>\n</trans-unit>\n"
    )


class _Ids:
    """The same code has the same id in source and target; the second of a kind is another one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], int] = {}

    def numbered(self, found: Iterable[Piece]) -> Iterator[tuple[Piece, int]]:
        seen: dict[str, int] = {}
        for piece in found:
            if piece.kind in {"code", "open"}:
                seen[piece.name] = seen.get(piece.name, 0) + 1
            place = (piece.name, seen.get(piece.name, 0))
            yield piece, self._known.setdefault(place, len(self._known) + 1) if piece.name else 0


def _marked(text: str, ids: _Ids) -> str:
    return "".join(_piece(piece, ident) for piece, ident in ids.numbered(pieces(sayable(text))))


def _piece(piece: Piece, ident: int) -> str:
    tag = {"code": "ph", "open": "bpt", "close": "ept"}.get(piece.kind)
    if tag is None:
        return _text(piece.text)
    kind = "" if tag == "ept" else ' ctype="x-merge-field"'
    return f'<{tag} id="{ident}"{kind}>{_text(piece.text)}</{tag}>'


def _text(text: str) -> str:
    return escape(sayable(text), quote=False)
