"""Which files the guards look at."""

import config

ROOT = config.ROOT
ROOMS = ("base", "accounts", "surveys", "feedback")


def production_files():
    """Every Python file of the product itself."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted([*files, ROOT / "config.py", ROOT / "wsgi.py"])


def relative(path):
    """The path as a test's name."""
    return str(path.relative_to(ROOT))


def all_texts():
    """Every text file that we write ourselves."""
    kinds = {".py", ".html", ".txt", ".css", ".js", ".md", ".toml", ".sh", ".json", ".mako", ".ini"}
    ours = [
        ROOT / name for name in (*ROOMS, "templates", "static", "migrations", "tests", "docs", "benchmarks", "training")
    ]
    files = [path for folder in ours for path in folder.rglob("*") if path.suffix in kinds and path.is_file()]
    files += [path for path in ROOT.iterdir() if path.suffix in kinds and path.is_file()]
    return sorted(path for path in files if not {"vendor", "node_modules", "__pycache__"} & set(path.parts))


def sins(paths, find):
    """What `find` says about each file, without those it has nothing to say about."""
    told = {relative(path): find(path) for path in paths}
    return {name: found for name, found in told.items() if found}
