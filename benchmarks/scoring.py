"""How fast comments are read, on one core: `python -m benchmarks.scoring`.

Short comments (up to 100 characters) of the survey comments of this project, in English for TextBlob and VADER. Seconds
are of the processor, so that other work on the machine changes little.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence

from feedback.sentiment import EngineError, Heard, detect, engine_named, installed, read_all
from training.rows import comments  # its package also sees to one thread


def memory() -> float:
    """Most that the process ever used, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pace(read: Callable[[Sequence[str]], object], texts: Sequence[str], *, at_once: int, seconds: float = 2.0) -> float:
    """Comments a second."""
    read(texts[:8])
    began, done = time.process_time(), 0
    while time.process_time() - began < seconds:
        at = done % len(texts)
        done += len(read(texts[at : at + at_once]) or texts[at : at + at_once])  # type: ignore[arg-type]
    return done / (time.process_time() - began)


def _vader() -> Callable[[Sequence[str]], object] | None:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return None
    score = SentimentIntensityAnalyzer().polarity_scores
    return lambda texts: [score(text) for text in texts]


def _row(name: str, read: Callable[[Sequence[str]], object], texts: Sequence[str], load: str = "") -> None:
    many, one = pace(read, texts, at_once=1_000), pace(read, texts, at_once=1)
    print(f"| {name} | {many:,.0f} | {one:,.0f} | {load} |", flush=True)


def _read(texts):
    return read_all([Heard(text) for text in texts], phrases=False)


def main() -> None:
    short = [row for row in comments() if len(row.text) <= 100]
    english, all_of_them = [row.text for row in short if row.lang == "en"], [row.text for row in short]
    print("| | in batches, a second | one at a time, a second | load |\n|---|---|---|---|")
    for name in ("ngram", "embedding", "textblob"):
        if not installed(name):
            print(f"| {name} | not installed | | |")
            continue
        import numpy  # noqa: F401, ICN001 — its own memory is not the engine's

        before, began = memory(), time.process_time()
        try:
            engine = engine_named(name)
        except EngineError as fault:
            print(f"| {name} | {fault} | | |")
            continue
        load = f"{1000 * (time.process_time() - began):.0f} ms, {memory() - before:.0f} MB"
        _row(name, engine.score, english if name == "textblob" else all_of_them, load)
    vader = _vader()
    if vader:
        _row("VADER", vader, english)
    _row("language alone", lambda texts: [detect(text) for text in texts], all_of_them)
    _row("language, ngram and themes", _read, all_of_them)


if __name__ == "__main__":
    main()
