"""Files and functions stay small enough to be read at once; split by noun, never into `utils`."""

import ast

import pytest

from tests.house.tree import ROOT, production_files, relative

FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 300, 40, 150
PYTHON = production_files()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_file_fits_in_a_readers_head(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_function_fits_on_a_screen(path):
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {f"{node.name} (line {node.lineno})": node.end_lineno - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_is_one_thing(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= TEMPLATE_LINES


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_file_is_named_after_its_noun(path):
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "models", "services", "manager"}
