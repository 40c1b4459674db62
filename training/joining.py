"""`python -m training.joining DIR`: join the written parts DIR/<lang>/part*.tsv into training/comments/<lang>.tsv.

A row that cannot be (wrong label, theme or industry, no text, a text that its language already has) stops the joining
and names its file and line, so that what is committed is always whole.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from training.rows import COLUMNS, COMMENTS, Row, parsed


def _parts(folder: Path) -> Iterator[tuple[str, Row]]:
    for part in sorted(folder.glob("part*.tsv")):
        for number, line in enumerate(part.read_text(encoding="utf-8").splitlines(), 1):
            try:
                yield f"{part}:{number}", parsed(line)
            except ValueError as fault:
                sys.exit(f"{part}:{number}: {fault}")


def join(folder: Path, into: Path) -> int:
    """Write one language; how many rows. The first of two same texts stays."""
    seen: dict[str, Row] = {}
    for place, row in _parts(folder):
        if row.key in seen:
            print(f"{place}: left out, the text is there already")
            continue
        seen[row.key] = row
    lines = ["\t".join(COLUMNS), *(f"{row.label}\t{row.themes}\t{row.industry}\t{row.text}" for row in seen.values())]
    into.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(seen)


def main(source: Path) -> None:
    for folder in sorted(path for path in source.iterdir() if path.is_dir() and any(path.glob("part*.tsv"))):
        print(folder.name, join(folder, COMMENTS / f"{folder.name}.tsv"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
