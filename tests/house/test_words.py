"""Words that a finished project does not contain."""

import re

from tests.house.tree import ROOMS, all_texts, sins

UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "lorem " + "ipsum")) + r")\b"
)
STUB = re.compile(r"raise NotImplemented" + "Error|pytest.mark.sk" + r"ip|@unittest.sk" + "ip")


def _unfinished(path):
    if path.parts[-2:-1] == ("words",) or path.name == "common_passwords.txt":
        return []  # words of people
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if UNFINISHED.search(line)]


def test_nothing_is_left_for_later():
    assert sins(all_texts(), _unfinished) == {}


def test_nothing_is_a_stub_and_no_test_is_skipped():
    python = [path for path in all_texts() if path.suffix == ".py"]
    assert sins(python, lambda path: STUB.findall(path.read_text(encoding="utf-8"))) == {}


def test_every_room_exists():
    rooms = {path.parent.name for path in all_texts() if path.name == "__init__.py"}
    assert set(ROOMS) <= rooms
