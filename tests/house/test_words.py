"""Words that a finished project does not contain."""

import re

import pytest

from tests.house.tree import ROOMS, all_texts, relative

UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "lorem " + "ipsum")) + r")\b"
)
STUB = re.compile(r"raise NotImplemented" + "Error|pytest.mark.sk" + r"ip|@unittest.sk" + "ip")


@pytest.mark.parametrize("path", all_texts(), ids=relative)
def test_nothing_is_left_for_later(path):
    if path.parts[-2:-1] == ("words",) or path.name == "common_passwords.txt":
        return  # words of people
    found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if UNFINISHED.search(line)]
    assert found == []


@pytest.mark.parametrize("path", [p for p in all_texts() if p.suffix == ".py"], ids=relative)
def test_nothing_is_a_stub_and_no_test_is_skipped(path):
    assert not STUB.search(path.read_text(encoding="utf-8"))


def test_every_room_exists():
    rooms = {path.parent.name for path in all_texts() if path.name == "__init__.py"}
    assert set(ROOMS) <= rooms
