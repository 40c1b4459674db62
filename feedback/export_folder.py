"""The folder that scheduled exports go to: `<workspace>/<export>/<export>-<date>.csv` below one directory.

A file is written under another name and renamed, so that whoever looks sees whole files only.
"""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from flask import current_app


def root() -> Path:
    """The directory that the operator allows."""
    return Path(current_app.config["EXPORT_DIR"])


def put(source: Path, place: str, name: str) -> str:
    """Copy a file to `place`/`name` below the directory, over an older one of that name; where it is from there.

    PermissionError when a link leads out of the directory.
    """
    folder = inside(place)
    folder.mkdir(parents=True, exist_ok=True)
    _forget_unfinished(folder, name)
    unfinished = folder / f".{name}.{uuid.uuid4().hex}.part"
    try:
        shutil.copyfile(source, unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return f"{place}/{name}"


def remove(file: str) -> None:
    """Take a file away that `put` put there, or did not come to."""
    with suppress(NotADirectoryError):
        path = inside(file)
        path.unlink(missing_ok=True)
        _forget_unfinished(path.parent, path.name)


def _forget_unfinished(folder: Path, name: str) -> None:
    """Take away what processes left that are no more."""
    for left in folder.glob(f".{name}.*.part"):
        left.unlink(missing_ok=True)


def inside(place: str) -> Path:
    """Where that is on the disk; PermissionError when a link leads out of the directory."""
    allowed = root()
    path = allowed / place
    if not path.parent.resolve().is_relative_to(allowed.resolve()) or path.is_symlink():
        raise PermissionError(1, "it would be outside of the folder of exports")
    return path
