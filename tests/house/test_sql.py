"""SQL is never put together from strings."""

import ast

from tests.house.tree import production_files, sins

EXECUTES = {"text", "exec_driver_sql", "execute", "executemany", "scalar", "scalars", "executescript"}


def _built(node):
    """Whether this expression puts a string together at run time."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add) and any(
            isinstance(side, ast.Constant | ast.JoinedStr) and isinstance(getattr(side, "value", ""), str)
            for side in (node.left, node.right)
        )
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def _put_together(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    names = {call: getattr(call.func, "attr", getattr(call.func, "id", "")) for call in calls}
    return [call.lineno for call in calls if names[call] in EXECUTES and call.args and _built(call.args[0])]


def test_a_statement_takes_values_as_parameters_only():
    assert sins(production_files(), _put_together) == {}
