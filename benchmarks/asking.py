"""Answer pages: how long the server takes to make one, and how large it is, for surveys of growing length.

    .venv/bin/python benchmarks/asking.py [--rounds 200]

A page of the respondent is made from the document of a published version. "made" is a page made anew (a survey with
merge fields, conditions on the person or random order); "joined" is one put together from pieces that are kept; "kept"
is the time from a posted form to typed answers, judged and ready to be stored. Milliseconds, median and 95th
percentile of one process; sizes as sent (gzip, level 5).
"""

import argparse
import gzip
import statistics
import sys
import time
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from surveys import filling, paging, stepping, wording
from surveys.branching import Reader
from surveys.library import TEMPLATES
from surveys.paging import Asked, Visit
from surveys.question import questions

KINDS = (
    {"kind": "one", "choices": [f"c{n}" for n in range(6)], "other": True},
    {"kind": "many", "choices": [f"c{n}" for n in range(6)], "shuffle": True},
    {"kind": "short"},
    {"kind": "matrix", "rows": [f"r{n}" for n in range(5)], "low": 1, "high": 7},
    {"kind": "yesno"},
    {"kind": "date"},
    {"kind": "long"},
)


def survey(count):
    """A document of `count` questions of all kinds; every third is shown only to some."""
    asked = [{"id": "score", "kind": "score"}]
    for number in range(count - 2):
        question = {"id": f"q{number}", **KINDS[number % len(KINDS)]}
        if number % 3 == 2:
            question["show"] = {"match": "all", "conditions": [{"about": "band", "is": ["detractor", "passive"]}]}
        asked.append(question)
    document = {"metric": "csat", "default_locale": "en", "locales": ["en", "sl", "ar"], "questions": asked}
    document["questions"] += [{"id": "comment", "kind": "long"}] if count > 1 else []
    texts = {"question": "How satisfied are you, {{ contact.name | dear customer }}?"}
    for question in questions(document):
        texts |= {key: f"A question or choice of ordinary length ({key})" for key in question.text_keys if "." in key}
    return wording.freeze({**document, "texts": {"en": texts}})


def times(act, rounds):
    """Median and 95th percentile in milliseconds, after a warm-up."""
    act()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def form_of(document):
    form = {"score": "2", "page": "all"}
    for question in questions(document):
        name = filling.name_of(question)
        if question.kind == "matrix":
            form |= {f"{name}-{row}": "4" for row in question.rows}
        elif question.kind in {"one", "many", "yesno"}:
            form[name] = question.options[0]
        elif question.kind in {"short", "long"}:
            form[name] = "A few words about it"
    return form


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=200)
    rounds = arguments.parse_args().rounds
    loader = FileSystemLoader(Path(__file__).resolve().parent.parent / "templates")
    environment = Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)
    plain = {"metric": "nps", "default_locale": "en", "locales": ["en", "sl", "ar"], "texts": {}}
    servqual = TEMPLATES["servqual"].document(("en",), chosen=("expectation",))
    surveys = {"score and comment": wording.freeze(plain), "SERVQUAL, 44 lines": wording.freeze(servqual)}
    surveys |= {f"{count} questions": survey(count) for count in (10, 25, 50)}
    heads = ("made p50", "p95", "joined p50", "p95", "kept p50", "p95", "gzip KB")
    print(f"{'survey':<20}" + "".join(f"{head:>12}" for head in heads))
    for name, document in surveys.items():
        asked, visit = Asked(name, "Acme", document), Visit("/s/token", "form-0001", 0, seed="x")
        made = times(lambda: paging.render_answer_page(environment, asked, locale="en", visit=visit), rounds)  # noqa: B023
        joined = times(lambda: paging.answer_page(environment, asked, locale="en", visit=visit), rounds)  # noqa: B023
        reader = Reader(document["metric"], "en")
        texts, form = wording.effective(document, "en"), form_of(document)

        def keep():
            sent = stepping.read(form, document)  # noqa: B023
            stepping.judge(sent, document, reader, texts)  # noqa: B023
            filling.pieces(questions(document), sent.typed, reader)  # noqa: B023

        kept = times(keep, rounds)
        page = paging.answer_page(environment, asked, locale="en", visit=visit)
        size = len(gzip.compress(page.encode(), 5)) / 1024
        print(f"{name:<20}" + "".join(f"{figure:>12.2f}" for figure in (*made, *joined, *kept, size)))


if __name__ == "__main__":
    main()
