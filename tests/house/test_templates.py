"""Templates: every word translatable, nothing inline that the content policy forbids, nothing from elsewhere."""

import re
from html.parser import HTMLParser

from jinja2 import Environment

from tests.house.tree import ROOT, sins

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MAIL = [path for path in TEMPLATES if "email" in path.parts]
PAGES = [path for path in TEMPLATES if "email" not in path.parts]
STAFF = [
    path
    for path in PAGES
    # Respondents read the survey's own words; the style guide shows samples to designers of this product.
    if "public.html" not in path.name + path.read_text(encoding="utf-8")
    and "styleguide" not in str(path)
    and path.parent.name != "answer"
]
SAME_EVERYWHERE = {"Afterword", "CSAT", "NPS", "CES", "CSV", "API", "REST", "UTC", "JSON", "HTML"}
SILENT = {"style", "script", "code", "pre", "kbd"}
SEEN = {"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription", "label"}
ELSEWHERE = re.compile(r"""(?:https?:)?//(?!www\.w3\.org/)[a-z0-9-]+\.[a-z]{2,}""")

_jinja = Environment(autoescape=True)


def markup_of(path):
    """The template's own HTML; whatever Jinja puts in is one NUL, and line numbers stay."""
    parts = []
    inside = False
    for _, kind, value in _jinja.lex(path.read_text(encoding="utf-8")):
        if kind.endswith("_begin") and kind != "raw_begin":
            inside = kind != "linecomment_begin"
        if kind == "data":
            parts.append(value)
        else:
            parts.append("\0" * (kind == "variable_begin") + "\n" * value.count("\n"))
        if kind.endswith("_end"):
            inside = False
    assert not inside
    return "".join(parts)


class Reader(HTMLParser):
    """Collects what a person would read, and attributes that the content policy forbids."""

    def __init__(self):
        super().__init__()
        self.words, self.forbidden, self._silent = [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag in SILENT:
            self._silent += 1
        for name, value in attrs:
            if name == "style" or re.fullmatch(r"on[a-z]+", name):
                self.forbidden.append((self.getpos()[0], name))
            if name in SEEN:
                self._read(value or "")

    def handle_endtag(self, tag):
        if tag in SILENT:
            self._silent -= 1

    def handle_data(self, data):
        if not self._silent:
            self._read(data)

    def _read(self, text):
        for word in re.findall(r"[^\W\d_]{2,}", text):
            if word not in SAME_EVERYWHERE:
                self.words.append((self.getpos()[0], word))


def read(path):
    reader = Reader()
    reader.feed(markup_of(path))
    reader.close()
    return reader


def _marked_safe(path):
    source = path.read_text(encoding="utf-8")
    literals_apart = re.sub(r"""("[^"]*"|'[^']*')\s*\|\s*safe\b""", "", source)
    return re.findall(r"\|\s*safe\b|autoescape\s+false", literals_apart)


def test_every_word_of_a_staff_page_can_be_translated():
    assert sins(STAFF, lambda path: read(path).words) == {}


def test_a_page_needs_no_exception_from_the_content_policy():
    assert sins(PAGES, lambda path: read(path).forbidden) == {}


def test_a_template_loads_nothing_from_elsewhere():
    assert sins(TEMPLATES, lambda path: ELSEWHERE.findall(markup_of(path))) == {}


def test_a_static_file_loads_nothing_from_elsewhere():
    files = [path for path in (ROOT / "static").rglob("*") if path.suffix in {".css", ".js", ".svg"}]
    # Comments of vendored files name their homes; what they load is watched in the browser.
    ours = [path for path in files if "vendor" not in path.parts]
    assert sins(ours, lambda path: ELSEWHERE.findall(path.read_text(encoding="utf-8"))) == {}


def test_nothing_is_marked_safe_by_hand():
    assert sins(TEMPLATES, _marked_safe) == {}


def test_a_mail_is_three_templates():
    whole = [path for path in MAIL if not path.name.startswith("_")]
    missing = [part for path in whole for part in (path.with_suffix(".txt"), path.with_suffix(".subject.txt"))]
    assert [part.name for part in missing if not part.is_file()] == []


def test_no_mail_has_a_subject_or_a_text_alone():
    texts = (ROOT / "templates" / "email").glob("*.txt")
    stems = {path.name.removesuffix(".txt").removesuffix(".subject") for path in texts if not path.name.startswith("_")}
    assert stems <= {path.stem for path in MAIL}
