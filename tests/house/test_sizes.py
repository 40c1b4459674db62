"""Files and functions stay small enough to be read at once; split by noun, never into `utils`."""

import ast

from tests.house.tree import ROOT, production_files, sins

FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 300, 40, 150
NOT_NOUNS = {"utils", "util", "helpers", "helper", "common", "misc", "models", "services", "manager"}


def _lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def _long_functions(path):
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {f"{node.name} (line {node.lineno})": node.end_lineno - node.lineno + 1 for node in functions}
    return {name: length for name, length in lengths.items() if length > FUNCTION_LINES}


def test_a_file_fits_in_a_readers_head():
    assert sins(production_files(), lambda path: _lines(path) if _lines(path) > FILE_LINES else None) == {}


def test_a_function_fits_on_a_screen():
    assert sins(production_files(), _long_functions) == {}


def test_a_template_is_one_thing():
    templates = (ROOT / "templates").rglob("*.html")
    assert sins(templates, lambda path: _lines(path) if _lines(path) > TEMPLATE_LINES else None) == {}


def test_a_file_is_named_after_its_noun():
    assert sins(production_files(), lambda path: path.stem in NOT_NOUNS) == {}
