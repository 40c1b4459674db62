"""Every phrase that the builder's script says can be translated, and none is kept that nobody says."""

import json
import re

from surveys.forms.phrases import PHRASES
from tests.house.tree import ROOT


def said():
    for path in sorted((ROOT / "static/js/builder").glob("*.js")):
        for found in re.finditer(r'\bt\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
            yield json.loads(f'"{found[1]}"')


def test_what_the_script_says_is_what_can_be_translated():
    assert set(said()) == set(PHRASES)


def test_every_part_of_the_builder_fits_in_a_readers_head():
    long = [path.name for path in (ROOT / "static/js/builder").glob("*.js") if len(path.read_text().splitlines()) > 300]
    assert long == []
